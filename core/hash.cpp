#include "core/hash.hpp"

#include <array>

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <xxhash.h>
#include <zlib.h>

#include "core/failure.hpp"

namespace argosy {

namespace {

struct description {
  hash_type type;
  const char* name;
  const char* alias;   // rclone's second name, compared exactly
  const char* openssl; // null: not OpenSSL's
};

constexpr std::array<description, 8> descriptions{
    {{hash_type::md5, "md5", "MD5", "MD5"},
     {hash_type::sha1, "sha1", "SHA-1", "SHA1"},
     {hash_type::whirlpool, "whirlpool", "Whirlpool", "whirlpool"},
     {hash_type::crc32, "crc32", "CRC-32", nullptr},
     {hash_type::sha256, "sha256", "SHA-256", "SHA256"},
     {hash_type::sha512, "sha512", "SHA-512", "SHA512"},
     {hash_type::xxh3, "xxh3", "XXH3", nullptr},
     {hash_type::xxh128, "xxh128", "XXH128", nullptr}}};

const description* find(hash_type type) {
  for (const auto& d : descriptions)
    if (d.type == type) return &d;
  return nullptr;
}

template <class Type, void (*Free)(Type*)>
struct deleter {
  void operator()(Type* p) const { Free(p); }
};

void unload(OSSL_PROVIDER* provider) { OSSL_PROVIDER_unload(provider); }
void free_xxh3(XXH3_state_t* state) { XXH3_freeState(state); }

using library_context = std::unique_ptr<OSSL_LIB_CTX, deleter<OSSL_LIB_CTX, OSSL_LIB_CTX_free>>;
using provider = std::unique_ptr<OSSL_PROVIDER, deleter<OSSL_PROVIDER, unload>>;
using digest = std::unique_ptr<EVP_MD, deleter<EVP_MD, EVP_MD_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, deleter<EVP_MD_CTX, EVP_MD_CTX_free>>;
using xxh3_state = std::unique_ptr<XXH3_state_t, deleter<XXH3_state_t, free_xxh3>>;

// The digests, fetched once for the process: fetching costs more than hashing a small file. Whirlpool comes
// from the legacy provider, in a library context of its own so that no other legacy algorithm becomes
// available to TLS.
struct digests {
  digests() : legacy_context(OSSL_LIB_CTX_new()) {
    if (legacy_context) legacy.reset(OSSL_PROVIDER_load(legacy_context.get(), "legacy"));
    for (std::size_t i = 0; i < descriptions.size(); ++i) {
      if (descriptions[i].openssl == nullptr) continue;
      const bool from_legacy = descriptions[i].type == hash_type::whirlpool;
      if (from_legacy && !legacy) continue;
      fetched[i].reset(
          EVP_MD_fetch(from_legacy ? legacy_context.get() : nullptr, descriptions[i].openssl, nullptr));
    }
  }
  // Declared in the order in which they may not be destroyed.
  library_context legacy_context;
  provider legacy;
  std::array<digest, descriptions.size()> fetched;

  const EVP_MD* of(const description& d) const {
    return fetched[static_cast<std::size_t>(&d - descriptions.data())].get();
  }
};

const digests& all_digests() {
  static const digests instance;
  return instance;
}

std::string to_hex(const unsigned char* bytes, std::size_t size) {
  std::string out;
  out.reserve(2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    out += "0123456789abcdef"[bytes[i] >> 4];
    out += "0123456789abcdef"[bytes[i] & 0xf];
  }
  return out;
}

} // namespace

hash_type hash_set::first() const {
  for (const auto& d : descriptions)
    if (has(d.type)) return d.type;
  return hash_type::none;
}

std::vector<hash_type> hash_set::list() const {
  std::vector<hash_type> types;
  for (const auto& d : descriptions)
    if (has(d.type)) types.push_back(d.type);
  return types;
}

const char* hash_name(hash_type type) {
  const auto* d = find(type);
  return d == nullptr ? "none" : d->name;
}

std::optional<hash_type> parse_hash_type(std::string_view name) {
  if (name == "none" || name == "None") return hash_type::none;
  std::string lowered{name};
  for (char& c : lowered)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  for (const auto& d : descriptions)
    if (lowered == d.name || name == d.alias) return d.type;
  return {};
}

hash_set all_hashes() {
  hash_set set;
  for (const auto& d : descriptions)
    if (d.openssl == nullptr || all_digests().of(d) != nullptr) set = set | d.type;
  return set;
}

struct hasher::state {
  struct running_digest {
    hash_type type;
    digest_context context;
  };
  std::vector<running_digest> running;
  bool wants_crc32 = false;
  uLong crc = 0;
  xxh3_state xxh3;
  xxh3_state xxh128;
};

hasher::hasher(hash_set types) : state_(std::make_unique<state>()) {
  for (const auto type : types.list()) {
    const auto& d = *find(type);
    const std::string failed = std::string{"hash unsupported: "} + d.name;
    if (type == hash_type::crc32) {
      state_->wants_crc32 = true;
    } else if (d.openssl == nullptr) {
      auto& slot = type == hash_type::xxh3 ? state_->xxh3 : state_->xxh128;
      slot.reset(XXH3_createState());
      if (!slot) fail(failure_kind::unsupported, failed + ": no memory");
      if (type == hash_type::xxh3)
        XXH3_64bits_reset(slot.get());
      else
        XXH3_128bits_reset(slot.get());
    } else {
      const EVP_MD* md = all_digests().of(d);
      digest_context context{EVP_MD_CTX_new()};
      if (md == nullptr || !context || EVP_DigestInit_ex2(context.get(), md, nullptr) != 1)
        fail(failure_kind::unsupported, failed);
      state_->running.push_back({type, std::move(context)});
    }
  }
}

hasher::~hasher() = default;
hasher::hasher(hasher&&) noexcept = default;
hasher& hasher::operator=(hasher&&) noexcept = default;

void hasher::update(const void* data, std::size_t size) {
  for (auto& r : state_->running) EVP_DigestUpdate(r.context.get(), data, size);
  if (state_->wants_crc32) state_->crc = crc32_z(state_->crc, static_cast<const Bytef*>(data), size);
  if (state_->xxh3) XXH3_64bits_update(state_->xxh3.get(), data, size);
  if (state_->xxh128) XXH3_128bits_update(state_->xxh128.get(), data, size);
}

std::string hasher::hex(hash_type type) {
  if (type == hash_type::crc32 && state_->wants_crc32) {
    std::array<unsigned char, 4> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<unsigned char>(state_->crc >> (8 * (bytes.size() - 1 - i)));
    return to_hex(bytes.data(), bytes.size());
  }
  if (type == hash_type::xxh3 && state_->xxh3) {
    XXH64_canonical_t bytes;
    XXH64_canonicalFromHash(&bytes, XXH3_64bits_digest(state_->xxh3.get()));
    return to_hex(bytes.digest, sizeof bytes.digest);
  }
  if (type == hash_type::xxh128 && state_->xxh128) {
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state_->xxh128.get()));
    return to_hex(bytes.digest, sizeof bytes.digest);
  }
  for (auto& r : state_->running) {
    if (r.type != type) continue;
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned size = 0;
    if (EVP_DigestFinal_ex(r.context.get(), bytes.data(), &size) != 1)
      fail(failure_kind::other, std::string{"cannot finish the hash "} + hash_name(type));
    return to_hex(bytes.data(), size);
  }
  return {};
}

} // namespace argosy
