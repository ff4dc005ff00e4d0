#include "actors/bisync/side_listing.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

constexpr nanoseconds second = 1'000'000'000;

/// Go's layout 2006-01-02T15:04:05.000000000-0700 in UTC.
std::string listing_time(nanoseconds time) {
  auto whole = time / second;
  auto rest = time % second;
  if (rest < 0) {
    rest += second;
    --whole;
  }
  const auto clock = static_cast<std::time_t>(whole);
  std::tm parts{};
  ::gmtime_r(&clock, &parts);
  char text[64];
  const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char decimals[32];
  std::snprintf(decimals, sizeof decimals, ".%09lld+0000", static_cast<long long>(rest));
  return std::string{text, length} + decimals;
}

std::optional<nanoseconds> parse_listing_time(std::string_view text) {
  constexpr std::size_t length = 34; // of 2006-01-02T15:04:05.000000000-0700
  if (text.size() != length) return std::nullopt;
  // RFC 3339 wants a colon in the offset.
  auto standard = std::string{text};
  standard.insert(length - 2, ":");
  try {
    return parse_rfc3339(standard);
  } catch (const failure&) {
    return std::nullopt;
  }
}

template <class Number>
std::optional<Number> number_of(std::string_view digits, int base) {
  Number value{};
  const auto* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

/// Go's strconv.Unquote of a text in double quotes.
std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string out;
  while (!text.empty()) {
    const auto c = text.front();
    text.remove_prefix(1);
    if (c == '"') return std::nullopt;
    if (c != '\\') {
      out += c;
      continue;
    }
    if (text.empty()) return std::nullopt;
    const auto kind = text.front();
    text.remove_prefix(1);
    static constexpr std::string_view letters = "abfnrtv\\\"", meant = "\a\b\f\n\r\t\v\\\"";
    if (const auto at = letters.find(kind); at != std::string_view::npos) {
      out += meant[at];
      continue;
    }
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (digits == 0 || text.size() < digits) return std::nullopt;
    const auto value = number_of<std::uint32_t>(text.substr(0, digits), 16);
    constexpr std::uint32_t last_rune = 0x10ffff;
    if (!value || (kind != 'x' && *value > last_rune)) return std::nullopt;
    if (kind == 'x')
      out += static_cast<char>(static_cast<unsigned char>(*value));
    else
      append_utf8(out, static_cast<char32_t>(*value));
    text.remove_prefix(digits);
  }
  return out;
}

/// The next word, and the spaces behind it gone.
std::string_view take_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const auto word = line.substr(0, end);
  line.remove_prefix(end);
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return word;
}

struct parsed_line {
  std::string path;
  listed_item item;
  hash_type hash = hash_type::none;
};

std::optional<parsed_line> parse_line(std::string_view line) {
  const auto flags = take_word(line);
  const auto size = number_of<std::int64_t>(take_word(line), 10);
  const auto hash = take_word(line);
  const auto id = take_word(line);
  const auto modified = parse_listing_time(take_word(line));
  auto path = unquote(line);
  if (flags.size() != 1 || !size || hash.empty() || id.empty() || !modified || !path || path->empty())
    return std::nullopt;
  parsed_line out;
  if (hash != "-") {
    const auto colon = hash.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto type = parse_hash_type(hash.substr(0, colon));
    if (!type) return std::nullopt;
    out.hash = *type;
    out.item.hash = hash.substr(colon + 1);
  }
  out.path = std::move(*path);
  out.item.directory = flags == "d";
  out.item.size = *size;
  out.item.modified = *modified;
  if (id != "-") out.item.id = id;
  return out;
}

} // namespace

bool side_listing::has_files() const {
  return std::any_of(items.begin(), items.end(), [](const auto& one) { return !one.second.directory; });
}

std::string listing_text(const side_listing& listing, nanoseconds written) {
  auto out = "# bisync listing v1 from " + listing_time(written) + "\n";
  for (const auto& [path, item] : listing.items) {
    char size[32];
    std::snprintf(size, sizeof size, "%8lld", static_cast<long long>(item.size));
    const auto hashed = !item.hash.empty() && listing.hash != hash_type::none;
    out += item.directory ? "d " : "- ";
    out += size;
    out += " " + (hashed ? hash_name(listing.hash) + (":" + item.hash) : std::string{"-"});
    out += " " + (item.id.empty() ? "-" : item.id);
    out += " " + listing_time(item.modified) + " " + go_quote(path) + "\n";
  }
  return out;
}

side_listing parse_listing(std::string_view text, const std::function<void(const std::string&)>& complain) {
  side_listing listing;
  for (;;) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return listing;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty() || line.front() == '#') continue;
    auto read = parse_line(line);
    const auto other_hash = read && read->hash != hash_type::none && listing.hash != hash_type::none &&
                            read->hash != listing.hash;
    if (!read || other_hash) {
      complain("Ignoring incorrect line: " + go_quote(line));
      continue;
    }
    if (read->hash != hash_type::none) listing.hash = read->hash;
    if (const auto* known = listing.find(read->path)) {
      complain("Duplicate line (keeping latest): " + go_quote(line));
      if (known->modified > read->item.modified) continue;
    }
    listing.items[std::move(read->path)] = std::move(read->item);
  }
}

} // namespace argosy
