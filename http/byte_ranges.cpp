#include "http/byte_ranges.hpp"

#include <algorithm>
#include <charconv>

#include "http/header_text.hpp"

namespace argosy {

namespace {

constexpr std::string_view unit = "bytes=";
constexpr const char* invalid = "invalid range";
constexpr const char* beyond = "invalid range: failed to overlap";

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end || value < 0) return std::nullopt;
  return value;
}

// What is looked at of a range that begins behind the end of the content.
enum class rigour { as_go, all_of_it };

// One of the ranges. Nothing: no range. A length of -1: behind the end of the content.
std::optional<byte_range> parse_range(std::string_view text, std::int64_t size, rigour by) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = trim_header(text.substr(0, dash));
  const auto last = trim_header(text.substr(dash + 1));
  if (first.empty()) {
    const auto suffix = number(last);
    if (!suffix) return std::nullopt;
    const auto length = std::min(*suffix, size);
    return byte_range{size - length, length};
  }
  const auto start = number(first);
  if (!start) return std::nullopt;
  const auto end = last.empty() ? std::optional{INT64_MAX} : number(last);
  const bool valid = end && *end >= *start;
  if (*start >= size && (valid || by == rigour::as_go)) return byte_range{*start, -1};
  if (!valid) return std::nullopt;
  return byte_range{*start, std::min(*end, size - 1) - *start + 1};
}

range_request refused(const char* why) { return {{}, true, why}; }

} // namespace

range_request parse_ranges(std::string_view header, std::int64_t size) {
  if (header.empty()) return {};
  if (header.substr(0, unit.size()) != unit) return refused(invalid);
  range_request wanted;
  bool behind_the_end = false;
  std::uint64_t sum = 0;
  const auto all = static_cast<std::uint64_t>(size);
  for (auto rest = header.substr(unit.size());;) {
    const auto comma = rest.find(',');
    const auto text = trim_header(rest.substr(0, comma));
    if (!text.empty()) {
      const auto range = parse_range(text, size, rigour::as_go);
      if (!range) return refused(invalid);
      if (range->length < 0) {
        behind_the_end = true;
      } else {
        wanted.ranges.push_back(*range);
        // Each is at most the size: the sum is too large before it overflows.
        if (sum <= all) sum += static_cast<std::uint64_t>(range->length);
      }
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  // Of nothing there is no part: a client may ask for the first bytes without knowing the size.
  if (behind_the_end && wanted.ranges.empty() && size != 0) return refused(beyond);
  if (sum > all) wanted.ranges.clear();
  return wanted;
}

std::optional<range_request> parse_single_range(std::string_view header, std::int64_t size) {
  if (header.empty()) return range_request{};
  if (header.substr(0, unit.size()) != unit) return std::nullopt;
  const auto text = header.substr(unit.size());
  const auto range = parse_range(text, size, rigour::all_of_it);
  if (!range) return std::nullopt;
  if (range->length < 0) return size == 0 ? range_request{} : refused(beyond);
  return range_request{{*range}, false, ""};
}

std::string content_range(const byte_range& range, std::int64_t size) {
  return "bytes " + std::to_string(range.start) + "-" + std::to_string(range.start + range.length - 1) + "/" +
         std::to_string(size);
}

std::string unsatisfied_range(std::int64_t size) { return "bytes */" + std::to_string(size); }

} // namespace argosy
