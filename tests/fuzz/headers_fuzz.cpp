#include <algorithm>

#include "core/base64.hpp"
#include "core/header_text.hpp"
#include "http/auth.hpp"
#include "http/conditions.hpp"
#include "http/page_text.hpp"
#include "http/params.hpp"
#include "tests/fuzz/fuzz.hpp"

// An input is values of headers, one a line; all of it is a text for a page as well.
namespace argosy::fuzz {

namespace {

void check_append(std::string_view text) {
  std::string head;
  append_header(head, "X-Name", text);
  const auto end = head.find_first_of("\r\n");
  expect(end != std::string::npos && head.substr(end) == "\r\n", "a header is one line", head);
}

void check_credentials(std::string_view header, std::string_view text) {
  parse_basic_credentials(header);
  const auto colon = text.find(':');
  const auto read = parse_basic_credentials("Basic " + to_base64(text, base64_form::standard));
  expect_equal(read.has_value(), colon != std::string_view::npos, "a colon makes credentials");
  if (!read) return;
  expect_equal(read->first, text.substr(0, colon), "the user's name comes back");
  expect_equal(read->second, text.substr(colon + 1), "the password comes back");
}

void check_conditional(const std::vector<std::string>& values, std::int64_t modified) {
  constexpr const char* names[] = {"If-Match", "If-Unmodified-Since", "If-None-Match", "If-Modified-Since",
                                   "If-Range"};
  http_request request;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!values[i].empty()) request.headers.emplace_back(names[i], values[i]);
  const auto result = check_conditions(request, modified);
  expect(result.status == 0 || result.status == 304 || result.status == 412, "a condition holds or not");
  if (request.headers.empty())
    expect(result.status == 0 && result.ranges, "without conditions nothing is said");
  check_conditions(request, std::nullopt);
}

void check_page(std::string_view text) {
  const auto escaped = escape_html(text);
  expect(escaped.find_first_of("<>\"'") == std::string::npos, "no text opens a tag or ends a quotation",
         escaped);
  const auto link = path_link(text);
  expect(std::all_of(link.begin(), link.end(), [](char c) { return c > ' ' && c < 0x7f; }), "a link is ASCII",
         link);
  expect(link.find_first_of("\"'<>?#") == std::string::npos, "a link is a path and nothing else", link);
  const bool dotted = link.substr(0, 2) == "./" && text.substr(0, 2) != "./";
  expect_equal(decode_path(dotted ? link.substr(2) : link).value_or("nothing"), text,
               "a link leads to its path");
}

} // namespace

void check(std::string_view input) {
  constexpr std::size_t conditions = 5;
  const auto values = lines_of(input, conditions);
  check_append(input);
  check_credentials(input, input);
  check_conditional(values, reader{input}.number());
  check_page(input);
  const auto trimmed = trim_header(input);
  expect_equal(trim_header(trimmed), trimmed, "what is trimmed stays so");
  expect(same_header(input, lower_header(input)), "a name is the same in lower case", input);
}

} // namespace argosy::fuzz
