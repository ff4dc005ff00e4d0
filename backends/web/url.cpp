#include "backends/web/url.hpp"

#include <algorithm>

#include "backends/curl/handles.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy::web {

namespace {

constexpr unsigned lenient = CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE | CURLU_ALLOW_SPACE;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string out{text};
  curl_free(text);
  return out;
}

curl::url_handle parsed(const std::string& text, unsigned flags) {
  curl::url_handle url{curl_url()};
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), flags) != CURLUE_OK) url.reset();
  return url;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return text;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string escape(std::string_view text, std::string_view punctuation) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_alphanumeric(c) || punctuation.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What Go's url.Parse refuses before anything is sent.
void check_escapes(const std::string& url) {
  const std::string_view checked = std::string_view{url}.substr(0, url.find('?'));
  for (auto at = checked.find('%'); at != std::string_view::npos; at = checked.find('%', at + 1)) {
    const auto escape = checked.substr(at, 3);
    if (escape.size() == 3 && hex_digit(escape[1]) >= 0 && hex_digit(escape[2]) >= 0) continue;
    fail(failure_kind::other, "parse " + go_quote(url) + ": invalid URL escape " + go_quote(escape));
  }
}

} // namespace

std::optional<url_parts> parse_url(const std::string& text) {
  const auto url = parsed(text, lenient | CURLU_PATH_AS_IS);
  if (!url) return std::nullopt;
  url_parts out;
  out.scheme = lower(part(url.get(), CURLUPART_SCHEME));
  out.user = part(url.get(), CURLUPART_USER, CURLU_URLDECODE);
  out.password = part(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  out.host = lower(part(url.get(), CURLUPART_HOST));
  out.port = part(url.get(), CURLUPART_PORT);
  out.path = part(url.get(), CURLUPART_PATH);
  out.query = part(url.get(), CURLUPART_QUERY);
  return out;
}

url_parts require_url(const std::string& text) {
  check_escapes(text);
  auto parts = parse_url(text);
  if (!parts) fail(failure_kind::other, "parse " + go_quote(text) + ": invalid URL");
  return *std::move(parts);
}

std::string shown_url(const std::string& text) {
  const auto parts = parse_url(text);
  if (!parts) return "(unreadable URL)";
  return parts->scheme + "://" + parts->authority() + parts->path;
}

std::optional<std::string> join_url(const std::string& base, const std::string& reference) {
  const auto url = parsed(base, lenient);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, reference.c_str(), lenient) != CURLUE_OK)
    return std::nullopt;
  return part(url.get(), CURLUPART_URL);
}

std::string escape_path(std::string_view path) { return escape(path, "-_.~$&+,/:;=@"); }

std::string escape_path_strictly(std::string_view path) { return escape(path, "-_.~/"); }

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const auto low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

} // namespace argosy::web
