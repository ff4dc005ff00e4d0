#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/storage.hpp"
#include "core/log.hpp"
#include "core/remote_name.hpp"

namespace argosy {

/// One option of a storage, as config/providers shows it (rc-surface 1.3.1).
struct storage_option {
  std::string name, help, default_text,
      type; ///< type: string, bool, int, SizeSuffix, Duration, CommaSepList, Encoding, ...
  bool required = false, is_password = false, advanced = false, exclusive = false, sensitive = false;
  struct example {
    std::string value, help;
  };
  std::vector<example> examples;
  std::string provider;
  bool no_prefix = false; ///< the flag is the bare name, without that of the storage
  int hide = 0;           ///< 1: from the command line, 2: from the configurator, 3: from both
  std::string short_flag; ///< one letter
};

/// Looks an option up in rclone's order: connection string, flags, environment, configuration (2.7). Nothing:
/// use the default.
using option_lookup = std::function<std::optional<std::string>(std::string_view key)>;

class network;
class storage_table;

/// A remote may turn out to point at a file: then the storage is its parent folder and `file` its leaf
/// (rclone's ErrorIsFile).
struct made_storage {
  made_storage() = default;
  made_storage(std::shared_ptr<storage> s, std::optional<std::string> leaf = std::nullopt) :
      made(std::move(s)), file(std::move(leaf)) {}
  std::shared_ptr<storage> made;
  std::optional<std::string> file;
};

/// Everything a storage needs to be made.
struct storage_request {
  std::string name; ///< as in storage_info::name
  std::string
      prefix;       ///< config text before the path, e.g. "mem:", ":local,links='true':", "" for a plain path
  std::string path; ///< after the colon
  option_lookup option;
  const main_options& options; ///< of the call
  const storage_table& table;  ///< to make wrapped storages
  std::function<made_storage(const std::string& fs)>
      make_other; ///< another fs by its text (alias, crypt, union); throws failure
  logger& log;
  network& net; ///< for what talks to servers
};

/// One row a storage.
struct storage_type {
  std::string name;        ///< "local"
  std::string description; ///< one line
  std::vector<storage_option> options;
  std::function<made_storage(const may_block&, const storage_request&)> make;
};

/// All storages, listed by hand in table.cpp: no registration by side effect.
class storage_table {
public:
  storage_table();
  const storage_type* find(std::string_view type) const;
  const std::vector<storage_type>& types() const { return types_; }

private:
  std::vector<storage_type> types_;
};

} // namespace argosy
