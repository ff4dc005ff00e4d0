#include "core/name_encoding.hpp"

#include <algorithm>

#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

namespace {

bool has_dots(std::string_view path) {
  for (;;) {
    const auto slash = path.find('/');
    const auto element = path.substr(0, slash);
    if (element == "." || element == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

} // namespace

void check(std::string_view input) {
  const auto shown_name = standard_from_disk(input);
  expect_equal(is_standard(input), shown_name == input, "a name is standard when nothing changes");
  const auto control = [](char c) { return (c > 0 && c < ' ') || c == 0x7f; };
  expect(std::none_of(shown_name.begin(), shown_name.end(), control), "nothing shown is a control character",
         input);
  // A name on disk has neither NUL nor elements of dots.
  if (input.find('\0') == std::string_view::npos && !has_dots(input))
    expect_equal(disk_from_standard(shown_name), input, "a name on disk comes back");

  const auto on_disk = disk_from_standard(input);
  expect(on_disk.find('\0') == std::string::npos, "nothing on disk is NUL", input);
  expect(!has_dots(on_disk), "no request climbs out of a folder", input);
  expect_equal(std::count(on_disk.begin(), on_disk.end(), '/'), std::count(input.begin(), input.end(), '/'),
               "slashes are left alone");
}

} // namespace argosy::fuzz
