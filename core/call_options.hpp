#pragma once

#include <string>

#include "core/filter.hpp"
#include "core/json.hpp"
#include "core/options.hpp"

namespace argosy {

/// Takes what changes options for one call out of its parameters: `_config`, `_filter` and every flat option
/// whose value is no object (rc-surface 2.6). The result is a text that can travel with the call, empty when
/// there is nothing.
std::string take_option_overrides(json& parameters);

/// Applies such a text to the options that are in force anyway: `_config` and `_filter` win over flat
/// options. Throws failure(bad_parameter) for wrong shapes in `_config` and `_filter`, failure(other) for bad
/// flat values.
void apply_option_overrides(const std::string& text, main_options& options, filter_options& filters);

/// The parameters together with what such a text holds, as JSON: what take_option_overrides() was given.
std::string with_options(const json& parameters, const std::string& text);

/// True when such a text changes this option of block main.
bool changes_option(const std::string& text, const option_info& option);

} // namespace argosy
