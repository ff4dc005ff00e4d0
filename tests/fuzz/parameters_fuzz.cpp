#include <cmath>
#include <map>

#include "core/header_text.hpp"
#include "http/params.hpp"
#include "tests/fuzz/fuzz.hpp"

// An input is the Content-Type in the first line, the query in the second, and the body.
namespace argosy::fuzz {

namespace {

std::string escaped(std::string_view text) {
  constexpr const char* digits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

void check_query(std::string_view query) {
  const auto read = parse_query(query);

  std::string written;
  for (const auto& [name, value] : read.items()) {
    expect(value.is_string(), "a parameter of a query is a text");
    if (!written.empty()) written += '&';
    written += escaped(name) + "=" + escaped(value.get_ref<const std::string&>());
  }
  expect_equal(parse_query(written), read, "a query that is written and read again is the same");
}

void check_escapes(std::string_view text) {
  const auto read = decode_path(escaped(text));
  expect(read.has_value() && *read == text, "what is escaped comes back", text);

  const auto decoded = decode_path(text);
  if (decoded) expect(decoded->size() <= text.size(), "nothing grows when escapes are read", text);
}

void check_media_type(std::string_view header) {
  const auto type = accepted([&] { return parse_media_type(header); });
  if (!type) return;
  expect(!type->name.empty(), "a media type has a name", header);
  expect_equal(lower_header(type->name), type->name, "a media type is lower case");
  expect_equal(parse_media_type(type->name).name, type->name, "a media type stands for itself");
}

// The sources in the order of precedence, read one by one.
json merged(const http_request& request, std::string_view type) {
  auto input = json::object();
  if (type == "application/x-www-form-urlencoded") input = parse_query(request.body);
  input.update(parse_query(request.query));
  if (type != "application/json") return input;
  const auto body = parse_json(request.body);
  if (body.is_null()) return json::object();
  input.update(body);
  return input;
}

template <class Read>
auto parameter(Read read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const failure& f) {
    expect(f.kind() == failure_kind::bad_parameter, "a wrong parameter is the caller's fault", f.what());
    return std::nullopt;
  }
}

void check_accessors(const json& input, const std::string& name) {
  const char* const key = name.c_str();
  const auto& value = input.at(name);
  const auto text = parameter([&] { return require_string(input, key); });
  expect(text.has_value() == value.is_string(), "a text is read as a text", name);

  const auto whole = parameter([&] { return require_int(input, key); });
  const auto real = parameter([&] { return require_double(input, key); });
  if (whole && real && value.is_number_float() && std::fabs(*real) < 0x1p63)
    expect_equal(*whole, static_cast<std::int64_t>(*real), "a whole number is a real one cut off");
  if (whole && value.is_string())
    expect_equal(require_int({{"k", std::to_string(*whole)}}, "k"), *whole, "a whole number can be written");

  const auto truth = parameter([&] { return require_bool(input, key); });
  expect_equal(lenient_bool(input, key, true), truth.value_or(true),
               "a lenient flag takes what a flag takes");

  parameter([&] { return optional_duration(input, key, 0); });
  const auto object = parameter([&] { return optional_object(input, key); });
  if (object) expect(object->is_object(), "an object is asked for", name);
  const auto list = parameter([&] { return optional_list(input, key); });
  if (list) expect(list->is_array(), "a list is asked for", name);
  parameter([&] { return optional_string_map(input, key); });
  const auto texts = parameter([&] { return optional_strings(input, key); });
  if (texts) expect_equal(texts->size(), optional_list(input, key).size(), "each element is a text");
  if (!value.is_object()) return;
  parameter([&] { return struct_bool(value, "opt", "T", "a", false); });
  parameter([&] { return struct_strings(value, "opt", "T", "a"); });
}

void check_all_accessors(const json& input) {
  constexpr std::size_t most = 8;
  std::size_t count = 0;
  for (const auto& [name, value] : input.items()) {
    if (name.find('\0') != std::string::npos) continue; // no parameter of ours is called so
    if (++count > most) break;
    check_accessors(input, name);
  }
}

} // namespace

void check(std::string_view input) {
  reader in{input};
  http_request request;
  const std::string header{in.line()};
  request.headers = {{"Content-Type", header}, {"Prefer", header}};
  request.query = in.line();
  request.body = in.rest();
  check_query(request.query);
  check_escapes(request.body);
  check_media_type(header);
  prefers_async(request);

  try {
    const auto all = read_parameters(request);
    expect(all.is_object(), "parameters are an object");
    const auto type = header.empty() ? std::string{} : parse_media_type(header).name;
    expect_equal(all, merged(request, type), "sources come in their order of precedence");
    check_all_accessors(all);
  } catch (const bad_request& refused) {
    expect(*refused.what() != '\0', "a refusal says why");
    expect(refused.gathered.is_null() || refused.gathered.is_object(), "what was gathered is an object");
  }
}

} // namespace argosy::fuzz
