#include "core/header_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace argosy {

namespace {

constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

void append_one_line(std::string& out, std::string_view text) {
  const auto start = out.size();
  out.append(text);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return c == '\r' || c == '\n'; }, ' ');
}

// Where the next header parameter begins, a ';' inside quotes left out.
std::size_t end_of_parameter(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && quoted)
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (text[i] == ';' && !quoted)
      return i;
  }
  return text.size();
}

std::string unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string{value};
  value = value.substr(1, value.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    // Browsers send Windows paths without doubling the backslash: only a quote or a backslash is escaped.
    if (value[i] == '\\' && i + 1 < value.size() && (value[i + 1] == '"' || value[i + 1] == '\\')) ++i;
    out += value[i];
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

// %XX becomes a byte; nothing when something else stands behind a %.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return out;
}

} // namespace

bool same_header(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim_header(std::string_view value) noexcept {
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  return value;
}

std::string lower_header(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::optional<std::string> header_parameter(std::string_view header, std::string_view name) {
  std::optional<std::string> plain;
  const auto extended = std::string{name} + "*";
  for (auto rest = header; !rest.empty();) {
    const auto end = end_of_parameter(rest);
    const auto field = trim_header(rest.substr(0, end));
    rest.remove_prefix(end == rest.size() ? end : end + 1);
    const auto equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    const auto key = trim_header(field.substr(0, equals));
    const auto value = trim_header(field.substr(equals + 1));
    if (same_header(key, extended)) {
      const auto quote = value.rfind('\'');
      if (quote == std::string_view::npos) continue;
      if (auto text = decoded(value.substr(quote + 1))) return text;
    } else if (!plain && same_header(key, name)) {
      plain = unquoted(value);
    }
  }
  return plain;
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
  case 100: return "Continue";
  case 200: return "OK";
  case 201: return "Created";
  case 202: return "Accepted";
  case 204: return "No Content";
  case 206: return "Partial Content";
  case 207: return "Multi-Status";
  case 301: return "Moved Permanently";
  case 302: return "Found";
  case 303: return "See Other";
  case 304: return "Not Modified";
  case 307: return "Temporary Redirect";
  case 308: return "Permanent Redirect";
  case 400: return "Bad Request";
  case 401: return "Unauthorized";
  case 403: return "Forbidden";
  case 404: return "Not Found";
  case 405: return "Method Not Allowed";
  case 406: return "Not Acceptable";
  case 408: return "Request Timeout";
  case 409: return "Conflict";
  case 410: return "Gone";
  case 412: return "Precondition Failed";
  case 413: return "Request Entity Too Large";
  case 415: return "Unsupported Media Type";
  case 416: return "Requested Range Not Satisfiable";
  case 417: return "Expectation Failed";
  case 423: return "Locked";
  case 425: return "Too Early";
  case 429: return "Too Many Requests";
  case 431: return "Request Header Fields Too Large";
  case 500: return "Internal Server Error";
  case 501: return "Not Implemented";
  case 502: return "Bad Gateway";
  case 503: return "Service Unavailable";
  case 504: return "Gateway Timeout";
  case 505: return "HTTP Version Not Supported";
  case 507: return "Insufficient Storage";
  default: return {};
  }
}

void append_header(std::string& head, std::string_view name, std::string_view value) {
  append_one_line(head, name);
  head += ": ";
  append_one_line(head, value);
  head += "\r\n";
}

std::string http_date(std::int64_t second) {
  const auto time = static_cast<std::time_t>(second);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  // Not strftime, whose names follow the locale.
  const auto size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                  days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                  months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                                  parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text.data(), std::min(static_cast<std::size_t>(size), text.size() - 1)};
}

std::string_view http_date() {
  struct cache {
    std::time_t second = 0;
    std::string text;
  };
  thread_local cache last;
  const auto second = std::time(nullptr);
  if (second != last.second) last = {second, http_date(second)};
  return last.text;
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  const std::string copy{trim_header(text)};
  std::array<char, 10> day{}, zone{};
  std::array<char, 4> month{};
  std::tm parts{};
  int end = -1;
  const auto whole = [&] { return end == static_cast<int>(copy.size()); };
  std::sscanf(copy.c_str(), "%3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", day.data(), &parts.tm_mday,
              month.data(), &parts.tm_year, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &end);
  if (!whole()) {
    std::sscanf(copy.c_str(), "%9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d %9[A-Za-z]%n", day.data(),
                &parts.tm_mday, month.data(), &parts.tm_year, &parts.tm_hour, &parts.tm_min, &parts.tm_sec,
                zone.data(), &end);
    // As Go reads a year of two digits.
    if (whole()) parts.tm_year += parts.tm_year >= 69 ? 1900 : 2000;
  }
  if (!whole())
    std::sscanf(copy.c_str(), "%3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", day.data(), month.data(),
                &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &parts.tm_year, &end);
  if (!whole()) return std::nullopt;
  const auto in_range = [](int value, int most) { return value >= 0 && value <= most; };
  const auto named = std::find_if(months.begin(), months.end(),
                                  [&](const char* name) { return same_header(name, month.data()); });
  if (named == months.end() || parts.tm_mday < 1 || parts.tm_mday > 31 || !in_range(parts.tm_hour, 23) ||
      !in_range(parts.tm_min, 59) || !in_range(parts.tm_sec, 59))
    return std::nullopt;
  parts.tm_mon = static_cast<int>(named - months.begin());
  parts.tm_year -= 1900;
  return ::timegm(&parts);
}

} // namespace argosy
