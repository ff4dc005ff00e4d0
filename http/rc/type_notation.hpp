#pragma once

#include <string_view>

#include "core/json.hpp"

namespace argosy::rc {

/// The JSON schema (2020-12, as OpenAPI 3.1 has it) of a type in the notation of the rows of commands:
///
///     string  integer  number  boolean  object  null  any  time
///     "text"                 that text
///     T[]                    a list
///     {a: T, b?: T}          an object; `b` may be absent
///     {*: T}                 an object with any keys
///     T | T                  either
///     Name                   #/components/schemas/Name; so are fs, duration and size
///
/// Blanks do not matter. Throws failure(other) naming the notation and the place.
json schema_of(std::string_view notation);

} // namespace argosy::rc
