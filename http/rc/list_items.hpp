#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/storage.hpp"
#include "core/json.hpp"
#include "core/mime_type.hpp"

/// Items of operations/list and operations/stat (rc-surface 1.9.1), written straight as JSON text.
namespace argosy::rc {

/// The parameter `opt`.
struct list_options {
  bool recurse = false, no_mod_time = false, no_mime_type = false, show_encrypted = false,
       show_orig_ids = false;
  bool show_hash = false, dirs_only = false, files_only = false, metadata = false;
  std::vector<hash_type> hash_types; ///< of show_hash; empty: all that the remote knows
};

/// Throws failure(bad_parameter) for wrong types, failure(other) `unknown hash type "x"`.
list_options read_list_options(const json& input);

/// RFC 3339 in the local zone with a fixed number of decimals, like format_rfc3339, but times of one second
/// after the other cost little.
class time_formatter {
public:
  explicit time_formatter(int decimals) : decimals_(decimals) {}
  void append(std::string& out, nanoseconds time);

private:
  int decimals_;
  std::int64_t second_ = INT64_MIN; // that the texts below belong to
  std::string date_, zone_;
};

/// What an item has beside its entry. Looked up only where it is asked for: each costs a call to the remote.
struct item_extras {
  std::string encrypted_path;
  std::string mime_type; ///< empty: by the name
  std::map<hash_type, std::string> hashes;
  std::string id, original_id, tier;
  bool is_bucket = false;
  std::map<std::string, std::string> metadata;
};

class item_writer {
public:
  /// `depth` is the indentation of the items' braces. `types` outlives the writer.
  item_writer(const list_options& options, nanoseconds precision, const mime_types& types, int depth);
  /// One object, without anything around it. `path` includes the name.
  void write(std::string& out, std::string_view path, const entry_view& entry,
             const item_extras* extras = nullptr);

private:
  std::string_view type_of(std::string_view name);
  void key(std::string& out, const char* name) const;
  void text(std::string& out, const char* name, std::string_view value) const;

  const list_options& options_;
  const mime_types& types_;
  time_formatter times_;
  int depth_;
  std::string next_; // comma, newline and TABs before every key but the first
  std::string last_extension_, last_type_;
};

} // namespace argosy::rc
