#include "http/rc/command.hpp"

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "http/params.hpp"

namespace argosy::rc {

namespace {

// A virtual file system lives while something is mounted or served, which this daemon does not do. The
// answers are rclone's for "none active" (rc-surface 1.14).

std::string list(const json&, const daemon&) { return json_text(json{{"vfses", json::array()}}); }

/// What every call on one of them fails with.
std::string none_active(const json& input, const daemon&) {
  if (input.find("fs") == input.end())
    fail(failure_kind::other, "no VFS active and \"fs\" parameter not supplied");
  fail(failure_kind::other, "no VFS found with name " + go_quote(require_string(input, "fs")));
}

const parameter which{"fs", "string", false, "name of the VFS; needed when there are several"};

} // namespace

std::vector<command> vfs_commands() {
  return {
      {"vfs/list",
       "List active VFSes.",
       right::open,
       right::open,
       {},
       "{vfses: string[]}",
       "Returns\n\n- vfses - names of what is mounted or served\n",
       list,
       {}},
      {"vfs/refresh",
       "Refresh the directory cache.",
       right::authenticated,
       right::open,
       {which,
        {"recursive", "string", false, "\"true\" to go into subdirectories"},
        {"dir", "string", false, "a directory to read again; so are dir2 and the like"}},
       "{result: {*: string}}",
       "Reads directories of a VFS again.\n",
       none_active,
       {}},
      {"vfs/forget",
       "Forget files or directories in the directory cache.",
       right::authenticated,
       right::open,
       {which,
        {"file", "string", false, "a file to forget; so are file2 and the like"},
        {"dir", "string", false, "a directory to forget; so are dir2 and the like"}},
       "{forgotten: string[]}",
       "Forgets what a VFS remembers of files and directories.\n",
       none_active,
       {}},
      {"vfs/poll-interval",
       "Get the status or update the value of the poll-interval option.",
       right::authenticated,
       right::open,
       {which,
        {"interval", "duration", false, "new interval; 0 turns polling off"},
        {"timeout", "duration", false, "how long to wait for the change"}},
       "{enabled: boolean, supported: boolean, interval: {raw: integer, seconds: integer, string: string}, "
       "timeout?: boolean}",
       "Shows or changes how often a VFS asks its remote for changes.\n",
       none_active,
       {}},
      {"vfs/stats",
       "Stats for a VFS.",
       right::open,
       right::open,
       {which},
       "{fs: string, opt: object, inUse: integer, metadataCache: {dirs: integer, files: integer}, "
       "diskCache?: object}",
       "Figures of a VFS and its cache.\n",
       none_active,
       {}},
      {"vfs/queue",
       "Queue info for a VFS.",
       right::open,
       right::open,
       {which},
       "{queue?: {name: string, id: integer, size: integer, expiry: number, tries: integer, delay: number, "
       "uploading: boolean}[]}",
       "Files of a VFS that wait for upload.\n",
       none_active,
       {}},
      {"vfs/queue-set-expiry",
       "Set the expiry time for an item queued for upload.",
       right::authenticated,
       right::open,
       {which,
        {"id", "integer", true, "of the item"},
        {"expiry", "number", true, "seconds"},
        {"relative", "boolean", false, "count from the present expiry"}},
       "{}",
       "Changes when a waiting file is uploaded.\n",
       none_active,
       {}},
  };
}

} // namespace argosy::rc
