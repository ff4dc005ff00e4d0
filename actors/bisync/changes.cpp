#include "actors/bisync/changes.hpp"

#include <algorithm>

#include "core/failure.hpp"

namespace argosy {

namespace {

bool both_hashed(const side_listing& in1, const listed_item& one, const side_listing& in2,
                 const listed_item& other) {
  return in1.hash != hash_type::none && in1.hash == in2.hash && !one.hash.empty() && !other.hash.empty();
}

} // namespace

bool times_agree(nanoseconds a, nanoseconds b, nanoseconds window) {
  // Unsigned, since times may lie further apart than the type reaches.
  const auto apart = a > b ? static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b)
                           : static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a);
  return apart == 0 || apart < static_cast<std::uint64_t>(window);
}

compare_rules parse_compare(std::string_view text) {
  compare_rules rules{false, false, false};
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word == "size")
      rules.size = true;
    else if (word == "modtime")
      rules.modified = true;
    else if (word == "checksum")
      rules.checksum = true;
    else
      fail(failure_kind::other,
           "unknown compare option: " + std::string{word} + " (must be size, modtime, or checksum)");
  }
  return rules;
}

bool side_changes::too_many_deleted(std::int64_t percent) const {
  constexpr double whole = 100; // percent
  if (deleted == 0 || files_before == 0) return false;
  return static_cast<double>(deleted) / static_cast<double>(files_before) >
         static_cast<double>(percent) / whole;
}

side_changes find_changes(const side_listing& before, const side_listing& now, const compare_rules& rules,
                          nanoseconds window, const tell_path& tell) {
  side_changes changes;
  for (const auto& [path, old] : before.items) {
    const auto* present = now.find(path);
    const auto gone = present == nullptr || present->directory != old.directory;
    if (old.directory) {
      if (gone) {
        tell("Directory was deleted", path);
        changes.directories[path] = change_deleted;
      }
      continue;
    }
    ++changes.files_before;
    unsigned bits = 0;
    if (gone) {
      tell("File was deleted", path);
      ++changes.deleted;
      bits = change_deleted;
    } else {
      if (rules.modified && !times_agree(old.modified, present->modified, window)) {
        const auto newer = old.modified < present->modified;
        tell(newer ? "File is newer" : "File is OLDER", path);
        ++(newer ? changes.newer : changes.older);
        bits |= newer ? change_newer : change_older;
      }
      const auto told = bits != 0;
      if (rules.size && old.size != present->size) bits |= change_size;
      if (rules.checksum && both_hashed(before, old, now, *present) && old.hash != present->hash)
        bits |= change_hash;
      if (bits != 0 && !told) {
        tell((bits & change_size) != 0 ? "File changed: size" : "File changed: hash", path);
        ++changes.other;
      }
    }
    if (bits != 0)
      changes.files[path] = bits;
    else
      changes.any_same = true;
  }
  for (const auto& [path, item] : now.items) {
    const auto* old = before.find(path);
    if (old != nullptr && old->directory == item.directory) continue;
    if (item.directory) {
      tell("Directory is new", path);
      changes.directories[path] = change_new;
    } else {
      tell("File is new", path);
      ++changes.fresh;
      changes.files[path] = change_new;
    }
  }
  return changes;
}

bool differs(const side_listing& in1, const listed_item& one, const side_listing& in2,
             const listed_item& other, const compare_rules& rules, nanoseconds window) {
  if (rules.size && one.size != other.size) return true;
  if (rules.modified && !times_agree(one.modified, other.modified, window)) return true;
  return rules.checksum && both_hashed(in1, one, in2, other) && one.hash != other.hash;
}

bool looks_identical(const side_listing& in1, const listed_item& one, const side_listing& in2,
                     const listed_item& other, nanoseconds window) {
  if (one.size != other.size || one.size < 0) return false;
  if (both_hashed(in1, one, in2, other)) return one.hash == other.hash;
  return times_agree(one.modified, other.modified, window);
}

} // namespace argosy
