#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/transfers/compare.hpp"
#include "backends/listing.hpp"
#include "core/name_transform.hpp"

namespace argosy {

struct revisit;

/// One directory that one side or both have.
struct directory_task {
  std::string path; ///< below both roots; "" is the root
  bool in_source = false, in_destination = false;
  int depth = 0;                                             ///< of the root: 0
  nanoseconds source_modified = 0, destination_modified = 0; ///< where that side has it
  std::string other_path = {}; ///< at the destination, where it differs: other case or composition
  std::shared_ptr<const revisit> only = {}; ///< what is looked at; empty: everything
  bool alone = false;                       ///< not found in its parent: its times are not known

  const std::string& destination_path() const { return other_path.empty() ? path : other_path; }
};

/// What names count as the same, and what counts at all.
struct merge_rules {
  bool fold_case = false;        ///< the destination does not tell cases apart, or ignore_case_sync
  bool normalize = true;         ///< compare names in NFC (not no_unicode_normalization)
  bool lone_apart = false;       ///< files that only the source has go to `lone`, not to `copy`
  name_transform transform = {}; ///< what the source's names become at the destination
};

/// What is to be done in one directory. Indices go into the two listings, which it keeps: 4 bytes a file.
struct directory_plan {
  std::string path;
  std::string other_path; ///< at the destination, where it differs
  int depth = 0;
  bool in_source = true; ///< that side has it
  listing source, destination;
  std::vector<std::uint32_t> copy;       ///< only in the source, or different: of the source
  std::vector<std::uint32_t> check;      ///< verdict::check: of the source
  std::vector<std::uint32_t> check_hash; ///< verdict::check_hash: of the source
  std::vector<std::uint32_t> equal;      ///< compared and the same: of the source
  std::vector<std::uint32_t> different;  ///< those of `copy` that were compared first: of the source
  std::vector<std::uint32_t> lone;       ///< only in the source, with lone_apart: of the source
  std::vector<std::uint32_t> immutable;  ///< different but must not change: of the source
  std::vector<std::uint32_t> surplus;    ///< only in the destination: of the destination
  std::unordered_map<std::uint32_t, std::uint32_t> renamed; ///< pairs whose names differ: source, destination
  std::unordered_map<std::uint32_t, std::string>
      new_names; ///< of the source, where the transform changes them
  std::vector<std::pair<std::uint32_t, failure_info>> untransformed; ///< where it fails: of the source
  std::vector<directory_task> below;
  bool source_hidden = false; ///< a marker file excludes the source's directory; set by who lists
  std::uint64_t copy_bytes = 0;
  std::vector<std::string> duplicates; ///< names found twice on one side, skipped

  std::string path_of(std::string_view name) const {
    return path.empty() ? std::string{name} : path + "/" + std::string{name};
  }
  const std::string& destination_path() const { return other_path.empty() ? path : other_path; }
  /// What a file of the source is called at the destination.
  std::string_view destination_name(std::uint32_t file) const {
    if (const auto pair = renamed.find(file); pair != renamed.end()) return destination[pair->second].name;
    const auto changed = new_names.find(file);
    return changed == new_names.end() ? source[file].name : std::string_view{changed->second};
  }
  std::string destination_path_of(std::string_view name) const {
    const auto& directory = destination_path();
    return directory.empty() ? std::string{name} : directory + "/" + std::string{name};
  }
};

/// Merges the listings of `plan` (rc-surface 3.6.3), which hold what the filter leaves of each side: entries
/// are matched by name and kind; a file never matches a directory. Sorts both listings. Pure and linear after
/// sorting: 200,000 names take about 30 ms.
void merge_listings(directory_plan& plan, const merge_rules& rules, const comparison& compare);

} // namespace argosy
