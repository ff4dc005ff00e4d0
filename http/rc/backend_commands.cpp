#include "http/rc/command.hpp"

#include <map>

#include "core/go_text.hpp"
#include "http/params.hpp"

namespace argosy::rc {

namespace {

// The name of a JSON value in the error texts of Go's encoding/json.
const char* json_kind(const json& value) {
  if (value.is_number()) return "number";
  if (value.is_boolean()) return "bool";
  if (value.is_array()) return "array";
  return value.is_object() ? "object" : "string";
}

std::string text_of(const json& value, const char* key) {
  if (value.is_null()) return {};
  if (!value.is_string())
    fail(failure_kind::bad_parameter, "key " + go_quote(key) +
                                          ": Reshape failed to Unmarshal: json: cannot unmarshal " +
                                          json_kind(value) + " into Go value of type string");
  return value.get<std::string>();
}

void run_command(job_context& job, const daemon&) {
  on_session(job, require_fs(job.input(), "fs"), [input = job.input()](const may_block& on, session& s) {
    const auto& info = s.of().info();
    if (!info.features.Command)
      fail(failure_kind::unsupported, info.description + ": doesn't support backend commands");
    const auto name = require_string(input, "command");
    std::map<std::string, std::string> options;
    const auto given = optional_object(input, "opt");
    for (const auto& [key, value] : given.items()) options[key] = text_of(value, "opt");
    std::vector<std::string> arguments;
    for (const auto& value : optional_list(input, "arg")) arguments.push_back(text_of(value, "arg"));
    json result;
    try {
      result = s.command(on, name, options, arguments);
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      throw why.within("command " + go_quote(name) + " failed");
    }
    std::string out;
    json_writer w{out};
    w.begin_object();
    w.key("result"), w.value(result);
    w.end_object();
    return out;
  });
}

} // namespace

std::vector<command> backend_commands() {
  return {
      {"backend/command",
       "Runs a backend command.",
       right::authenticated,
       right::authenticated,
       {{"command", "string", true, "name of the command"},
        {"fs", "fs", true, "a remote, for example drive:"},
        {"arg", "list", false, "arguments"},
        {"opt", "object", false, "options by name"}},
       "Runs a command that only this kind of remote has.\n\nReturns\n\n- result - what the command gives, "
       "or null\n",
       {},
       run_command},
  };
}

} // namespace argosy::rc
