#include "backends/crypt/name_cipher.hpp"

#include <array>

#include "tests/fuzz/fuzz.hpp"

// An input is a byte of flags and a path.
namespace argosy::fuzz {

namespace {

using namespace crypt;

// Whether every element is one that a storage can have. Left out are names with nothing in front of a version
// mark: rclone puts the mark of "-v2001-02-03-040506-123.bin" behind ".bin" when it decrypts, and so do we.
bool is_path(std::string_view path) {
  for (;;) {
    const auto slash = path.find('/');
    const auto element = path.substr(0, slash);
    if (element.empty() || element == "." || element == ".." || element.substr(0, 2) == "-v") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

void check_text(std::string_view bytes, name_encoding encoding) {
  expect_equal(from_name_text(to_name_text(bytes, encoding), encoding), bytes,
               "the bytes of a name come back");
  accepted([&] { return from_name_text(bytes, encoding); });
}

void check_block(std::string_view bytes) {
  std::string text{
      bytes.substr(0, std::min(wide_block::longest, bytes.size() / wide_block::block * wide_block::block))};
  if (text.empty()) return;
  wide_block block{keys{}.name, keys{}.tweak};
  const auto before = text;
  block.encrypt(text);
  expect(text != before, "what is encrypted is something else", before);
  block.decrypt(text);
  expect_equal(text, before, "what is encrypted comes back");
}

template <class Encrypt, class Decrypt>
void check_path(std::string_view path, Encrypt encrypt, Decrypt decrypt) {
  if (is_path(path)) {
    const auto encrypted = accepted([&] { return encrypt(path); });
    if (encrypted) expect_equal(decrypt(*encrypted), path, "a path that is encrypted comes back");
  }
  const auto clear = accepted([&] { return decrypt(path); });
  if (!clear || !is_path(*clear)) return;
  const auto encrypted = accepted([&] { return encrypt(*clear); });
  if (encrypted) expect_equal(decrypt(*encrypted), *clear, "a path that was decrypted can be encrypted");
}

} // namespace

void check(std::string_view input) {
  reader in{input};
  const auto flags = in.byte();
  constexpr std::array modes{name_mode::standard, name_mode::obfuscate, name_mode::off};
  constexpr std::array encodings{name_encoding::base32, name_encoding::base64, name_encoding::base32768};
  name_rules rules;
  rules.mode = modes[flags % modes.size()];
  rules.encoding = encodings[flags / modes.size() % encodings.size()];
  rules.directories = flags < 128;
  name_cipher cipher{rules, keys{}}; // real ones take 50 ms to derive
  check_path(
      in.rest(), [&](std::string_view path) { return cipher.encrypt_file(path); },
      [&](std::string_view path) { return cipher.decrypt_file(path); });
  check_path(
      in.rest(), [&](std::string_view path) { return cipher.encrypt_directory(path); },
      [&](std::string_view path) { return cipher.decrypt_directory(path); });
  check_text(in.rest(), rules.encoding);
  check_block(in.rest());
}

} // namespace argosy::fuzz
