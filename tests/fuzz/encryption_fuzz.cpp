#include "core/base64.hpp"
#include "core/config_encryption.hpp"
#include "core/obscure.hpp"
#include "tests/fuzz/fuzz.hpp"

// An input is a password in the first line and a text.
namespace argosy::fuzz {

namespace {

const std::string nonce(24, 'n');

void check_config(const config_key& key, std::string_view text) {
  const config_key other{"another password"};
  const auto box = encrypt_config(text, key, nonce);
  expect(is_encrypted_config(box), "what is encrypted looks so");
  expect_equal(decrypt_config(box, key).value_or("nothing"), text, "what is encrypted comes back");
  expect(!decrypt_config(box, other), "another password opens nothing", text);
}

void check_base64(std::string_view text) {
  for (const auto form : {base64_form::standard, base64_form::url_unpadded}) {
    expect_equal(from_base64(to_base64(text, form), form), text, "bytes in base64 come back");
    const auto bytes = accepted([&] { return from_base64(text, form); });
    if (!bytes) continue;
    expect(bytes->size() <= text.size() * 3 / 4, "four digits are three bytes", text);
    expect(to_base64(*bytes, form).size() <= text.size(), "base64 is written in its shortest form", text);
  }
}

} // namespace

void check(std::string_view input) {
  reader in{input};
  const auto password = in.line();
  const auto text = in.rest();
  const auto key = accepted([&] { return config_key{password}; });
  if (key) {
    check_config(*key, text);
    accepted([&] { return decrypt_config(text, *key); });
  }
  accepted([&] { return is_encrypted_config(text); });
  check_base64(text);
  expect_equal(reveal(obscure_with_iv(text, "0123456789abcdef")), text, "what is obscured comes back");
  accepted([&] { return reveal(text); });
}

} // namespace argosy::fuzz
