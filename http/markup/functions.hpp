#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "http/markup/value.hpp"

namespace argosy::markup {

/// A function that templates may call.
struct function_row {
  std::string_view name;
  std::size_t fewest, most; ///< arguments
  /// Throws failure(other). Null: `and`, `or`, which look at no more arguments than they need.
  value (*run)(const std::vector<value>& arguments);
};

constexpr std::size_t any_number = static_cast<std::size_t>(-1);

/// Go's own functions, and rclone's: afterEpoch, contains, hasPrefix, hasSuffix. Null: there is none of that
/// name.
const function_row* find_function(std::string_view name);

/// Go's fmt.Sprintf.
std::string print_formatted(std::string_view format, const std::vector<value>& arguments);

} // namespace argosy::markup
