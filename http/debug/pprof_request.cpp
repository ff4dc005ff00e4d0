#include "http/debug/pprof_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "http/debug/pprof_index.hpp"
#include "http/params.hpp"

namespace argosy {

namespace {

constexpr std::string_view prefix = "debug/pprof/";

// A whole decimal number as Go's strconv.ParseInt takes it.
std::optional<std::int64_t> whole_number(std::string_view text) {
  if (text.substr(0, 1) == "+") text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> decimal_number(const std::string& text) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text.front())) != 0) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size()) return std::nullopt;
  return number;
}

// Seconds of a request without any, or with senseless ones.
constexpr std::int64_t usual_cpu_seconds = 30;
constexpr double usual_trace_seconds = 1;

std::chrono::nanoseconds from_seconds(double seconds) {
  constexpr double most = 1e9; // seconds: far beyond every time-out
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(seconds, most) * 1e9));
}

} // namespace

http_reply pprof_error(int status, std::string_view text) {
  auto reply = http_reply::plain_error(status, text);
  reply.headers.emplace_back("X-Go-Pprof", "1");
  return reply;
}

parsed_pprof_request parse_pprof_request(const http_request& http, std::chrono::nanoseconds longest) {
  parsed_pprof_request parsed;
  auto& r = parsed.request;
  const auto refuse = [&](int status, const char* text) {
    parsed.refusal = pprof_error(status, text);
    return parsed;
  };
  r.name = http.path.substr(std::min(prefix.size(), http.path.size()));
  auto given = parse_query(http.query);
  if (http.method == "POST" && r.name != "symbol") given.update(parse_query(http.body));
  const auto value = [&](const char* key) {
    const auto found = given.find(key);
    return found != given.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  const auto seconds = value("seconds");
  r.debug = static_cast<int>(std::clamp<std::int64_t>(whole_number(value("debug")).value_or(0), 0, 2));
  r.collect = r.name == "heap" && whole_number(value("gc")).value_or(0) > 0;

  if (r.name.empty()) {
    r.kind = pprof_request::what::index;
  } else if (r.name == "cmdline") {
    r.kind = pprof_request::what::cmdline;
  } else if (r.name == "symbol") {
    r.kind = pprof_request::what::symbol;
  } else if (r.name == "profile") {
    r.kind = pprof_request::what::cpu;
    const auto wanted = whole_number(seconds).value_or(0);
    r.time = from_seconds(static_cast<double>(wanted > 0 ? wanted : usual_cpu_seconds));
  } else if (r.name == "trace") {
    r.kind = pprof_request::what::trace;
    const auto wanted = decimal_number(seconds).value_or(0);
    r.time = from_seconds(wanted > 0 ? wanted : usual_trace_seconds);
  } else {
    r.kind = pprof_request::what::snapshot;
    if (find_snapshot(r.name) == nullptr) return refuse(404, "Unknown profile");
    if (!seconds.empty()) {
      const auto wanted = whole_number(seconds).value_or(0);
      if (wanted <= 0) return refuse(400, R"(invalid value for "seconds" - must be a positive integer)");
      if (r.debug != 0) return refuse(400, "seconds and debug params are incompatible");
      r.time = from_seconds(static_cast<double>(wanted));
    }
  }
  if (r.time >= longest) return refuse(400, "profile duration exceeds server's WriteTimeout");
  return parsed;
}

} // namespace argosy
