#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace argosy {

/// rclone's hash types in its bit order (rc-surface 3.8): of several common ones the first is used. Values
/// are bits, append only.
enum class hash_type : std::uint16_t {
  none = 0,
  md5 = 1 << 0,
  sha1 = 1 << 1,
  whirlpool = 1 << 2,
  crc32 = 1 << 3,
  sha256 = 1 << 4,
  sha512 = 1 << 5,
  xxh3 = 1 << 6,
  xxh128 = 1 << 7,
};

/// A set of hash types.
class hash_set {
public:
  constexpr hash_set() = default;
  constexpr hash_set(hash_type t) : bits_(static_cast<std::uint16_t>(t)) {}
  constexpr hash_set operator|(hash_set o) const {
    return hash_set{static_cast<std::uint16_t>(bits_ | o.bits_)};
  }
  constexpr hash_set operator&(hash_set o) const {
    return hash_set{static_cast<std::uint16_t>(bits_ & o.bits_)};
  }
  constexpr bool has(hash_type t) const { return (bits_ & static_cast<std::uint16_t>(t)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  /// The one with the lowest bit, or none.
  hash_type first() const;
  std::vector<hash_type> list() const;

private:
  constexpr explicit hash_set(std::uint16_t bits) : bits_(bits) {}
  std::uint16_t bits_ = 0;
};

/// md5, sha1, whirlpool, crc32, sha256, sha512, xxh3, xxh128: rclone's short names.
const char* hash_name(hash_type type);
/// Short name in any case, or rclone's exact alias (MD5, SHA-1, SHA-256, CRC-32, Whirlpool ...); `none` and
/// `None` are hash_type::none.
std::optional<hash_type> parse_hash_type(std::string_view name);
/// Every type above that this machine can compute: without OpenSSL's legacy provider there is no whirlpool.
hash_set all_hashes();

/// Computes several hashes of one stream. Not thread-safe.
class hasher {
public:
  /// Throws failure(unsupported) for a type that all_hashes() lacks, or when OpenSSL refuses one.
  explicit hasher(hash_set types);
  ~hasher();
  hasher(hasher&&) noexcept;
  hasher& operator=(hasher&&) noexcept;
  void update(const void* data, std::size_t size);
  /// Lower-case hex; empty for a type that was not asked for. Ends the computation of that type; call once a
  /// type.
  std::string hex(hash_type type);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace argosy
