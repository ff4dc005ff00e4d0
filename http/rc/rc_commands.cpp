#include "http/rc/command.hpp"

#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy::rc {

namespace {

std::string echo(const json& input, const daemon&) { return json_text(input); }

std::string error(const json& input, const daemon&) {
  fail(failure_kind::other, "arbitrary error on input " + go_text(input));
}

std::string panic(const json& input, const daemon&) {
  fail(failure_kind::other, "panic received: arbitrary error on input " + go_text(input));
}

std::string fatal(const json& input, const daemon&) {
  fail(failure_kind::other, "panic received: fatal error: arbitrary error on input " + go_text(input));
}

std::string command_list(const json&, const daemon& d) {
  std::string out;
  json_writer w{out};
  w.begin_object();
  w.key("commands");
  w.begin_array();
  for (const auto& row : d.commands.all()) {
    w.begin_object();
    w.key("Path"), w.value(row.path);
    w.key("Title"), w.value(row.title);
    w.key("AuthRequired"), w.value(row.newest == right::authenticated);
    w.key("NoAuth"), w.value(row.newest == right::open);
    w.key("Help"), w.value(row.help);
    w.key("NeedsRequest"), w.value(row.needs_request);
    w.key("NeedsResponse"), w.value(row.needs_response);
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return out;
}

} // namespace

std::vector<command> rc_commands() {
  return {
      {"rc/noop",
       "Echo the input to the output parameters",
       right::open,
       right::open,
       {},
       "object",
       "Gives back every parameter that it got. For trying out clients and parameter types.\n",
       echo,
       {}},
      {"rc/noopauth",
       "Echo the input to the output parameters requiring auth",
       right::authenticated,
       right::authenticated,
       {},
       "object",
       "As rc/noop, but only for authenticated callers. For trying out credentials.\n",
       echo,
       {}},
      {"rc/error",
       "This returns an error",
       right::open,
       right::open,
       {},
       "{}",
       "Always fails, with the parameters in its text. For trying out how a client handles errors.\n",
       error,
       {}},
      {"rc/list",
       "List all the registered remote control commands",
       right::open,
       right::open,
       {},
       "{commands: Command[]}",
       "Returns\n\n- commands - a list of objects with Path, Title, Help, and the rights that the command "
       "needs\n",
       command_list,
       {}},
      {"rc/panic",
       "This returns an error by panicking",
       right::authenticated,
       right::open,
       {},
       "{}",
       "Fails as a handler with a bug would. For trying out how a client handles that.\n",
       panic,
       {}},
      {"rc/fatal",
       "This returns an fatal error",
       right::authenticated,
       right::open,
       {},
       "{}",
       "Fails with a fatal error, which ends the call but not the daemon.\n",
       fatal,
       {}},
  };
}

} // namespace argosy::rc
