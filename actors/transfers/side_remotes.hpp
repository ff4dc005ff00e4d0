#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/jobs/job.hpp"
#include "backends/chunked_copy.hpp"
#include "backends/storage.hpp"
#include "core/mime_type.hpp"
#include "core/options.hpp"

namespace argosy {

/// What options name beside source and destination (rc-surface 3.6.5, 3.6.9).
struct side_remotes {
  remote backup;              ///< of backup_dir; with suffix alone the destination itself; no store: none
  std::vector<remote> others; ///< of compare_dest, or of copy_dest
  std::shared_ptr<const mime_types> extensions; ///< with suffix_keep_extension: what counts as one
  bool any() const { return backup.store || !others.empty(); }
};

/// How much of the destination a call touches: overlaps with the backup matter for a tree only.
enum class extent { tree, file };

/// Opens what the options of `job` name and checks it against both sides; a failure, with rclone's text, ends
/// the job.
void open_side_remotes(job_context& job, const remote& source, const remote& destination, extent touched,
                       std::function<void(side_remotes)> then);

/// The same with other options than the job's.
void open_side_remotes(job_context& job, const std::shared_ptr<const main_options>& options,
                       const remote& source, const remote& destination, extent touched,
                       std::function<void(side_remotes)> then);

/// How many more connections of both sides a file of `size` bytes has use for (multi_thread_streams), as far
/// as their pools can give them at once.
std::size_t wanted_hands(const remote& source, const remote& destination, std::int64_t size,
                         const copy_policy& policy);

/// Connections of one piece of work; null where it needs none.
struct work_sessions {
  session* source = nullptr;
  session* destination = nullptr;
  session* backup = nullptr;
  std::vector<session*> others;
  copy_crew crew = {}; ///< for files that are copied in chunks
};

/// Name of the backup of `path`: with `suffix` at its end, or with suffix_keep_extension before its
/// extensions: the last one, and those before it that are known types ("a.tar.gz").
std::string backup_name(const std::string& path, const main_options& options, const mime_types* extensions);

/// Moves `path` of the destination away to its backup. Returns the size, or nothing when nothing was there.
/// With dry_run it stays where it is.
std::optional<std::int64_t> move_to_backup(const may_block& on, const work_sessions& at,
                                           const std::string& path, const main_options& options,
                                           const side_remotes& beside, const copy_policy& policy);

/// A file of a source, and whether one of the other remotes has the same.
enum class found_elsewhere {
  no,
  same,  ///< with compare_dest: nothing to do
  copied ///< with copy_dest: was copied from there
};
/// `request.to` is the path in all of them. Only where one is found to be copied the destination is touched,
/// after `keep_backup` was called.
found_elsewhere look_elsewhere(const may_block& on, const work_sessions& at, const copy_request& request,
                               const main_options& options, const copy_policy& policy,
                               const std::function<void()>& keep_backup);

} // namespace argosy
