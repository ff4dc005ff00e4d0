#include "http/rc/command.hpp"

#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy::rc {

namespace {

/// rclone has these calls only once a remote of its type `cache` was made (rc-surface 1.2), which this daemon
/// never makes. They are listed, and answer as an rclone that made none.
value_handler unknown(const char* path) {
  return [path](const json&, const daemon&) -> std::string {
    fail(failure_kind::unknown_command, std::string{"couldn't find method "} + go_quote(path));
  };
}

const char* no_such_storage = "Fails: this daemon has no storage of the type cache.\n";

} // namespace

std::vector<command> cache_commands() {
  return {
      {"cache/expire",
       "Purge a remote from cache",
       right::authenticated,
       right::open,
       {{"remote", "string", true, "path of a directory or file in the cache"},
        {"withData", "boolean", false, "remove what is cached of its content too"}},
       "{status: string, message: string}",
       no_such_storage,
       unknown("cache/expire"),
       {}},
      {"cache/fetch",
       "Fetch file chunks",
       right::authenticated,
       right::open,
       {{"chunks", "string", true, "which chunks, for example 0:10,-5:"},
        {"file", "string", false, "a file; so are file2 and the like"}},
       "{status: {*: {Error: string, FetchedChunks: integer}}}",
       no_such_storage,
       unknown("cache/fetch"),
       {}},
      {"cache/stats",
       "Get cache stats",
       right::open,
       right::open,
       {},
       "{data: object, files: object}",
       no_such_storage,
       unknown("cache/stats"),
       {}},
  };
}

} // namespace argosy::rc
