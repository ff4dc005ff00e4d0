#pragma once

#include <array>
#include <string_view>

namespace argosy::crypt {

/// What crypt derives from its two passwords (rc-surface 6.5). Wiped when it goes.
struct keys {
  std::array<unsigned char, 32> data{};
  std::array<unsigned char, 32> name{};
  std::array<unsigned char, 16> tweak{}; ///< of the names' encryption

  keys() = default;
  keys(const keys&) = default;
  keys& operator=(const keys&) = default;
  ~keys();
};

/// scrypt with N = 16384, r = 8, p = 1: takes 16 MiB and tens of milliseconds. An empty salt means rclone's
/// own, an empty password leaves all keys zero. Throws failure.
keys derive_keys(std::string_view password, std::string_view salt);

} // namespace argosy::crypt
