#include "backends/setting_values.hpp"

#include <utility>

#include "core/csv_record.hpp"
#include "core/duration.hpp"
#include "core/go_text.hpp"
#include "core/obscure.hpp"
#include "core/size_suffix.hpp"

namespace argosy {

namespace {

std::optional<std::string> given(const storage_request& request, std::string_view key) {
  return request.option ? request.option(key) : std::nullopt;
}

[[noreturn]] void cannot_parse(std::string_view key, const std::string& text, const char* type,
                               const std::string& why) {
  fail(failure_kind::other, "couldn't parse config item " + go_quote(key) + " = " + go_quote(text) + " as " +
                                type + ": parsing " + go_quote(text) + " as " + type + " failed: " + why);
}

} // namespace

std::string text_setting(const storage_request& request, std::string_view key, std::string otherwise) {
  auto text = given(request, key);
  return text ? *std::move(text) : std::move(otherwise);
}

bool truth_setting(const storage_request& request, std::string_view key, bool otherwise) {
  const auto text = given(request, key);
  if (!text) return otherwise;
  // Go's strconv.ParseBool.
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (*text == yes) return true;
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"})
    if (*text == no) return false;
  cannot_parse(key, *text, "bool", "strconv.ParseBool: parsing " + go_quote(*text) + ": invalid syntax");
}

std::int64_t number_setting(const storage_request& request, std::string_view key, std::int64_t otherwise) {
  const auto text = given(request, key);
  if (!text) return otherwise;
  try {
    return go_parse_int(*text);
  } catch (const failure& why) {
    cannot_parse(key, *text, "int", why.what());
  }
}

std::int64_t size_setting(const storage_request& request, std::string_view key, std::int64_t otherwise) {
  const auto text = given(request, key);
  if (!text) return otherwise;
  try {
    return parse_size(*text);
  } catch (const failure& why) {
    cannot_parse(key, *text, "fs.SizeSuffix", why.what());
  }
}

nanoseconds duration_setting(const storage_request& request, std::string_view key, nanoseconds otherwise) {
  const auto text = given(request, key);
  if (!text) return otherwise;
  try {
    return parse_duration(*text, now());
  } catch (const failure& why) {
    cannot_parse(key, *text, "fs.Duration", why.what());
  }
}

std::vector<std::string> list_setting(const storage_request& request, std::string_view key, char separator) {
  const auto text = given(request, key);
  if (!text) return {};
  std::vector<std::string> parts;
  try {
    for (auto& part : read_csv_record(*text, separator))
      if (!part.empty()) parts.push_back(std::move(part));
  } catch (const failure& why) {
    cannot_parse(key, *text, separator == ' ' ? "fs.SpaceSepList" : "fs.CommaSepList", why.what());
  }
  return parts;
}

name_encoder encoding_setting(const storage_request& request, const char* otherwise) {
  const auto text = given(request, "encoding");
  try {
    return name_encoder::parse(text.value_or(otherwise));
  } catch (const failure& why) {
    cannot_parse("encoding", *text, "encoder.MultiEncoder", why.what());
  }
}

std::string secret_setting(const storage_request& request, std::string_view key) {
  const auto obscured = text_setting(request, key);
  if (obscured.empty()) return {};
  try {
    return reveal(obscured);
  } catch (const failure& why) {
    throw why.within("failed to decrypt " + std::string{key});
  }
}

storage_option advanced_switch(std::string name, std::string help) {
  storage_option o;
  o.name = std::move(name);
  o.help = std::move(help);
  o.default_text = "false";
  o.type = "bool";
  o.advanced = true;
  return o;
}

} // namespace argosy
