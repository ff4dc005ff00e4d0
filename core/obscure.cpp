#include "core/obscure.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "core/base64.hpp"
#include "core/failure.hpp"

namespace argosy {

namespace {

constexpr std::size_t iv_size = 16;

// Published with rclone: this hides passwords from a glance, not from an attacker.
constexpr std::array<unsigned char, 32> fixed_key = {
    0x9c, 0x93, 0x5b, 0x48, 0x73, 0x0a, 0x55, 0x4d, 0x6b, 0xfd, 0x7c, 0x63, 0xc8, 0x86, 0xa9, 0x2b,
    0xd3, 0x90, 0x19, 0x8e, 0xb8, 0x12, 0x8a, 0xfb, 0xf4, 0xde, 0x16, 0x2b, 0x8b, 0x95, 0xf6, 0x38,
};

/// CTR mode: the same function encrypts and decrypts.
std::string crypt(std::string_view text, std::string_view iv) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context{EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free};
  std::string out(text.size(), '\0');
  int size = 0;
  const auto* start = reinterpret_cast<const unsigned char*>(iv.data());
  const bool done =
      context && text.size() <= INT32_MAX &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, fixed_key.data(), start) == 1 &&
      EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                        reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size())) == 1;
  if (!done) fail(failure_kind::other, "AES-256-CTR failed");
  return out;
}

} // namespace

std::string obscure(std::string_view clear) {
  std::string iv(iv_size, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(iv.data()), static_cast<int>(iv.size())) != 1) {
    fail(failure_kind::other, "failed to read random bytes for an IV");
  }
  return obscure_with_iv(clear, iv);
}

std::string obscure_with_iv(std::string_view clear, std::string_view iv) {
  if (iv.size() != iv_size) fail(failure_kind::other, "an IV has 16 bytes, not " + std::to_string(iv.size()));
  return to_base64(std::string{iv} + crypt(clear, iv), base64_form::url_unpadded);
}

std::string reveal(std::string_view obscured) {
  std::string bytes;
  try {
    bytes = from_base64(obscured, base64_form::url_unpadded);
  } catch (const failure& f) {
    throw f.within("base64 decode failed when revealing password - is it obscured?");
  }
  if (bytes.size() < iv_size)
    fail(failure_kind::other, "input too short when revealing password - is it obscured?");
  const std::string_view view = bytes;
  return crypt(view.substr(iv_size), view.substr(0, iv_size));
}

} // namespace argosy
