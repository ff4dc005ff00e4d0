#include "core/time_layout.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace argosy {

namespace {

constexpr std::array<const char*, 12> months{"January",   "February", "March",    "April",
                                             "May",       "June",     "July",     "August",
                                             "September", "October",  "November", "December"};
constexpr std::array<const char*, 7> days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 23> names{
    {{"Layout", "01/02 03:04:05PM '06 -0700"},
     {"ANSIC", "Mon Jan _2 15:04:05 2006"},
     {"UnixDate", "Mon Jan _2 15:04:05 MST 2006"},
     {"RubyDate", "Mon Jan 02 15:04:05 -0700 2006"},
     {"RFC822", "02 Jan 06 15:04 MST"},
     {"RFC822Z", "02 Jan 06 15:04 -0700"},
     {"RFC850", "Monday, 02-Jan-06 15:04:05 MST"},
     {"RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"},
     {"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"},
     {"RFC3339", "2006-01-02T15:04:05Z07:00"},
     {"RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"},
     {"Kitchen", "3:04PM"},
     {"Stamp", "Jan _2 15:04:05"},
     {"StampMilli", "Jan _2 15:04:05.000"},
     {"StampMicro", "Jan _2 15:04:05.000000"},
     {"StampNano", "Jan _2 15:04:05.000000000"},
     {"DateTime", "2006-01-02 15:04:05"},
     {"DateOnly", "2006-01-02"},
     {"TimeOnly", "15:04:05"},
     {"MacFriendlyTime", "2006-01-02 0304PM"},
     {"macfriendlytime", "2006-01-02 0304PM"},
     {"mac", "2006-01-02 0304PM"},
     {"YYYYMMDD", "20060102"}}};

bool starts(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool lower_at(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] >= 'a' && text[at] <= 'z';
}

/// A time taken apart, and what each piece of a layout makes of it.
class pieces {
public:
  explicit pieces(nanoseconds time) {
    constexpr nanoseconds second = 1'000'000'000;
    auto seconds = time / second;
    fraction_ = time % second;
    if (fraction_ < 0) {
      --seconds;
      fraction_ += second;
    }
    const auto moment = static_cast<std::time_t>(seconds);
    ::localtime_r(&moment, &parts_);
  }

  /// Appends what the piece at the start of `layout` stands for; the bytes that it takes, 0 for no piece.
  std::size_t append(std::string& out, std::string_view layout) const {
    switch (layout.front()) {
    case 'J': return month(out, layout);
    case 'M': return day_or_zone(out, layout);
    case '0': return padded(out, layout);
    case '1':
      return starts(layout, "15") ? number(out, parts_.tm_hour, 2, 2) : number(out, parts_.tm_mon + 1, 1, 1);
    case '2':
      return starts(layout, "2006") ? number(out, parts_.tm_year + 1900, 4, 4)
                                    : number(out, parts_.tm_mday, 1, 1);
    case '3': return number(out, hour12(), 1, 1);
    case '4': return number(out, parts_.tm_min, 1, 1);
    case '5': return number(out, parts_.tm_sec, 1, 1);
    case '_': return underscored(out, layout);
    case 'P': return starts(layout, "PM") ? text(out, parts_.tm_hour >= 12 ? "PM" : "AM", 2) : 0;
    case 'p': return starts(layout, "pm") ? text(out, parts_.tm_hour >= 12 ? "pm" : "am", 2) : 0;
    case '-':
    case 'Z': return offset(out, layout);
    case '.':
    case ',': return fraction(out, layout);
    default: return 0;
    }
  }

private:
  int hour12() const { return parts_.tm_hour % 12 == 0 ? 12 : parts_.tm_hour % 12; }

  static std::size_t text(std::string& out, std::string_view what, std::size_t taken) {
    out += what;
    return taken;
  }
  static std::size_t number(std::string& out, int value, int width, std::size_t taken, char fill = '0') {
    char digits[16];
    std::snprintf(digits, sizeof(digits), fill == '0' ? "%0*d" : "%*d", width, value);
    return text(out, digits, taken);
  }

  std::size_t month(std::string& out, std::string_view layout) const {
    const std::string_view name = months[static_cast<std::size_t>(parts_.tm_mon)];
    if (starts(layout, "January")) return text(out, name, 7);
    return starts(layout, "Jan") && !lower_at(layout, 3) ? text(out, name.substr(0, 3), 3) : 0;
  }
  std::size_t day_or_zone(std::string& out, std::string_view layout) const {
    const std::string_view name = days[static_cast<std::size_t>(parts_.tm_wday)];
    if (starts(layout, "Monday")) return text(out, name, 6);
    if (starts(layout, "Mon") && !lower_at(layout, 3)) return text(out, name.substr(0, 3), 3);
    return starts(layout, "MST") ? text(out, parts_.tm_zone, 3) : 0;
  }
  std::size_t padded(std::string& out, std::string_view layout) const {
    if (starts(layout, "002")) return number(out, parts_.tm_yday + 1, 3, 3);
    if (layout.size() < 2) return 0;
    switch (layout[1]) {
    case '1': return number(out, parts_.tm_mon + 1, 2, 2);
    case '2': return number(out, parts_.tm_mday, 2, 2);
    case '3': return number(out, hour12(), 2, 2);
    case '4': return number(out, parts_.tm_min, 2, 2);
    case '5': return number(out, parts_.tm_sec, 2, 2);
    case '6': return number(out, parts_.tm_year % 100, 2, 2);
    default: return 0;
    }
  }
  std::size_t underscored(std::string& out, std::string_view layout) const {
    if (starts(layout, "__2")) return number(out, parts_.tm_yday + 1, 3, 3, ' ');
    if (!starts(layout, "_2") || starts(layout, "_2006")) return 0;
    return number(out, parts_.tm_mday, 2, 2, ' ');
  }
  std::size_t offset(std::string& out, std::string_view layout) const {
    struct form {
      std::string_view text; // after the first character
      bool colons, seconds, minutes;
    };
    constexpr std::array<form, 5> forms{{{"070000", false, true, true},
                                         {"07:00:00", true, true, true},
                                         {"0700", false, false, true},
                                         {"07:00", true, false, true},
                                         {"07", false, false, false}}};
    for (const auto& form : forms) {
      if (!starts(layout.substr(1), form.text)) continue;
      const auto taken = 1 + form.text.size();
      const auto east = parts_.tm_gmtoff;
      if (layout.front() == 'Z' && east == 0) return text(out, "Z", taken);
      const auto seconds = std::labs(east);
      out += east < 0 ? '-' : '+';
      number(out, static_cast<int>(seconds / 3600), 2, 0);
      if (form.colons) out += ':';
      if (form.minutes) number(out, static_cast<int>(seconds / 60 % 60), 2, 0);
      if (form.seconds) {
        if (form.colons) out += ':';
        number(out, static_cast<int>(seconds % 60), 2, 0);
      }
      return taken;
    }
    return 0;
  }
  std::size_t fraction(std::string& out, std::string_view layout) const {
    if (layout.size() < 2 || (layout[1] != '0' && layout[1] != '9')) return 0;
    auto end = layout.find_first_not_of(layout[1], 1);
    if (end == std::string_view::npos) end = layout.size();
    if (end < layout.size() && is_digit(layout[end])) return 0;
    char digits[16];
    std::snprintf(digits, sizeof(digits), "%09d", static_cast<int>(fraction_));
    auto shown = std::string_view{digits}.substr(0, end - 1);
    if (layout[1] == '9') shown = shown.substr(0, shown.find_last_not_of('0') + 1);
    if (!shown.empty()) (out += layout.front()) += shown;
    return end;
  }

  std::tm parts_{};
  nanoseconds fraction_ = 0;
};

} // namespace

std::string format_layout(nanoseconds time, std::string_view layout) {
  const pieces of{time};
  std::string out;
  while (!layout.empty()) {
    auto taken = of.append(out, layout);
    if (taken == 0) {
      out += layout.front();
      taken = 1;
    }
    layout.remove_prefix(taken);
  }
  return out;
}

std::string_view named_layout(std::string_view name) {
  for (const auto& [known, layout] : names)
    if (name == known) return layout;
  return name;
}

} // namespace argosy
