#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.hpp"

namespace argosy {

/// Go's fmt "%v" of a value decoded from JSON (rc-surface 2.5.4): `map[a:1 b:<nil>]` sorted by key, `[1 2
/// x]`, doubles as go_double prints them, `<nil>` for null, nothing for the empty string.
std::string go_text(const json& value);

/// Go's fmt "%v" of one double in its shortest form: 999999, 1e+06, 1.234567e+06, 0.0001, 1e-05. The exponent
/// appears when it is below -4 or above 5, whatever the number of digits; it has two digits or more. NaN,
/// +Inf, -Inf.
std::string go_double(double value);

/// Go's strconv.FormatFloat(value, 'f', -1, 64): shortest digits, never an exponent. `value` is finite.
std::string go_decimal(double value);

/// Go's strconv.Quote / fmt "%q": double quotes, escapes for control characters, invalid UTF-8 as \xNN.
std::string go_quote(std::string_view text);

/// Go's strconv.QuoteRune / fmt "%q" of a number: single quotes, the same escapes.
std::string go_quote_rune(char32_t rune);

/// Go's strconv.ParseFloat: decimal and hexadecimal (0x1p-2) numbers, `inf`, `infinity` and `nan` in any
/// case, single underscores between digits. Throws failure(other) `strconv.ParseFloat: parsing "x": invalid
/// syntax` (or `value out of range`).
double go_parse_float(std::string_view text);

/// Go's strconv.Atoi and ParseInt in base 10; `function` is the name that the error text gives. Throws
/// failure(other) `strconv.Atoi: parsing "x": invalid syntax` (or `value out of range`).
std::int64_t go_parse_int(std::string_view text, const char* function = "ParseInt");

/// Name of the Go type that encoding/json gives a value of an interface{}: float64, string, bool, []interface
/// {}, map[string]interface {}, <nil>. Integers that our own code put into the value count as float64 too.
const char* go_type(const json& value);

} // namespace argosy
