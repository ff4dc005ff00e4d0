#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.hpp"

namespace argosy {

/// What a request below /debug/pprof/ wants, by the rules of Go's net/http/pprof.
struct pprof_request {
  enum class what {
    index,
    cmdline,
    symbol,
    cpu,     ///< samples for a while
    trace,   ///< events for a while
    snapshot ///< any of the others, as it is now
  };
  what kind = what::index;
  std::string name;     ///< last part of the path: "heap"; empty for the index
  int debug = 0;        ///< 0: for programs
  bool collect = false; ///< `gc=1` of the heap: give memory back before
  std::chrono::nanoseconds
      time{}; ///< how long to look: of cpu and trace; of a snapshot, whose change is wanted then
};

/// The error reply of Go's pprof: a text with the header X-Go-Pprof, by which its client knows it.
http_reply pprof_error(int status, std::string_view text);

/// Reads path, query and form. A refusal is returned as the reply that says it. `longest`: requests that take
/// as long or longer are refused, since the server would cut them off.
struct parsed_pprof_request {
  pprof_request request;
  std::optional<http_reply> refusal;
};
parsed_pprof_request parse_pprof_request(const http_request& http, std::chrono::nanoseconds longest);

/// What there is besides index, cmdline, symbol, profile and trace, with a line about each.
struct pprof_profile {
  const char* name;
  const char* about;
};
const pprof_profile* find_snapshot(std::string_view name);

} // namespace argosy
