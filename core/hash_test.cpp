#include "core/hash.hpp"

#include <utility>

#include <gtest/gtest.h>

namespace argosy {
namespace {

std::string hash_of(hash_type type, std::string_view text) {
  hasher h{type};
  h.update(text.data(), text.size());
  return h.hex(type);
}

struct vector {
  hash_type type;
  const char* text;
  const char* hex;
};

class known_hash : public testing::TestWithParam<vector> {};

TEST_P(known_hash, is_computed) {
  if (!all_hashes().has(GetParam().type))
    GTEST_SKIP() << "this machine's OpenSSL has no " << hash_name(GetParam().type);
  EXPECT_EQ(hash_of(GetParam().type, GetParam().text), GetParam().hex);
}

INSTANTIATE_TEST_SUITE_P(
    vectors, known_hash,
    testing::Values(vector{hash_type::md5, "file1 contents", "0ef726ce9b1a7692357ff70dd321d595"},
                    vector{hash_type::md5, "", "d41d8cd98f00b204e9800998ecf8427e"},
                    vector{hash_type::sha1, "hello", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"},
                    vector{hash_type::whirlpool, "hello",
                           "0a25f55d7308eca6b9567a7ed3bd1b46327f0f1ffdc804dd8bb5af40e88d78b8"
                           "8df0d002a89e2fdbd5876c523f1b67bc44e9f87047598e7548298ea1c81cfd73"},
                    vector{hash_type::crc32, "hello", "3610a686"}, vector{hash_type::crc32, "", "00000000"},
                    vector{hash_type::crc32, "123456789", "cbf43926"},
                    vector{hash_type::sha256, "hello",
                           "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
                    vector{hash_type::sha512, "abc",
                           "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                           "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
                    vector{hash_type::xxh3, "", "2d06800538d394c2"},
                    vector{hash_type::xxh128, "", "99aa06d3014798d86001c324468d497f"}));

TEST(hash, of_several_types_is_that_of_each_alone) {
  const std::string text(100'000, 'x');
  const auto types = all_hashes();
  hasher together{types};
  for (std::size_t i = 0; i < text.size(); i += 777)
    together.update(text.data() + i, std::min<std::size_t>(777, text.size() - i));
  for (const auto type : types.list()) EXPECT_EQ(together.hex(type), hash_of(type, text)) << hash_name(type);
}

TEST(hash, goes_on_in_the_object_it_was_moved_to) {
  hasher first{hash_set{hash_type::md5} | hash_type::crc32};
  first.update("file1 ", 6);
  hasher second{std::move(first)};
  second.update("contents", 8);
  EXPECT_EQ(second.hex(hash_type::md5), "0ef726ce9b1a7692357ff70dd321d595");
}

TEST(hash, is_empty_for_a_type_that_was_not_asked_for) {
  hasher h{hash_type::md5};
  for (const auto type : {hash_type::sha1, hash_type::crc32, hash_type::xxh3, hash_type::none})
    EXPECT_EQ(h.hex(type), "");
}

TEST(hash_names, are_found_in_any_case_and_by_the_exact_alias) {
  EXPECT_EQ(parse_hash_type("md5"), hash_type::md5);
  EXPECT_EQ(parse_hash_type("Md5"), hash_type::md5);
  EXPECT_EQ(parse_hash_type("SHA1"), hash_type::sha1);
  EXPECT_EQ(parse_hash_type("SHA-1"), hash_type::sha1);
  EXPECT_EQ(parse_hash_type("CRC-32"), hash_type::crc32);
  EXPECT_EQ(parse_hash_type("SHA-256"), hash_type::sha256);
  EXPECT_EQ(parse_hash_type("SHA-512"), hash_type::sha512);
  EXPECT_EQ(parse_hash_type("WHIRLPOOL"), hash_type::whirlpool);
  EXPECT_EQ(parse_hash_type("XXH128"), hash_type::xxh128);
  EXPECT_EQ(parse_hash_type("none"), hash_type::none);
  EXPECT_EQ(parse_hash_type("None"), hash_type::none);
  for (const char* name : {"", "x", "NONE", "sha-1", "Sha-256", "crc-32"})
    EXPECT_EQ(parse_hash_type(name), std::nullopt) << name;
}

TEST(hash_names, lead_back_to_their_types) {
  for (const auto type : all_hashes().list()) EXPECT_EQ(parse_hash_type(hash_name(type)), type);
  EXPECT_STREQ(hash_name(hash_type::none), "none");
}

TEST(hash_set, gives_the_lowest_bit_first) {
  const auto set = hash_set{hash_type::sha256} | hash_type::crc32 | hash_type::sha1;
  EXPECT_EQ(set.first(), hash_type::sha1);
  EXPECT_EQ(set.list(), (std::vector<hash_type>{hash_type::sha1, hash_type::crc32, hash_type::sha256}));
  EXPECT_EQ((set & hash_type::sha256).first(), hash_type::sha256);
  EXPECT_TRUE((set & hash_type::md5).empty());
  EXPECT_EQ(hash_set{}.first(), hash_type::none);
}

TEST(hash_set, of_this_machine_holds_at_least_the_common_types) {
  for (const auto type : {hash_type::md5, hash_type::sha1, hash_type::crc32, hash_type::sha256,
                          hash_type::sha512, hash_type::xxh3, hash_type::xxh128})
    EXPECT_TRUE(all_hashes().has(type)) << hash_name(type);
}

} // namespace
} // namespace argosy
