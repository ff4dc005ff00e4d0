#include "http/rc/command.hpp"

#include "actors/sync/sync_job.hpp"
#include "http/params.hpp"

namespace argosy::rc {

namespace {

work_handler syncing(sync_kind kind) {
  return [kind](job_context& job, const daemon&) {
    const auto source = require_fs(job.input(), "srcFs");
    const auto destination = require_fs(job.input(), "dstFs");
    sync_order order;
    order.kind = kind;
    order.create_empty_directories = optional_bool(job.input(), "createEmptySrcDirs", false);
    if (kind == sync_kind::move)
      order.delete_empty_directories = optional_bool(job.input(), "deleteEmptySrcDirs", false);
    order.rules = job.rules();
    order.delete_excluded = order.rules && order.rules->deletes_excluded();
    run_sync(job, source, destination, std::move(order));
  };
}

const parameter source{"srcFs", "fs", true, "where from, for example drive:src"};
const parameter destination{"dstFs", "fs", true, "where to, for example drive:dst"};
const parameter create_empty{"createEmptySrcDirs", "boolean", false,
                             "make directories that are empty in the source too"};

} // namespace

std::vector<command> sync_commands() {
  return {
      {"sync/copy",
       "copy a directory from source remote to destination remote",
       right::authenticated,
       right::authenticated,
       {source, destination, create_empty},
       "Copies what is new or different. Nothing is removed at the destination.\n",
       {},
       syncing(sync_kind::copy)},
      {"sync/sync",
       "sync a directory from source remote to destination remote",
       right::authenticated,
       right::authenticated,
       {source, destination, create_empty},
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
       "Moves files: renames where both are the same remote, else copies and then removes at the source.\n",
       {},
       syncing(sync_kind::move)},
  };
}

} // namespace argosy::rc
