#include "http/params.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <map>
#include <utility>

#include "core/duration.hpp"
#include "core/go_text.hpp"
#include "core/header_text.hpp"
#include "core/json_document.hpp"

namespace argosy {

std::string cannot_unmarshal(const json& value, const std::string& into) {
  const auto type = [&] {
    switch (value.type()) {
    case json::value_t::array: return "array";
    case json::value_t::object: return "object";
    case json::value_t::string: return "string";
    case json::value_t::boolean: return "bool";
    case json::value_t::null: return "null";
    default: return "number";
    }
  };
  return std::string{"json: cannot unmarshal "} + type() + " into Go " + into;
}

namespace {

// Go's limit for the body of a form.
constexpr std::size_t max_form = 10 << 20;

[[noreturn]] void bad_parameter(const std::string& text) { fail(failure_kind::bad_parameter, text); }

// unicode.IsSpace, as far as bytes go.
constexpr bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

constexpr bool is_special(char c) noexcept { // RFC 2045 5.1
  return std::string_view{"()<>@,;:\\\"/[]?="}.find(c) != std::string_view::npos;
}

constexpr bool is_token(char c) noexcept { return c > 0x20 && c < 0x7f && !is_special(c); }

std::string_view skip_space(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view trim_space(std::string_view text) noexcept {
  text = skip_space(text);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Takes a token off the front of `text`.
std::string_view take_token(std::string_view& text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), is_token);
  const auto size = static_cast<std::size_t>(end - text.begin());
  const auto token = text.substr(0, size);
  text.remove_prefix(size);
  return token;
}

// Takes a token or a quoted string off the front of `text`; nothing when neither stands there.
std::optional<std::string> take_value(std::string_view& text) {
  if (text.empty() || text.front() != '"') {
    const auto token = take_token(text);
    if (token.empty()) return std::nullopt;
    return std::string{token};
  }
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (c == '\r' || c == '\n') return std::nullopt;
    if (c == '\\' && i + 1 < text.size() && is_special(text[i + 1]))
      value += text[++i]; // a backslash before anything else is meant: a file name of Windows
    else
      value += c;
  }
  return std::nullopt;
}

constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Go's url.QueryUnescape (`plus`) and PathUnescape. `bad`, if given, receives the text of the first bad
// escape.
std::optional<std::string> unescape(std::string_view text, bool plus, std::string_view* bad = nullptr) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        if (bad != nullptr) *bad = text.substr(i, 3);
        return std::nullopt;
      }
      out += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      out += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// Go's url.ParseQuery: what can be decoded goes into `input`, the last of a name wins. Returns the text of
// the error that Go reports, or nothing.
std::string add_query(json& input, std::string_view query) {
  std::string error;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.find(';') != std::string_view::npos) {
      error = "invalid semicolon separator in query";
      continue;
    }
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    std::string_view bad;
    const auto name = unescape(pair.substr(0, equals), true, &bad);
    const auto value =
        name ? unescape(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true,
                        &bad)
             : std::nullopt;
    if (!value) {
      if (error.empty()) error = "invalid URL escape " + go_quote(bad);
      continue;
    }
    input[*name] = *value;
  }
  return error;
}

// Go's Params.GetStruct for a map or a list.
json optional_container(const json& input, const char* key, json::value_t wanted, const char* go_type) {
  const auto found = input.find(key);
  const json empty(wanted);
  if (found == input.end() || found->is_null()) return empty;
  if (found->type() == wanted) return *found;
  const auto where = "key " + go_quote(key) + ": ";
  const auto into = std::string{"value of type "} + go_type;
  if (!found->is_string())
    bad_parameter(where + "Reshape failed to Unmarshal: " + cannot_unmarshal(*found, into));
  json value;
  try {
    value = parse_json_document(found->get_ref<const std::string&>());
  } catch (const failure& f) {
    bad_parameter(where + f.what());
  }
  if (value.is_null()) return empty;
  if (value.type() != wanted) bad_parameter(where + cannot_unmarshal(value, into));
  return value;
}

// The value that Go puts into a struct field: of several spellings of its name the last in the order of keys.
const json* struct_field(const json& object, const char* field) {
  const json* found = nullptr;
  for (auto i = object.begin(); i != object.end(); ++i)
    if (same_header(i.key(), field)) found = i.value().is_null() ? found : &i.value();
  return found;
}

[[noreturn]] void bad_field(const json& value, const char* parameter, const char* type_name,
                            const char* field, const char* wanted) {
  bad_parameter(
      "key " + go_quote(parameter) + ": Reshape failed to Unmarshal: " +
      cannot_unmarshal(value, std::string{"struct field "} + type_name + "." + field + " of type " + wanted));
}

const json* find(const json& input, const char* key) {
  const auto found = input.find(key);
  return found == input.end() ? nullptr : &*found;
}

const json& need(const json& input, const char* key) {
  const auto* const found = find(input, key);
  if (found == nullptr) bad_parameter("Didn't find key " + go_quote(key) + " in input");
  return *found;
}

[[noreturn]] void wrong_type(const json& value, const char* key, const char* wanted) {
  bad_parameter(std::string{"expecting "} + wanted + " value for key " + go_quote(key) + " (was " +
                go_type(value) + ")");
}

[[noreturn]] void cannot_parse(const json& value, const char* key, const char* wanted,
                               const std::string& why) {
  bad_parameter("couldn't parse key " + go_quote(key) + " (" + go_text(value) + ") as " + wanted + ": " +
                why);
}

const std::string& to_string(const json& value, const char* key) {
  if (!value.is_string()) wrong_type(value, key, "string");
  return value.get_ref<const std::string&>();
}

std::int64_t to_int(const json& value, const char* key) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    // 2^63, the first that does not fit, is what Go's own comparison lets through; converting it is undefined
    // here.
    constexpr double limit = 9223372036854775808.0;
    if (number > limit || number < -limit)
      bad_parameter("key " + go_quote(key) + " (" + go_text(value) + ") overflows int64 ");
    if (number != number || number == limit)
      return std::numeric_limits<std::int64_t>::min(); // as amd64 converts
    return static_cast<std::int64_t>(number);
  }
  if (!value.is_string()) wrong_type(value, key, "int64");
  try {
    return go_parse_int(value.get_ref<const std::string&>());
  } catch (const failure& f) {
    cannot_parse(value, key, "int64", f.what());
  }
}

double to_double(const json& value, const char* key) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) wrong_type(value, key, "float64");
  try {
    return go_parse_float(value.get_ref<const std::string&>());
  } catch (const failure& f) {
    cannot_parse(value, key, "float64", f.what());
  }
}

bool to_bool(const json& value, const char* key) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (!value.is_string()) wrong_type(value, key, "bool");
  const auto& text = value.get_ref<const std::string&>();
  constexpr std::array<std::string_view, 6> yes{"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> no{"0", "f", "F", "FALSE", "false", "False"};
  if (std::find(yes.begin(), yes.end(), text) != yes.end()) return true;
  if (std::find(no.begin(), no.end(), text) != no.end()) return false;
  cannot_parse(value, key, "bool", "strconv.ParseBool: parsing " + go_quote(text) + ": invalid syntax");
}

} // namespace

std::optional<std::string> decode_path(std::string_view path) { return unescape(path, false); }

json parse_query(std::string_view query) {
  json input = json::object();
  add_query(input, query);
  return input;
}

media_type parse_media_type(std::string_view header) {
  const auto base = header.substr(0, header.find(';'));
  media_type type{lower_header(trim_space(base)), std::nullopt};
  std::string_view rest = type.name;
  if (take_token(rest).empty()) bad_parameter("mime: no media type");
  if (!rest.empty()) {
    if (rest.front() != '/') bad_parameter("mime: expected slash after first token");
    rest.remove_prefix(1);
    if (take_token(rest).empty()) bad_parameter("mime: expected token after slash");
    if (!rest.empty()) bad_parameter("mime: unexpected content after media subtype");
  }
  std::map<std::string, std::string> parameters;
  header.remove_prefix(base.size());
  for (header = skip_space(header); !header.empty(); header = skip_space(header)) {
    const auto whole = header;
    const auto invalid = [] { bad_parameter("mime: invalid media parameter"); };
    if (header.front() != ';') invalid();
    header = skip_space(header.substr(1));
    if (header.empty() && trim_space(whole) == ";") break; // one too many at the end
    const auto name = lower_header(take_token(header));
    header = skip_space(header);
    if (name.empty() || header.empty() || header.front() != '=') invalid();
    header = skip_space(header.substr(1));
    const auto value = take_value(header);
    if (!value) invalid();
    const auto [known, fresh] = parameters.emplace(name, *value);
    if (!fresh && known->second != *value) bad_parameter("mime: duplicate parameter name");
  }
  const auto charset = parameters.find("charset");
  if (charset != parameters.end()) type.charset = charset->second;
  return type;
}

json read_parameters(const http_request& request) {
  const auto content_type = request.header("Content-Type");
  media_type type;
  if (content_type == "application/json") { // what nearly every call says
    if (request.query.empty() && request.body == "{}") return json::object();
    type.name = content_type;
  } else if (!content_type.empty()) {
    try {
      type = parse_media_type(content_type);
    } catch (const failure& f) {
      throw bad_request{std::string{"failed to parse Content-Type: "} + f.what(), nullptr};
    }
  }
  json input = json::object();
  if (type.name == "application/x-www-form-urlencoded") {
    // The form first: of equal names the one in the URL comes last and wins.
    auto error = request.body.size() > max_form ? "http: POST too large" : add_query(input, request.body);
    const auto query_error = add_query(input, request.query);
    if (error.empty()) error = query_error;
    if (!error.empty()) throw bad_request{"failed to parse form/URL parameters: " + error, nullptr};
    return input;
  }
  add_query(input, request.query);
  if (type.name != "application/json") return input;
  if (type.charset && !type.charset->empty() && !same_header(*type.charset, "utf-8"))
    throw bad_request{"unsupported charset " + go_quote(*type.charset) + " for JSON input", std::move(input)};
  const auto refuse = [&input](const std::string& why) -> bad_request {
    return {"failed to read input JSON: " + why, std::move(input)};
  };
  json body;
  try {
    body = parse_json(request.body);
  } catch (const failure& f) {
    throw refuse(f.what());
  }
  if (body.is_null()) return json::object(); // as a null map in Go: the URL's values are gone too
  if (!body.is_object()) throw refuse(cannot_unmarshal(body, "value of type rc.Params"));
  if (input.empty()) return body;
  input.update(body);
  return input;
}

bool prefers_async(const http_request& request) {
  for (const auto& [name, value] : request.headers) {
    if (!same_header(name, "Prefer")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      if (same_header(trim_space(rest.substr(0, comma)), "respond-async")) return true;
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return false;
}

std::string require_string(const json& input, const char* key) { return to_string(need(input, key), key); }
std::int64_t require_int(const json& input, const char* key) { return to_int(need(input, key), key); }
bool require_bool(const json& input, const char* key) { return to_bool(need(input, key), key); }
double require_double(const json& input, const char* key) { return to_double(need(input, key), key); }
json require_value(const json& input, const char* key) { return need(input, key); }

std::string optional_string(const json& input, const char* key, const std::string& fallback) {
  const auto* const found = find(input, key);
  return found == nullptr ? fallback : to_string(*found, key);
}

std::int64_t optional_int(const json& input, const char* key, std::int64_t fallback) {
  const auto* const found = find(input, key);
  return found == nullptr ? fallback : to_int(*found, key);
}

bool optional_bool(const json& input, const char* key, bool fallback) {
  const auto* const found = find(input, key);
  return found == nullptr ? fallback : to_bool(*found, key);
}

std::int64_t optional_duration(const json& input, const char* key, std::int64_t fallback) {
  const auto* const found = find(input, key);
  if (found == nullptr) return fallback;
  const auto& text = to_string(*found, key);
  const auto present = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  try {
    return parse_duration(text, present.count());
  } catch (const failure& f) {
    bad_parameter(std::string{"parse duration: "} + f.what());
  }
}

json optional_object(const json& input, const char* key, const char* go_type) {
  return optional_container(input, key, json::value_t::object, go_type);
}

json optional_list(const json& input, const char* key, const char* go_type) {
  return optional_container(input, key, json::value_t::array, go_type);
}

namespace {

std::string text_element(const json& value, const char* key) {
  if (value.is_null()) return {};
  if (!value.is_string())
    bad_parameter("key " + go_quote(key) +
                  ": Reshape failed to Unmarshal: " + cannot_unmarshal(value, "value of type string"));
  return value.get<std::string>();
}

} // namespace

std::map<std::string, std::string> optional_string_map(const json& input, const char* key) {
  std::map<std::string, std::string> texts;
  const auto given = optional_object(input, key, "map[string]string");
  for (const auto& [name, value] : given.items()) texts[name] = text_element(value, key);
  return texts;
}

std::vector<std::string> optional_strings(const json& input, const char* key) {
  std::vector<std::string> texts;
  for (const auto& value : optional_list(input, key, "[]string")) texts.push_back(text_element(value, key));
  return texts;
}

bool lenient_bool(const json& input, const char* key, bool fallback) {
  try {
    return optional_bool(input, key, fallback);
  } catch (const failure&) {
    return fallback;
  }
}

bool struct_bool(const json& object, const char* parameter, const char* type_name, const char* field,
                 bool fallback) {
  const auto* const value = struct_field(object, field);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) bad_field(*value, parameter, type_name, field, "bool");
  return value->get<bool>();
}

std::vector<std::string> struct_strings(const json& object, const char* parameter, const char* type_name,
                                        const char* field) {
  const auto* const value = struct_field(object, field);
  if (value == nullptr) return {};
  if (!value->is_array()) bad_field(*value, parameter, type_name, field, "[]string");
  std::vector<std::string> texts;
  texts.reserve(value->size());
  for (const auto& element : *value) {
    if (!element.is_string() && !element.is_null()) bad_field(element, parameter, type_name, field, "string");
    texts.push_back(element.is_string() ? element.get<std::string>() : std::string{});
  }
  return texts;
}

} // namespace argosy
