#include "http/rc/command.hpp"

#include "core/go_text.hpp"
#include "http/params.hpp"

namespace argosy::rc {

namespace {

void run_command(job_context& job, const daemon&) {
  on_session(job, require_fs(job.input(), "fs"), [input = job.input()](const may_block& on, session& s) {
    const auto& info = s.of().info();
    if (!info.features.Command)
      fail(failure_kind::unsupported, info.description + ": doesn't support backend commands");
    const auto name = require_string(input, "command");
    const auto options = optional_string_map(input, "opt");
    const auto arguments = optional_strings(input, "arg");
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
        {"arg", "string[]", false, "arguments"},
        {"opt", "{*: string}", false, "options by name"}},
       "{result: any}",
       "Runs a command that only this kind of remote has.\n\nReturns\n\n- result - what the command gives, "
       "or null\n",
       {},
       run_command},
  };
}

} // namespace argosy::rc
