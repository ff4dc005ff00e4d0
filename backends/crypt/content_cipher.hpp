#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "backends/crypt/keys.hpp"
#include "backends/storage.hpp"
#include "core/log.hpp"

/// The content of encrypted files (rc-surface 6.5): a header with a random nonce, then blocks of NaCl's
/// secretbox (XSalsa20 and Poly1305), each with the nonce plus its number.
namespace argosy::crypt {

constexpr std::int64_t header_size = 32;   ///< magic and nonce
constexpr std::int64_t tag_size = 16;      ///< before each block
constexpr std::int64_t block_size = 65536; ///< of content; the last block has less
constexpr std::int64_t sealed_block_size = tag_size + block_size;

using nonce = std::array<unsigned char, 24>;
nonce random_nonce();

std::int64_t encrypted_size(std::int64_t size);
/// Throws failure(other) for a size that no encrypted file has.
std::int64_t decrypted_size(std::int64_t size);

/// Opens a part of the encrypted file: from `offset`, `length` bytes, -1: to the end.
using range_opener = std::function<std::unique_ptr<object_source>(std::int64_t offset, std::int64_t length)>;

struct read_rules {
  bool pass_bad_blocks = false; ///< a block that was altered is shown as zeros
  logger* log = nullptr;        ///< told of them
  std::string name;             ///< that the log gives the file
};

/// The decrypted content from `offset`, `length` bytes, -1: to the end. Opening reads the header. Throws
/// failure(other) with rclone's texts for content that is not what was written with this key.
std::unique_ptr<object_source> open_decrypted(const may_block& on, const range_opener& open, const keys& k,
                                              std::int64_t offset, std::int64_t length, read_rules rules);

/// Encrypts what is written and hands it on to `to`, an empty object. `checked`: a hash that `to` was asked
/// for, or none; what it gives must be that of what was handed to it. `from` and `where` are for the text
/// then.
std::unique_ptr<object_sink> encrypt_into(const may_block& on, std::unique_ptr<object_sink> to, const keys& k,
                                          const nonce& start, hash_type checked, std::string where);

} // namespace argosy::crypt
