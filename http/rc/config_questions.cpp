#include "http/rc/config_questions.hpp"

#include <algorithm>

#include "core/duration.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/size_suffix.hpp"
#include "core/time_text.hpp"

namespace argosy::rc {

namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; !text.empty();) {
    const auto end = text.find(separator, from);
    parts.push_back(text.substr(from, end - from));
    if (end == std::string::npos) break;
    from = end + 1;
  }
  return parts;
}

/// The text as JSON of the option's type; a text that is no such value stays a text.
json typed(const std::string& type, const std::string& text) {
  try {
    if (type == "bool") return text == "true";
    if (type == "int" || type == "int64") return go_parse_int(text.empty() ? "0" : text);
    if (type == "SizeSuffix") return parse_size(text.empty() ? "0" : text);
    if (type == "Duration") return parse_duration(text.empty() ? "0" : text, now());
    if (type == "CommaSepList" || type == "stringArray") return split(text, ',');
    if (type == "SpaceSepList") return split(text, ' ');
    if (type == "Tristate") return text == "unset" || text.empty() ? json{} : json(text == "true");
  } catch (const failure&) {
    return text;
  }
  return text;
}

/// `a,b` or `!a,b` against the provider that was chosen.
bool is_for_provider(const std::string& rule, const std::string& provider) {
  if (rule.empty() || provider.empty()) return true;
  const bool negated = rule.front() == '!';
  const auto names = split(negated ? rule.substr(1) : rule, ',');
  return (std::find(names.begin(), names.end(), provider) != names.end()) != negated;
}

storage_option description_option() {
  storage_option option;
  option.name = "description";
  option.help = "Description of the remote.";
  option.type = "string";
  option.advanced = true;
  return option;
}

storage_option advanced_question() {
  storage_option option;
  option.name = "config_fs_advanced";
  option.help = "Edit advanced config?";
  option.type = "bool";
  option.default_text = "false";
  option.exclusive = true;
  option.examples = {{"true", "Yes"}, {"false", "No"}};
  return option;
}

/// rclone's OptionHideConfigurator: nobody is asked for the option.
constexpr int hidden_from_configurator = 2;
constexpr const char* advanced_state = "*all-advanced";

/// `*all-set,3,false`: what to do next, with which option, and whether the advanced ones are asked for.
struct position {
  std::string action;
  std::size_t option = 0;
  bool advanced = false;

  static position parse(const std::string& state, std::size_t options) {
    const auto parts = split(state, ',');
    position at{parts.front()};
    if (parts.size() > 2) at.advanced = parts[2] == "true";
    if (parts.size() < 2 || parts[1].empty()) return at;
    std::int64_t number = 0;
    try {
      number = go_parse_int(parts[1], "Atoi");
    } catch (const failure& bad) {
      throw bad.within("internal error: bad state number");
    }
    if (number < 0 || number > static_cast<std::int64_t>(options))
      fail(failure_kind::other, "internal error: option out of range");
    at.option = static_cast<std::size_t>(number);
    return at;
  }
  std::string text() const {
    return action + "," + std::to_string(option) + "," + (advanced ? "true" : "false");
  }
};

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

} // namespace

void write_option(json_writer& out, const storage_option& option, const std::string& default_text) {
  const auto member = [&out](const char* key, const auto& value) {
    out.key(key);
    out.value(value);
  };
  out.begin_object();
  member("Name", option.name);
  member("FieldName", "");
  member("Help", option.help);
  if (!option.provider.empty()) member("Provider", option.provider);
  member("Default", typed(option.type, default_text));
  out.key("Value");
  out.null();
  if (!option.examples.empty()) {
    out.key("Examples");
    out.begin_array();
    for (const auto& example : option.examples) {
      out.begin_object();
      member("Value", example.value);
      member("Help", example.help);
      out.end_object();
    }
    out.end_array();
  }
  if (!option.short_flag.empty()) member("ShortOpt", option.short_flag);
  member("Hide", option.hide);
  member("Required", option.required);
  member("IsPassword", option.is_password);
  member("NoPrefix", option.no_prefix);
  member("Advanced", option.advanced);
  member("Exclusive", option.exclusive);
  member("Sensitive", option.sensitive);
  member("DefaultStr", default_text);
  member("ValueStr", default_text);
  member("Type", option.type);
  out.end_object();
}

void write_provider(json_writer& out, const storage_type& type) {
  const auto member = [&out](const char* key, const auto& value) {
    out.key(key);
    out.value(value);
  };
  out.begin_object();
  member("Name", type.name);
  member("Description", type.description);
  member("Prefix", type.name);
  out.key("Options");
  out.begin_array();
  for (const auto& option : options_of(type)) write_option(out, option, option.default_text);
  out.end_array();
  member("CommandHelp", json{});
  member("Aliases", json{});
  member("Hide", false);
  member("MetadataInfo", json{});
  member("Overview", json{});
  out.end_object();
}

std::vector<storage_option> options_of(const storage_type& type) {
  auto options = type.options;
  if (std::none_of(options.begin(), options.end(), [](const auto& o) { return o.name == "description"; }))
    options.push_back(description_option());
  return options;
}

setup_step go_on(const storage_type& type, remote_setup& setup, std::string state, std::string result) {
  const auto options = options_of(type);
  // An answer given beforehand is taken; otherwise this is a question for the caller.
  const auto answered = [&](const storage_option& question) {
    const auto found = setup.answers.find(question.name);
    if (found == setup.answers.end()) return false;
    result = found->second;
    return true;
  };
  const auto ask = [&](const storage_option& question, const std::string& default_text) {
    std::string text;
    json_writer writer{text};
    write_option(writer, question, default_text);
    return setup_step{state, json::parse(text)};
  };
  while (starts_with(state, "*all")) {
    auto at = position::parse(state, options.size());
    if (at.option == options.size()) {
      // rclone asks again even after the advanced options, for ever when the answer was given beforehand.
      if (at.advanced) return {};
      const auto question = advanced_question();
      state = advanced_state;
      if (!answered(question)) return ask(question, question.default_text);
      continue;
    }
    const auto& option = options[at.option];
    if (at.action == advanced_state) {
      if (result != "true") return {};
      state = position{"*all", 0, true}.text();
    } else if (at.action == "*all-set") {
      // A blank that is the default is not written.
      if (setup.get(option.name).value_or(option.default_text) != result) setup.set(option.name, result);
      state = position{"*all", at.option + 1, at.advanced}.text();
    } else if (at.action != "*all") {
      fail(failure_kind::other, "internal error: bad state " + go_quote(at.action));
    } else if ((option.hide & hidden_from_configurator) != 0 || option.advanced != at.advanced ||
               !is_for_provider(option.provider, setup.get("provider").value_or(""))) {
      state = position{"*all", at.option + 1, at.advanced}.text();
    } else {
      state = position{"*all-set", at.option, at.advanced}.text();
      if (answered(option)) continue;
      const auto current = setup.editing ? setup.get(option.name) : std::nullopt;
      return ask(option, current.value_or(option.default_text));
    }
  }
  if (starts_with(state, "*")) fail(failure_kind::other, "unknown internal state " + go_quote(state));
  return {};
}

} // namespace argosy::rc
