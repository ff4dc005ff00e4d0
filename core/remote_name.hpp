#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"

namespace argosy {

/// A parsed `fs` value (rc-surface 2.7): `name,key=value:path`, `:backend,key=value:path` or a plain local
/// path.
struct remote_name {
  std::string name; ///< remote of the configuration, or backend when `inline_backend`; empty for a plain path
  bool inline_backend = false;
  std::vector<std::pair<std::string, std::string>>
      parameters; ///< in the order given; a key without `=` has the value "true"
  std::string path;

  bool is_local_path() const { return name.empty(); }
  /// `name,key='value':` as rclone writes it back (parameters sorted are not: order as given), without the
  /// path.
  std::string prefix() const;

  /// Throws failure(other) with rclone's texts. The empty string is "can't use empty string as a path".
  static remote_name parse(std::string_view text);
};

/// The `fs` text for a JSON object with type, _name, _root (2.7, JSON object form). Throws failure:
/// non-string values are bad_parameter; neither name nor type: other, `couldn't find "type" or "_name" in
/// JSON config definition`; keys that no connection string can hold: other, as parse() has it.
std::string fs_text_from_object(const json& object);

/// Throws failure(other) unless `name` may name a remote in the configuration ("config name contains invalid
/// characters - ...").
void check_config_name(std::string_view name);

} // namespace argosy
