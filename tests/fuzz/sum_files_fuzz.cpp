#include "core/sum_file.hpp"

#include "core/unicode.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

namespace {

using sums = std::map<std::string, std::string>;

// Fed in pieces of `step` bytes.
sums read_file(std::string_view text, std::size_t step) {
  std::size_t warnings = 0;
  sum_file file{[](std::string_view line) { return normalize_nfc(line); },
                [&](const std::string& warning) {
                  ++warnings;
                  expect(!warning.empty(), "a warning says something");
                }};
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size()))) file.feed(text.substr(0, step));
  auto read = file.finish();
  expect(warnings <= 4, "warnings come to an end");
  return read;
}

} // namespace

void check(std::string_view input) {
  const auto read = read_file(input, input.size());
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}})
    expect(read_file(input, step) == read, "it does not matter in which pieces a file comes", input);

  std::string written;
  for (const auto& [name, sum] : read) {
    expect(!name.empty() && name.find('\n') == std::string::npos, "a name is one line", name);
    expect(!sum.empty() && sum.find(' ') == std::string::npos, "a hash is one word", sum);
    written += sum + "  " + name + "\n";
  }
  expect(read_file(written, written.size()) == read, "a file that is written and read again is the same",
         written);
}

} // namespace argosy::fuzz
