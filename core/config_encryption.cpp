#include "core/config_encryption.hpp"

#include <algorithm>

#include <sodium.h>

#include "core/base64.hpp"
#include "core/failure.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

constexpr std::string_view version = "RCLONE_ENCRYPT_V";
constexpr std::string_view mark = "RCLONE_ENCRYPT_V0:";
constexpr std::string_view blanks = " \t\r\n\v\f";
constexpr std::size_t nonce_size = crypto_secretbox_NONCEBYTES;
constexpr std::size_t tag_size = crypto_secretbox_MACBYTES;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void start_sodium() {
  if (sodium_init() < 0) fail(failure_kind::other, "libsodium does not start");
}

/// What stands behind the mark. Nothing: the file is not encrypted.
std::optional<std::string_view> encrypted_part(std::string_view file) {
  while (!file.empty()) {
    const auto end = file.find('\n');
    auto line = file.substr(0, end);
    file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    line = line.substr(0, line.find_last_not_of(blanks) + 1);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line == mark) return file;
    if (line.substr(0, version.size()) == version)
      fail(failure_kind::other, "unsupported configuration encryption - update rclone for support");
    break;
  }
  return std::nullopt;
}

} // namespace

config_key::config_key(std::string_view password) {
  if (!is_valid_utf8(password)) fail(failure_kind::other, "password contains invalid utf8 characters");
  // The same password may be typed in several forms of Unicode.
  auto salted = normalize_nfkc(password);
  if (salted.find_first_not_of(blanks) == std::string::npos)
    fail(failure_kind::other, "no characters in password");
  salted = "[" + salted + "][rclone-config]";
  start_sodium();
  static_assert(crypto_hash_sha256_BYTES == crypto_secretbox_KEYBYTES);
  crypto_hash_sha256(bytes_.data(), bytes_of(salted), salted.size());
  sodium_memzero(salted.data(), salted.size());
}

config_key::~config_key() { sodium_memzero(bytes_.data(), bytes_.size()); }

bool is_encrypted_config(std::string_view file) { return encrypted_part(file).has_value(); }

std::string encrypt_config(std::string_view text, const config_key& key, std::optional<std::string> nonce) {
  start_sodium();
  std::string box = nonce ? std::move(*nonce) : std::string(nonce_size, '\0');
  if (box.size() != nonce_size)
    fail(failure_kind::other, "a nonce has 24 bytes, not " + std::to_string(box.size()));
  if (!nonce) randombytes_buf(box.data(), box.size());
  box.resize(nonce_size + tag_size + text.size());
  crypto_secretbox_easy(bytes_of(box) + nonce_size, bytes_of(text), text.size(), bytes_of(box), key.bytes());
  return "# Encrypted rclone configuration File\n\n" + std::string{mark} + "\n" +
         to_base64(box, base64_form::standard);
}

std::optional<std::string> decrypt_config(std::string_view file, const config_key& key) {
  const auto encoded = encrypted_part(file);
  if (!encoded) fail(failure_kind::other, "the configuration is not encrypted");
  std::string box;
  try {
    box = from_base64(*encoded, base64_form::standard);
  } catch (const failure& f) {
    throw f.within("failed to load base64 encoded data");
  }
  if (box.size() < nonce_size + tag_size) fail(failure_kind::other, "configuration data too short");
  start_sodium();
  std::string text(box.size() - nonce_size - tag_size, '\0');
  if (crypto_secretbox_open_easy(bytes_of(text), bytes_of(box) + nonce_size, box.size() - nonce_size,
                                 bytes_of(box), key.bytes()) != 0)
    return std::nullopt;
  return text;
}

} // namespace argosy
