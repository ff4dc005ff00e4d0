#include "core/obscure.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <vector>

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

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64_url(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6;) out += alphabet[bits >> (count -= 6) & 63];
  }
  if (count > 0) out += alphabet[bits << (6 - count) & 63];
  return out;
}

[[noreturn]] void bad_base64(std::size_t position) {
  fail(failure_kind::other,
       "base64 decode failed when revealing password - is it obscured?: illegal base64 data at input byte " +
           std::to_string(position));
}

/// As Go's RawURLEncoding: line ends are skipped, no padding, left-over bits are ignored.
std::string from_base64_url(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  std::size_t digits = 0;
  std::size_t group = 0; // where the present group of four digits began
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || text[i] == '\r') continue;
    const auto digit = alphabet.find(text[i]);
    if (digit == std::string_view::npos) bad_base64(i);
    if (digits % 4 == 0) group = i;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    ++digits;
    // Digits 2, 3 and 4 of a group each complete one byte.
    if (const auto left = digits % 4; left != 1)
      out += static_cast<char>(bits >> (left == 0 ? 0 : 8 - 2 * left) & 0xff);
  }
  if (digits % 4 == 1) bad_base64(group);
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
  return base64_url(std::string{iv} + crypt(clear, iv));
}

std::string reveal(std::string_view obscured) {
  const auto bytes = from_base64_url(obscured);
  if (bytes.size() < iv_size)
    fail(failure_kind::other, "input too short when revealing password - is it obscured?");
  const std::string_view view = bytes;
  return crypt(view.substr(iv_size), view.substr(0, iv_size));
}

} // namespace argosy
