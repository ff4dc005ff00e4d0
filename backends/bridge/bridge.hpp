#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "backends/table.hpp"

namespace argosy {

class rclone_server;

/// Types of storages that only the installed rclone has. Thread-safe; outlives the storages made by it.
class bridge {
public:
  struct settings {
    std::string program; ///< looked for in PATH unless it has a slash; "": there is no bridge
    /// "": the configuration is kept in memory, where rclone cannot see it.
    std::function<std::string(const may_block&)> config_path;
    /// Of an encrypted configuration file; nothing: rclone finds it in its environment, if anywhere.
    std::function<std::optional<std::string>(const may_block&)> config_password;
  };
  explicit bridge(settings how);
  ~bridge();
  bridge(const bridge&) = delete;
  bridge& operator=(const bridge&) = delete;

  bool enabled() const { return !how_.program.empty(); }
  /// The row of a type; it stays as long as this. Null: rclone does not have it either, or there is no
  /// bridge. Throws failure(other) when rclone cannot be asked.
  const storage_type* find(const may_block& on, const std::string& type);
  /// All types of rclone.
  const std::vector<storage_type>& types(const may_block& on);

private:
  made_storage make(const may_block& on, const storage_type& type, const storage_request& request);
  std::shared_ptr<rclone_server> server_of(const may_block& on, const storage_type& type,
                                           const storage_request& request);
  std::optional<std::string> password(const may_block& on) const;

  const settings how_;
  std::mutex mutex_;
  std::optional<std::vector<storage_type>> types_;
  std::map<std::string, std::weak_ptr<rclone_server>> servers_; // by what it serves
};

/// The rows in what `rclone config providers` prints. Throws failure(other) when it is something else.
std::vector<storage_type> read_providers(const std::string& printed);

} // namespace argosy
