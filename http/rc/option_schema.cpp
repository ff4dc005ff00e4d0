#include "http/rc/option_schema.hpp"

#include <string>
#include <string_view>

#include "http/rc/type_notation.hpp"

namespace argosy::rc {

namespace {

/// Numbers and choices are also taken as text; texts and lists that are not set are shown as null.
const char* type_of(option_type type) {
  switch (type) {
  case option_type::boolean: return "boolean";
  case option_type::integer:
  case option_type::integer64:
  case option_type::byte:
  case option_type::delete_mode: return "integer";
  case option_type::real: return "number";
  case option_type::text:
  case option_type::bandwidth:
  case option_type::address: return "string";
  case option_type::text_list:
  case option_type::words: return "string[] | null";
  case option_type::duration:
  case option_type::size:
  case option_type::moment:
  case option_type::enumeration:
  case option_type::bits: return "integer | string";
  case option_type::headers: return "{Key: string, Value: string}[] | null";
  case option_type::map: return "{*: string} | null";
  }
  return "any";
}

const char* unit_of(option_type type) {
  switch (type) {
  case option_type::duration: return " (nanoseconds, or text such as 1h30m)";
  case option_type::size: return " (bytes, or text such as 10Mi; -1 is off)";
  case option_type::moment: return " (RFC 3339)";
  default: return "";
  }
}

std::string help_of(const option_info& option) {
  auto help = option.help + std::string{unit_of(option.type)};
  if (*option.choices != 0) help += std::string{"; of "} + option.choices;
  return help;
}

} // namespace

json schema_of_options(const std::vector<const option_info*>& options) {
  auto all = json{{"type", "object"}, {"properties", json::object()}};
  for (const auto* option : options) {
    // A dot in the name goes into an object of its own.
    auto* into = &all;
    std::string_view name = option->go_name;
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
      into = &(*into)["properties"][std::string{name.substr(0, dot)}];
      if (into->is_null()) *into = {{"type", "object"}, {"properties", json::object()}};
      name.remove_prefix(dot + 1);
    }
    auto schema = schema_of(type_of(option->type));
    schema["description"] = help_of(*option);
    (*into)["properties"][std::string{name}] = std::move(schema);
  }
  return all;
}

json schema_of_flat_option(const option_info& option) {
  const auto list = option.type == option_type::text_list || option.type == option_type::words;
  // An object is not taken as the option, but left to the command.
  auto schema = schema_of(list ? "string | string[] | object" : "string | number | boolean | object");
  schema["description"] = help_of(option);
  return schema;
}

} // namespace argosy::rc
