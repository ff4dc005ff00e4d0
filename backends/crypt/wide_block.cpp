#include "backends/crypt/wide_block.hpp"

#include <cstring>

#include "core/failure.hpp"

namespace argosy::crypt {

namespace {

constexpr auto block = wide_block::block;

[[noreturn]] void aes_failed() { fail(failure_kind::other, "AES-256 failed"); }

// In place.
void run_aes(EVP_CIPHER_CTX* aes, unsigned char* data, std::size_t size) {
  int done = 0;
  if (EVP_CipherUpdate(aes, data, &done, data, static_cast<int>(size)) != 1 ||
      static_cast<std::size_t>(done) != size)
    aes_failed();
}

void mix(unsigned char* into, const unsigned char* with, std::size_t size = block) {
  for (std::size_t i = 0; i < size; ++i) into[i] = static_cast<unsigned char>(into[i] ^ with[i]);
}

// Multiplies by x in GF(2^128) with the polynomial x^128 + x^7 + x^2 + x + 1, the lowest byte first.
void twice(unsigned char* value) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < block; ++i) {
    const unsigned shifted = value[i] * 2U + carry;
    value[i] = static_cast<unsigned char>(shifted);
    carry = shifted >> 8;
  }
  if (carry != 0) value[0] ^= 0x87;
}

} // namespace

wide_block::wide_block(const std::array<unsigned char, 32>& key,
                       const std::array<unsigned char, block>& tweak) :
    encrypting_(EVP_CIPHER_CTX_new()),
    decrypting_(EVP_CIPHER_CTX_new()), tweak_(tweak) {
  if (!encrypting_ || !decrypting_ ||
      EVP_EncryptInit_ex(encrypting_.get(), EVP_aes_256_ecb(), nullptr, key.data(), nullptr) != 1 ||
      EVP_DecryptInit_ex(decrypting_.get(), EVP_aes_256_ecb(), nullptr, key.data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(encrypting_.get(), 0) != 1 ||
      EVP_CIPHER_CTX_set_padding(decrypting_.get(), 0) != 1)
    aes_failed();
  run_aes(encrypting_.get(), masks_.data(), block);
  twice(masks_.data());
  for (std::size_t at = block; at < longest; at += block) {
    std::memcpy(&masks_[at], &masks_[at - block], block);
    twice(&masks_[at]);
  }
}

void wide_block::encrypt(std::string& text) { transform(encrypting_.get(), text); }

void wide_block::decrypt(std::string& text) { transform(decrypting_.get(), text); }

void wide_block::transform(EVP_CIPHER_CTX* aes, std::string& text) const {
  const auto size = text.size();
  if (size == 0 || size > longest || size % block != 0)
    fail(failure_kind::other, "can't encrypt " + std::to_string(size) + " bytes: not 1 to 128 blocks of 16");
  auto* data = reinterpret_cast<unsigned char*>(text.data());
  mix(data, masks_.data(), size);
  run_aes(aes, data, size);

  std::array<unsigned char, block> sum = tweak_;
  for (std::size_t at = 0; at < size; at += block) mix(sum.data(), data + at);
  auto middle = sum;
  run_aes(aes, middle.data(), block);
  auto mask = sum;
  mix(mask.data(), middle.data());

  // The first block comes last: it makes the sum of all come out right.
  mix(middle.data(), tweak_.data());
  for (std::size_t at = block; at < size; at += block) {
    twice(mask.data());
    mix(data + at, mask.data());
    mix(middle.data(), data + at);
  }
  std::memcpy(data, middle.data(), block);

  run_aes(aes, data, size);
  mix(data, masks_.data(), size);
}

} // namespace argosy::crypt
