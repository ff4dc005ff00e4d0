#include "backends/crypt/keys.hpp"

#include <algorithm>
#include <cstdint>

#include <sodium.h>

#include "core/failure.hpp"

namespace argosy::crypt {

namespace {

constexpr std::uint64_t cost = 16384;
constexpr std::uint32_t block_factor = 8;
constexpr std::uint32_t parallelism = 1;

// Used where no second password is set; published with rclone.
constexpr unsigned char default_salt[] = {0xa8, 0x0d, 0xf4, 0x3a, 0x8f, 0xbd, 0x03, 0x08,
                                          0xa7, 0xca, 0xb8, 0x3e, 0x58, 0x1f, 0x86, 0xb1};

} // namespace

keys::~keys() { sodium_memzero(this, sizeof(*this)); }

keys derive_keys(std::string_view password, std::string_view salt) {
  keys out;
  if (sodium_init() < 0) fail(failure_kind::other, "failed to make cipher: libsodium does not start");
  if (password.empty()) return out;
  const auto* salt_bytes = salt.empty() ? default_salt : reinterpret_cast<const unsigned char*>(salt.data());
  std::array<unsigned char, 80> derived;
  if (crypto_pwhash_scryptsalsa208sha256_ll(reinterpret_cast<const unsigned char*>(password.data()),
                                            password.size(), salt_bytes,
                                            salt.empty() ? sizeof(default_salt) : salt.size(), cost,
                                            block_factor, parallelism, derived.data(), derived.size()) != 0)
    fail(failure_kind::other, "failed to make cipher: not enough memory for scrypt");
  std::copy_n(derived.begin(), out.data.size(), out.data.begin());
  std::copy_n(derived.begin() + 32, out.name.size(), out.name.begin());
  std::copy_n(derived.begin() + 64, out.tweak.size(), out.tweak.begin());
  sodium_memzero(derived.data(), derived.size());
  return out;
}

} // namespace argosy::crypt
