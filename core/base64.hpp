#pragma once

#include <string>
#include <string_view>

namespace argosy {

/// The alphabets of RFC 4648.
enum class base64_form {
  standard,     ///< `+` and `/`, padded with `=`
  url_unpadded, ///< `-` and `_`, no padding
};

std::string to_base64(std::string_view bytes, base64_form form);
/// As Go decodes it: line ends are skipped, left-over bits ignored. Throws failure(other) `illegal base64
/// data at input byte N`, or `unexpected EOF` for a padded text that ends within a group.
std::string from_base64(std::string_view text, base64_form form);

} // namespace argosy
