#include "http/byte_ranges.hpp"

#include "tests/fuzz/fuzz.hpp"

// An input is a Range header in the first line, and a size.
namespace argosy::fuzz {

namespace {

void check_ranges(const range_request& wanted, std::int64_t size, std::string_view header) {
  if (wanted.unsatisfiable) {
    expect(wanted.ranges.empty(), "of what cannot be given nothing is given", header);
    return expect(*wanted.error != '\0', "a refusal says why", header);
  }
  std::int64_t left = size;
  for (const auto& range : wanted.ranges) {
    expect(range.start >= 0 && range.length >= 0, "a range is not negative", header);
    expect(range.start <= size && range.length <= size - range.start, "a range is in the content", header);
    expect(range.length <= left, "all ranges together are not more than the content", header);
    left -= range.length;
    const auto text = content_range(range, size);
    const auto end = "/" + std::to_string(size);
    expect(text.size() > end.size() && text.substr(text.size() - end.size()) == end, "a reply gives the size",
           text);
    if (range.length == 0) continue;
    const auto asked = "bytes=" + text.substr(6, text.size() - 6 - end.size());
    const auto again = parse_ranges(asked, size);
    expect(again.ranges.size() == 1 && again.ranges.front() == range, "the range of a reply can be asked for",
           text);
  }
}

void check_single(std::string_view header, std::int64_t size) {
  const auto single = parse_single_range(header, size);
  if (!single) return;
  expect(single->ranges.size() <= 1, "an object of a remote has one range", header);
  check_ranges(*single, size, header);
  const auto several = parse_ranges(header, size);
  expect(single->ranges == several.ranges && single->unsatisfiable == several.unsatisfiable,
         "one range is the same in both ways", header);
}

} // namespace

void check(std::string_view input) {
  reader in{input};
  const auto header = in.line();
  const auto any = in.number() & INT64_MAX;
  for (const std::int64_t size : {std::int64_t{0}, std::int64_t{1}, std::int64_t{10}, any, INT64_MAX}) {
    check_ranges(parse_ranges(header, size), size, header);
    check_single(header, size);
  }
}

} // namespace argosy::fuzz
