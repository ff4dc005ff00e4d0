#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include <openssl/evp.h>

namespace argosy::crypt {

/// EME (Halevi and Rogaway, "A Parallelizable Enciphering Mode") over AES-256: every bit of the result
/// depends on every bit of the text. Not thread-safe.
class wide_block {
public:
  static constexpr std::size_t block = 16;
  static constexpr std::size_t longest = 128 * block; ///< bytes; the mode is defined up to here

  wide_block(const std::array<unsigned char, 32>& key, const std::array<unsigned char, block>& tweak);
  /// `text` has 1 to 128 whole blocks.
  void encrypt(std::string& text);
  void decrypt(std::string& text);

private:
  struct free_context {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  using context = std::unique_ptr<EVP_CIPHER_CTX, free_context>;

  void transform(EVP_CIPHER_CTX* aes, std::string& text) const;

  context encrypting_;
  context decrypting_;
  std::array<unsigned char, block> tweak_;
  std::array<unsigned char, longest> masks_{}; // one a block: AES of zero, doubled again and again
};

} // namespace argosy::crypt
