#include <cmath>
#include <cstdlib>

#include "core/go_text.hpp"
#include "core/hash.hpp"
#include "core/unicode.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

namespace {

void check_unicode(std::string_view text) {
  std::string copy;
  bool valid = true;
  for (auto rest = text; !rest.empty();) {
    const auto length = utf8_length(rest);
    expect(length <= 4 && length <= rest.size(), "a code point ends within the text", text);
    valid = valid && length > 0;
    if (length == 0) {
      copy += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    append_utf8(copy, utf8_decode(rest, length));
    rest.remove_prefix(length);
  }
  expect_equal(copy, text, "code points come back");
  expect_equal(is_valid_utf8(text), valid, "UTF-8 is made of code points");
  for (const auto& normal : {normalize_nfc(text), normalize_nfkc(text)}) {
    if (!valid) expect_equal(normal, text, "what is no UTF-8 stays as it is");
    expect(!valid || is_valid_utf8(normal), "a normal form is UTF-8", normal);
  }
  expect_equal(normalize_nfc(normalize_nfc(text)), normalize_nfc(text), "a normal form stays as it is");
  const auto lower = to_lower(text);
  expect_equal(is_valid_utf8(lower), valid, "lower case is UTF-8 as before");
  expect_equal(to_lower(lower), lower, "lower case stays so");
}

void check_quotes(std::string_view text) {
  const auto quoted = go_quote(text);
  expect(is_valid_utf8(quoted), "quoted text is UTF-8", quoted);
  expect(quoted.find_first_of("\n\r\t") == std::string::npos, "quoted text is one line", quoted);
  expect(quoted.size() >= 2 && quoted.front() == '"' && quoted.back() == '"', "quoted text is in quotes",
         quoted);
}

void check_numbers(std::string_view text) {
  if (const auto whole = accepted([&] { return go_parse_int(text); }))
    expect_equal(go_parse_int(std::to_string(*whole)), *whole, "a whole number comes back");
  const auto real = accepted([&] { return go_parse_float(text); });
  if (!real || text.find('_') != std::string_view::npos) return;
  // The C library reads the same grammar but for the underscores.
  const std::string copy{text};
  char* end = nullptr;
  const auto library = std::strtod(copy.c_str(), &end);
  expect(end == copy.c_str() + copy.size(), "what is a number is one for the C library", text);
  expect(library == *real || (std::isnan(library) && std::isnan(*real)), "two readers read the same", text);
}

void check_hashes(std::string_view text) {
  if (const auto type = parse_hash_type(text))
    expect(parse_hash_type(hash_name(*type)) == type, "a hash has a name", text);
  constexpr auto types = hash_set{hash_type::md5} | hash_type::crc32 | hash_type::xxh128;
  hasher whole{types}, pieces{types};
  whole.update(text.data(), text.size());
  for (const char c : text) pieces.update(&c, 1);
  for (const auto type : types.list())
    expect_equal(pieces.hex(type), whole.hex(type), "pieces hash as the whole does");
}

} // namespace

void check(std::string_view input) {
  check_unicode(input);
  check_quotes(input);
  check_numbers(input);
  check_hashes(input);
}

} // namespace argosy::fuzz
