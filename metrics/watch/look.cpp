#include "metrics/watch/look.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "metrics/memory.hpp"
#include "metrics/process.hpp"

namespace argosy {

namespace {

// Sites that each hold less than one in 64 of the memory are of no interest.
constexpr std::size_t most_sites = 64;

bool is_ours(const frame& f) { return f.function.compare(0, 8, "argosy::") == 0; }

std::string text_of(const frame& f) {
  return f.function + (f.file.empty() ? "" : " " + f.file + ":" + std::to_string(f.line));
}

} // namespace

std::string site_of(const call_stack& stack, const symbol_map& names) {
  std::string first;
  for (const auto address : stack) {
    const auto found = is_name(address) ? names.end() : names.find(address);
    if (found == names.end()) continue;
    for (const auto& f : found->second) {
      if (is_ours(f)) return text_of(f);
      if (first.empty()) first = text_of(f);
    }
  }
  return first.empty() ? "unknown" : first;
}

void look_at_process(watch_sample& into, const ledger& book) {
  for (std::size_t i = 0; i < resource_count; ++i) {
    const auto what = static_cast<resource>(i);
    // The kernel knows of more descriptors, threads and children than the ledger, those of libraries.
    if (what != resource::descriptor && what != resource::thread && what != resource::child)
      into.looked_at.insert(resource_name(what));
  }
  for (const auto& c : book.counts())
    if (into.looked_at.count(resource_name(c.what)) != 0)
      into.values[{resource_name(c.what),
                   c.what == resource::connection && !c.label.empty() ? c.label : c.kind}] +=
          static_cast<double>(c.live);
  for (const auto& [type, count] : read_descriptor_types())
    into.values[{"descriptor", type}] = static_cast<double>(count);
  const auto process = read_process();
  into.values[{"thread", "all"}] = static_cast<double>(process.threads);
  into.values[{"child", "all"}] = static_cast<double>(process.children);
  into.values[{"memory", "live"}] = static_cast<double>(read_heap().live);
  into.looked_at.insert({"descriptor", "thread", "child", "memory"});
}

void look_at_heap(watch_sample& into, const profile& heap, const symbol_map& names) {
  std::map<std::string, double> sites;
  for (const auto& s : heap.samples)
    sites[site_of(s.stack, names)] += static_cast<double>(s.values.at(heap.shown));
  std::vector<std::pair<std::string, double>> largest{sites.begin(), sites.end()};
  std::sort(largest.begin(), largest.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  largest.resize(std::min(largest.size(), most_sites));
  for (auto& [site, bytes] : largest) into.values[{"heap_site", site}] = bytes;
  into.looked_at.insert("heap_site");
}

std::map<std::string, watch_limit> read_limits() {
  const auto process = read_process();
  std::map<std::string, watch_limit> limits;
  const auto add = [&](const char* resource, std::uint64_t used, std::uint64_t most) {
    if (most != 0 && most < INT64_MAX)
      limits[resource] = {static_cast<double>(used), static_cast<double>(most)};
  };
  add("memory", process.resident_bytes, read_memory_limit());
  add("descriptor", process.open_descriptors, process.descriptor_limit);
  add("thread", process.threads, read_thread_limit());
  return limits;
}

} // namespace argosy
