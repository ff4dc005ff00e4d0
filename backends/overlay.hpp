#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends/storage.hpp"

/// What storages share that show several others as one.
namespace argosy {

using storage_list = std::vector<const storage*>;

/// Sets hashes (those that all have), precision (the coarsest) and features of a storage over these, by
/// rclone's rules for union and combine. `listp`: whether it lists in pages.
void describe_overlay(storage_info& info, const storage_list& over, bool listp);

/// How many sessions may be open at once, each with one session of every one of these; 0: no bound. One
/// remote may stand behind several of them.
std::size_t overlay_connection_limit(const storage_list& over);

/// A session that is opened when it is first used.
class lazy_session {
public:
  explicit lazy_session(const storage& of) : storage_(of) {}
  session& open(const may_block& on) {
    if (!session_) session_ = storage_.connect(on);
    return *session_;
  }
  const storage& of() const { return storage_; }
  bool closed_by_peer() const noexcept { return session_ && session_->closed_by_peer(); }

private:
  const storage& storage_;
  std::unique_ptr<session> session_;
};

/// Adds figures of operations/about; what one does not tell the sum does not tell either.
void add_usage(storage_usage& sum, const storage_usage& more);

/// Copies a file within one remote, without the bytes passing here. False: not possible.
bool copy_within(const may_block& on, session& from, session& to, const copy_request& request,
                 const copy_policy& policy);
/// Moves a file within one remote, by renaming, or by copying and removing where it cannot rename. False: not
/// possible.
bool move_within(const may_block& on, session& from, session& to, const std::string& source,
                 const std::string& target);
/// Moves a directory within one remote. False: not possible.
bool move_directory_within(const may_block& on, session& from, session& to, const std::string& source,
                           const std::string& target);

} // namespace argosy
