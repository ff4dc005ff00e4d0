#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backends/table.hpp"
#include "core/json.hpp"

/// How a storage's options are shown and asked for (rc-surface 1.3, 1.3.1).
namespace argosy::rc {

/// One option as an object of config/providers, in rclone's order of keys. `default_text` in place of the
/// option's own.
void write_option(json_writer& out, const storage_option& option, const std::string& default_text);
void write_provider(json_writer& out, const storage_type& type);

/// The options of a storage and, last, the `description` that every one has.
std::vector<storage_option> options_of(const storage_type& type);

/// The remote that is being set up.
struct remote_setup {
  /// Nothing: the option is not set.
  std::function<std::optional<std::string>(const std::string& key)> get;
  std::function<void(const std::string& key, const std::string& value)> set;
  std::map<std::string, std::string> answers; ///< given beforehand: key to value
  bool editing = false;                       ///< shows what is set as the default
};

/// What config/create and config/update return with nonInteractive.
struct setup_step {
  std::string state;          ///< to be given back with the answer; empty: done
  std::optional<json> option; ///< the question
};

/// Goes on from `state` with the answer `result` until there is a question or nothing more to ask. State
/// `*all` asks for every option; the empty one for none, because no storage has questions of its own. Throws
/// failure(other) with rclone's texts.
setup_step go_on(const storage_type& type, remote_setup& setup, std::string state, std::string result);

} // namespace argosy::rc
