#include "http/rc/command.hpp"

#include "core/failure.hpp"
#include "http/params.hpp"
#include "http/rc/option_blocks.hpp"

namespace argosy::rc {

namespace {

// Built without FUSE: the answers are those of an rclone with no kind of mount registered (rc-surface 1.8).

std::string list_reply(const char* key) { return json_text(json{{key, json::array()}}); }

std::string types(const json&, const daemon&) { return list_reply("mountTypes"); }

std::string list_mounts(const json&, const daemon&) { return list_reply("mountPoints"); }

/// Options of one block as rclone reads them: flat ones first, those of the object `key` win.
template <class Options>
Options block_of(const json& input, const char* key, const option_table<Options>& table, Options options) {
  for (const auto& row : table.rows())
    if (const auto flat = input.find(row.info.flat_name); flat != input.end())
      table.apply_flat(options, row.info.flat_name, *flat);
  if (const auto nested = input.find(key); nested != input.end())
    table.apply_overrides(options, *nested, key);
  return options;
}

std::string mount(const json& input, const daemon& d) {
  require_string(input, "mountPoint");
  const auto in_force = d.blocks.current();
  block_of(input, "vfsOpt", vfs_option_table(), in_force.vfs);
  if (block_of(input, "mountOpt", mount_option_table(), in_force.mount).daemon)
    fail(failure_kind::other, "daemon option not supported over the API");
  require_fs(input, "fs");
  fail(failure_kind::other, "mount option specified is not registered, or is invalid");
}

std::string unmount(const json& input, const daemon&) {
  require_string(input, "mountPoint");
  fail(failure_kind::other, "mount not found");
}

std::string unmount_all(const json&, const daemon&) { return "{}"; }

const parameter mount_point{"mountPoint", "string", true, "directory"};

} // namespace

std::vector<command> mount_commands() {
  const auto needed = right::authenticated;
  return {
      {"mount/mount",
       "Create a new mount point",
       needed,
       needed,
       {{"fs", "fs", true, "what to mount"},
        mount_point,
        {"mountType", "string", false, "one of mount/types"},
        {"mountOpt", "MountOptions", false, "options of the mount"},
        {"vfsOpt", "VfsOptions", false, "options of its VFS"}},
       "{mountPoint: string}",
       "Fails: this daemon cannot mount.\n",
       mount,
       {}},
      {"mount/unmount",
       "Unmount selected active mount",
       needed,
       needed,
       {mount_point},
       "{}",
       "Ends a mount.\n",
       unmount,
       {}},
      {"mount/types",
       "Show all possible mount types",
       needed,
       needed,
       {},
       "{mountTypes: string[]}",
       "Returns\n\n- mountTypes - names of the kinds of mount that can be made\n",
       types,
       {}},
      {"mount/listmounts",
       "Show current mount points",
       needed,
       needed,
       {},
       "{mountPoints: {Fs: string, MountPoint: string, MountedOn: time}[]}",
       "Returns\n\n- mountPoints - a list of objects with Fs, MountPoint and MountedOn\n",
       list_mounts,
       {}},
      {"mount/unmountall",
       "Unmount all active mounts",
       needed,
       needed,
       {},
       "{}",
       "Ends all mounts.\n",
       unmount_all,
       {}},
  };
}

} // namespace argosy::rc
