#include "actors/sync/renames.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_set>

#include "core/go_text.hpp"

namespace argosy {

namespace {

entry_view entry_of(const lone_file& one, run_kind side) { return entry_of(*one.plan, side, one.file); }

} // namespace

rename_tracker::rename_tracker(std::string_view strategies, nanoseconds window) : window_(window) {
  while (!strategies.empty()) {
    const auto comma = strategies.find(',');
    const auto one = strategies.substr(0, comma);
    strategies.remove_prefix(comma == std::string_view::npos ? strategies.size() : comma + 1);
    if (one == "hash")
      by_hash_ = true;
    else if (one == "modtime")
      by_time_ = true;
    else if (one == "leaf")
      by_leaf_ = true;
    else if (one != "size")
      fail(failure_kind::other, "unknown track renames strategy " + go_quote(one));
  }
}

std::vector<rename_tracker::hash_wish> rename_tracker::wishes(std::vector<candidate>& of,
                                                              const std::vector<candidate>& others,
                                                              run_kind side) const {
  std::vector<hash_wish> wanted;
  if (!by_hash_) return wanted;
  const auto other_side = side == run_kind::remove ? run_kind::copy : run_kind::remove;
  std::unordered_set<std::int64_t> sizes;
  for (const auto& one : others) sizes.insert(entry_of(one.file, other_side).size);
  for (auto& one : of) {
    const auto entry = entry_of(one.file, side);
    if (sizes.count(entry.size) == 0) continue;
    const auto& plan = *one.file.plan;
    const auto path = plan.path_of(entry.name);
    wanted.push_back({side == run_kind::remove ? plan.destination_path_of(entry.name) : path, &one.hash});
  }
  return wanted;
}

rename_tracker::matches rename_tracker::match() {
  // Size, hash and leaf must be the same; of those the first whose time is near enough.
  using key = std::tuple<std::int64_t, std::string, std::string>;
  const auto key_of = [&](candidate& one, run_kind side) {
    const auto entry = entry_of(one.file, side);
    return key{entry.size, std::move(one.hash), by_leaf_ ? std::string{entry.name} : std::string{}};
  };
  std::map<key, std::vector<lone_file>> known;
  matches found;
  for (auto& one : destinations_) {
    if (by_hash_ && one.hash.empty())
      found.destinations.push_back(std::move(one.file));
    else
      known[key_of(one, run_kind::remove)].push_back(std::move(one.file));
  }
  for (auto& one : sources_) {
    const auto modified = entry_of(one.file, run_kind::copy).modified;
    const auto place = by_hash_ && one.hash.empty() ? known.end() : known.find(key_of(one, run_kind::copy));
    if (place == known.end()) {
      found.sources.push_back(std::move(one.file));
      continue;
    }
    auto& same = place->second;
    auto near = same.begin();
    if (by_time_) {
      near = std::find_if(same.begin(), same.end(), [&](const lone_file& other) {
        const auto apart = entry_of(other, run_kind::remove).modified - modified;
        return apart > -window_ && apart < window_;
      });
    }
    if (near == same.end()) {
      found.sources.push_back(std::move(one.file));
      continue;
    }
    found.renames.emplace_back(std::move(one.file), std::move(*near));
    same.erase(near);
    if (same.empty()) known.erase(place);
  }
  for (auto& [what, files] : known)
    for (auto& file : files) found.destinations.push_back(std::move(file));
  sources_.clear();
  destinations_.clear();
  return found;
}

rename_tracker::matches rename_tracker::give_up() {
  matches all;
  for (auto& one : sources_) all.sources.push_back(std::move(one.file));
  for (auto& one : destinations_) all.destinations.push_back(std::move(one.file));
  sources_.clear();
  destinations_.clear();
  return all;
}

std::vector<file_chunk> chunks_of(const std::vector<lone_file>& files, run_kind kind) {
  std::vector<file_chunk> chunks;
  std::map<const directory_plan*, std::size_t> places;
  for (const auto& one : files) {
    const auto [place, added] = places.emplace(one.plan.get(), chunks.size());
    if (added) chunks.push_back({one.plan, kind, {}});
    chunks[place->second].files.push_back(one.file);
  }
  return chunks;
}

} // namespace argosy
