#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/options.hpp"

namespace argosy {

/// The option of block main that a flag sets, without its leading dashes; some have other names than the
/// option (header, bind, delete-before...). Null: no such flag.
const option_info* main_flag(std::string_view flag);

/// --dscp: a number from 0 to 63 or a name (CS1, AF21, EF, LE...). The traffic class of RFC 2474, which has
/// two more bits. Throws failure(other) `Invalid DSCP name: x`.
std::int64_t parse_traffic_class(const std::string& text);

} // namespace argosy
