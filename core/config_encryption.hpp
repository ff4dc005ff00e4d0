#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

/// rclone's encrypted configuration files (rc-surface 6.3): a secretbox of NaCl (XSalsa20, Poly1305) in
/// base64.
namespace argosy {

/// What a password becomes. Wiped when it goes.
class config_key {
public:
  /// Throws failure(other) `password contains invalid utf8 characters` or `no characters in password`.
  explicit config_key(std::string_view password);
  ~config_key();
  config_key(const config_key&) = default;
  config_key& operator=(const config_key&) = default;
  const unsigned char* bytes() const { return bytes_.data(); }

private:
  std::array<unsigned char, 32> bytes_{};
};

/// By the first line that is neither empty nor a comment. Throws failure(other) for another version of the
/// encryption.
bool is_encrypted_config(std::string_view file);

/// Such a file. A nonce of 24 bytes is for tests; otherwise it is random.
std::string encrypt_config(std::string_view text, const config_key& key,
                           std::optional<std::string> nonce = std::nullopt);

/// The text in an encrypted file; nothing when the key is the wrong one. Throws failure(other) for a damaged
/// file.
std::optional<std::string> decrypt_config(std::string_view file, const config_key& key);

} // namespace argosy
