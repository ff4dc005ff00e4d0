#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config_encryption.hpp"
#include "core/config_file.hpp"

struct stat;

namespace argosy {

/// A password of the configuration, and what the error text calls it when it is the wrong one.
struct config_password {
  std::string text;
  std::string source; ///< "RCLONE_CONFIG_PASS env", "--password-command derived"
};

/// Reads and writes the file at `path` (6.1 to 6.3): reloads when it changed, saves atomically with the old
/// mode (0600 for a new file), resolves a symlink first, decrypts and encrypts. "", /dev/null and a base name
/// of "notfound" keep everything in memory. Remotes of the environment (RCLONE_CONFIG_<NAME>_TYPE) come from
/// `environment`. Not thread-safe: its owner serialises.
class config_store {
public:
  /// Asked each time when an encrypted file does not open with the password known so far. Nothing: there is
  /// none. May block and throw failure.
  using password_source = std::function<std::optional<config_password>()>;
  /// Where a file that cannot be read any more is complained about.
  using complaint = std::function<void(const std::string& text)>;

  config_store(std::string path, std::map<std::string, std::string> environment, password_source ask = {},
               complaint complain = {});
  /// Absolute; empty when everything is kept in memory.
  const std::string& path() const { return path_; }
  /// Uses another file from now on.
  void set_path(const std::string& path);
  /// The password of encrypted files from now on, and what is saved from now on is encrypted. A wrong one is
  /// found out by the next load(). Throws failure(other) for a text that cannot be a password.
  void unlock(std::string_view password);
  /// The file as it is now; as it was when it cannot be read any more, which is rclone's rule. Blocks on the
  /// disk. Throws failure(other) when it could never be read.
  const config_text& load();
  /// True when the last load() failed because nobody has given a password.
  bool locked() const { return locked_; }
  /// Writes and only then takes over `next`. Blocks on the disk. Throws failure(other), also when that would
  /// overwrite a file that somebody else has changed and load() cannot read.
  void save(config_text next);
  /// The option of a remote: RCLONE_CONFIG_<REMOTE>_<KEY> over the file (empty values of the file are
  /// ignored).
  std::optional<std::string> remote_option(std::string_view remote, std::string_view key);
  /// RCLONE_CONFIG_<REMOTE>_<KEY> alone.
  std::optional<std::string> environment_option(std::string_view remote, std::string_view key) const;
  /// Environment remotes first, then the file's sections in order.
  std::vector<std::string> remotes();
  /// RCLONE_<BACKEND>_<KEY>.
  std::optional<std::string> backend_option(std::string_view backend, std::string_view key) const;
  /// RCLONE_<KEY>.
  std::optional<std::string> global_option(std::string_view key) const;

private:
  /// One version of the file. The inode too: whoever saves within the resolution of the time makes a new one.
  struct version {
    std::int64_t time; // nanoseconds
    std::int64_t size;
    std::uint64_t inode;
    static version of(const struct stat& file);
    bool operator==(const version& other) const {
      return time == other.time && size == other.size && inode == other.inode;
    }
  };
  config_text read(version& found);
  std::string decrypted(std::string_view file);
  std::optional<std::string> variable(std::string_view name) const;

  std::string path_;
  std::map<std::string, std::string> environment_;
  password_source ask_;
  complaint complain_;
  config_text text_;
  std::optional<config_key> key_;
  std::optional<version> loaded_;
  std::optional<version> unreadable_; // a later version than loaded_, with the reason:
  std::string why_unreadable_;
  bool locked_ = false;
};

/// Where rclone.conf is by default (6.1), from the environment given.
std::string default_config_path(const std::map<std::string, std::string>& environment,
                                const std::string& executable_folder);

} // namespace argosy
