#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/markup/value.hpp"

namespace argosy::markup {

/// The text that a Go literal with its quotes stands for: `"a\n"`, or with backquotes as it is. Nothing:
/// an escape that Go does not know.
std::optional<std::string> unquote(std::string_view literal);

/// The number that a character literal stands for: `'x'`, `'\n'`.
std::optional<std::int64_t> character_of(std::string_view literal);

/// A number as Go's templates write them: 12, -3, 0x1f, 0b101, 1_000, 1.5, 1e3.
std::optional<value> number_of(std::string_view literal);

} // namespace argosy::markup
