#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/links/configuration.hpp"
#include "backends/table.hpp"
#include "core/log.hpp"
#include "core/options.hpp"

namespace argosy {

class bridge;

/// Turns fs texts into storages (rc-surface 2.7). Thread-safe.
class remote_maker {
public:
  /// `flags` are options of storages from the command line: option name as the flag has it, with underscores
  /// (copy_links, sftp_host). `others` has the types that are not in the table; null: nobody has.
  remote_maker(configuration& config, const storage_table& table, std::map<std::string, std::string> flags,
               logger& log, network& net, bridge* others = nullptr) :
      config_(config),
      table_(table), flags_(std::move(flags)), log_(log), net_(net), others_(others) {}
  /// Blocks. Throws failure with rclone's texts (E-FS of rc-surface 0.2).
  made_storage make(const may_block& on, const std::string& fs, const main_options& options) const;
  configuration& config() const { return config_; }
  /// A type of storage by its name, also one that only rclone has; null: there is none. Throws failure(other)
  /// when rclone cannot be asked.
  const storage_type* find_type(const may_block& on, const std::string& type) const;
  /// The types that only rclone has; none when it cannot be asked. They stay as long as this.
  std::vector<const storage_type*> other_types(const may_block& on) const;

private:
  made_storage make_nested(const may_block& on, const std::string& fs, const main_options& options,
                           int depth) const;
  configuration& config_;
  const storage_table& table_;
  std::map<std::string, std::string> flags_;
  logger& log_;
  network& net_;
  bridge* others_;
};

} // namespace argosy
