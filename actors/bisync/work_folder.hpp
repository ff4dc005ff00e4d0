#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "actors/bisync/side_listing.hpp"
#include "backends/may_block.hpp"
#include "core/log.hpp"

/// The files beside a bisync: listings, lock, hash of the filters. Local, small, and read by rclone too.
namespace argosy {

/// Names of one pair of remotes in the working folder.
struct work_files {
  std::string folder, session;
  std::string base() const { return folder + "/" + session; }
  std::string lock() const { return base() + ".lck"; }
  /// Of side 0 or 1.
  std::string listing(int side) const { return base() + (side == 0 ? ".path1.lst" : ".path2.lst"); }
};

bool file_exists(const may_block& on, const std::string& path);
/// Throws failure(other) `open /p: no such file or directory`.
std::string read_whole_file(const may_block& on, const std::string& path);
/// The new content stands there whole or not at all. Throws failure(other) with the system's text.
void replace_file(const may_block& on, const std::string& path, const std::string& content);
/// Copies it in the same way; what does not exist is left alone.
void copy_if_there(const may_block& on, const std::string& from, const std::string& to);
void remove_if_there(const may_block& on, const std::string& path);
/// Both listings get the ending -err: runs are locked out until a resync.
void lock_out(const may_block& on, const work_files& files);

using tell_text = std::function<void(log_level level, const std::string& text)>;

/// Takes the lock of a pair, in the form of newer rclone, of which older ones only look at the existence.
/// `max_lock`: nanoseconds after which somebody else may take it; 0: never. An expired one of somebody else
/// is taken over, and as its run did not end the listings go the way of lock_out(). Throws failure(other)
/// `prior lock file found: ...`.
void take_lock(const may_block& on, const work_files& files, std::int64_t max_lock, nanoseconds present,
               const tell_text& tell);
/// Begins its time anew.
void renew_lock(const may_block& on, const work_files& files, std::int64_t max_lock, nanoseconds present);

/// The rule of filtersFile: its MD5 stands in a file beside it, is written by a resync and must not have
/// changed in other runs. Returns the content. Throws failure(other).
std::string checked_filters(const may_block& on, const std::string& path, bool resync, bool dry_run,
                            const tell_text& tell);

} // namespace argosy
