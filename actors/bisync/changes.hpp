#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "actors/bisync/side_listing.hpp"

namespace argosy {

/// What makes a file another one (parameter compare).
struct compare_rules {
  bool size = true, modified = true, checksum = false;
};

/// `size`, `modtime` and `checksum`, separated by commas. Throws failure(other) naming another word.
compare_rules parse_compare(std::string_view text);

/// What became of one path since the run before: bits.
enum change_bits : unsigned {
  change_new = 1,
  change_newer = 2,
  change_older = 4,
  change_size = 8,
  change_hash = 16,
  change_deleted = 32,
};

/// A line about one path, for the log: "File is new", "x".
using tell_path = std::function<void(const char* text, const std::string& path)>;

/// All that changed on one side.
struct side_changes {
  std::map<std::string, unsigned> files;       ///< path to change_bits
  std::map<std::string, unsigned> directories; ///< change_new and change_deleted only
  std::size_t files_before = 0;
  std::size_t fresh = 0, newer = 0, older = 0, other = 0, deleted = 0; ///< files
  bool any_same = false;                                               ///< a file of before did not change
  bool empty() const { return files.empty() && directories.empty(); }
  /// More than `percent` of the files of before are gone.
  bool too_many_deleted(std::int64_t percent) const;
};

/// `window`: times less than this apart are the same (nanoseconds).
side_changes find_changes(const side_listing& before, const side_listing& now, const compare_rules& rules,
                          nanoseconds window, const tell_path& tell);

/// Less than `window` apart.
bool times_agree(nanoseconds a, nanoseconds b, nanoseconds window);

/// Whether the two versions of a file differ in what is compared.
bool differs(const side_listing& in1, const listed_item& one, const side_listing& in2,
             const listed_item& other, const compare_rules& rules, nanoseconds window);

/// Whether two files on two sides have the same content as far as sizes and hashes tell; without a common
/// hash the times decide.
bool looks_identical(const side_listing& in1, const listed_item& one, const side_listing& in2,
                     const listed_item& other, nanoseconds window);

} // namespace argosy
