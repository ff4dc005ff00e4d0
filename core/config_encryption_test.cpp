#include "core/config_encryption.hpp"

#include <gtest/gtest.h>

#include "core/base64.hpp"
#include "core/failure.hpp"

namespace argosy {
namespace {

const std::string head = "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\n";
// rc-surface 7.2.
const std::string box = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXNhepxpEDR+FE3ZR4DtNXpItDPkoj57XaEax7DEgUmWIBHA==";
const std::string text = "[x]\ntype = local\n\n";

std::string nonce_of_the_vector() {
  std::string nonce;
  for (char c = 0; c < 24; ++c) nonce += c;
  return nonce;
}

std::string hex(const config_key& key) {
  std::string out;
  for (int i = 0; i < 32; ++i) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(key.bytes()[i]));
    out += two;
  }
  return out;
}

template <class F>
std::string error_of(F call) {
  try {
    call();
  } catch (const failure& f) {
    return f.what();
  }
  return "no error";
}

TEST(config_encryption, agrees_with_rclone) {
  const config_key key{"asdf"};
  EXPECT_EQ(hex(key), "71efa752967fc482cfd122f02bc39724e282a6f73afb46fc7f99106ae004f227");
  EXPECT_EQ(encrypt_config(text, key, nonce_of_the_vector()), head + box);
  EXPECT_EQ(decrypt_config(head + box + "\n", key), text);
}

TEST(config_encryption, comes_back_whatever_the_length) {
  const config_key key{"\xc3\xa4 b"};
  std::string any;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(decrypt_config(encrypt_config(any, key), key), any);
    any += static_cast<char>(i * 11);
  }
}

TEST(config_encryption, has_another_nonce_each_time) {
  const config_key key{"asdf"};
  EXPECT_NE(encrypt_config(text, key), encrypt_config(text, key));
}

TEST(config_encryption, does_not_open_with_another_password_or_when_a_bit_is_another) {
  EXPECT_EQ(decrypt_config(head + box, config_key{"asdf "}), std::nullopt);
  EXPECT_EQ(decrypt_config(head + box, config_key{"Asdf"}), std::nullopt);
  auto bytes = from_base64(box, base64_form::standard);
  for (auto& byte : bytes) {
    byte = static_cast<char>(byte ^ 1);
    EXPECT_EQ(decrypt_config(head + to_base64(bytes, base64_form::standard), config_key{"asdf"}),
              std::nullopt);
    byte = static_cast<char>(byte ^ 1);
  }
}

TEST(config_encryption, takes_a_password_in_any_form_of_unicode) {
  EXPECT_EQ(hex(config_key{"\xc3\xa9"}), hex(config_key{"e\xcc\x81"}));
  EXPECT_EQ(hex(config_key{"\xef\xac\x81"}), hex(config_key{"fi"})); // a ligature
  EXPECT_NE(hex(config_key{"fi"}), hex(config_key{"fi "}));
}

TEST(config_encryption, refuses_what_cannot_be_a_password) {
  for (const char* empty : {"", " ", " \t\r\n", "\xc2\xa0"})
    EXPECT_EQ(error_of([&] { config_key{empty}; }), "no characters in password");
  EXPECT_EQ(error_of([] { config_key{"a\xff"}; }), "password contains invalid utf8 characters");
}

TEST(config_encryption, is_told_by_the_first_line_that_says_something) {
  EXPECT_TRUE(is_encrypted_config(head));
  EXPECT_TRUE(is_encrypted_config("\n ; c\r\n\t RCLONE_ENCRYPT_V0: \r\n"));
  EXPECT_TRUE(is_encrypted_config("RCLONE_ENCRYPT_V0:"));
  EXPECT_FALSE(is_encrypted_config(""));
  EXPECT_FALSE(is_encrypted_config("# RCLONE_ENCRYPT_V0:\n"));
  EXPECT_FALSE(is_encrypted_config("[a]\nRCLONE_ENCRYPT_V0:\n"));
  for (const char* other : {"RCLONE_ENCRYPT_V1:\n", "RCLONE_ENCRYPT_V0: x\n", "RCLONE_ENCRYPT_V"})
    EXPECT_EQ(error_of([&] { is_encrypted_config(other); }),
              "unsupported configuration encryption - update rclone for support");
}

TEST(config_encryption, says_how_a_file_is_damaged) {
  const config_key key{"asdf"};
  const auto error_with = [&](const std::string& rest) {
    return error_of([&] { decrypt_config(head + rest, key); });
  };
  EXPECT_EQ(error_with(""), "configuration data too short");
  EXPECT_EQ(error_with("AAEC"), "configuration data too short");
  EXPECT_EQ(error_with(box.substr(0, 76)), "no error")
      << "cut, but whole groups: a wrong password as far as one can tell";
  EXPECT_EQ(error_with(box.substr(0, 77)), "failed to load base64 encoded data: unexpected EOF");
  EXPECT_EQ(error_with("!" + box), "failed to load base64 encoded data: illegal base64 data at input byte 0");
  EXPECT_EQ(error_of([&] { decrypt_config("[a]\n", key); }), "the configuration is not encrypted");
}

TEST(config_encryption, a_text_may_be_empty) {
  const config_key key{"asdf"};
  EXPECT_EQ(decrypt_config(encrypt_config("", key), key), "");
}

} // namespace
} // namespace argosy
