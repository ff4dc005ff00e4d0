#include "backends/crypt/name_cipher.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/failure.hpp"
#include "core/unicode.hpp"

namespace argosy::crypt {
namespace {

std::string hex_of(const unsigned char* data, std::size_t size) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    out += digits[data[i] >> 4];
    out += digits[data[i] & 15];
  }
  return out;
}

template <class Array>
std::string hex_of(const Array& bytes) {
  return hex_of(bytes.data(), bytes.size());
}

template <class Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const failure& f) {
    return f.what();
  }
  return "no error";
}

name_cipher zero_keys(name_mode mode, name_encoding encoding = name_encoding::base32, bool directories = true,
                      std::string suffix = ".bin") {
  return {{mode, encoding, directories, std::move(suffix)}, keys{}};
}

const keys& potato_sausage() {
  static const auto k = derive_keys("potato", "sausage");
  return k;
}

struct row {
  std::string plain, encrypted;
};

void expect_both_ways(name_cipher names, const std::vector<row>& rows) {
  for (const auto& [plain, encrypted] : rows) {
    EXPECT_EQ(names.encrypt_file(plain), encrypted);
    EXPECT_EQ(names.decrypt_file(encrypted), plain);
  }
}

TEST(CryptKeys, AreThoseOfRclone) {
  const auto k = potato_sausage();
  EXPECT_EQ(hex_of(k.data), "8E9B6B99F8690467A071F9CB92D0AA787F8FF178BEC96F999FD5206E644A1B50");
  EXPECT_EQ(hex_of(k.name), "3EA95EF681782DC9D9955D225BFD442C6F5D6897B029015C6F462E2A9DAE2CE3");
  EXPECT_EQ(hex_of(k.tweak), "F17FD7141D65274F363FC2A04DD2148A");
}

TEST(CryptKeys, WithoutASecondPasswordHaveTheUsualSalt) {
  const auto lower = derive_keys("potato", "");
  EXPECT_EQ(hex_of(lower.data), "7455C71AB17C865B8471F47B79ACB07EB31D5678B80C7E2EAF4FC8066A9EE468");
  EXPECT_EQ(hex_of(lower.name), "765DA27AB15D77F95796711F7B93AD63BBB484072E7180A8D17A9BBEC14270D0");
  EXPECT_EQ(hex_of(lower.tweak), "C18D5932F55B2828C5E1E87215520310");
  const auto upper = derive_keys("Potato", "");
  EXPECT_EQ(hex_of(upper.data), "AEEA6AD347DF75B963CE12F57623E946D42ED8BF3E928B39243794133E5EF75E");
  EXPECT_EQ(hex_of(upper.name), "54F7026E8AFC560A86636AAB2C9C5162E51A122351836EAF50420F981C860A19");
  EXPECT_EQ(hex_of(upper.tweak), "F8C1B6272D529B4A8FDAEB424A28DDF3");
}

TEST(CryptKeys, OfNoPasswordAreZero) { EXPECT_EQ(derive_keys("", "salt").data, keys{}.data); }

TEST(CryptNames, StandardInBase32AreThoseOfRclone) {
  expect_both_ways(zero_keys(name_mode::standard),
                   {{"1", "p0e52nreeaj0a5ea7s64m4j72s"},
                    {"12", "l42g6771hnv3an9cgc8cr2n1ng"},
                    {"123", "qgm4avr35m5loi1th53ato71v0"},
                    {"1234567890123456", "mijbj0frqf6ms7frcr6bd9h0env53jv96pjaaoirk7forcgpt70g"},
                    {"1-v2001-02-03-040506-123", "p0e52nreeaj0a5ea7s64m4j72s-v2001-02-03-040506-123"},
                    {"1/12", "p0e52nreeaj0a5ea7s64m4j72s/l42g6771hnv3an9cgc8cr2n1ng"}});
  expect_both_ways(zero_keys(name_mode::standard, name_encoding::base32, false),
                   {{"1/12", "1/l42g6771hnv3an9cgc8cr2n1ng"}});
  expect_both_ways({{}, potato_sausage()}, {{"hello.txt", "dvhjn229ej4s3k94n1mf5une30"},
                                            {"dir", "fiooieinr1qr8o3th3fofaipek"},
                                            {"\xc3\xa9t\xc3\xa9.txt", "5ecs3385g9ccvp77hscq4d0tbg"}});
  expect_both_ways({{}, derive_keys("potato", "")}, {{"hello.txt", "oqt3pleorvo0jmt050a7sstgpo"}});
}

TEST(CryptNames, StandardInBase64AreThoseOfRclone) {
  expect_both_ways(zero_keys(name_mode::standard, name_encoding::base64),
                   {{"1", "yBxRX25ypgUVyj8MSxJnFw"},
                    {"12", "qQUDHOGN_jVdLIMQzYrhvA"},
                    {"123", "1CxFf2Mti1xIPYlGruDh-A"},
                    {"1-v2001-02-03-040506-123", "yBxRX25ypgUVyj8MSxJnFw-v2001-02-03-040506-123"}});
  expect_both_ways(zero_keys(name_mode::standard, name_encoding::base64, false),
                   {{"1/12", "1/qQUDHOGN_jVdLIMQzYrhvA"}});
  expect_both_ways({{name_mode::standard, name_encoding::base64}, potato_sausage()},
                   {{"hello.txt", "b-M7iEl0ycHRJLhs8vruGA"}});
}

TEST(CryptNames, ObfuscatedAreThoseOfRclone) {
  expect_both_ways(zero_keys(name_mode::obfuscate),
                   {{"1", "49.6"},
                    {"12", "99.23"},
                    {"123", "150.890"},
                    {"1/12/123", "49.6/99.23/150.890"},
                    {"!hello", "53.!!lipps"},
                    {"!hello-v2001-02-03-040506-123", "53-v2001-02-03-040506-123.!!lipps"},
                    {"hello-v2001-02-03-040506-123.txt", "162.uryyB-v2001-02-03-040506-123.GKG"},
                    {"\xc2\xa1", "161.\xc3\xa4"},
                    {"\xce\xa0", "160.\xcf\x82"},
                    {"no text \xff", "!.no text \xff"},
                    {"", ""}});
  expect_both_ways({{name_mode::obfuscate}, potato_sausage()},
                   {{"hello.txt", "162.zwDDG.LPL"}, {"dir", "63.wBK"}});
}

TEST(CryptNames, ObfuscationComesBackForEveryCharacter) {
  name_cipher names{{name_mode::obfuscate}, potato_sausage()};
  for (char32_t rune = 1; rune < 0x11000; ++rune) {
    if (rune == '/' || rune == '.' || (rune >= 0xd800 && rune <= 0xdfff)) continue;
    std::string plain = "x";
    append_utf8(plain, rune);
    ASSERT_EQ(names.decrypt_file(names.encrypt_file(plain)), plain) << static_cast<unsigned>(rune);
  }
}

TEST(CryptNames, OffAddsASuffix) {
  expect_both_ways(zero_keys(name_mode::off), {{"1/12/123", "1/12/123.bin"}});
  expect_both_ways(zero_keys(name_mode::off, name_encoding::base32, true, ""), {{"1/12/123", "1/12/123"}});
  auto names = zero_keys(name_mode::off);
  EXPECT_EQ(names.encrypt_directory("1/12"), "1/12");
  EXPECT_EQ(names.decrypt_directory("1/12"), "1/12");
  for (const auto* name : {"1/12/123", ".bin", "1.bi", "-v2001-02-03-040506-123.bin"})
    EXPECT_EQ(error_of([&] { names.decrypt_file(name); }), "not an encrypted file - does not match suffix")
        << name;
}

TEST(CryptNames, DirectoriesHaveTheNamesOfThePathsThatLeadThroughThem) {
  for (const auto mode : {name_mode::standard, name_mode::obfuscate, name_mode::off})
    for (const bool directories : {true, false}) {
      auto names = zero_keys(mode, name_encoding::base32, directories);
      for (const std::string directory : {"d", "a/b", "a-v2001-02-03-040506-123"}) {
        const auto file = names.encrypt_file(directory + "/f");
        EXPECT_EQ(file.substr(0, file.rfind('/')), names.encrypt_directory(directory));
        EXPECT_EQ(names.decrypt_directory(names.encrypt_directory(directory)), directory);
      }
    }
}

TEST(CryptNames, ComeBackInEveryEncodingAndLength) {
  for (const auto encoding : {name_encoding::base32, name_encoding::base64, name_encoding::base32768}) {
    name_cipher names{{name_mode::standard, encoding}, potato_sausage()};
    std::string plain;
    for (int i = 0; i < 2047; ++i) {
      plain += static_cast<char>(i % 200 + '0');
      if (i % 97 != 0 && i < 2030 && i > 70) continue;
      ASSERT_EQ(names.decrypt_file(names.encrypt_file(plain)), plain);
    }
    EXPECT_EQ(error_of([&] { names.encrypt_file(plain + "x"); }),
              "can't encrypt a name of 2048 bytes: at most 2047 are possible");
  }
}

TEST(CryptNames, AreReadInCapitalsToo) {
  EXPECT_EQ(zero_keys(name_mode::standard).decrypt_file("P0E52NREEAJ0A5EA7S64M4J72S"), "1");
}

TEST(CryptNames, WhatIsNoNameIsRefusedInTheWordsOfRclone) {
  const struct {
    name_encoding encoding;
    std::string name, error;
  } rows[] = {
      {name_encoding::base32, "hello", "not a multiple of blocksize"},
      {name_encoding::base32, "hello.txt", "illegal base32 data at input byte 5"},
      {name_encoding::base32, "p0e52nreeaj0a5ea7s64m4j72", "illegal base32 data at input byte 25"},
      {name_encoding::base32, "p0e52nreeaj0a5ea7s64m4j72s======", "bad base32 filename encoding"},
      {name_encoding::base32, "\n", "too short after base32 decode"},
      {name_encoding::base32, std::string(3328, '0'), "too long after base32 decode"},
      {name_encoding::base32, "p0e52nreeaj0a5ea7s64m4j73s", "bad PKCS#7 padding - too long"},
      {name_encoding::base64, "yBxRX25ypgUVyj8MSxJnF", "illegal base64 data at input byte 20"},
      {name_encoding::base64, "a.b", "illegal base64 data at input byte 1"},
      {name_encoding::base32768, "\xe4\xb8\x80!", "illegal base32768 data at input byte 2"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(error_of([&] { zero_keys(name_mode::standard, row.encoding).decrypt_file(row.name); }),
              row.error)
        << row.name.substr(0, 40);
  for (const auto* name : {"nodot", "x.y", ".y", "1a.y"})
    EXPECT_EQ(error_of([&] { zero_keys(name_mode::obfuscate).decrypt_file(name); }),
              "not an encrypted file - does not match suffix")
        << name;
}

TEST(CryptNames, ThatWouldLeadElsewhereAreRefused) {
  for (const std::string name : {"!...", "!..", "!."})
    EXPECT_EQ(error_of([&] { zero_keys(name_mode::obfuscate).decrypt_file(name); }),
              "bad decryption - not a file name")
        << name;
}

TEST(CryptNames, ModesAndEncodingsAreReadInAnyCase) {
  EXPECT_EQ(parse_name_mode("Off"), name_mode::off);
  EXPECT_EQ(parse_name_mode("standard"), name_mode::standard);
  EXPECT_EQ(parse_name_mode("OBFUSCATE"), name_mode::obfuscate);
  EXPECT_EQ(parse_name_encoding("Base32768"), name_encoding::base32768);
  EXPECT_EQ(error_of([] { parse_name_mode("sideways"); }), "unknown file name encryption mode \"sideways\"");
  EXPECT_EQ(error_of([] { parse_name_encoding("base1"); }), "unknown file name encoding mode \"base1\"");
}

TEST(CryptNameText, Base32IsThatOfRclone) {
  const row rows[] = {{"", ""},         {"1", "64"},         {"12", "64p0"},
                      {"123", "64p36"}, {"1234", "64p36d0"}, {"12345", "64p36d1l"}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(to_name_text(bytes, name_encoding::base32), text);
    EXPECT_EQ(from_name_text(text, name_encoding::base32), bytes);
  }
}

TEST(CryptNameText, Base32768TakesFifteenBitsACharacter) {
  for (std::size_t size = 0; size < 100; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + size);
    const auto text = to_name_text(bytes, name_encoding::base32768);
    std::size_t characters = 0;
    for (const char c : text) characters += (c & 0xc0) != 0x80 ? 1U : 0U;
    EXPECT_EQ(characters, (size * 8 + 14) / 15);
    EXPECT_EQ(from_name_text(text, name_encoding::base32768), bytes);
  }
}

} // namespace
} // namespace argosy::crypt
