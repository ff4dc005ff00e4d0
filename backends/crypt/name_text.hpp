#pragma once

#include <string>
#include <string_view>

namespace argosy::crypt {

/// How the bytes of an encrypted name become a name (rc-surface 6.5).
enum class name_encoding {
  base32,    ///< RFC 4648 "extended hex" in lower case without padding; any case is read
  base64,    ///< RFC 4648 with `-` and `_`, without padding
  base32768, ///< 15 bits a character, of 1024 ranges of 32 in the Basic Multilingual Plane
};

std::string to_name_text(std::string_view bytes, name_encoding encoding);
/// Throws failure(other) with rclone's texts. Bits left over at the end are ignored.
std::string from_name_text(std::string_view text, name_encoding encoding);

} // namespace argosy::crypt
