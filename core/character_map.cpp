#include "core/character_map.hpp"

#include <array>
#include <memory>

#include <iconv.h>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

struct row {
  const char* name;  // rclone's
  const char* iconv; // null: made by hand
};

constexpr std::array<row, 42> rows{{{"IBM-Code-Page-037", "IBM037"},
                                    {"IBM-Code-Page-437", "IBM437"},
                                    {"IBM-Code-Page-850", "IBM850"},
                                    {"IBM-Code-Page-852", "IBM852"},
                                    {"IBM-Code-Page-855", "IBM855"},
                                    {"Windows-Code-Page-858", "IBM858"},
                                    {"IBM-Code-Page-860", "IBM860"},
                                    {"IBM-Code-Page-862", "IBM862"},
                                    {"IBM-Code-Page-863", "IBM863"},
                                    {"IBM-Code-Page-865", "IBM865"},
                                    {"IBM-Code-Page-866", "IBM866"},
                                    {"IBM-Code-Page-1047", "IBM1047"},
                                    {"IBM-Code-Page-1140", "IBM1140"},
                                    {"ISO-8859-1", "ISO-8859-1"},
                                    {"ISO-8859-2", "ISO-8859-2"},
                                    {"ISO-8859-3", "ISO-8859-3"},
                                    {"ISO-8859-4", "ISO-8859-4"},
                                    {"ISO-8859-5", "ISO-8859-5"},
                                    {"ISO-8859-6", "ISO-8859-6"},
                                    {"ISO-8859-7", "ISO-8859-7"},
                                    {"ISO-8859-8", "ISO-8859-8"},
                                    {"ISO-8859-9", "ISO-8859-9"},
                                    {"ISO-8859-10", "ISO-8859-10"},
                                    {"ISO-8859-13", "ISO-8859-13"},
                                    {"ISO-8859-14", "ISO-8859-14"},
                                    {"ISO-8859-15", "ISO-8859-15"},
                                    {"ISO-8859-16", "ISO-8859-16"},
                                    {"KOI8-R", "KOI8-R"},
                                    {"KOI8-U", "KOI8-U"},
                                    {"Macintosh", "MACINTOSH"},
                                    {"Macintosh-Cyrillic", "MAC-CYRILLIC"},
                                    {"Windows-874", "CP874"},
                                    {"Windows-1250", "CP1250"},
                                    {"Windows-1251", "CP1251"},
                                    {"Windows-1252", "CP1252"},
                                    {"Windows-1253", "CP1253"},
                                    {"Windows-1254", "CP1254"},
                                    {"Windows-1255", "CP1255"},
                                    {"Windows-1256", "CP1256"},
                                    {"Windows-1257", "CP1257"},
                                    {"Windows-1258", "CP1258"},
                                    {"X-User-Defined", nullptr}}};

struct conversion {
  explicit conversion(const char* from) : handle(::iconv_open("UTF-32LE", from)) {}
  ~conversion() {
    if (open()) ::iconv_close(handle);
  }
  conversion(const conversion&) = delete;
  conversion& operator=(const conversion&) = delete;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): iconv's own value for a failure
  bool open() const { return handle != reinterpret_cast<::iconv_t>(-1); }
  ::iconv_t handle;
};

std::unordered_set<char32_t> characters_of(const row& of) {
  std::unordered_set<char32_t> known;
  if (of.iconv == nullptr) {
    // Bytes above ASCII are a private area (WHATWG Encoding Standard, section 14.5).
    for (char32_t c = 0; c < 0x80; ++c) known.insert(c);
    for (char32_t c = 0xf780; c <= 0xf7ff; ++c) known.insert(c);
    return known;
  }
  const conversion to_utf32{of.iconv};
  if (!to_utf32.open())
    fail(failure_kind::other, std::string{"character map "} + of.name + " is not known on this machine");
  for (int byte = 0; byte < 256; ++byte) {
    char in = static_cast<char>(byte);
    std::array<unsigned char, 16> out{};
    char *from = &in, *to = reinterpret_cast<char*>(out.data());
    std::size_t from_left = 1, to_left = out.size();
    ::iconv(to_utf32.handle, nullptr, nullptr, nullptr, nullptr);
    if (::iconv(to_utf32.handle, &from, &from_left, &to, &to_left) == static_cast<std::size_t>(-1)) {
      // A byte that stands for nothing is a control character for browsers, and for Go.
      if (byte >= 0x80 && byte < 0xa0) known.insert(static_cast<char32_t>(byte));
      continue;
    }
    ::iconv(to_utf32.handle, nullptr, nullptr, &to, &to_left); // what a combining character holds back
    known.insert(out[0] | static_cast<char32_t>(out[1]) << 8 | static_cast<char32_t>(out[2]) << 16);
  }
  return known;
}

} // namespace

character_map::character_map(std::string_view name) {
  for (const auto& one : rows) {
    if (to_lower(one.name) != to_lower(name)) continue;
    known_ = std::make_shared<const std::unordered_set<char32_t>>(characters_of(one));
    return;
  }
  std::string all;
  for (const auto& one : rows) all += (all.empty() ? "" : ", ") + std::string{one.name};
  fail(failure_kind::other, "invalid choice " + go_quote(name) + " from: " + all);
}

std::string character_map::fit(std::string_view text) const {
  std::string out;
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length > 0 && known_->count(utf8_decode(text, length)) > 0)
      out += text.substr(0, length);
    else
      out += '_';
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

} // namespace argosy
