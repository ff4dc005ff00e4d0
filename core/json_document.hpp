#pragma once

#include <string_view>

#include "core/json.hpp"

namespace argosy {

/// Parses a whole text by the rules of Go's json.Unmarshal, which unlike parse_json() wants nothing behind
/// the value. Throws failure(bad_parameter) with Go's text, `unexpected end of JSON input` for what is cut
/// off.
json parse_json_document(std::string_view text);

} // namespace argosy
