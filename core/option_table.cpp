#include "core/option_table.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include "core/csv_record.hpp"
#include "core/duration.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/json_document.hpp"
#include "core/size_suffix.hpp"
#include "core/time_text.hpp"

namespace argosy {

namespace {

using option_detail::target;

template <class T>
T& get(const target& t) {
  return *std::get<T*>(t.value);
}

std::string ascii_lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string> choices_of(const option_info& info) {
  std::vector<std::string> out;
  for (std::string_view rest = info.choices; !rest.empty();) {
    const auto comma = rest.find(',');
    out.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return out;
}

std::string joined(const std::vector<std::string>& parts, const char* separator) {
  std::string out;
  for (const auto& part : parts) {
    if (&part != &parts.front()) out += separator;
    out += part;
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// ---- texts of single values
// -------------------------------------------------------------------------------------

/// As Go's fmt.Sscanln reads an int: 0x, 0b, 0o and 0 give the base, and nothing but blanks may follow.
std::int64_t scan_integer(std::string_view text) {
  const auto all = trimmed(text);
  auto rest = all;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
  int base = 10;
  if (rest.size() > 1 && rest.front() == '0') {
    const char mark = ascii_lower(rest.substr(1, 1)).front();
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    rest.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  std::string digits = negative ? "-" : "";
  std::size_t used = 0;
  for (; used < rest.size(); ++used) {
    const char c = ascii_lower(rest.substr(used, 1)).front();
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
    if (c != '_' && value >= base) break;
    if (c != '_') digits += c;
  }
  if (used == 0) fail(failure_kind::other, "expected integer");
  if (used != rest.size()) fail(failure_kind::other, "expected newline");
  std::int64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (result.ec == std::errc::result_out_of_range) {
    fail(failure_kind::other, "strconv.ParseInt: parsing " + go_quote(all) + ": value out of range");
  }
  if (result.ec != std::errc{}) fail(failure_kind::other, "expected integer");
  return value;
}

std::int64_t scan_byte(std::string_view text) {
  const auto value = scan_integer(text);
  if (value < 0) fail(failure_kind::other, "expected integer");
  if (value > 255)
    fail(failure_kind::other, "unsigned integer overflow on token " + std::string{trimmed(text)});
  return value;
}

bool parse_bool(const std::string& text) {
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == no) return false;
  }
  fail(failure_kind::other, "strconv.ParseBool: parsing " + go_quote(text) + ": invalid syntax");
}

[[noreturn]] void invalid_choice(std::string_view text, const option_info& info) {
  fail(failure_kind::other, "invalid choice " + go_quote(text) + " from: " + joined(choices_of(info), ", "));
}

std::int64_t parse_choice(std::string_view text, const option_info& info) {
  const auto choices = choices_of(info);
  const auto found = std::find_if(choices.begin(), choices.end(),
                                  [&](const auto& c) { return ascii_lower(c) == ascii_lower(text); });
  if (found == choices.end()) invalid_choice(text, info);
  return found - choices.begin();
}

std::int64_t parse_bits(std::string_view text, const option_info& info) {
  std::int64_t bits = 0;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto part = trimmed(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (!part.empty()) bits |= std::int64_t{1} << parse_choice(part, info);
  }
  return bits;
}

/// The names of rclone's --delete-... flags, or the number.
std::int64_t parse_delete_mode(const std::string& text) {
  constexpr std::array<const char*, 5> names = {"off", "before", "during", "after", "only"};
  const auto found = std::find(names.begin(), names.end(), ascii_lower(text));
  return found == names.end() ? scan_byte(text) : found - names.begin();
}

std::string parse_address(const std::string& text) {
  if (text.empty()) return text;
  unsigned char bytes[sizeof(in6_addr)];
  if (::inet_pton(AF_INET, text.c_str(), bytes) != 1 && ::inet_pton(AF_INET6, text.c_str(), bytes) != 1) {
    fail(failure_kind::other, "invalid IP address: " + text);
  }
  return text;
}

http_header parse_header(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) {
    fail(failure_kind::other, "Failed to parse " + go_quote(text) +
                                  " as an HTTP header. Expecting a string like: 'Content-Encoding: gzip'");
  }
  return {std::string{trimmed(std::string_view{text}.substr(0, colon))},
          std::string{trimmed(std::string_view{text}.substr(colon + 1))}};
}

std::pair<std::string, std::string> parse_pair(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) {
    fail(failure_kind::other, "Failed to parse " + go_quote(text) + " as metadata key=value.");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

/// An absolute time, or an age that is counted back from now.
std::int64_t parse_moment(const std::string& text) {
  if (text == "off") fail(failure_kind::other, "a time cannot be off");
  const auto present = now();
  const auto age = parse_duration(text, present);
  std::int64_t time = 0;
  // What is too far back to be an age is cut to the longest, which means "off" elsewhere.
  if (age == duration_off || __builtin_sub_overflow(present, age, &time))
    fail(failure_kind::other, go_quote(text) + " is not between the years 1677 and 2262");
  return time;
}

/// RFC3339 in UTC with as many decimals as needed, so that it does not depend on the zone of the process.
std::string format_moment(std::int64_t time) {
  constexpr std::int64_t second = 1000000000;
  auto fraction = time % second;
  if (fraction < 0) fraction += second;
  const auto seconds = static_cast<std::time_t>((time - fraction) / second);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  std::string out(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts));
  if (fraction != 0) {
    auto digits = std::to_string(second + fraction).replace(0, 1, ".");
    out += digits.substr(0, digits.find_last_not_of('0') + 1);
  }
  return out + "Z";
}

/// No text, no limit: what options/get shows can be set again.
bandwidth_timetable parse_timetable(const std::string& text) {
  return text.empty() ? bandwidth_timetable{} : bandwidth_timetable::parse(text);
}

std::string format_timetable(const bandwidth_timetable& table) {
  if (table.slots.empty()) return {};
  if (table.slots.size() == 1 && table.slots.front().minute_of_week == 0)
    return format_bandwidth(table.slots.front().limit);
  constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  std::string out;
  for (const auto& slot : table.slots) {
    const int minute = slot.minute_of_week % (24 * 60);
    const auto two = [](int n) { return std::to_string(100 + n).substr(1); };
    if (!out.empty()) out += ' ';
    out += days.at(static_cast<std::size_t>(slot.minute_of_week / (24 * 60)));
    out += "-" + two(minute / 60) + ":" + two(minute % 60) + "," + format_bandwidth(slot.limit);
  }
  return out;
}

// ---- names of types in Go
// ---------------------------------------------------------------------------------------

/// In an error of encoding/json: what the field wanted.
const char* json_type(option_type type) {
  switch (type) {
  case option_type::boolean: return "bool";
  case option_type::integer: return "int";
  case option_type::byte: return "uint8";
  case option_type::delete_mode: return "fs.DeleteMode";
  case option_type::real: return "float64";
  case option_type::text:
  case option_type::bandwidth:
  case option_type::moment: return "string";
  case option_type::text_list: return "[]string";
  case option_type::words: return "fs.SpaceSepList";
  case option_type::address: return "net.IP";
  case option_type::headers: return "[]*fs.HTTPOption";
  case option_type::map: return "fs.Metadata";
  case option_type::integer64:
  case option_type::duration:
  case option_type::size:
  case option_type::enumeration:
  case option_type::bits: break;
  }
  return "int64";
}

/// In an error about a flat value: %T of the field.
const char* value_type(option_type type) {
  switch (type) {
  case option_type::duration: return "fs.Duration";
  case option_type::size: return "fs.SizeSuffix";
  case option_type::enumeration: return "fs.Enum";
  case option_type::bits: return "fs.Bits";
  case option_type::bandwidth: return "fs.BwTimetable";
  case option_type::moment: return "fs.Time";
  default: return json_type(type);
  }
}

/// The member Type of options/info.
std::string shown_type(const option_info& info) {
  switch (info.type) {
  case option_type::text_list: return "stringArray";
  case option_type::words: return "SpaceSepList";
  case option_type::duration: return "Duration";
  case option_type::size: return "SizeSuffix";
  case option_type::bits: return "DumpFlags";
  case option_type::bandwidth: return "BwTimetable";
  case option_type::moment: return "Time";
  case option_type::enumeration: return joined(choices_of(info), "|");
  default: return json_type(info.type);
  }
}

/// What encoding/json calls a JSON value.
const char* json_kind(const json& value) { return value.is_boolean() ? "bool" : value.type_name(); }

/// A number as Go writes it again: the literal in error texts.
std::string number_literal(const json& value) {
  if (!value.is_number_float()) return value.dump();
  std::string out;
  append_json_double(out, value.get<double>());
  return out;
}

// ---- JSON
// -------------------------------------------------------------------------------------------------------

/// Walks an object as encoding/json does: a wrong type is remembered and the walk goes on, a text that a type
/// of rclone's own refuses ends it at once. Keys come in the order of the object.
class assigner {
public:
  assigner(std::vector<target>& targets, const char* go_type, const char* nested_go_type) :
      targets_(targets), go_type_(go_type), nested_go_type_(nested_go_type) {}

  void run(const json& value) {
    if (value.is_null()) return;
    if (!value.is_object()) {
      fail(failure_kind::other,
           std::string{"json: cannot unmarshal "} + json_kind(value) + " into Go value of type " + go_type_);
    }
    walk(value, "");
    if (!first_error_.empty()) fail(failure_kind::other, first_error_);
  }

private:
  static std::string without_package(std::string_view type) {
    return std::string{type.substr(type.rfind('.') + 1)};
  }

  void mismatch(const std::string& given, const std::string& owner, const std::string& path,
                const std::string& wanted) {
    if (!first_error_.empty()) return;
    first_error_ = "json: cannot unmarshal " + given + " into Go struct field " + owner + "." + path +
                   " of type " + wanted;
  }
  void mismatch(const json& value, const target& to, const char* wanted) {
    refuse(json_kind(value), to, wanted);
  }
  void refuse(const std::string& given, const target& to, const char* wanted) {
    const std::string path = to.info->go_name;
    const auto* owner = path.find('.') == std::string::npos ? go_type_ : nested_go_type_;
    mismatch(given, without_package(owner), path, wanted);
  }

  void walk(const json& object, const std::string& prefix) {
    for (const auto& [key, value] : object.items()) {
      const auto name = ascii_lower(prefix + key);
      const auto found = std::find_if(targets_.begin(), targets_.end(),
                                      [&](const target& t) { return ascii_lower(t.info->go_name) == name; });
      if (found != targets_.end()) {
        // null leaves a field as it is.
        if (!value.is_null()) one(*found, value);
        continue;
      }
      const auto inside = std::find_if(targets_.begin(), targets_.end(), [&](const target& t) {
        return ascii_lower(t.info->go_name).compare(0, name.size() + 1, name + ".") == 0;
      });
      if (inside == targets_.end() || value.is_null()) continue;
      const auto path = std::string{inside->info->go_name}.substr(0, name.size());
      if (value.is_object()) {
        walk(value, path + ".");
      } else {
        mismatch(json_kind(value), without_package(go_type_), path, nested_go_type_);
      }
    }
  }

  void one(const target& to, const json& value) {
    switch (to.info->type) {
    case option_type::boolean:
      if (!value.is_boolean()) return mismatch(value, to, json_type(to.info->type));
      get<bool>(to) = value.get<bool>();
      return;
    case option_type::integer:
    case option_type::integer64: return integer(to, value, INT64_MIN, INT64_MAX);
    case option_type::byte:
    case option_type::delete_mode: return integer(to, value, 0, 255);
    case option_type::real:
      if (!value.is_number()) return mismatch(value, to, json_type(to.info->type));
      get<double>(to) = value.get<double>();
      return;
    case option_type::duration:
    case option_type::size:
    case option_type::bits:
      if (!value.is_string()) return integer(to, value, INT64_MIN, INT64_MAX);
      break;
    case option_type::enumeration:
      if (!value.is_string()) return choice(to, value);
      break;
    case option_type::text:
    case option_type::bandwidth:
    case option_type::moment:
    case option_type::address:
      if (!value.is_string()) return mismatch(value, to, json_type(to.info->type));
      break;
    case option_type::text_list:
    case option_type::words: return list(to, value);
    case option_type::headers: return headers(to, value);
    case option_type::map: return map(to, value);
    }
    const auto text = value.get<std::string>();
    switch (to.info->type) {
    case option_type::text: get<std::string>(to) = text; return;
    case option_type::address: get<std::string>(to) = parse_address(text); return;
    case option_type::bandwidth: get<bandwidth_timetable>(to) = parse_timetable(text); return;
    case option_type::duration: get<std::int64_t>(to) = parse_duration(text, now()); return;
    case option_type::size: get<std::int64_t>(to) = parse_size(text); return;
    case option_type::bits: get<std::int64_t>(to) = parse_bits(text, *to.info); return;
    case option_type::enumeration: get<std::int64_t>(to) = parse_choice(text, *to.info); return;
    default: get<std::int64_t>(to) = parse_moment(text); return;
    }
  }

  std::optional<std::int64_t> number(const target& to, const json& value, std::int64_t low,
                                     std::int64_t high) {
    if (!value.is_number()) {
      mismatch(value, to, json_type(to.info->type));
      return std::nullopt;
    }
    const auto literal = number_literal(value);
    std::int64_t n = 0;
    const auto* end = literal.data() + literal.size();
    const auto result = std::from_chars(literal.data(), end, n);
    if (result.ec != std::errc{} || result.ptr != end || n < low || n > high) {
      refuse("number " + literal, to, json_type(to.info->type));
      return std::nullopt;
    }
    return n;
  }

  void integer(const target& to, const json& value, std::int64_t low, std::int64_t high) {
    if (const auto n = number(to, value, low, high)) get<std::int64_t>(to) = *n;
  }

  void choice(const target& to, const json& value) {
    const auto n = number(to, value, INT64_MIN, INT64_MAX);
    if (!n) return;
    const auto count = static_cast<std::int64_t>(choices_of(*to.info).size());
    if (*n < 0 || *n >= count) {
      fail(failure_kind::other, std::to_string(*n) + " is out of range: must be 0.." + std::to_string(count));
    }
    get<std::int64_t>(to) = *n;
  }

  void list(const target& to, const json& value) {
    if (!value.is_array()) return mismatch(value, to, json_type(to.info->type));
    std::vector<std::string> texts;
    for (const auto& element : value) {
      if (!element.is_string() && !element.is_null()) mismatch(element, to, "string");
      texts.push_back(element.is_string() ? element.get<std::string>() : std::string{});
    }
    get<std::vector<std::string>>(to) = std::move(texts);
  }

  void headers(const target& to, const json& value) {
    if (!value.is_array()) return mismatch(value, to, json_type(to.info->type));
    std::vector<http_header> out;
    for (const auto& element : value) {
      if (element.is_null()) continue;
      if (!element.is_object()) {
        mismatch(element, to, "fs.HTTPOption");
        continue;
      }
      http_header header;
      for (const auto& [key, part] : element.items()) {
        const auto name = ascii_lower(key);
        if ((name != "key" && name != "value") || part.is_null()) continue;
        if (part.is_string()) {
          (name == "key" ? header.key : header.value) = part.get<std::string>();
        } else {
          mismatch(json_kind(part), "HTTPOption",
                   std::string{to.info->go_name} + (name == "key" ? ".Key" : ".Value"), "string");
        }
      }
      out.push_back(std::move(header));
    }
    get<std::vector<http_header>>(to) = std::move(out);
  }

  void map(const target& to, const json& value) {
    if (!value.is_object()) return mismatch(value, to, json_type(to.info->type));
    std::map<std::string, std::string> out;
    for (const auto& [key, part] : value.items()) {
      if (!part.is_string() && !part.is_null()) mismatch(part, to, "string");
      out[key] = part.is_string() ? part.get<std::string>() : std::string{};
    }
    get<std::map<std::string, std::string>>(to) = std::move(out);
  }

  std::vector<target>& targets_;
  const char* go_type_;
  const char* nested_go_type_;
  std::string first_error_;
};

// ---- text
// -------------------------------------------------------------------------------------------------------

/// Throws the bare reason.
void parse_into(const target& to, const std::string& text) {
  switch (to.info->type) {
  case option_type::boolean: get<bool>(to) = parse_bool(text); return;
  case option_type::integer:
  case option_type::integer64: get<std::int64_t>(to) = scan_integer(text); return;
  case option_type::byte: get<std::int64_t>(to) = scan_byte(text); return;
  case option_type::delete_mode: get<std::int64_t>(to) = parse_delete_mode(text); return;
  case option_type::real: get<double>(to) = go_parse_float(trimmed(text)); return;
  case option_type::text: get<std::string>(to) = text; return;
  case option_type::text_list: get<std::vector<std::string>>(to) = read_csv_record(text, ','); return;
  case option_type::words: get<std::vector<std::string>>(to) = read_csv_record(text, ' '); return;
  case option_type::duration: get<std::int64_t>(to) = parse_duration(text, now()); return;
  case option_type::size: get<std::int64_t>(to) = parse_size(text); return;
  case option_type::enumeration: get<std::int64_t>(to) = parse_choice(text, *to.info); return;
  case option_type::bits: get<std::int64_t>(to) = parse_bits(text, *to.info); return;
  case option_type::bandwidth: get<bandwidth_timetable>(to) = parse_timetable(text); return;
  case option_type::moment: get<std::int64_t>(to) = parse_moment(text); return;
  case option_type::address: get<std::string>(to) = parse_address(text); return;
  case option_type::headers: {
    std::vector<http_header> out;
    for (const auto& field : read_csv_record(text, ',')) out.push_back(parse_header(field));
    get<std::vector<http_header>>(to) = std::move(out);
    return;
  }
  case option_type::map: {
    std::map<std::string, std::string> out;
    for (const auto& field : read_csv_record(text, ',')) out.insert(parse_pair(field));
    get<std::map<std::string, std::string>>(to) = std::move(out);
    return;
  }
  }
}

/// As rclone turns a value of an interface{} into a text.
std::string interface_text(const json& value) {
  switch (value.type()) {
  case json::value_t::string: return value.get<std::string>();
  case json::value_t::boolean: return value.get<bool>() ? "true" : "false";
  case json::value_t::number_integer:
  case json::value_t::number_unsigned: return value.dump();
  // Not %v's exponent: rclone then refuses its own 1e+06 as an integer.
  case json::value_t::number_float:
    return std::isfinite(value.get<double>()) ? go_decimal(value.get<double>()) : go_text(value);
  case json::value_t::array: {
    std::vector<std::string> fields;
    try {
      for (const auto& element : value) fields.push_back(interface_text(element));
    } catch (const failure& f) {
      throw f.within("interpreting []interface {} as string failed");
    }
    return fields.empty() ? std::string{} : csv_record(fields, ',');
  }
  default:
    fail(failure_kind::other,
         std::string{"interpreting "} + go_type(value) + " as string failed: don't know how to convert this");
  }
}

/// An empty text sets such a list to none at all, which is what rclone's defaults do.
json shown_value(const target& from) {
  if (from.info->type == option_type::words && get<std::vector<std::string>>(from).empty()) return nullptr;
  return option_detail::value_as_json(from);
}

} // namespace

std::string environment_name(const option_info& info) {
  std::string out = "RCLONE_";
  for (const char* c = info.flat_name; *c != '\0'; ++c)
    out += *c >= 'a' && *c <= 'z' ? static_cast<char>(*c - 'a' + 'A') : *c;
  return out;
}

std::string flag_name(const option_info& info) {
  std::string out = info.flat_name;
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

namespace option_detail {

void assign(std::vector<target>& targets, const json& value, const char* go_type,
            const char* nested_go_type) {
  try {
    assigner{targets, go_type, nested_go_type}.run(value);
  } catch (const failure& f) {
    throw f.within("Reshape failed to Unmarshal");
  }
}

void apply_overrides(std::vector<target>& targets, const json& value, const char* go_type,
                     const char* nested_go_type, std::string_view key) {
  const auto context = "key " + go_quote(key);
  try {
    if (!value.is_string()) return assign(targets, value, go_type, nested_go_type);
    const auto parsed = parse_json_document(value.get_ref<const std::string&>());
    assigner{targets, go_type, nested_go_type}.run(parsed);
  } catch (const failure& f) {
    fail(failure_kind::bad_parameter, context + ": " + f.what());
  }
}

void set_from_flat(const target& to, const json& value) {
  if (to.info->type == option_type::text_list && value.is_array()) {
    std::vector<std::string> texts;
    try {
      for (const auto& element : value) texts.push_back(interface_text(element));
    } catch (const failure& f) {
      throw f.within("interpreting []interface {} as string failed");
    }
    get<std::vector<std::string>>(to) = std::move(texts);
    return;
  }
  const auto text = interface_text(value);
  try {
    set_from_text(to, text);
  } catch (const failure& f) {
    throw f.within("couldn't parse config item " + go_quote(to.info->flat_name) + " = " + go_quote(text) +
                   " as " + value_type(to.info->type));
  }
}

void set_from_text(const target& to, const std::string& text) {
  try {
    parse_into(to, text);
  } catch (const failure& f) {
    // Where the empty text is no value it means "not set".
    if (text.empty()) return;
    throw f.within("parsing " + go_quote(text) + " as " + value_type(to.info->type) + " failed");
  }
}

void add_from_text(const target& to, const std::string& text) {
  switch (to.info->type) {
  case option_type::text_list: get<std::vector<std::string>>(to).push_back(text); return;
  case option_type::headers: get<std::vector<http_header>>(to).push_back(parse_header(text)); return;
  case option_type::map:
    get<std::map<std::string, std::string>>(to).insert_or_assign(parse_pair(text).first,
                                                                 parse_pair(text).second);
    return;
  default: set_from_text(to, text);
  }
}

void set_from_environment(const std::vector<target>& targets,
                          const std::map<std::string, std::string>& environment) {
  for (const auto& t : targets) {
    const auto name = environment_name(*t.info);
    const auto found = environment.find(name);
    if (found == environment.end()) continue;
    try {
      set_from_text(t, found->second);
    } catch (const failure& f) {
      throw f.within("Invalid value when setting --" + flag_name(*t.info) + " from environment variable " +
                     name + "=" + go_quote(found->second));
    }
  }
}

json value_as_json(const target& from) {
  switch (from.info->type) {
  case option_type::boolean: return get<bool>(from);
  case option_type::integer:
  case option_type::integer64:
  case option_type::byte:
  case option_type::delete_mode:
  case option_type::duration:
  case option_type::size: return get<std::int64_t>(from);
  case option_type::real: return get<double>(from);
  case option_type::text:
  case option_type::address: return get<std::string>(from);
  case option_type::text_list:
    // Lists that no option describes begin as null in Go.
    if (!from.info->declared && get<std::vector<std::string>>(from).empty()) return nullptr;
    return get<std::vector<std::string>>(from);
  case option_type::words: return get<std::vector<std::string>>(from);
  case option_type::headers: {
    json out;
    for (const auto& header : get<std::vector<http_header>>(from))
      out.push_back({{"Key", header.key}, {"Value", header.value}});
    return out;
  }
  case option_type::map: {
    const auto& values = get<std::map<std::string, std::string>>(from);
    return values.empty() ? json{} : json(values);
  }
  case option_type::enumeration:
  case option_type::bits:
  case option_type::bandwidth:
  case option_type::moment: break;
  }
  return value_as_text(from);
}

std::string value_as_text(const target& from) {
  switch (from.info->type) {
  case option_type::boolean: return get<bool>(from) ? "true" : "false";
  case option_type::integer:
  case option_type::integer64:
  case option_type::byte:
  case option_type::delete_mode: return std::to_string(get<std::int64_t>(from));
  case option_type::real: return go_double(get<double>(from));
  case option_type::text:
  case option_type::address: return get<std::string>(from);
  case option_type::text_list: return csv_record(get<std::vector<std::string>>(from), ',');
  case option_type::words: return csv_record(get<std::vector<std::string>>(from), ' ');
  case option_type::duration: return format_duration(get<std::int64_t>(from));
  case option_type::size: return format_size(get<std::int64_t>(from));
  case option_type::bandwidth: return format_timetable(get<bandwidth_timetable>(from));
  case option_type::moment: return format_moment(get<std::int64_t>(from));
  case option_type::enumeration: {
    const auto choices = choices_of(*from.info);
    const auto index = get<std::int64_t>(from);
    if (index < 0 || index >= static_cast<std::int64_t>(choices.size()))
      return "Unknown(" + std::to_string(index) + ")";
    return choices[static_cast<std::size_t>(index)];
  }
  case option_type::bits: {
    const auto choices = choices_of(*from.info);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if ((get<std::int64_t>(from) >> i & 1) != 0) names.push_back(choices[i]);
    }
    return joined(names, ",");
  }
  case option_type::headers: {
    std::vector<std::string> fields;
    for (const auto& header : get<std::vector<http_header>>(from))
      fields.push_back(header.key + ": " + header.value);
    return csv_record(fields, ',');
  }
  case option_type::map: {
    std::vector<std::string> fields;
    for (const auto& [key, value] : get<std::map<std::string, std::string>>(from))
      fields.push_back(key + "=" + value);
    return csv_record(fields, ',');
  }
  }
  return {};
}

json as_json(const std::vector<target>& targets) {
  json out = json::object();
  for (const auto& t : targets) {
    const std::string name = t.info->go_name;
    const auto dot = name.find('.');
    if (dot == std::string::npos) {
      out[name] = shown_value(t);
    } else {
      out[name.substr(0, dot)][name.substr(dot + 1)] = shown_value(t);
    }
  }
  return out;
}

void write(json_writer& out, const std::vector<target>& targets) {
  out.begin_object();
  std::string inside; // the nested object that is open
  for (const auto& t : targets) {
    const std::string name = t.info->go_name;
    const auto dot = name.find('.');
    const auto owner = dot == std::string::npos ? std::string{} : name.substr(0, dot);
    if (owner != inside) {
      if (!inside.empty()) out.end_object();
      inside = owner;
      if (!inside.empty()) {
        out.key(inside);
        out.begin_object();
      }
    }
    out.key(dot == std::string::npos ? name : name.substr(dot + 1));
    out.value(shown_value(t));
  }
  if (!inside.empty()) out.end_object();
  out.end_object();
}

void write_info(json_writer& out, const std::vector<target>& defaults, const std::vector<target>& current) {
  out.begin_array();
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    const auto& info = *defaults[i].info;
    if (!info.declared) continue;
    const auto initial = value_as_json(defaults[i]);
    const auto value = value_as_json(current[i]);
    const auto member = [&out](const char* key, const auto& what) {
      out.key(key);
      out.value(what);
    };
    out.begin_object();
    member("Name", info.flat_name);
    member("FieldName", info.go_name);
    member("Help", info.help);
    member("Groups", info.groups);
    member("Default", initial);
    member("Value", value == initial ? json{} : value);
    if (info.type == option_type::enumeration) {
      out.key("Examples");
      out.begin_array();
      for (const auto& choice : choices_of(info)) {
        out.begin_object();
        member("Value", choice);
        member("Help", "");
        out.end_object();
      }
      out.end_array();
    }
    if (*info.short_flag != '\0') member("ShortOpt", info.short_flag);
    member("Hide", 0);
    member("Required", false);
    member("IsPassword", false);
    member("NoPrefix", false);
    member("Advanced", false);
    member("Exclusive", info.type == option_type::enumeration);
    member("Sensitive", false);
    member("DefaultStr", value_as_text(defaults[i]));
    member("ValueStr", value_as_text(current[i]));
    member("Type", shown_type(info));
    out.end_object();
  }
  out.end_array();
}

} // namespace option_detail

} // namespace argosy
