#pragma once

#include <memory>
#include <string>

#include "backends/bridge/rclone_server.hpp"
#include "backends/storage.hpp"

namespace argosy {

/// What rclone says of a remote.
struct bridged_features {
  std::string description;
  nanoseconds precision = INT64_MAX;
  storage_features features;
  hash_set hashes;
  /// Of `rclone backend features`. Throws failure(other).
  static bridged_features read(const std::string& printed);
};

/// A remote of rclone's, reached through its SFTP server.
class bridge_storage final : public storage {
public:
  /// `inner` is the storage on that server.
  bridge_storage(storage_info info, bool renames, bool renames_directories,
                 std::shared_ptr<rclone_server> server, std::shared_ptr<storage> inner);

  std::unique_ptr<session> connect(const may_block& on) const override;
  std::size_t connection_limit() const noexcept override { return inner_->connection_limit(); }
  std::optional<std::chrono::nanoseconds> idle_limit() const noexcept override {
    return inner_->idle_limit();
  }
  rclone_server& server() const { return *server_; }
  /// rclone can rename files, and folders, of this remote.
  bool renames() const { return renames_; }
  bool renames_directories() const { return renames_directories_; }

private:
  const bool renames_, renames_directories_;
  std::shared_ptr<rclone_server> server_;
  std::shared_ptr<storage> inner_; // its connections end before the server
};

} // namespace argosy
