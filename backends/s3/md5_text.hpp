#pragma once

#include <string>
#include <string_view>

namespace argosy::s3 {

/// The MD5 of some bytes, as Content-MD5 has it.
std::string md5_base64(std::string_view bytes);
/// Between the hex of a hash and its base64; empty for what is neither.
std::string base64_of_hex(std::string_view hex);
std::string hex_of_base64(const std::string& base64);
/// The MD5, in hex, that an ETag is; empty when it is something else.
std::string md5_of_tag(std::string_view tag);

} // namespace argosy::s3
