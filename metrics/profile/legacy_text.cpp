#include "metrics/profile/legacy_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

namespace argosy {

namespace {

std::string address_text(std::uint64_t address) {
  std::array<char, 16> digits{};
  return "0x" + std::string{digits.data(),
                            std::to_chars(digits.data(), digits.data() + digits.size(), address, 16).ptr};
}

std::uintptr_t call_of(std::uintptr_t address) { return is_name(address) ? address : address - 1; }

// Columns as Go's text/tabwriter aligns them here: tabs up to a multiple of eight behind the widest cell.
class aligned_rows {
public:
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_)
      for (std::size_t i = 0; i + 1 < row.size(); ++i) {
        if (widths.size() <= i) widths.resize(i + 1);
        widths[i] = std::max(widths[i], (row[i].size() + 1 + 7) / 8 * 8);
      }
    std::string out;
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i + 1 < row.size(); ++i)
        out += row[i] + std::string((widths[i] - row[i].size() + 7) / 8, '\t');
      out += row.back() + '\n';
    }
    return out;
  }

private:
  std::vector<std::vector<std::string>> rows_;
};

// The lines with '#' in front that give names to a stack, and an empty one.
std::string stack_text(const call_stack& stack, const symbol_map& names) {
  aligned_rows rows;
  for (const auto address : stack)
    for (const auto& f : names.at(address))
      rows.add({"#", address_text(call_of(address)), f.function + "+" + address_text(f.offset),
                (f.file.empty() ? "?" : f.file) + ":" + std::to_string(f.line)});
  return rows.text() + "\n";
}

std::string addresses_text(const call_stack& stack) {
  std::string out = "@";
  for (const auto address : stack) out += " " + address_text(address);
  return out;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

std::string labels_text(const std::vector<profile_label>& labels) {
  std::string out;
  for (const auto& l : labels)
    out += (out.empty() ? "# labels: {" : ", ") + quoted(l.key) + ":" +
           quoted(l.text.empty() ? std::to_string(l.number) + l.unit : l.text);
  return out.empty() ? out : out + "}\n";
}

// By what is seen: a loop that the compiler has unrolled makes several addresses of one line.
std::string seen(const profile_sample& s, const symbol_map& names) {
  std::string key;
  for (const auto address : s.stack)
    for (const auto& f : names.at(address))
      key += f.function + '\n' + f.file + ':' + std::to_string(f.line) + '\n';
  return key + labels_text(s.labels);
}

} // namespace

std::string count_text(const std::string& name, const profile& p, const symbol_map& names) {
  struct group {
    std::int64_t count = 0;
    const profile_sample* first = nullptr;
  };
  std::map<std::string, group> groups;
  std::int64_t total = 0;
  for (const auto& s : p.samples) {
    auto& g = groups[seen(s, names)];
    g.count += s.values.front();
    total += s.values.front();
    if (g.first == nullptr) g.first = &s;
  }
  std::vector<std::pair<std::string, group>> sorted{groups.begin(), groups.end()};
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  std::string out = name + " profile: total " + std::to_string(total) + "\n";
  for (const auto& [key, g] : sorted)
    out += std::to_string(g.count) + " " + addresses_text(g.first->stack) + "\n" +
           labels_text(g.first->labels) + stack_text(g.first->stack, names);
  return out;
}

std::string heap_text(const profile& p, const symbol_map& names, const memory_figures& m) {
  std::array<std::int64_t, 4> sum{};
  for (const auto& s : p.samples)
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += s.values[i];
  const auto figures = [](const auto& v) {
    return std::to_string(v[2]) + ": " + std::to_string(v[3]) + " [" + std::to_string(v[0]) + ": " +
           std::to_string(v[1]) + "] @";
  };
  // pprof takes equal figures for a profile of one kind only, and the rate for twice what it is.
  if (sum[1] == sum[3]) ++sum[1];
  std::string out = "heap profile: " + figures(sum) + " heap/" + std::to_string(2 * p.period) + "\n";
  for (const auto& s : p.samples)
    out += figures(s.values) + addresses_text(s.stack).substr(1) + "\n" + stack_text(s.stack, names);
  out += "\n# runtime.MemStats\n";
  const std::pair<const char*, std::uint64_t> rows[] = {{"Alloc", m.alloc},
                                                        {"TotalAlloc", m.total_alloc},
                                                        {"Sys", m.sys},
                                                        {"Lookups", 0},
                                                        {"Mallocs", m.mallocs},
                                                        {"Frees", m.frees},
                                                        {"HeapAlloc", m.heap_alloc},
                                                        {"HeapSys", m.heap_sys},
                                                        {"HeapIdle", m.heap_idle},
                                                        {"HeapInuse", m.heap_inuse},
                                                        {"HeapReleased", m.heap_released},
                                                        {"HeapObjects", m.heap_objects}};
  for (const auto& [key, value] : rows) out += std::string{"# "} + key + " = " + std::to_string(value) + "\n";
  const auto pair = [&](const char* key, std::uint64_t in_use, std::uint64_t sys) {
    out += std::string{"# "} + key + " = " + std::to_string(in_use) + " / " + std::to_string(sys) + "\n";
  };
  pair("Stack", m.stack_inuse, m.stack_sys);
  pair("MSpan", m.mspan_inuse, m.mspan_sys);
  pair("MCache", m.mcache_inuse, m.mcache_sys);
  out += "# BuckHashSys = " + std::to_string(m.buck_hash_sys) + "\n# GCSys = " + std::to_string(m.gc_sys) +
         "\n# OtherSys = " + std::to_string(m.other_sys) + "\n";
  return out;
}

std::string wait_text(const std::string& name, const profile& p, const symbol_map& names) {
  std::string out = "--- " + name + ":\ncycles/second=1000000000\n";
  if (name == "mutex") out += "sampling period=1\n";
  for (const auto& s : p.samples)
    out += std::to_string(s.values[1]) + " " + std::to_string(s.values[0]) + " " + addresses_text(s.stack) +
           "\n" + stack_text(s.stack, names);
  return out;
}

} // namespace argosy
