#include "http/rc/command.hpp"

#include <algorithm>
#include <filesystem>

#include "actors/bisync/bisync_job.hpp"
#include "actors/cluster/cluster.hpp"
#include "actors/sync/sync_job.hpp"
#include "core/call_options.hpp"
#include "core/go_text.hpp"
#include "http/params.hpp"
#include "http/rc/option_blocks.hpp"
#include "http/rc/transform.hpp"

namespace argosy::rc {

namespace {

work_handler syncing(sync_kind kind) {
  return [kind](job_context& job, const daemon& d) {
    const auto source = require_fs(job.input(), "srcFs");
    const auto destination = require_fs(job.input(), "dstFs");
    sync_order order;
    order.kind = kind;
    order.transform = transform_of(job, d);
    order.create_empty_directories = optional_bool(job.input(), "createEmptySrcDirs", false);
    if (kind == sync_kind::move)
      order.delete_empty_directories = optional_bool(job.input(), "deleteEmptySrcDirs", false);
    order.rules = job.rules();
    order.delete_excluded = order.rules && order.rules->deletes_excluded();
    run_sync(job, source, destination, std::move(order),
             d.cluster == nullptr ? nullptr : d.cluster->sharing());
  };
}

listing_check listing_check_of(const std::string& text) {
  if (text.empty() || text == "true") return listing_check::yes;
  if (text == "false") return listing_check::no;
  if (text == "only") return listing_check::only;
  fail(failure_kind::other, "unknown check-sync mode for bisync: " + go_quote(text));
}

/// As a text, since callers send the JSON boolean as well.
std::string check_sync_text(const json& input) {
  const auto found = input.find("checkSync");
  if (found != input.end() && found->is_boolean()) return found->get<bool>() ? "true" : "false";
  return optional_string(input, "checkSync");
}

/// What makes two versions of a file different ones: the parameter, else the options of comparing.
compare_rules compare_rules_of(const std::string& text, const main_options& options) {
  if (!text.empty()) return parse_compare(text);
  compare_rules rules;
  rules.modified = !options.checksum && !options.size_only;
  rules.checksum = options.checksum;
  rules.size = !options.ignore_size;
  return rules;
}

/// Locks last this long at least, as rclone demands.
constexpr std::int64_t shortest_lock = std::int64_t{2} * 60 * 1'000'000'000;

bisync_order bisync_order_of(job_context& job, const daemon& d) {
  const auto& in = job.input();
  const auto& options = *job.options();
  const auto flag = [&](const char* name) { return optional_bool(in, name, false); };
  bisync_order order;
  order.dry_run = optional_bool(in, "dryRun", options.dry_run);
  order.resync = flag("resync");
  order.force = flag("force");
  order.check_access = flag("checkAccess");
  order.create_empty_directories = flag("createEmptySrcDirs");
  order.remove_empty_directories = flag("removeEmptyDirs");
  order.no_cleanup = flag("noCleanup");
  order.resilient = flag("resilient");
  order.recover = flag("recover");
  order.ignore_listing_checksum = flag("ignoreListingChecksum");
  order.no_slow_hash = flag("noSlowHash");
  order.slow_hash_sync_only = flag("slowHashSyncOnly");
  order.download_hash = flag("downloadHash");
  constexpr std::int64_t whole = 100; // percent
  // Option max_delete is a percentage here, as for rclone's bisync.
  if (options.max_delete >= 0) order.max_delete = std::min(options.max_delete, whole);
  order.max_delete = optional_int(in, "maxDelete", order.max_delete);
  if (order.max_delete < 0 || order.max_delete > whole)
    fail(failure_kind::bad_parameter, "maxDelete must be a percentage between 0 and 100");
  order.max_lock = optional_duration(in, "maxLock", 0);
  if (order.max_lock < 0 || order.max_lock == duration_off) order.max_lock = 0;
  if (order.max_lock > 0 && order.max_lock < shortest_lock) order.max_lock = shortest_lock;
  order.check_filename = optional_string(in, "checkFilename", order.check_filename);
  order.filters_file = optional_string(in, "filtersFile");
  const auto folder = optional_string(in, "workdir");
  order.work_folder =
      std::filesystem::absolute(folder.empty() ? d.cache_folder + "/bisync" : folder).lexically_normal();
  while (order.work_folder.size() > 1 && order.work_folder.back() == '/') order.work_folder.pop_back();
  order.check = listing_check_of(check_sync_text(in));
  const auto resync_mode = parse_preference("resync", optional_string(in, "resyncMode"));
  if (resync_mode != preference::none) {
    order.resync = true;
    order.resync_preference = resync_mode;
  }
  order.compare = compare_rules_of(optional_string(in, "compare"), options);
  order.conflicts =
      parse_conflict_rules(optional_string(in, "conflictResolve"), optional_string(in, "conflictLoser"),
                           optional_string(in, "conflictSuffix"), now());
  order.conflicts.keep_extension = options.suffix_keep_extension;
  order.rules = job.rules();
  order.filters = d.blocks.filters();
  auto same_options = options;
  apply_option_overrides(job.request().overrides, same_options, order.filters);
  return order;
}

void bisync(job_context& job, const daemon& d) {
  const auto& in = job.input();
  if (!job.options()->name_transform.empty())
    fail(failure_kind::unsupported, "--name-transform is not supported by bisync");
  auto order = bisync_order_of(job, d);
  const auto either = [&](const char* name, const char* older) {
    return optional_string(in, name, optional_string(in, older));
  };
  run_bisync(job, {require_fs(in, "path1"), require_fs(in, "path2")},
             {either("backupDir1", "backupdir1"), either("backupDir2", "backupdir2")}, std::move(order));
}

const parameter source{"srcFs", "fs", true, "where from, for example drive:src"};
const parameter destination{"dstFs", "fs", true, "where to, for example drive:dst"};
const parameter create_empty{"createEmptySrcDirs", "boolean", false,
                             "make directories that are empty in the source too"};

} // namespace

std::vector<command> sync_commands() {
  std::vector<command> rows{
      {"sync/copy",
       "copy a directory from source remote to destination remote",
       right::authenticated,
       right::authenticated,
       {source, destination, create_empty},
       "{}",
       "Copies what is new or different. Nothing is removed at the destination.\n",
       {},
       syncing(sync_kind::copy)},
      {"sync/sync",
       "sync a directory from source remote to destination remote",
       right::authenticated,
       right::authenticated,
       {source, destination, create_empty},
       "{}",
       "Makes the destination like the source: copies what differs and removes what the source has not.\n",
       {},
       syncing(sync_kind::sync)},
      {"sync/move",
       "move a directory from source remote to destination remote",
       right::authenticated,
       right::authenticated,
       {source,
        destination,
        create_empty,
        {"deleteEmptySrcDirs", "boolean", false, "remove the source's directories that become empty"}},
       "{}",
       "Moves files: renames where both are the same remote, else copies and then removes at the source.\n",
       {},
       syncing(sync_kind::move)},
      {"sync/bisync",
       "Perform bidirectional synchronization between two paths.",
       right::authenticated,
       right::authenticated,
       {{"path1", "fs", true, "one side, for example drive:path1"},
        {"path2", "fs", true, "the other side"},
        {"dryRun", "boolean", false, "tell what would be done and do nothing"},
        {"resync", "boolean", false, "make both sides a superset of both, and remember that"},
        {"resyncMode", "string", false,
         "resync, of what differs with: path1, path2, newer, older, larger, smaller"},
        {"checkAccess", "boolean", false, "refuse unless files named checkFilename match on both sides"},
        {"checkFilename", "string", false, "RCLONE_TEST unless given"},
        {"maxDelete", "integer", false,
         "refuse when more percent of a side's files are gone; 50 unless given"},
        {"force", "boolean", false, "pass over maxDelete, and do it even if all files changed"},
        {"checkSync", "string | boolean", false,
         "compare the listings at the end: true, false, or only that: only"},
        {"createEmptySrcDirs", "boolean", false, "make and remove empty directories too"},
        {"removeEmptyDirs", "boolean", false, "remove all empty directories at the end"},
        {"filtersFile", "string", false, "file with filter rules; a change of it demands a resync"},
        {"ignoreListingChecksum", "boolean", false, "keep no hashes in the listings"},
        {"noSlowHash", "boolean", false, "nor where hashing means reading"},
        {"slowHashSyncOnly", "boolean", false, "the same, but use such hashes when copying"},
        {"downloadHash", "boolean", false, "hash by reading where a remote knows no hashes"},
        {"compare", "string", false, "what makes files differ: size, modtime, checksum, comma separated"},
        {"conflictResolve", "string", false,
         "which version wins: none, path1, path2, newer, older, larger, smaller"},
        {"conflictLoser", "string", false, "what the other one becomes: num, pathname, delete"},
        {"conflictSuffix", "string", false, "suffix of such files, or two with a comma between"},
        {"resilient", "boolean", false, "errors that may mend themselves do not demand a resync"},
        {"recover", "boolean", false, "after an interruption go on from the last whole run"},
        {"maxLock", "duration", false, "after this time the lock of a dead run counts no more; 2m or longer"},
        {"workdir", "string", false, "folder of the listings; bisync in the cache folder unless given"},
        {"noCleanup", "boolean", false, "keep working files"},
        {"backupDir1", "string", false, "where path1's files go that are overwritten or removed"},
        {"backupDir2", "string", false, "the same for path2"},
        {"backupdir1", "string", false, "older name of backupDir1"},
        {"backupdir2", "string", false, "older name of backupDir2"}},
       "{basePath: string, listing1: string, listing2: string, logFile: string, output: string, session: "
       "string, workDir: string}",
       "Passes on what changed on each side since the last run. The first run needs resync.\n\n"
       "A file that both sides changed is kept in both versions, as `..path1` and `..path2`, unless the\n"
       "conflict parameters say otherwise. Listings are those of rclone's bisync: either goes on where the\n"
       "other stopped.\n",
       {},
       bisync},
  };
  // A bisync that failed may have to be told how to go on.
  std::transform(rows.begin(), rows.end() - 1, rows.begin(), repeatable);
  return rows;
}

} // namespace argosy::rc
