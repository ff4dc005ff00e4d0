#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/failure.hpp"
#include "core/time_text.hpp"

/// What a job's report says of each file. Plain values.
namespace argosy {

/// Kinds of work on one file, as core/transferred names them (rc-surface 3.4, `what`). Append only: they
/// travel as numbers.
enum class work_kind : std::uint8_t { transferring, deleting, checking, hashing, listing, moving, renaming };
inline constexpr std::size_t work_kind_count = 7;
const char* to_string(work_kind what);

/// What became of a file. Append only: reports hold them as numbers.
enum class outcome_kind : std::uint8_t {
  copied,  ///< it is at the destination now; of a move, and no longer at the source
  skipped, ///< nothing had to be copied; of a move, it is no longer at the source
  failed,
  deleted, ///< only the destination had it
  renamed, ///< the destination had it under another name
};
inline constexpr std::size_t outcome_count = 5;
const char* to_string(outcome_kind how);
/// The outcome of that name, if there is one.
std::optional<outcome_kind> parse_outcome_kind(std::string_view name);

/// What a failure is called in a report: "object_not_found".
const char* to_string(failure_kind kind);

/// Whether another attempt at the same may end better.
bool worth_another_attempt(failure_kind kind);

/// The files of a job. What was tried again counts as it ended.
struct file_account {
  std::uint64_t found = 0; ///< at the source, and those that only the destination has and that are to go
  std::uint64_t copied = 0, skipped = 0, failed = 0, deleted = 0, renamed = 0;
  std::uint64_t failed_directories = 0; ///< that could not be listed, made, given their time or removed
  std::uint32_t attempt = 1;            ///< under way, or the last one
  bool adds_up() const { return found == copied + skipped + failed + deleted + renamed; }
};

/// Where files of a report are.
struct report_place {
  std::string directory = {};             ///< below the root
  bool in_source = true;                  ///< false: when it was listed only the destination had it
  std::string destination_directory = {}; ///< where it differs: other case or composition
  std::string destination_fs = {};        ///< of a job with several destinations
};

/// What became of one file, or of a directory with which something went wrong.
struct file_outcome {
  std::string_view name = {}; ///< below the directory of its place; "": that directory itself
  outcome_kind how = outcome_kind::copied;
  work_kind what = work_kind::transferring; ///< what was done last
  bool is_directory = false;
  std::int64_t size = -1;  ///< bytes; -1 unknown
  nanoseconds started = 0; ///< wall clock; kept in microseconds
  nanoseconds duration = 0;
  failure_kind kind = failure_kind::other; ///< of a failed one
  std::string_view error = {};             ///< of a failed one
  std::string_view renamed_from = {};      ///< of a renamed one: path below the root of the destination
};

} // namespace argosy
