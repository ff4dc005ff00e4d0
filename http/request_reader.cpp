#include "http/request_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/header_text.hpp"
#include "http/params.hpp"

namespace argosy {

namespace {

// Longest method that is looked for; what is longer is no method.
constexpr std::size_t longest_method = 32;
// Room that is reserved for a body before any of it has come. More is only taken as bytes arrive.
constexpr std::uint64_t trusted_length = 16 << 20;

constexpr bool is_token_character(char c) noexcept { // RFC 9110 5.6.2
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

bool is_known_method(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 34> known{
#define ARGOSY_METHOD(number, name, text) #text,
      HTTP_METHOD_MAP(ARGOSY_METHOD)
#undef ARGOSY_METHOD
  };
  return std::find(known.begin(), known.end(), name) != known.end();
}

bool starts_with(std::string_view text, std::string_view with) noexcept {
  return text.substr(0, with.size()) == with;
}

// The path and query of a request target: origin form, absolute form or `*` (RFC 9112 3.2).
std::string_view without_authority(std::string_view target) noexcept {
  if (target.empty() || target.front() == '/' || target.front() == '*') return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view{} : target.substr(path);
}

} // namespace

struct reader_callbacks {
  static request_reader& self(http_parser* parser) { return *static_cast<request_reader*>(parser->data); }

  static int url(http_parser* parser, const char* at, std::size_t size) {
    auto& r = self(parser);
    r.target_.append(at, size);
    return r.head_grows(size);
  }

  static int field(http_parser* parser, const char* at, std::size_t size) {
    auto& r = self(parser);
    if (r.state_ == request_reader::progress::body) return r.head_grows(size); // a trailer: left out
    if (r.in_value_ || r.request_.headers.empty()) {
      r.in_value_ = false;
      r.request_.headers.emplace_back();
    }
    r.request_.headers.back().first.append(at, size);
    return r.head_grows(size);
  }

  static int value(http_parser* parser, const char* at, std::size_t size) {
    auto& r = self(parser);
    if (r.state_ == request_reader::progress::body) return r.head_grows(size);
    const bool first = !std::exchange(r.in_value_, true);
    r.request_.headers.back().second.append(at, size);
    return r.head_grows(size + (first ? 4 : 0)); // 4: the colon, the blank and the line's end
  }

  static int head_complete(http_parser* parser) { return self(parser).head_complete(); }

  static int body(http_parser* parser, const char* at, std::size_t size) {
    auto& r = self(parser);
    if (r.request_.body.size() + size > r.max_body_) return r.refuse("413 Request Entity Too Large");
    r.request_.body.append(at, size);
    return 0;
  }

  static int complete(http_parser* parser) {
    auto& r = self(parser);
    r.keep_alive_ = http_should_keep_alive(parser) != 0;
    r.state_ = request_reader::progress::complete;
    http_parser_pause(parser, 1);
    return 0;
  }

  static http_parser_settings all() noexcept {
    http_parser_settings settings;
    http_parser_settings_init(&settings);
    settings.on_url = url;
    settings.on_header_field = field;
    settings.on_header_value = value;
    settings.on_headers_complete = head_complete;
    settings.on_body = body;
    settings.on_message_complete = complete;
    return settings;
  }
};

method_start look_at_method(std::string_view bytes) noexcept {
  using kind = method_start::kind;
  // What nearly every request is.
  if (starts_with(bytes, "POST ") || starts_with(bytes, "GET ")) return {kind::known, 0};
  const auto end = std::find_if_not(bytes.begin(), bytes.end(), is_token_character);
  const auto length = static_cast<std::size_t>(end - bytes.begin());
  if (length > longest_method) return {kind::known, 0};
  if (end == bytes.end()) return {kind::incomplete, 0};
  if (length == 0 || *end != ' ' || is_known_method(bytes.substr(0, length))) return {kind::known, 0};
  return {kind::foreign, length};
}

request_reader::request_reader(std::size_t max_head, std::size_t max_body) :
    max_head_(max_head), max_body_(max_body) {
  restart();
}

void request_reader::restart() {
  http_parser_init(&parser_, HTTP_REQUEST);
  parser_.data = this;
  state_ = progress::head;
  started_ = false;
  in_value_ = false;
  wants_continue_ = false;
  head_size_ = 0;
  target_.clear();
  foreign_method_.clear();
}

std::size_t request_reader::feed(const char* data, std::size_t size) {
  static const http_parser_settings settings = reader_callbacks::all();
  if (!started_) {
    started_ = true;
    request_ = http_request{};
    request_.headers.reserve(8);
  }
  const auto used = http_parser_execute(&parser_, &settings, data, size);
  if (state_ == progress::complete || state_ == progress::refused) return used;
  switch (HTTP_PARSER_ERRNO(&parser_)) {
  case HPE_OK: break;
  case HPE_HEADER_OVERFLOW: refuse("431 Request Header Fields Too Large"); break;
  case HPE_INVALID_TRANSFER_ENCODING: refuse("501 Not Implemented"); break;
  case HPE_INVALID_VERSION: refuse("505 HTTP Version Not Supported: unsupported protocol version"); break;
  default: refuse("400 Bad Request"); break;
  }
  return used;
}

int request_reader::refuse(std::string_view why) {
  state_ = progress::refused;
  refusal_ = why;
  return -1;
}

int request_reader::head_grows(std::size_t by) {
  head_size_ += by;
  return head_size_ > max_head_ ? refuse("431 Request Header Fields Too Large") : 0;
}

int request_reader::head_complete() {
  // Another protocol was offered, or a tunnel asked for. Nothing of the kind is done here, and the parser
  // would take the rest of the connection for it.
  parser_.upgrade = 0;
  if (parser_.http_major != 1) return refuse("505 HTTP Version Not Supported: unsupported protocol version");
  std::size_t hosts = 0;
  for (auto& [name, value] : request_.headers) {
    if (!value.empty() && (value.back() == ' ' || value.back() == '\t'))
      value = std::string{trim_header(value)};
    // The parser takes a blank for a part of the name.
    if (name.find(' ') != std::string::npos) return refuse("400 Bad Request: invalid header name");
    if (same_header(name, "Host"))
      ++hosts;
    else if (same_header(name, "Expect")) {
      if (!same_header(value, "100-continue")) return refuse("417 Expectation Failed");
      wants_continue_ = parser_.http_minor > 0;
    }
  }
  if (hosts == 0 && parser_.http_minor > 0) return refuse("400 Bad Request: missing required Host header");
  if (hosts > 1) return refuse("400 Bad Request");
  const auto length = parser_.content_length; // all ones: none was given
  announced_ = length;
  if (length != UINT64_MAX) {
    if (length > max_body_) return refuse("413 Request Entity Too Large");
    request_.body.reserve(static_cast<std::size_t>(std::min(length, trusted_length)));
  }
  const auto target = without_authority(target_);
  const auto mark = target.find('?');
  auto path = decode_path(target.substr(0, mark));
  if (!path) return refuse("400 Bad Request");
  path->erase(0, path->find_first_not_of('/'));
  request_.path = std::move(*path);
  if (mark != std::string_view::npos) request_.query = target.substr(mark + 1);
  request_.method =
      foreign_method_.empty() ? http_method_str(static_cast<http_method>(parser_.method)) : foreign_method_;
  state_ = progress::body;
  return 0;
}

bool request_reader::wants_continue() noexcept {
  return state_ == progress::body && request_.body.empty() && std::exchange(wants_continue_, false);
}

request_reader::result request_reader::take() {
  result taken{std::move(request_), keep_alive_, parser_.http_minor == 0};
  restart();
  return taken;
}

void allow_heads_of(std::size_t bytes) noexcept {
  constexpr std::size_t most = UINT32_MAX;
  http_parser_set_max_header_size(
      static_cast<std::uint32_t>(std::min(std::max<std::size_t>(bytes, HTTP_MAX_HEADER_SIZE), most)));
}

} // namespace argosy
