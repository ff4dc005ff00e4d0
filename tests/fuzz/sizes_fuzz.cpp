#include <cmath>

#include "core/size_suffix.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

namespace {

// Three decimals of the unit are written: half of the last one is lost, and what a double cannot hold.
double lost(std::int64_t bytes) {
  double unit = 1;
  while (static_cast<double>(bytes) / unit >= 1024) unit *= 1024;
  return unit * 0.0005 + static_cast<double>(bytes) * 1e-15 + 1;
}

void check_number(std::int64_t bytes) {
  const auto text = format_size(bytes);
  expect(text.size() <= 10, "a size is short", text);
  // A bare number counts KiB, so bytes are written with a B.
  const bool bare = text.find_first_not_of("0123456789") == std::string::npos;
  const auto read = parse_size(bare ? text + "B" : text);
  if (bytes < 0) return expect_equal(read, -1, "a negative size is off");
  if (read == INT64_MIN)
    return expect(bytes > INT64_MAX - (std::int64_t{1} << 51), "a size can be read", text);
  expect(std::fabs(static_cast<double>(read) - static_cast<double>(bytes)) <= lost(bytes),
         "a size comes back but for what its decimals lose", text);
}

} // namespace

void check(std::string_view input) {
  check_number(reader{input}.number());
  const auto size = accepted([&] { return parse_size(input); });
  if (!size) return;
  expect(*size >= -1 || *size == INT64_MIN, "a size is off, too large or a number", input);
  check_number(*size);
}

} // namespace argosy::fuzz
