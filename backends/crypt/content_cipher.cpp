#include "backends/crypt/content_cipher.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <sodium.h>

namespace argosy::crypt {

namespace {

static_assert(tag_size == crypto_secretbox_MACBYTES);
static_assert(std::tuple_size_v<nonce> == crypto_secretbox_NONCEBYTES);
static_assert(std::tuple_size_v<decltype(keys::data)> == crypto_secretbox_KEYBYTES);

constexpr char magic[] = {'R', 'C', 'L', 'O', 'N', 'E', 0, 0};
static_assert(sizeof(magic) + std::tuple_size_v<nonce> == header_size);

constexpr auto block_bytes = static_cast<std::size_t>(block_size);
constexpr auto sealed_bytes = static_cast<std::size_t>(sealed_block_size);
constexpr auto tag_bytes = static_cast<std::size_t>(tag_size);

unsigned char* bytes_of(char* text) { return reinterpret_cast<unsigned char*>(text); }
const unsigned char* bytes_of(const char* text) { return reinterpret_cast<const unsigned char*>(text); }

// Adds to the nonce, a number whose lowest byte comes first.
void add_to(nonce& n, std::uint64_t by) {
  nonce number{};
  for (std::size_t i = 0; i < sizeof(by); ++i) number[i] = static_cast<unsigned char>(by >> (8 * i));
  sodium_add(n.data(), number.data(), n.size());
}

// Reads until `size` bytes or the end.
std::size_t read_up_to(const may_block& on, object_source& from, char* data, std::size_t size) {
  std::size_t got = 0;
  while (got < size) {
    const auto n = from.read(on, data + got, size - got);
    if (n == 0) break;
    got += n;
  }
  return got;
}

nonce read_header(const may_block& on, object_source& from) {
  char header[header_size];
  if (read_up_to(on, from, header, sizeof(header)) < sizeof(header))
    fail(failure_kind::other, "file is too short to be encrypted");
  if (std::memcmp(header, magic, sizeof(magic)) != 0)
    fail(failure_kind::other, "not an encrypted file - bad magic string");
  nonce n;
  std::memcpy(n.data(), header + sizeof(magic), n.size());
  return n;
}

class decrypting_source final : public object_source {
public:
  // `from` stands at the beginning of a block, whose nonce is `n`; of its content the first `skip` bytes are
  // left out.
  decrypting_source(std::unique_ptr<object_source> from, const keys& k, const nonce& n, std::size_t skip,
                    std::int64_t length, read_rules rules) :
      from_(std::move(from)),
      keys_(k), nonce_(n), skip_(skip), left_(length), rules_(std::move(rules)),
      sealed_(std::make_unique<char[]>(sealed_bytes)) {}

  std::size_t read(const may_block& on, char* data, std::size_t size) override {
    on.check();
    if (left_ >= 0)
      size = static_cast<std::size_t>(std::min<std::int64_t>(left_, static_cast<std::int64_t>(size)));
    std::size_t got = 0;
    while (got < size) {
      if (at_ == end_) {
        if (ended_) break;
        if (skip_ == 0 && size - got >= block_bytes) {
          got += next_block(on, data + got);
          continue;
        }
        if (!open_) open_ = std::make_unique<char[]>(block_bytes);
        end_ = next_block(on, open_.get());
        at_ = std::min(std::exchange(skip_, 0), end_);
      }
      const auto part = std::min(size - got, end_ - at_);
      std::memcpy(data + got, open_.get() + at_, part);
      at_ += part;
      got += part;
    }
    if (left_ >= 0) left_ -= static_cast<std::int64_t>(got);
    return got;
  }

private:
  // Bytes of content put into `out`; fewer than a block is the end.
  std::size_t next_block(const may_block& on, char* out) {
    const auto got = read_up_to(on, *from_, sealed_.get(), sealed_bytes);
    ended_ = got < sealed_bytes;
    if (got == 0) return 0;
    if (got <= tag_bytes) fail(failure_kind::other, "file has truncated block header");
    const auto size = got - tag_bytes;
    if (crypto_secretbox_open_easy(bytes_of(out), bytes_of(sealed_.get()), got, nonce_.data(),
                                   keys_.data.data()) != 0) {
      constexpr auto why = "failed to authenticate decrypted block - bad password?";
      if (!rules_.pass_bad_blocks) fail(failure_kind::other, why);
      if (rules_.log != nullptr)
        rules_.log->write(log_level::error, rules_.name + ": crypt: ignoring: " + why);
      std::memset(out, 0, size);
    }
    add_to(nonce_, 1);
    return size;
  }

  std::unique_ptr<object_source> from_;
  keys keys_;
  nonce nonce_;
  std::size_t skip_;
  std::int64_t left_; // bytes; -1: to the end
  read_rules rules_;
  std::unique_ptr<char[]> sealed_;
  std::unique_ptr<char[]> open_; // a block of which only a part was asked for
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
};

class encrypting_sink final : public object_sink {
public:
  encrypting_sink(std::unique_ptr<object_sink> to, const keys& k, const nonce& start, hash_type checked,
                  std::string where) :
      to_(std::move(to)),
      keys_(k), nonce_(start), checked_(checked),
      hash_(checked == hash_type::none ? hash_set{} : hash_set{checked}), where_(std::move(where)),
      sealed_(std::make_unique<char[]>(sealed_bytes)) {}

  void begin(const may_block& on) {
    char header[header_size];
    std::memcpy(header, magic, sizeof(magic));
    std::memcpy(header + sizeof(magic), nonce_.data(), nonce_.size());
    hand_on(on, header, sizeof(header));
  }

  void write(const may_block& on, const char* data, std::size_t size) override {
    while (size > 0) {
      if (kept_ == 0 && size >= block_bytes) {
        seal(on, data, block_bytes);
        data += block_bytes;
        size -= block_bytes;
        continue;
      }
      if (!open_) open_ = std::make_unique<char[]>(block_bytes);
      const auto part = std::min(size, block_bytes - kept_);
      std::memcpy(open_.get() + kept_, data, part);
      kept_ += part;
      data += part;
      size -= part;
      if (kept_ == block_bytes) seal(on, open_.get(), std::exchange(kept_, 0));
    }
  }

  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    if (kept_ > 0) seal(on, open_.get(), std::exchange(kept_, 0));
    return decrypted(to_->commit(on, [&](const put_result& stored) {
      check(stored);
      if (verify) verify(decrypted(stored));
    }));
  }

private:
  void seal(const may_block& on, const char* data, std::size_t size) {
    crypto_secretbox_easy(bytes_of(sealed_.get()), bytes_of(data), size, nonce_.data(), keys_.data.data());
    add_to(nonce_, 1);
    size_ += static_cast<std::int64_t>(size);
    hand_on(on, sealed_.get(), size + tag_bytes);
  }

  void hand_on(const may_block& on, const char* data, std::size_t size) {
    if (checked_ != hash_type::none) hash_.update(data, size);
    to_->write(on, data, size);
  }

  put_result decrypted(const put_result& stored) const {
    put_result result;
    result.info = stored.info;
    result.info.size = size_;
    result.info.mime_type.clear();
    return result;
  }

  // What the wrapped storage says that it holds.
  void check(const put_result& stored) {
    const auto size = encrypted_size(size_);
    if (stored.info.size >= 0 && stored.info.size != size)
      throw corruption("corrupted on transfer: encrypted sizes differ src " + std::to_string(size) +
                       " vs dst(" + where_ + ") " + std::to_string(stored.info.size));
    const auto told = stored.hashes.find(checked_);
    if (told == stored.hashes.end() || told->second.empty()) return;
    const auto own = hash_.hex(checked_);
    if (own != told->second)
      throw corruption(std::string{"corrupted on transfer: "} + hash_name(checked_) +
                       " encrypted hashes differ src \"" + own + "\" vs dst(" + where_ + ") \"" +
                       told->second + "\"");
  }

  std::unique_ptr<object_sink> to_;
  keys keys_;
  nonce nonce_;
  hash_type checked_;
  hasher hash_;
  std::string where_;
  std::unique_ptr<char[]> sealed_;
  std::unique_ptr<char[]> open_; // content that does not fill a block yet
  std::size_t kept_ = 0;         // bytes of it
  std::int64_t size_ = 0;        // bytes of content
};

} // namespace

nonce random_nonce() {
  nonce n;
  randombytes_buf(n.data(), n.size());
  return n;
}

std::int64_t encrypted_size(std::int64_t size) {
  const auto rest = size % block_size;
  return header_size + size / block_size * sealed_block_size + (rest > 0 ? tag_size + rest : 0);
}

std::int64_t decrypted_size(std::int64_t size) {
  if (size < header_size) fail(failure_kind::other, "file is too short to be encrypted");
  size -= header_size;
  const auto rest = size % sealed_block_size;
  if (rest > 0 && rest <= tag_size) fail(failure_kind::other, "file has truncated block header");
  return size / sealed_block_size * block_size + (rest > 0 ? rest - tag_size : 0);
}

std::unique_ptr<object_source> open_decrypted(const may_block& on, const range_opener& open, const keys& k,
                                              std::int64_t offset, std::int64_t length, read_rules rules) {
  // No object is as large as that, and its encrypted size would not be a number of 64 bits.
  offset = std::clamp<std::int64_t>(offset, 0, INT64_MAX / 2);
  const auto block = offset / block_size;
  const auto skip = offset % block_size;
  // What must be read for the blocks that hold the wanted part; -1: all.
  const auto sealed = length < 0 || length > INT64_MAX / 4
                          ? -1
                          : (skip + length + block_size - 1) / block_size * sealed_block_size;
  const bool at_start = block == 0;
  auto from = open(0, !at_start ? header_size : sealed < 0 ? -1 : header_size + sealed);
  auto n = read_header(on, *from);
  if (!at_start) {
    from.reset();
    from = open(header_size + block * sealed_block_size, sealed);
    add_to(n, static_cast<std::uint64_t>(block));
  }
  return std::make_unique<decrypting_source>(std::move(from), k, n, static_cast<std::size_t>(skip), length,
                                             std::move(rules));
}

std::unique_ptr<object_sink> encrypt_into(const may_block& on, std::unique_ptr<object_sink> to, const keys& k,
                                          const nonce& start, hash_type checked, std::string where) {
  auto sink = std::make_unique<encrypting_sink>(std::move(to), k, start, checked, std::move(where));
  sink->begin(on);
  return sink;
}

} // namespace argosy::crypt
