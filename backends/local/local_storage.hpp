#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "backends/local/path_bounds.hpp"
#include "backends/table.hpp"

namespace argosy {

/// Options of a local storage (rc-surface 3.8), parsed.
struct local_options {
  bool links = false;      ///< symbolic links are small files `name.rclonelink` that hold the target
  bool copy_links = false; ///< symbolic links are followed
  bool skip_links = false; ///< no notice for links that are left out
  bool unicode_normalization = false;
  bool check_updated = true;
  bool one_file_system = false;
  bool set_modified = true;
  bool case_insensitive = false;
};

/// Files of this machine.
class local_storage final : public storage {
public:
  /// `root` is an absolute, clean path on disk; `name` and `config_text` as in storage_info. `log` outlives
  /// the storage.
  /// `bounds`, if any, hold the root.
  local_storage(std::string name, std::string config_text, std::string root, const local_options& options,
                logger& log, std::shared_ptr<const path_bounds> bounds = nullptr);

  std::unique_ptr<session> connect(const may_block& on) const override;
  const std::string& disk_root() const noexcept { return root_; }
  const local_options& options() const noexcept { return options_; }
  logger& log() const noexcept { return log_; }
  /// Null: there are none.
  const path_bounds* bounds() const noexcept { return bounds_.get(); }

private:
  std::string root_;
  local_options options_;
  logger& log_;
  std::shared_ptr<const path_bounds> bounds_;
};

/// What a link is called where links are shown as files.
inline constexpr std::string_view link_suffix = ".rclonelink";
inline bool has_link_suffix(std::string_view path) {
  return path.size() > link_suffix.size() && path.substr(path.size() - link_suffix.size()) == link_suffix;
}

storage_type local_type();

} // namespace argosy
