#include "backends/crypt/name_cipher.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy::crypt {

namespace {

constexpr auto name_block = wide_block::block;
constexpr char32_t quote = '!';

[[noreturn]] void bad_name(const char* why) { fail(failure_kind::other, why); }

[[noreturn]] void no_encrypted_file() { bad_name("not an encrypted file - does not match suffix"); }

// -- version marks
// ----------------------------------------------------------------------------------------------------

constexpr std::size_t version_size = 23; // -v2001-02-03-040506-123

// The numbers of a mark must be a date and a time.
bool is_version(std::string_view text) {
  constexpr std::string_view form = "-v0000-00-00-000000-000";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return false;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (const char c : text.substr(at, digits)) value = value * 10 + (c - '0');
    return value;
  };
  const int year = number(2, 4), month = number(7, 2), day = number(10, 2);
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (day > days[month - 1] + (month == 2 && leap ? 1 : 0)) return false;
  return number(13, 2) < 24 && number(15, 2) < 60 && number(17, 2) < 60;
}

// Where the extension of a name begins, as rclone splits for version marks: `.name` has none.
std::size_t extension_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name.size() : dot;
}

// Takes the version mark out of a name. Empty when it has none.
std::string take_version(std::string& name) {
  const auto end = extension_of(name);
  if (end < version_size) return {};
  auto mark = name.substr(end - version_size, version_size);
  if (!is_version(mark)) return {};
  name.erase(end - version_size, version_size);
  return mark;
}

void put_version(std::string& name, const std::string& mark) { name.insert(extension_of(name), mark); }

// -- obfuscation
// ------------------------------------------------------------------------------------------------------

// The ring in which a code point is turned. Size 0: it stays.
struct ring {
  char32_t first = 0;
  int size = 0;
  int steps = 0; // by how many it may be turned at most
};

ring ring_of(char32_t rune) {
  if (rune >= '0' && rune <= '9') return {'0', 10, 9};
  if ((rune >= 'A' && rune <= 'Z') || (rune >= 'a' && rune <= 'z')) return {'A', 52, 25};
  if (rune >= 0xa0 && rune <= 0xff) return {0xa0, 96, 95};
  if (rune >= 0x100) return {rune - rune % 256, 256, 127};
  return {};
}

// Turns a code point, forwards or backwards. `turn` is negative only in names that nobody obfuscated.
char32_t turned(char32_t rune, std::int64_t turn, bool forwards) {
  const auto r = ring_of(rune);
  if (r.size == 0) return rune;
  const bool letters = r.first == 'A';
  int place = static_cast<int>(rune - r.first);
  if (letters && place >= 26) place -= 6; // between Z and a
  const int by = static_cast<int>(turn % r.steps) + 1;
  place = ((place + (forwards ? by : -by)) % r.size + r.size) % r.size;
  if (letters && place >= 26) place += 6;
  return r.first + static_cast<char32_t>(place);
}

bool is_rune(char32_t rune) { return rune <= 0x10ffff && (rune < 0xd800 || rune > 0xdfff); }

// Calls `use` with each code point of valid UTF-8; U+FFFD for each other byte, as Go reads text.
template <class Use>
void for_each_rune(std::string_view text, Use use) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    use(length == 0 ? char32_t{0xfffd} : utf8_decode(text, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

// -- paths
// ------------------------------------------------------------------------------------------------------------

// Calls `change` with each segment, and whether it is the last; joins what comes back.
template <class Change>
std::string by_segments(std::string_view path, Change change) {
  std::string out;
  out.reserve(path.size() * 2);
  while (true) {
    const auto slash = path.find('/');
    const bool last = slash == std::string_view::npos;
    out += change(std::string{path.substr(0, slash)}, last);
    if (last) return out;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

} // namespace

name_mode parse_name_mode(std::string_view text) {
  const auto lower = to_lower(text);
  if (lower == "standard") return name_mode::standard;
  if (lower == "obfuscate") return name_mode::obfuscate;
  if (lower == "off") return name_mode::off;
  fail(failure_kind::other, "unknown file name encryption mode " + go_quote(lower));
}

name_encoding parse_name_encoding(std::string_view text) {
  const auto lower = to_lower(text);
  if (lower == "base32") return name_encoding::base32;
  if (lower == "base64") return name_encoding::base64;
  if (lower == "base32768") return name_encoding::base32768;
  fail(failure_kind::other, "unknown file name encoding mode " + go_quote(lower));
}

name_cipher::name_cipher(const name_rules& rules, const keys& k) : rules_(rules), block_(k.name, k.tweak) {
  for (const auto byte : k.name) key_sum_ += byte;
}

bool name_cipher::same_for_directories() const noexcept {
  return rules_.mode == name_mode::off ? rules_.suffix.empty() : rules_.directories;
}

std::string name_cipher::encrypt_file(std::string_view path) {
  if (rules_.mode == name_mode::off) return std::string{path} + rules_.suffix;
  return by_segments(path, [&](std::string name, bool last) {
    if (!last) return rules_.directories ? encrypt_segment(name) : name;
    const auto mark = take_version(name);
    auto out = encrypt_segment(name);
    if (!mark.empty()) put_version(out, mark);
    return out;
  });
}

std::string name_cipher::encrypt_directory(std::string_view path) {
  if (rules_.mode == name_mode::off || !rules_.directories) return std::string{path};
  return by_segments(path, [&](const std::string& name, bool) { return encrypt_segment(name); });
}

std::string name_cipher::decrypt_file(std::string_view path) {
  if (rules_.mode == name_mode::off) {
    const auto& suffix = rules_.suffix;
    if (path.size() <= suffix.size() || path.substr(path.size() - suffix.size()) != suffix)
      no_encrypted_file();
    std::string out{path.substr(0, path.size() - suffix.size())};
    auto rest = out;
    if (!take_version(rest).empty() && rest.empty()) no_encrypted_file();
    return out;
  }
  return by_segments(path, [&](std::string name, bool last) {
    if (!last) return rules_.directories ? decrypt_segment(name) : name;
    const auto mark = take_version(name);
    auto out = decrypt_segment(name);
    if (!mark.empty()) put_version(out, mark);
    return out;
  });
}

std::string name_cipher::decrypt_directory(std::string_view path) {
  if (rules_.mode == name_mode::off || !rules_.directories) return std::string{path};
  return by_segments(path, [&](const std::string& name, bool) { return decrypt_segment(name); });
}

std::string name_cipher::encrypt_segment(std::string_view name) {
  if (name.empty()) return {};
  if (rules_.mode == name_mode::obfuscate) return obfuscate(name);
  // PKCS#7 (RFC 5652 section 6.3).
  const auto padding = name_block - name.size() % name_block;
  if (name.size() + padding > wide_block::longest)
    fail(failure_kind::no_retry,
         "can't encrypt a name of " + std::to_string(name.size()) + " bytes: at most 2047 are possible");
  std::string text{name};
  text.append(padding, static_cast<char>(padding));
  block_.encrypt(text);
  return to_name_text(text, rules_.encoding);
}

std::string name_cipher::decrypt_segment(std::string_view name) {
  if (name.empty()) return {};
  std::string out;
  if (rules_.mode == name_mode::obfuscate) {
    out = deobfuscate(name);
  } else {
    out = from_name_text(name, rules_.encoding);
    if (out.size() % name_block != 0) bad_name("not a multiple of blocksize");
    if (out.empty()) bad_name("too short after base32 decode");
    if (out.size() > wide_block::longest) bad_name("too long after base32 decode");
    block_.decrypt(out);
    const auto padding = static_cast<std::size_t>(static_cast<unsigned char>(out.back()));
    if (padding > name_block) bad_name("bad PKCS#7 padding - too long");
    if (padding == 0) bad_name("bad PKCS#7 padding - too short");
    if (out.find_first_not_of(out.back(), out.size() - padding) != std::string::npos)
      bad_name("bad PKCS#7 padding - not all the same");
    out.resize(out.size() - padding);
  }
  // Nobody encrypts such a name, and in a path it would lead elsewhere.
  if (out.empty() || out == "." || out == ".." || out.find('/') != std::string::npos)
    bad_name("bad decryption - not a file name");
  return out;
}

std::string name_cipher::obfuscate(std::string_view name) const {
  if (!is_valid_utf8(name)) return "!." + std::string{name};
  std::uint64_t sum = 0;
  for_each_rune(name, [&](char32_t rune) { sum += rune; });
  const auto visible = static_cast<std::int64_t>(sum % 256);
  auto out = std::to_string(visible) + ".";
  const auto turn = visible + key_sum_;
  for_each_rune(name, [&](char32_t rune) {
    const auto to = turned(rune, turn, true);
    if (rune == quote || !is_rune(to)) {
      append_utf8(out, quote);
      append_utf8(out, rune);
    } else {
      append_utf8(out, to);
    }
  });
  return out;
}

std::string name_cipher::deobfuscate(std::string_view name) const {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) no_encrypted_file();
  const auto number = name.substr(0, dot);
  name.remove_prefix(dot + 1);
  if (number == "!") return std::string{name};
  int visible = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), visible);
  if (error != std::errc{} || end != number.data() + number.size()) no_encrypted_file();
  const auto turn = std::int64_t{visible} + key_sum_;
  std::string out;
  bool quoted = false;
  for_each_rune(name, [&](char32_t rune) {
    if (quoted || rune != quote) {
      const auto from = quoted ? rune : turned(rune, turn, false);
      append_utf8(out, is_rune(from) ? from : char32_t{0xfffd});
    }
    quoted = !quoted && rune == quote;
  });
  return out;
}

} // namespace argosy::crypt
