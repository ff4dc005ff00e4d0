#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace argosy {

/// rclone.conf as a value (rc-surface 6.2): sections and keys in file order, comments kept with the item
/// after them.
class config_text {
public:
  /// Throws failure(other) naming the line.
  static config_text parse(std::string_view text);
  std::string render() const;

  std::vector<std::string> sections() const;
  bool has_section(std::string_view section) const;
  std::vector<std::string> keys(std::string_view section) const;
  /// With %(name)s replaced and the lookup in the parent section `a` of `a.b` (6.2).
  std::optional<std::string> get(std::string_view section, std::string_view key) const;
  void set(const std::string& section, const std::string& key, const std::string& value);
  bool erase_key(std::string_view section, std::string_view key);
  bool erase_section(std::string_view section);

private:
  struct item {
    std::string key, value, comment;
  };
  struct part {
    std::string name, comment;
    std::vector<item> items;
  };
  const part* find(std::string_view section) const;
  std::vector<part> parts_;
  std::string trailing_comment_;
};

/// Reads and writes the file at `path` (6.1, 6.2): reloads when its time or size changed, saves atomically
/// with the old mode (0600 for a new file), resolves a symlink first. "" , /dev/null and a base name of
/// "notfound" keep everything in memory. Remotes of the environment (RCLONE_CONFIG_<NAME>_TYPE) come from
/// `environment`. Not thread-safe: its owner serialises.
class config_store {
public:
  config_store(std::string path, std::map<std::string, std::string> environment);
  const std::string& path() const { return path_; }
  /// The file as it is now. Blocks on the disk. Throws failure(other) when it cannot be read or parsed.
  config_text& load();
  /// Blocks on the disk. Throws failure(other).
  void save();
  /// The option of a remote: RCLONE_CONFIG_<REMOTE>_<KEY> over the file (empty values of the file are
  /// ignored).
  std::optional<std::string> remote_option(std::string_view remote, std::string_view key);
  /// Environment remotes first, then the file's sections in order.
  std::vector<std::string> remotes();
  /// RCLONE_<BACKEND>_<KEY>.
  std::optional<std::string> backend_option(std::string_view backend, std::string_view key) const;

private:
  std::string path_;
  std::map<std::string, std::string> environment_;
  config_text text_;
  bool memory_only_ = false;
  bool loaded_ = false;
  std::int64_t loaded_time_ = 0; // nanoseconds, of the file
  std::int64_t loaded_size_ = -1;
};

/// Where rclone.conf is by default (6.1), from the environment given.
std::string default_config_path(const std::map<std::string, std::string>& environment,
                                const std::string& executable_folder);

} // namespace argosy
