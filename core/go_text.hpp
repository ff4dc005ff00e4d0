#pragma once

#include <string>
#include <string_view>

#include "core/json.hpp"

namespace argosy {

/// Go's fmt "%v" of a value decoded from JSON (rc-surface 2.5.4): `map[a:1 b:<nil>]` sorted by key, `[1 2 x]`, doubles
/// as %v prints them (1, 1.5, 1e+06 from 21 digits... see there), `<nil>` for null, nothing for the empty string.
std::string go_text(const json& value);

/// Go's fmt "%v" of one double: shortest form, exponent when it is < -4 or >= 21 (strconv 'g' with %v's threshold).
std::string go_double(double value);

/// Go's strconv.Quote / fmt "%q": double quotes, escapes for control characters, invalid UTF-8 as \xNN.
std::string go_quote(std::string_view text);

/// Name of the Go type that encoding/json gives a value of an interface{}: float64, string, bool, []interface {},
/// map[string]interface {}, <nil>.
const char* go_type(const json& value);

} // namespace argosy
