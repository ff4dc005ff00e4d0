#include "http/rc/type_notation.hpp"

#include <map>
#include <string>

#include "core/failure.hpp"

namespace argosy::rc {

namespace {

class parser {
public:
  explicit parser(std::string_view text) : text_(text) {}

  json all() {
    auto schema = either();
    if (next() != '\0') fail_here("nothing more");
    return schema;
  }

private:
  [[noreturn]] void fail_here(const char* wanted) const {
    fail(failure_kind::other,
         "type notation \"" + std::string{text_} + "\": expected " + wanted + " at " + std::to_string(at_));
  }

  char next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char wanted) {
    if (next() != wanted) return false;
    ++at_;
    return true;
  }
  void need(char wanted, const char* name) {
    if (!take(wanted)) fail_here(name);
  }

  std::string word() {
    next();
    const auto begin = at_;
    const auto of_word = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             c == '-';
    };
    while (at_ < text_.size() && of_word(text_[at_])) ++at_;
    if (at_ == begin) fail_here("a name");
    return std::string{text_.substr(begin, at_ - begin)};
  }

  json either() {
    auto first = list();
    if (next() != '|') return first;
    auto all = json::array({std::move(first)});
    while (take('|')) all.push_back(list());
    return joined(all);
  }

  /// Names of plain types become one list of types, texts one list of texts.
  static json joined(const json& all) {
    auto types = json::array(), texts = json::array();
    for (const auto& one : all) {
      if (one.size() == 1 && one.contains("type") && one["type"].is_string()) types.push_back(one["type"]);
      if (one.contains("const")) texts.push_back(one["const"]);
    }
    if (types.size() == all.size()) return {{"type", types}};
    if (texts.size() == all.size()) return {{"type", "string"}, {"enum", texts}};
    return {{"anyOf", all}};
  }

  json list() {
    auto of = one();
    while (take('[')) {
      need(']', "]");
      of = {{"type", "array"}, {"items", std::move(of)}};
    }
    return of;
  }

  json one() {
    if (take('{')) return object();
    if (take('(')) {
      auto inner = either();
      need(')', ")");
      return inner;
    }
    if (take('"')) {
      const auto end = text_.find('"', at_);
      if (end == std::string_view::npos) fail_here("a closing \"");
      json constant{{"const", std::string{text_.substr(at_, end - at_)}}};
      at_ = end + 1;
      return constant;
    }
    return named(word());
  }

  static json named(const std::string& name) {
    static const std::map<std::string, json> known{
        {"string", {{"type", "string"}}},
        {"integer", {{"type", "integer"}}},
        {"number", {{"type", "number"}}},
        {"boolean", {{"type", "boolean"}}},
        {"object", {{"type", "object"}}},
        {"null", {{"type", "null"}}},
        {"any", json::object()},
        {"time", {{"type", "string"}, {"format", "date-time"}}},
        {"fs", {{"$ref", "#/components/schemas/Fs"}}},
        {"duration", {{"$ref", "#/components/schemas/Duration"}}},
        {"size", {{"$ref", "#/components/schemas/Size"}}},
    };
    if (const auto found = known.find(name); found != known.end()) return found->second;
    if (name.front() < 'A' || name.front() > 'Z')
      fail(failure_kind::other, "type notation: there is no type \"" + name + "\"");
    return {{"$ref", "#/components/schemas/" + name}};
  }

  json object() {
    json schema{{"type", "object"}};
    auto properties = json::object(), required = json::array();
    while (next() != '}') {
      if (take('*')) {
        need(':', ":");
        schema["additionalProperties"] = either();
      } else {
        const auto name = word();
        if (!take('?')) required.push_back(name);
        need(':', ":");
        properties[name] = either();
      }
      if (!take(',')) break;
    }
    need('}', "}");
    if (!properties.empty()) schema["properties"] = std::move(properties);
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace

json schema_of(std::string_view notation) { return parser{notation}.all(); }

} // namespace argosy::rc
