#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "backends/table.hpp"
#include "core/config_store.hpp"
#include "core/remote_name.hpp"

namespace argosy {

/// The options of one remote in rclone's order (rc-surface 2.7): connection string, flag,
/// RCLONE_CONFIG_<REMOTE>_<KEY>, RCLONE_<BACKEND>_<KEY>, configuration file. A snapshot.
class remote_options {
public:
  /// `flags` are options of storages from the command line, with underscores. Blocks on the disk. Throws
  /// failure when the configuration cannot be read.
  remote_options(const remote_name& remote, const storage_type& type,
                 const std::map<std::string, std::string>& flags, config_store& store);

  /// Nothing: the default.
  std::optional<std::string> get(std::string_view key) const;
  /// `{xxxxx}` tells twins apart whose options come from above the configuration file, in names and in the
  /// cache; empty when none does.
  std::string suffix() const;
  /// What `override.<option>` and `global.<option>` make of the options of block main. Throws failure(other).
  void apply_to(main_options& options) const;

private:
  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, std::string> overrides_; // of the storage's own options, from above the file
};

/// Name of the option on the command line, with underscores, and after `RCLONE_` in lower case: `sftp_host`;
/// some options of the local storage have no prefix.
std::string flag_name_of(const storage_type& type, const storage_option& option);

} // namespace argosy
