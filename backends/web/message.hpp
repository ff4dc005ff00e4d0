#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/pacer.hpp"
#include "core/option_table.hpp"

namespace argosy::web {

/// What is done with an answer that points elsewhere.
enum class redirection : std::uint8_t {
  follow, ///< as Go's client: 301, 302 and 303 turn the request into a GET without a body, or keep a HEAD
  keep_method, ///< whatever the status
  none         ///< it is the answer
};

struct request {
  std::string method = "GET";
  std::string url; ///< absolute and escaped; credentials in it are sent as basic authentication
  std::vector<http_header> headers;
  std::string body;                   ///< may be sent several times
  std::optional<std::int64_t> upload; ///< the body is written to the exchange instead: bytes, -1 unknown
  redirection redirects = redirection::follow;
  bool keep_credentials = false;        ///< also when the host or the scheme changes
  bool secure_only = false;             ///< from https only to https
  bool may_compress = false;            ///< the answer may come compressed; curl unpacks it
  bool wait_for_consent = false;        ///< Expect: 100-continue, before the body is sent
  std::chrono::milliseconds longest{0}; ///< for all of it, the body too; 0: no bound

  request() = default;
  request(std::string method_, std::string url_) : method(std::move(method_)), url(std::move(url_)) {}
};

/// The fields of a header. Names in any case.
class field_list {
public:
  void add(std::string_view name, std::string_view value);
  /// The first of that name; empty when there is none.
  const std::string& get(std::string_view name) const;
  bool has(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }
  void clear() { fields_.clear(); }

private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// An answer without its body.
struct answer {
  int status = 0;
  std::string status_text; ///< "404 Not Found"
  field_list fields;
  std::string url; ///< where it came from, after redirections
  std::int64_t content_length = -1;

  bool good() const { return status >= 200 && status <= 299; }
};

/// What Retry-After asks for (RFC 9110 10.2.3): seconds or a date. Not negative.
std::optional<wait_clock::duration> retry_after(const field_list& fields);

/// True for 408, 423, 425, 429, 500, 502, 503, 504 and 509: another attempt may end better.
bool is_transient(int status);

/// Throws what an answer that is no success means: transient_failure, permission_denied for 401 and 403,
/// object_not_found for 404 and 410, else other. `text` says all.
[[noreturn]] void fail_with(const answer& why, const std::string& text);

} // namespace argosy::web
