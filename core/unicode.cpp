#include "core/unicode.hpp"

#include <cstdlib>
#include <memory>

#include <utf8proc.h>

namespace argosy {

namespace {

struct free_deleter {
  void operator()(utf8proc_uint8_t* p) const { std::free(p); }
};

unsigned char byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

bool is_continuation(unsigned char byte) { return (byte & 0xc0u) == 0x80u; }

std::string normalized(std::string_view text, int form) {
  if (is_ascii(text)) return std::string{text};
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                                 static_cast<utf8proc_option_t>(UTF8PROC_STABLE | form));
  const std::unique_ptr<utf8proc_uint8_t, free_deleter> owner{mapped};
  if (size < 0) return std::string{text};
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
}

} // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (text.size() < 2) return 0;
  // The second byte alone tells overlong forms, surrogates and everything above U+10FFFF (RFC 3629, section
  // 4).
  const auto second = byte_at(text, 1);
  const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  if (lead < 0xe0) return 2;
  if (text.size() < 3 || !is_continuation(byte_at(text, 2))) return 0;
  if (lead < 0xf0) return 3;
  if (text.size() < 4 || !is_continuation(byte_at(text, 3))) return 0;
  return 4;
}

char32_t utf8_decode(std::string_view text, std::size_t length) {
  const char32_t lead = byte_at(text, 0);
  if (length == 1) return lead;
  char32_t rune = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) rune = (rune << 6) | (byte_at(text, i) & 0x3fu);
  return rune;
}

void append_utf8(std::string& out, char32_t rune) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (rune < 0x80) {
    put(rune);
  } else if (rune < 0x800) {
    put(0xc0 | (rune >> 6));
    put(0x80 | (rune & 0x3f));
  } else if (rune < 0x10000) {
    put(0xe0 | (rune >> 12));
    put(0x80 | ((rune >> 6) & 0x3f));
    put(0x80 | (rune & 0x3f));
  } else {
    put(0xf0 | (rune >> 18));
    put(0x80 | ((rune >> 12) & 0x3f));
    put(0x80 | ((rune >> 6) & 0x3f));
    put(0x80 | (rune & 0x3f));
  }
}

bool is_ascii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  return all < 0x80;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string normalize_nfc(std::string_view text) { return normalized(text, UTF8PROC_COMPOSE); }

std::string normalize_nfkc(std::string_view text) {
  return normalized(text, UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
}

std::string normalize_nfd(std::string_view text) { return normalized(text, UTF8PROC_DECOMPOSE); }

std::string normalize_nfkd(std::string_view text) {
  return normalized(text, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
}

namespace {

template <class Map>
std::string mapped(std::string_view text, Map map) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      const auto rune = static_cast<utf8proc_int32_t>(utf8_decode(text, length));
      append_utf8(out, static_cast<char32_t>(map(rune)));
      text.remove_prefix(length);
    }
  }
  return out;
}

} // namespace

std::string to_lower(std::string_view text) {
  return mapped(text, [](utf8proc_int32_t rune) {
    if (rune < 0x80) return rune >= 'A' && rune <= 'Z' ? rune + ('a' - 'A') : rune;
    return utf8proc_tolower(rune);
  });
}

std::string to_upper(std::string_view text) { return mapped(text, utf8proc_toupper); }

std::string to_title(std::string_view text) { return mapped(text, utf8proc_totitle); }

} // namespace argosy
