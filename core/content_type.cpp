#include "core/content_type.hpp"

#include <algorithm>

namespace argosy {

namespace {

using namespace std::string_view_literals;

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

constexpr char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string_view skip_space(std::string_view bytes) noexcept {
  const auto first = std::find_if_not(bytes.begin(), bytes.end(), is_space);
  return bytes.substr(static_cast<std::size_t>(first - bytes.begin()));
}

bool starts_with(std::string_view bytes, std::string_view with) noexcept {
  return bytes.substr(0, with.size()) == with;
}

// Behind white space, in any case, and ended by a blank or '>'.
constexpr std::string_view html_tags[] = {
    "<!DOCTYPE HTML", "<HTML",  "<HEAD", "<SCRIPT", "<IFRAME", "<H1", "<DIV", "<FONT", "<TABLE", "<A",
    "<STYLE",         "<TITLE", "<B",    "<BODY",   "<BR",     "<P",  "<!--"};

bool is_html(std::string_view bytes) noexcept {
  return std::any_of(std::begin(html_tags), std::end(html_tags), [bytes](std::string_view tag) {
    if (bytes.size() <= tag.size()) return false;
    const auto end = bytes[tag.size()];
    return (end == ' ' || end == '>') &&
           std::equal(tag.begin(), tag.end(), bytes.begin(), [](char a, char b) { return a == upper(b); });
  });
}

struct signature {
  std::string_view start;
  std::string_view type;
  std::size_t second_at = 0; // where `second` stands; 0: there is none
  std::string_view second = {};
  std::size_t least = 0; // bytes that there must be
};

constexpr signature signatures[] = {
    {"%PDF-"sv, "application/pdf"},
    {"%!PS-Adobe-"sv, "application/postscript"},
    {"\xFE\xFF"sv, "text/plain; charset=utf-16be", 0, {}, 4},
    {"\xFF\xFE"sv, "text/plain; charset=utf-16le", 0, {}, 4},
    {"\xEF\xBB\xBF"sv, "text/plain; charset=utf-8", 0, {}, 4},
    {"\0\0\1\0"sv, "image/x-icon"},
    {"\0\0\2\0"sv, "image/x-icon"},
    {"BM"sv, "image/bmp"},
    {"GIF87a"sv, "image/gif"},
    {"GIF89a"sv, "image/gif"},
    {"RIFF"sv, "image/webp", 8, "WEBPVP"sv},
    {"\x89PNG\r\n\x1A\n"sv, "image/png"},
    {"\xFF\xD8\xFF"sv, "image/jpeg"},
    {"FORM"sv, "audio/aiff", 8, "AIFF"sv},
    {"ID3"sv, "audio/mpeg"},
    {"OggS\0"sv, "application/ogg"},
    {"MThd\0\0\0\6"sv, "audio/midi"},
    {"RIFF"sv, "video/avi", 8, "AVI "sv},
    {"RIFF"sv, "audio/wave", 8, "WAVE"sv},
};

constexpr signature later_signatures[] = {
    {"\x1A\x45\xDF\xA3"sv, "video/webm"},
    {""sv, "application/vnd.ms-fontobject", 34, "LP"sv},
    {"\0\1\0\0"sv, "font/ttf"},
    {"OTTO"sv, "font/otf"},
    {"ttcf"sv, "font/collection"},
    {"wOFF"sv, "font/woff"},
    {"wOF2"sv, "font/woff2"},
    {"\x1F\x8B\x08"sv, "application/x-gzip"},
    {"PK\3\4"sv, "application/zip"},
    {"Rar!\x1A\7\0"sv, "application/x-rar-compressed"},
    {"Rar!\x1A\7\1\0"sv, "application/x-rar-compressed"},
    {"\0asm"sv, "application/wasm"},
};

template <std::size_t Count>
std::string_view type_by(const signature (&list)[Count], std::string_view bytes) noexcept {
  for (const auto& s : list)
    if (starts_with(bytes, s.start) && bytes.size() >= s.least &&
        (s.second_at == 0 ||
         (bytes.size() > s.second_at && starts_with(bytes.substr(s.second_at), s.second))))
      return s.type;
  return {};
}

bool is_mp4(std::string_view bytes) noexcept {
  if (bytes.size() < 12 || bytes.substr(4, 4) != "ftyp") return false;
  std::size_t box = 0;
  for (int i = 0; i < 4; ++i) box = box << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  if (bytes.size() < box || box % 4 != 0) return false;
  for (std::size_t at = 8; at < box; at += 4)
    if (at != 12 && bytes.substr(at, 3) == "mp4") return true; // at 12 is the version
  return false;
}

bool is_binary(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x08 || byte == 0x0B || (byte >= 0x0E && byte <= 0x1A) || (byte >= 0x1C && byte <= 0x1F);
}

} // namespace

std::string_view detect_content_type(std::string_view first_bytes) noexcept {
  const auto bytes = first_bytes.substr(0, sniffed_bytes);
  const auto text = skip_space(bytes);
  if (is_html(text)) return "text/html; charset=utf-8";
  if (starts_with(text, "<?xml")) return "text/xml; charset=utf-8";
  if (const auto type = type_by(signatures, bytes); !type.empty()) return type;
  if (is_mp4(bytes)) return "video/mp4";
  if (const auto type = type_by(later_signatures, bytes); !type.empty()) return type;
  return std::any_of(text.begin(), text.end(), is_binary) ? "application/octet-stream"
                                                          : "text/plain; charset=utf-8";
}

} // namespace argosy
