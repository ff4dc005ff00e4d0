#include "core/call_options.hpp"

#include "core/failure.hpp"
#include "core/unicode.hpp"

namespace argosy {

std::string take_option_overrides(json& parameters) {
  if (!parameters.is_object()) return {};
  json taken = json::object();
  for (auto i = parameters.begin(); i != parameters.end();) {
    const auto& name = i.key();
    const bool nested = name == "_config" || name == "_filter";
    const bool flat =
        !nested && !i.value().is_object() &&
        (main_option_table().find(name) != nullptr || filter_option_table().find(name) != nullptr);
    if (!nested && !flat) {
      ++i;
      continue;
    }
    taken[name] = std::move(i.value());
    i = parameters.erase(i);
  }
  if (taken.empty()) return {};
  return taken.dump(-1, ' ', false, json::error_handler_t::replace);
}

void apply_option_overrides(const std::string& text, main_options& options, filter_options& filters) {
  if (text.empty()) return;
  const auto overrides = json::parse(text, nullptr, false);
  if (!overrides.is_object()) fail(failure_kind::other, "option overrides are not a JSON object: " + text);
  for (const auto& [name, value] : overrides.items()) apply_flat(options, name, value);
  if (const auto nested = overrides.find("_config"); nested != overrides.end())
    apply_overrides(options, *nested);
  for (const auto& [name, value] : overrides.items()) apply_flat(filters, name, value);
  if (const auto nested = overrides.find("_filter"); nested != overrides.end())
    apply_overrides(filters, *nested);
}

std::string with_options(const json& parameters, const std::string& text) {
  auto all = parameters.is_object() ? parameters : json::object();
  if (!text.empty())
    if (const auto options = json::parse(text, nullptr, false); options.is_object()) all.update(options);
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool changes_option(const std::string& text, const option_info& option) {
  if (text.empty()) return false;
  const auto overrides = json::parse(text, nullptr, false);
  if (!overrides.is_object()) return false;
  if (overrides.contains(option.flat_name)) return true;
  auto nested = overrides.value("_config", json{});
  if (nested.is_string()) nested = json::parse(nested.get<std::string>(), nullptr, false);
  if (!nested.is_object()) return false;
  const auto wanted = to_lower(option.go_name);
  for (const auto& [name, value] : nested.items())
    if (to_lower(name) == wanted && !value.is_null()) return true;
  return false;
}

} // namespace argosy
