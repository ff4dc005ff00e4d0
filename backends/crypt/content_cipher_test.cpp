#include "backends/crypt/content_cipher.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy::crypt {
namespace {

using namespace argosy::testing;

/// 01 02 .. 18, the nonce of rclone's vectors.
nonce counting_nonce() {
  nonce n;
  for (std::size_t i = 0; i < n.size(); ++i) n[i] = static_cast<unsigned char>(i + 1);
  return n;
}

std::string from_hex(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2)
    out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return out;
}

class text_sink final : public object_sink {
public:
  text_sink(std::string& to, put_result told) : to_(to), told_(std::move(told)) {}
  void write(const may_block&, const char* data, std::size_t size) override { text_.append(data, size); }
  put_result commit(const may_block&, const std::function<void(const put_result&)>& verify) override {
    auto result = told_;
    if (result.info.size == -2) result.info.size = static_cast<std::int64_t>(text_.size());
    if (verify) verify(result);
    to_ = text_;
    return result;
  }

private:
  std::string& to_;
  std::string text_;
  put_result told_; // a size of -2: the true one
};

class text_source final : public object_source {
public:
  text_source(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
  std::size_t read(const may_block&, char* data, std::size_t size) override {
    const auto got = text_.copy(data, std::min(size, step_), at_);
    at_ += got;
    return got;
  }

private:
  std::string text_;
  std::size_t step_;
  std::size_t at_ = 0;
};

class CryptContent : public ::testing::Test {
protected:
  template <class Work>
  auto run(Work work) {
    return bench.run(std::move(work));
  }

  std::string encrypt(const std::string& content, const nonce& start = counting_nonce(),
                      std::size_t step = 100'000) {
    return run([&](const may_block& on) {
      put_result told;
      told.info.size = -2;
      std::string out;
      const auto sink =
          encrypt_into(on, std::make_unique<text_sink>(out, told), zero, start, hash_type::none, "there");
      for (std::size_t at = 0; at < content.size(); at += step)
        sink->write(on, content.data() + at, std::min(step, content.size() - at));
      EXPECT_EQ(sink->commit(on, {}).info.size, static_cast<std::int64_t>(content.size()));
      return out;
    });
  }

  std::string decrypt(const std::string& encrypted, std::int64_t offset = 0, std::int64_t length = -1,
                      std::size_t step = 1 << 20, read_rules rules = {}) {
    return run([&](const may_block& on) {
      const range_opener open = [&](std::int64_t from, std::int64_t size) {
        return std::make_unique<text_source>(
            from > static_cast<std::int64_t>(encrypted.size())
                ? std::string{}
                : encrypted.substr(from, size < 0 ? std::string::npos : static_cast<std::size_t>(size)),
            step);
      };
      const auto source = open_decrypted(on, open, zero, offset, length, rules);
      std::string out;
      std::string block(step, '\0');
      while (const auto got = source->read(on, block.data(), block.size())) out.append(block, 0, got);
      return out;
    });
  }

  std::string error_of_decrypting(const std::string& encrypted) {
    return failure_of([&] { decrypt(encrypted); }).text;
  }

  bench_of_storages bench;
  keys zero = derive_keys("", "");
};

TEST_F(CryptContent, IsThatOfRclone) {
  const auto header = from_hex("52434c4f4e4500000102030405060708090a0b0c0d0e0f101112131415161718");
  EXPECT_EQ(encrypt(""), header);
  EXPECT_EQ(encrypt("\x01"), header + from_hex("095b446cd6237bbcb08d09fb524ce565aa"));
  EXPECT_EQ(encrypt(from_hex("0102030405060708090a0b0c0d0e0f10")),
            header + from_hex("b9c4552a2710062918960a3e608c29b9aa8a5e1e165b6d075de4e9bb367fd6d4"));
}

TEST_F(CryptContent, HasTheSizesOfRclone) {
  const std::pair<std::int64_t, std::int64_t> rows[] = {
      {0, 32},
      {1, 49},
      {65536, 65584},
      {65537, 65601},
      {1048576, 1048864},
      {1114111, 1048864 + 16 + 65535},
      {std::int64_t{1} << 30, 32 + std::int64_t{16384} * 65552},
      {(std::int64_t{1} << 40) + 1, 32 + std::int64_t{16777216} * 65552 + 17},
  };
  for (const auto& [plain, encrypted] : rows) {
    EXPECT_EQ(encrypted_size(plain), encrypted);
    EXPECT_EQ(decrypted_size(encrypted), plain);
  }
  for (const std::int64_t size : {-1, 0, 1, 31})
    EXPECT_EQ(failure_of([&] { decrypted_size(size); }).text, "file is too short to be encrypted");
  for (const std::int64_t size : {33, 48, 65585, 65600})
    EXPECT_EQ(failure_of([&] { decrypted_size(size); }).text, "file has truncated block header");
}

TEST_F(CryptContent, ComesBackWhateverItsSize) {
  for (const std::size_t size : {0, 1, 15, 16, 17, 65535, 65536, 65537, 131071, 131072, 131073, 1'000'000}) {
    const auto content = noise(size, size + 1);
    const auto encrypted = encrypt(content, random_nonce());
    EXPECT_EQ(static_cast<std::int64_t>(encrypted.size()), encrypted_size(static_cast<std::int64_t>(size)));
    EXPECT_TRUE(decrypt(encrypted) == content) << size;
  }
}

TEST_F(CryptContent, DoesNotDependOnHowItIsHandedOver) {
  const auto content = noise(200'001);
  const auto encrypted = encrypt(content);

  for (const std::size_t step : {1, 7, 4096, 65535, 65536, 65537, 200'001}) {
    EXPECT_TRUE(encrypt(content, counting_nonce(), step) == encrypted) << step;
    EXPECT_TRUE(decrypt(encrypted, 0, -1, step) == content) << step;
  }
}

TEST_F(CryptContent, AnyPartCanBeRead) {
  const auto content = noise(3 * 65536 + 100);
  const auto encrypted = encrypt(content);
  const auto size = static_cast<std::int64_t>(content.size());

  for (const std::int64_t offset :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{65535}, std::int64_t{65536}, std::int64_t{65537},
        std::int64_t{131072}, size - 100, size - 1, size, size + 1, 4 * 65536 + std::int64_t{1}, INT64_MAX})
    for (const std::int64_t length : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{65536},
                                      std::int64_t{65537}, std::int64_t{1'000'000}, INT64_MAX}) {
      const auto expected =
          offset >= size ? std::string{}
                         : content.substr(static_cast<std::size_t>(offset),
                                          length < 0 ? std::string::npos : static_cast<std::size_t>(length));
      EXPECT_TRUE(decrypt(encrypted, offset, length) == expected) << offset << " " << length;
    }
}

TEST_F(CryptContent, CountsTheNonceWithCarry) {
  // All bytes but the last are at their end: the second block carries through all of them.
  nonce start;
  start.fill(0xff);
  start.back() = 0x07;
  nonce next{};
  next.back() = 0x08;
  const auto content = noise(65536 + 10);

  const auto whole = encrypt(content, start);
  const auto second = encrypt(content.substr(65536), next);

  EXPECT_TRUE(whole.substr(32 + 65552) == second.substr(32));
  EXPECT_TRUE(decrypt(whole) == content);
  EXPECT_TRUE(decrypt(whole, 65540) == content.substr(65540));
}

TEST_F(CryptContent, CutAnywhereButBetweenBlocksIsAnError) {
  const auto encrypted = encrypt(noise(65536 + 20));

  for (std::size_t size = 0; size < 32; ++size)
    EXPECT_EQ(error_of_decrypting(encrypted.substr(0, size)), "file is too short to be encrypted") << size;
  for (const std::size_t size : {33, 40, 48, 32 + 65552 + 1, 32 + 65552 + 16})
    EXPECT_EQ(error_of_decrypting(encrypted.substr(0, size)), "file has truncated block header") << size;
  for (const std::size_t size : {49, 1000, 32 + 65551, 32 + 65552 + 17, 32 + 65552 + 35})
    EXPECT_EQ(error_of_decrypting(encrypted.substr(0, size)),
              "failed to authenticate decrypted block - bad password?")
        << size;
}

TEST_F(CryptContent, AnyChangedBitIsAnError) {
  const auto encrypted = encrypt(noise(100));
  for (std::size_t at = 0; at < encrypted.size(); ++at) {
    auto changed = encrypted;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_EQ(error_of_decrypting(changed), at < 8
                                                ? "not an encrypted file - bad magic string"
                                                : "failed to authenticate decrypted block - bad password?");
  }
}

TEST_F(CryptContent, BlocksInAnotherOrderAreAnError) {
  const auto encrypted = encrypt(noise(2 * 65536));
  const auto swapped = encrypted.substr(0, 32) + encrypted.substr(32 + 65552) + encrypted.substr(32, 65552);

  EXPECT_EQ(error_of_decrypting(swapped), "failed to authenticate decrypted block - bad password?");
}

TEST_F(CryptContent, BadBlocksCanBePassedAsZeros) {
  const auto content = noise(3 * 65536);
  auto encrypted = encrypt(content);
  encrypted[32 + 65552 + 100] ^= 1;
  read_rules rules;
  rules.pass_bad_blocks = true;
  rules.log = &bench.log;
  rules.name = "some/file";

  const auto read = decrypt(encrypted, 0, -1, 1 << 20, rules);

  EXPECT_TRUE(read == content.substr(0, 65536) + std::string(65536, '\0') + content.substr(2 * 65536));
  ASSERT_EQ(bench.log.lines().size(), 1U);
  EXPECT_EQ(bench.log.lines()[0].second,
            "some/file: crypt: ignoring: failed to authenticate decrypted block - bad password?");
}

TEST_F(CryptContent, IsNotKeptWhenAnotherSizeOrHashArrived) {
  put_result shorter;
  shorter.info.size = 40;
  put_result other;
  other.info.size = -2;
  other.hashes[hash_type::md5] = "00";
  for (const auto& [told, text] :
       {std::pair{shorter, "corrupted on transfer: encrypted sizes differ src 53 vs dst(there) 40"},
        std::pair{other, "corrupted on transfer: md5 encrypted hashes differ src \""}}) {
    std::string out;
    const auto f = failure_of([&, &told = told] {
      run([&](const may_block& on) {
        const auto sink = encrypt_into(on, std::make_unique<text_sink>(out, told), zero, counting_nonce(),
                                       hash_type::md5, "there");
        sink->write(on, "hello", 5);
        sink->commit(on, {});
      });
    });
    EXPECT_EQ(f.kind, failure_kind::retryable);
    EXPECT_THAT(f.text, ::testing::StartsWith(text));
    EXPECT_EQ(out, "");
  }
}

} // namespace
} // namespace argosy::crypt
