#include "http/header_text.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace argosy {

namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

void append_one_line(std::string& out, std::string_view text) {
  const auto start = out.size();
  out.append(text);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return c == '\r' || c == '\n'; }, ' ');
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

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
  case 100: return "Continue";
  case 200: return "OK";
  case 201: return "Created";
  case 202: return "Accepted";
  case 204: return "No Content";
  case 206: return "Partial Content";
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
  case 429: return "Too Many Requests";
  case 431: return "Request Header Fields Too Large";
  case 500: return "Internal Server Error";
  case 501: return "Not Implemented";
  case 502: return "Bad Gateway";
  case 503: return "Service Unavailable";
  case 504: return "Gateway Timeout";
  case 505: return "HTTP Version Not Supported";
  default: return {};
  }
}

void append_header(std::string& head, std::string_view name, std::string_view value) {
  append_one_line(head, name);
  head += ": ";
  append_one_line(head, value);
  head += "\r\n";
}

std::string_view http_date() {
  struct cache {
    std::time_t second = 0;
    std::array<char, 32> text{};
    std::size_t size = 0;
  };
  thread_local cache last;
  const auto second = std::time(nullptr);
  if (second != last.second) {
    std::tm parts{};
    gmtime_r(&second, &parts);
    // Not strftime's %a and %b, which follow the locale.
    constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::string format{days[static_cast<std::size_t>(parts.tm_wday)]};
    format += ", %d ";
    format += months[static_cast<std::size_t>(parts.tm_mon)];
    format += " %Y %H:%M:%S GMT";
    last.size = std::strftime(last.text.data(), last.text.size(), format.c_str(), &parts);
    last.second = second;
  }
  return {last.text.data(), last.size};
}

} // namespace argosy
