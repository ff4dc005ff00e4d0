#include "http/rc/command.hpp"

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "http/params.hpp"

namespace argosy::rc {

namespace {

// No kind of server is built in: the answers are those of an rclone with none registered (rc-surface 1.12).

std::string empty_list(const char* key) { return json_text(json{{key, json::array()}}); }

std::string start(const json& input, const daemon&) {
  std::string type;
  try {
    type = optional_string(input, "type");
  } catch (const failure&) {
    type.clear(); // rclone overlooks a wrong type
  }
  fail(failure_kind::other, "could not find serve type=" + go_quote(type));
}

std::string stop(const json& input, const daemon&) {
  fail(failure_kind::other, "server with id=" + go_quote(require_string(input, "id")) + " not found");
}

} // namespace

std::vector<command> serve_commands() {
  const auto needed = right::authenticated;
  return {
      {"serve/start",
       "Create a new server",
       needed,
       needed,
       {{"type", "string", true, "one of serve/types"},
        {"fs", "fs", true, "what to serve"},
        {"addr", "string", false, "address to listen on, host:port"},
        {"opt", "object", false, "options of the server"},
        {"vfsOpt", "VfsOptions", false, "options of its VFS"},
        {"proxyOpt", "object", false, "options of its authentication proxy"}},
       "{id: string, addr: string}",
       "Fails: this daemon has no servers to start.\n",
       start,
       {}},
      {"serve/stop",
       "Unserve selected active serve",
       needed,
       needed,
       {{"id", "string", true, "of the server, from serve/start"}},
       "{}",
       "Ends a server.\n",
       stop,
       {}},
      {"serve/list",
       "Show running servers",
       needed,
       needed,
       {},
       "{list: {id: string, addr: string, params: object}[]}",
       "Returns\n\n- list - objects with id, addr and params\n",
       [](const json&, const daemon&) { return empty_list("list"); },
       {}},
      {"serve/types",
       "Show all possible serve types",
       needed,
       needed,
       {},
       "{types: string[]}",
       "Returns\n\n- types - names of the kinds of server that can be started\n",
       [](const json&, const daemon&) { return empty_list("types"); },
       {}},
      {"serve/stopall",
       "Stop all active servers",
       needed,
       needed,
       {},
       "{}",
       "Ends all servers.\n",
       [](const json&, const daemon&) { return std::string{"{}"}; },
       {}},
  };
}

} // namespace argosy::rc
