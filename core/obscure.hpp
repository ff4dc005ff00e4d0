#pragma once

#include <string>
#include <string_view>

namespace argosy {

/// rclone's obscure (rc-surface 6.4): AES-256-CTR with a fixed key and a random 16-byte IV in front,
/// base64url without padding.
std::string obscure(std::string_view clear);
/// With a given IV of 16 bytes: for tests.
std::string obscure_with_iv(std::string_view clear, std::string_view iv);
/// Throws failure(other) with rclone's texts.
std::string reveal(std::string_view obscured);

} // namespace argosy
