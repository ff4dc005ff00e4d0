#include "core/json.hpp"

#include <cmath>
#include <cstring>

#include "core/go_text.hpp"
#include "core/json_document.hpp"
#include "core/unicode.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

namespace {

// As our reader has it: every number a double.
json with_doubles(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_structured()) return value;
  json out = value;
  for (auto& element : out) element = with_doubles(element);
  return out;
}

// An independent reader, stricter in three things: halves of surrogate pairs, bytes that are no UTF-8, and
// the range of numbers. What it takes is JSON.
void check_against_library(std::string_view text) {
  // It skips a byte order mark and ends at a zero byte, Go does neither.
  if (text.substr(0, 3) == "\xef\xbb\xbf" || text.find('\0') != std::string_view::npos) return;
  const auto library = json::parse(text, nullptr, false);
  const auto ours = accepted([&] { return parse_json_document(text); });
  if (!library.is_discarded()) {
    expect(ours.has_value(), "what is JSON is taken", text);
    expect_equal(*ours, with_doubles(library), "two readers read the same");
  } else if (ours) {
    const bool lenient = !is_valid_utf8(text) || text.find("\\u") != std::string_view::npos ||
                         text.find_first_of("0123456789") != std::string_view::npos;
    expect(lenient, "what is not JSON is refused", text);
  }
}

void check_document(std::string_view text) {
  std::size_t used = 0;
  const auto value = accepted([&] { return parse_json(text, &used); });
  if (!value) return;
  expect(used > 0 && used <= text.size(), "the first value ends within the text", text);
  if (value->is_number() && !std::isfinite(value->get<double>())) return; // for whoever wants its type

  const auto written = render_json(*value);
  expect(is_valid_utf8(written), "JSON is UTF-8", written);
  const auto again = parse_json_document(written);
  expect_equal(again, *value, "JSON that is written and read again is the same");
  expect_equal(render_json(again), written, "JSON is written in one way");

  std::string piecewise;
  json_writer writer{piecewise};
  writer.begin_array();
  writer.value(*value);
  writer.raw(std::string_view{written}.substr(0, written.size() - 1));
  writer.end_array();
  std::string whole;
  append_json(whole, json::array({*value, *value}));
  expect_equal(piecewise, whole, "a writer lays out as append_json does");
  go_text(*value);
}

void check_text(std::string_view text) {
  std::string literal;
  append_json_string(literal, text);
  expect(literal.find_first_of("\n\r\t<>&") == std::string::npos, "a literal is one plain line", literal);
  expect(literal.size() <= 6 * text.size() + 2, "a byte becomes six at most", literal);
  const auto read = parse_json_document(literal);
  if (is_valid_utf8(text)) expect_equal(read.get_ref<const std::string&>(), text, "a text comes back");
}

void check_number(std::int64_t bits) {
  double number = 0;
  std::memcpy(&number, &bits, sizeof(number));
  std::string written;
  append_json_double(written, number);
  if (!std::isfinite(number)) return expect_equal(written, "null", "what is no number is null");
  const auto read = parse_json_document(written).get<double>();
  expect(std::memcmp(&read, &number, sizeof(number)) == 0, "every bit of a double comes back", written);
  expect(go_parse_float(go_double(number)) == number, "a double in Go's short form comes back", written);
  expect(go_parse_float(go_decimal(number)) == number, "a double in decimals comes back", written);
}

} // namespace

void check(std::string_view input) {
  check_against_library(input);
  check_document(input);
  check_text(input);
  check_number(reader{input}.number());
}

} // namespace argosy::fuzz
