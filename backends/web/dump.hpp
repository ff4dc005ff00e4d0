#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "core/log.hpp"

namespace argosy::web {

/// Writes what goes over the wire to the log, at level debug (--dump headers, bodies, requests, responses).
/// Credentials are left out unless `auth` is among what is dumped.
class dump {
public:
  /// True when `what` (bits of dump_choice) asks for something that would be logged.
  static bool wanted(std::int64_t what, const logger& log);
  dump(std::int64_t what, logger& log) : what_(what), log_(log) {}
  dump(const dump&) = delete;
  dump& operator=(const dump&) = delete;
  /// Of one transfer, which this outlives.
  void attach(CURL* easy);

private:
  static int on_data(CURL*, curl_infotype type, char* data, std::size_t size, void* self);
  void header_sent(std::string_view lines);
  void header_line(std::string_view line);
  bool has(std::int64_t bits) const { return (what_ & bits) != 0; }

  const std::int64_t what_;
  logger& log_;
  std::string answer_; // lines of its header so far
};

} // namespace argosy::web
