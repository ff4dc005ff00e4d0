#include "backends/ftp/ftp_listing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace argosy {

namespace {

constexpr nanoseconds second = 1'000'000'000;
constexpr std::int64_t day = 24 * 3600;           // seconds
constexpr std::int64_t earliest = -9'223'372'036; // seconds that nanoseconds reach
constexpr std::int64_t latest = 9'223'372'036;    // seconds
constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || text.front() == '-' || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

struct date_time {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

std::optional<nanoseconds> moment_of(const date_time& t) {
  if (t.month < 1 || t.month > 12 || t.day < 1 || t.day > 31 || t.hour > 23 || t.minute > 59 || t.second > 60)
    return std::nullopt;
  std::tm parts{};
  parts.tm_year = t.year - 1900;
  parts.tm_mon = t.month - 1;
  parts.tm_mday = t.day;
  parts.tm_hour = t.hour;
  parts.tm_min = t.minute;
  parts.tm_sec = t.second;
  const std::int64_t seconds = ::timegm(&parts);
  if (seconds <= earliest || seconds >= latest) return std::nullopt;
  return seconds * second;
}

// The next word; what follows it, with the blanks in front, stays in `rest`.
std::string_view word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto end = std::min(rest.find(' '), rest.size());
  const auto found = rest.substr(0, end);
  rest.remove_prefix(end);
  return found;
}

bool is_step(std::string_view name) { return name.empty() || name == "." || name == ".."; }

// `15:04`
bool read_clock(std::string_view text, date_time& into) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto hour = number<int>(text.substr(0, colon)), minute = number<int>(text.substr(colon + 1, 2));
  if (!hour || !minute) return false;
  into.hour = *hour;
  into.minute = *minute;
  return true;
}

// `Jan 2 15:04` or `Jan 2 2006`, of the last year in which that is not in the future.
std::optional<nanoseconds> list_time(std::string_view month, std::string_view in_month, std::string_view last,
                                     nanoseconds now) {
  date_time t;
  const auto found = std::find(months.begin(), months.end(), lower(month.substr(0, 3)));
  const auto d = number<int>(in_month);
  if (found == months.end() || !d) return std::nullopt;
  t.month = static_cast<int>(found - months.begin()) + 1;
  t.day = *d;
  if (const auto year = number<int>(last)) {
    t.year = *year;
    return moment_of(t);
  }
  if (!read_clock(last, t)) return std::nullopt;
  const std::time_t present = now / second;
  std::tm parts{};
  ::gmtime_r(&present, &parts);
  t.year = parts.tm_year + 1900;
  auto when = moment_of(t);
  if (when && *when > now + day * second) {
    --t.year;
    when = moment_of(t);
  }
  return when;
}

// `drwxr-xr-x 2 user group 4096 Jan 2 15:04 name`; some servers leave the group out, or the number of links.
std::optional<ftp_entry> read_unix_line(std::string_view line, nanoseconds now) {
  ftp_entry entry;
  switch (line.front()) {
  case '-': entry.kind = ftp_entry::type::file; break;
  case 'd': entry.kind = ftp_entry::type::directory; break;
  case 'l': entry.kind = ftp_entry::type::link; break;
  default: return std::nullopt;
  }
  auto rest = line;
  if (word(rest).size() < 10) return std::nullopt;
  // The time is found by its month, and the size stands before it.
  std::string_view before = word(rest);
  for (int words = 0; words < 5 && !rest.empty(); ++words) {
    const auto month = word(rest);
    auto behind = rest;
    const auto size = number<std::int64_t>(before);
    const auto in_month = word(behind), last = word(behind);
    if (const auto when = size ? list_time(month, in_month, last, now) : std::nullopt) {
      if (behind.empty()) return std::nullopt;
      behind.remove_prefix(1); // further blanks belong to the name
      entry.size = *size;
      entry.modified = *when;
      if (entry.kind == ftp_entry::type::link) behind = behind.substr(0, behind.find(" -> "));
      if (is_step(behind)) return std::nullopt;
      entry.name = behind;
      return entry;
    }
    before = month;
  }
  return std::nullopt;
}

// `10-23-12  09:05PM       <DIR>          name`
std::optional<ftp_entry> read_dos_line(std::string_view line) {
  auto rest = line;
  const auto date = word(rest), clock = word(rest), size = word(rest);
  if (date.size() < 8 || date[2] != '-' || date[5] != '-') return std::nullopt;
  const auto month = number<int>(date.substr(0, 2)), in_month = number<int>(date.substr(3, 2)),
             year = number<int>(date.substr(6));
  date_time t;
  if (!month || !in_month || !year || !read_clock(clock, t)) return std::nullopt;
  t.month = *month;
  t.day = *in_month;
  t.year = *year >= 100 ? *year : *year < 70 ? 2000 + *year : 1900 + *year;
  const auto half = lower(clock.substr(std::min<std::size_t>(clock.size(), 5)));
  if (half == "pm" && t.hour < 12) t.hour += 12;
  if (half == "am" && t.hour == 12) t.hour = 0;
  const auto when = moment_of(t);
  if (!when) return std::nullopt;
  ftp_entry entry;
  entry.modified = *when;
  if (lower(size) == "<dir>") {
    entry.kind = ftp_entry::type::directory;
  } else if (const auto bytes = number<std::int64_t>(size)) {
    entry.size = *bytes;
  } else {
    return std::nullopt;
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (is_step(rest)) return std::nullopt;
  entry.name = rest;
  return entry;
}

bool set_type(std::string_view value, bool of_itself, ftp_entry& entry) {
  const auto kind = lower(value);
  if (kind == "file")
    entry.kind = ftp_entry::type::file;
  else if (kind == "dir" || (of_itself && (kind == "cdir" || kind == "pdir")))
    entry.kind = ftp_entry::type::directory;
  else if (kind.find("link") != std::string::npos) // OS.unix=slink:/target, OS.unix=symlink
    entry.kind = ftp_entry::type::link;
  else
    return false;
  return true;
}

std::optional<ftp_entry> read_line_of_facts(std::string_view line, bool of_itself) {
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1); // as MLST indents
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  ftp_entry entry;
  entry.name = line.substr(blank + 1);
  bool typed = false;
  for (auto facts = line.substr(0, blank); !facts.empty();) {
    const auto end = std::min(facts.find(';'), facts.size());
    const auto fact = facts.substr(0, end);
    facts.remove_prefix(std::min(end + 1, facts.size()));
    const auto equal = fact.find('=');
    if (equal == std::string_view::npos) return std::nullopt;
    const auto key = lower(fact.substr(0, equal));
    const auto value = fact.substr(equal + 1);
    if (key == "type") {
      if (!set_type(value, of_itself, entry)) return std::nullopt;
      typed = true;
    } else if (key == "size") {
      entry.size = number<std::int64_t>(value).value_or(-1);
    } else if (key == "modify") {
      entry.modified = read_ftp_time(value).value_or(0);
    }
  }
  if (!typed || (!of_itself && is_step(entry.name))) return std::nullopt;
  return entry;
}

} // namespace

std::optional<ftp_entry> read_facts(std::string_view line) { return read_line_of_facts(line, false); }

std::optional<ftp_entry> read_facts_reply(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (auto entry = read_line_of_facts(text.substr(0, end), true)) return entry;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

std::optional<ftp_entry> read_list_line(std::string_view line, nanoseconds now) {
  if (line.empty()) return std::nullopt;
  if (line.front() >= '0' && line.front() <= '9') return read_dos_line(line);
  return read_unix_line(line, now);
}

std::optional<nanoseconds> read_ftp_time(std::string_view text) {
  constexpr std::size_t digits = 14;
  if (text.size() < digits) return std::nullopt;
  const auto part = [text](std::size_t at, std::size_t length) {
    return number<int>(text.substr(at, length));
  };
  const auto year = part(0, 4), month = part(4, 2), in_month = part(6, 2), hour = part(8, 2),
             minute = part(10, 2), sec = part(12, 2);
  if (!year || !month || !in_month || !hour || !minute || !sec) return std::nullopt;
  auto when = moment_of({*year, *month, *in_month, *hour, *minute, *sec});
  if (when && text.size() > digits + 1 && text[digits] == '.') {
    nanoseconds unit = second / 10;
    for (const char c : text.substr(digits + 1)) {
      if (c < '0' || c > '9') return std::nullopt;
      *when += (c - '0') * unit;
      unit /= 10;
    }
  }
  return when;
}

std::string ftp_time(nanoseconds time) {
  const std::time_t seconds = time / second - (time % second < 0 ? 1 : 0);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y%m%d%H%M%S", &parts);
  return text;
}

} // namespace argosy
