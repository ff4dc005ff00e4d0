#include "core/remote_name.hpp"

#include <algorithm>

#include <utf8proc.h>

#include "core/failure.hpp"

namespace argosy {

namespace {

constexpr const char* bad_name =
    "config name contains invalid characters - may only contain numbers, letters, `_`, `-`, `.`, "
    "`+`, `@` and space, while not start with `-` or space, and not end with space";
constexpr const char* empty_key = "config parameters can't be empty";
constexpr const char* bad_key = "config parameters may only contain `0-9`, `A-Z`, `a-z`, `_` and `.`";

bool is_ascii_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '.';
}

bool is_letter_or_number(utf8proc_int32_t code_point) {
  switch (utf8proc_category(code_point)) {
  case UTF8PROC_CATEGORY_LU:
  case UTF8PROC_CATEGORY_LL:
  case UTF8PROC_CATEGORY_LT:
  case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_LO:
  case UTF8PROC_CATEGORY_ND:
  case UTF8PROC_CATEGORY_NL:
  case UTF8PROC_CATEGORY_NO: return true;
  default: return false;
  }
}

bool is_config_name(std::string_view name) {
  if (name.empty() || name.front() == '-' || name.front() == ' ' || name.back() == ' ') return false;
  while (!name.empty()) {
    const char c = name.front();
    if (static_cast<unsigned char>(c) < 0x80) {
      if (!is_ascii_word(c) && c != '+' && c != '@' && c != '-' && c != ' ') return false;
      name.remove_prefix(1);
      continue;
    }
    utf8proc_int32_t code_point = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                                       static_cast<utf8proc_ssize_t>(name.size()), &code_point);
    if (size <= 0 || !is_letter_or_number(code_point)) return false;
    name.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

/// Throws failure(other) for what the reader of parameters would take for something else.
void check_key(std::string_view key) {
  if (key.empty()) fail(failure_kind::other, empty_key);
  if (!std::all_of(key.begin(), key.end(), is_ascii_word)) fail(failure_kind::other, bad_key);
}

/// A value as it must stand between single quotes.
std::string in_quotes(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out += '\'';
}

/// Reads `,key=value` groups up to the colon that ends them.
class parameter_reader {
public:
  parameter_reader(std::string_view text, std::size_t position) : text_(text), position_(position) {}

  /// `position` stood behind a comma; afterwards behind the colon.
  std::size_t read_all(std::vector<std::pair<std::string, std::string>>& out) {
    for (char end = ','; end == ',';) {
      std::string key;
      end = read_key(key);
      std::string value = "true";
      if (end == '=') end = read_value(value);
      out.emplace_back(std::move(key), std::move(value));
    }
    return position_;
  }

private:
  char read_key(std::string& key) {
    while (position_ < text_.size()) {
      const char c = text_[position_++];
      if (c == ',' || c == ':' || c == '=') {
        if (key.empty()) fail(failure_kind::other, empty_key);
        return c;
      }
      if (!is_ascii_word(c)) fail(failure_kind::other, bad_key);
      key += c;
    }
    fail(failure_kind::other, "config parameter must end with `,` or `:`");
  }

  char read_value(std::string& value) {
    value.clear();
    if (position_ < text_.size() && (text_[position_] == '\'' || text_[position_] == '"'))
      return read_quoted(value);
    const auto end = text_.find_first_of(",:", position_);
    if (end == std::string_view::npos)
      fail(failure_kind::other, "unquoted config value must end with `,` or `:`");
    value = text_.substr(position_, end - position_);
    position_ = end + 1;
    return text_[end];
  }

  char read_quoted(std::string& value) {
    const char quote = text_[position_++];
    while (true) {
      const auto end = text_.find(quote, position_);
      if (end == std::string_view::npos) fail(failure_kind::other, "unterminated quoted config value");
      value += text_.substr(position_, end - position_);
      position_ = end + 1;
      const char next = position_ < text_.size() ? text_[position_] : '\0';
      ++position_;
      if (next == ',' || next == ':') return next;
      if (next != quote) fail(failure_kind::other, "expecting `:` or `,` or another quote after a quote");
      value += quote;
    }
  }

  std::string_view text_;
  std::size_t position_;
};

} // namespace

std::string remote_name::prefix() const {
  if (name.empty()) return {};
  std::string out = inline_backend ? ":" + name : name;
  for (const auto& [key, value] : parameters) out += "," + key + "=" + in_quotes(value);
  return out += ':';
}

remote_name remote_name::parse(std::string_view text) {
  if (text.empty()) fail(failure_kind::other, "can't use empty string as a path");
  remote_name result;
  result.inline_backend = text.front() == ':';
  const std::size_t begin = result.inline_backend ? 1 : 0;
  const auto end = text.find_first_of(",:/\\", begin);
  if (!result.inline_backend) {
    // Without a colon, or with a separator of folders before it, nothing can be a remote's name.
    const bool local = text.find(':') == std::string_view::npos || text[end] == '/' || text[end] == '\\';
    if (local) {
      result.path = text;
      return result;
    }
  } else if (end == std::string_view::npos) {
    const auto name = text.substr(begin);
    fail(failure_kind::other,
         name.empty() || is_config_name(name) ? "config name needs a trailing `:`" : bad_name);
  }
  result.name = text.substr(begin, end - begin);
  const bool ends_name = text[end] == ',' || text[end] == ':';
  if (ends_name && result.name.empty()) fail(failure_kind::other, "config name can't be empty");
  if (!ends_name || !is_config_name(result.name)) fail(failure_kind::other, bad_name);
  auto path = end + 1;
  if (text[end] == ',') path = parameter_reader{text, path}.read_all(result.parameters);
  result.path = text.substr(path);
  return result;
}

std::string fs_text_from_object(const json& object) {
  const auto refuse = [](const json& value, const char* type) {
    fail(failure_kind::bad_parameter, std::string{"Reshape failed to Unmarshal: json: cannot unmarshal "} +
                                          (value.is_boolean() ? "bool" : value.type_name()) +
                                          " into Go value of type " + type);
  };
  if (!object.is_object() && !object.is_null()) refuse(object, "configmap.Simple");
  std::map<std::string, std::string> values;
  for (const auto& [key, value] : object.items()) {
    if (value.is_null()) {
      values[key].clear();
      continue;
    }
    if (!value.is_string()) refuse(value, "string");
    values[key] = value.get<std::string>();
  }
  const auto take = [&values](const char* key) {
    auto node = values.extract(key);
    return node ? std::move(node.mapped()) : std::string{};
  };
  const auto type = take("type");
  const auto name = take("_name");
  const auto root = take("_root");
  if (type.empty() && name.empty()) {
    fail(failure_kind::other, "couldn't find \"type\" or \"_name\" in JSON config definition");
  }
  std::string out = name.empty() ? ":" + type : name;
  for (const auto& [key, value] : values) {
    check_key(key);
    out += "," + key + "=" + in_quotes(value);
  }
  return out + ":" + root;
}

void check_config_name(std::string_view name) {
  if (!is_config_name(name)) fail(failure_kind::other, bad_name);
}

} // namespace argosy
