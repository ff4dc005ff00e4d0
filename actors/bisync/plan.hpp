#pragma once

#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/bisync/changes.hpp"
#include "core/log.hpp"

namespace argosy {

/// As rclone's texts call the two sides.
inline constexpr std::array<const char*, 2> side_names{"Path1", "Path2"};

/// Which of two versions is preferred (conflictResolve, resyncMode).
enum class preference { none, path1, path2, newer, older, larger, smaller };
/// What becomes of the other one (conflictLoser).
enum class loser_rule {
  number,   ///< renamed with the suffix and the next free number
  pathname, ///< renamed with the suffix and the number of its side
  remove,   ///< overwritten by the winner
};

/// How conflicts are settled. The defaults are those of rclone 1.60: both versions are kept, as `..path1` and
/// `..path2`.
struct conflict_rules {
  preference resolve = preference::none;
  loser_rule loser = loser_rule::pathname;
  std::array<std::string, 2> suffixes{".path1", ".path2"}; ///< of a side, with its number where it has one
  bool keep_extension = false; ///< the suffix goes before the extension (suffix_keep_extension)
};

/// Throws failure(other) `unknown <what> ...` for another word.
preference parse_preference(const char* what, std::string_view text);
/// From conflictResolve, conflictLoser and conflictSuffix; when all are empty the rules of 1.60, else those
/// of newer rclone, where the loser is numbered with suffix "conflict". Throws failure(other). `present`
/// (nanoseconds since 1970) goes into date variables of the suffix, such as {DateOnly}.
conflict_rules parse_conflict_rules(std::string_view resolve, std::string_view loser, std::string_view suffix,
                                    nanoseconds present);

/// `path` of side 0 or 1 as the loser of a conflict; `taken` tells which names are in use.
std::string conflict_name(const std::string& path, const conflict_rules& rules, int side,
                          const std::function<bool(const std::string&)>& taken);

/// What is to happen on one side, in the order of the members.
struct side_actions {
  std::vector<std::pair<std::string, std::string>> renames; ///< from, to
  std::set<std::string> copies;                             ///< files that come from the other side
  std::set<std::string> removals;
  std::set<std::string> new_directories, old_directories;
  bool empty() const {
    return renames.empty() && copies.empty() && removals.empty() && new_directories.empty() &&
           old_directories.empty();
  }
};
using bisync_plan = std::array<side_actions, 2>;

/// One side as the plan sees it.
struct side_view {
  const side_listing& now;
  const side_changes& changes;
  std::string path; ///< as bisync_path() gives it, for the log
};

/// A line for the log as rclone writes it: "- Path1    File is new                         - x".
std::string bisync_line(std::string_view tag, std::string_view text, const std::string& path);
using tell_line = std::function<void(log_level level, const std::string& line)>;

/// Changes of both sides since the run before -> what has to be done. `identical` is asked about files that
/// both sides changed.
bisync_plan plan_changes(const side_view& one, const side_view& two, const conflict_rules& rules,
                         const std::function<bool(const std::string& path)>& identical,
                         const tell_line& tell);

/// Without a run before: each side gets what it lacks, and of what differs the preferred version. `differs`
/// is asked about files on both sides.
bisync_plan plan_resync(const side_listing& one, const side_listing& two, preference preferred,
                        const std::function<bool(const std::string& path)>& differs, const tell_line& tell);

} // namespace argosy
