#include "backends/crypt/name_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base64.hpp"
#include "core/failure.hpp"
#include "core/unicode.hpp"

namespace argosy::crypt {

namespace {

[[noreturn]] void illegal(const char* encoding, std::size_t position) {
  fail(failure_kind::other,
       std::string{"illegal "} + encoding + " data at input byte " + std::to_string(position));
}

// -- base32
// -----------------------------------------------------------------------------------------------------------

constexpr std::string_view base32_digits = "0123456789abcdefghijklmnopqrstuv";

std::string to_base32(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 5;) out += base32_digits[bits >> (count -= 5) & 31];
  }
  if (count > 0) out += base32_digits[bits << (5 - count) & 31];
  return out;
}

std::string from_base32(std::string_view text) {
  if (!text.empty() && text.back() == '=') fail(failure_kind::other, "bad base32 filename encoding");
  std::string out;
  out.reserve(text.size() * 5 / 8);
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] | 0x20) : text[i];
    const auto digit = base32_digits.find(c);
    if (digit == std::string_view::npos) illegal("base32", i);
    bits = bits << 5 | static_cast<std::uint32_t>(digit);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  // No number of bytes takes 1, 3 or 6 digits beyond whole groups of eight.
  if (const auto rest = text.size() % 8; rest == 1 || rest == 3 || rest == 6) illegal("base32", text.size());
  return out;
}

// -- base32768
// --------------------------------------------------------------------------------------------------------

// The ranges of rclone's alphabet ("safe" characters: assigned, not combining, not changed by Unicode
// normalization): first code point, and how many groups of 32 follow each other. The first four groups stand
// for 7 bits at the end, the others for 15 bits.
struct run_of_groups {
  char16_t first;
  std::uint16_t groups;
};
constexpr run_of_groups alphabet[] = {
    {0x0180, 1}, {0x0240, 3}, {0x04a0, 1},   {0x0500, 1},   {0x0680, 2},  {0x0760, 2},  {0x07c0, 1},
    {0x1000, 1}, {0x10a0, 1}, {0x1100, 3},   {0x1180, 1},   {0x11e0, 3},  {0x1260, 1},  {0x12e0, 1},
    {0x1320, 1}, {0x13a0, 2}, {0x1420, 18},  {0x16a0, 2},   {0x1780, 1},  {0x1820, 2},  {0x18c0, 1},
    {0x1980, 1}, {0x19e0, 1}, {0x1a20, 1},   {0x1bc0, 1},   {0x1c00, 1},  {0x1d00, 1},  {0x21e0, 1},
    {0x22c0, 1}, {0x2340, 5}, {0x2400, 1},   {0x2500, 19},  {0x2780, 2},  {0x2800, 12}, {0x29a0, 1},
    {0x2a20, 2}, {0x2a80, 2}, {0x2ae0, 4},   {0x2c00, 1},   {0x2c80, 3},  {0x2d00, 1},  {0x2d40, 1},
    {0x2ea0, 2}, {0x31c0, 1}, {0x3400, 205}, {0x4dc0, 656}, {0xa000, 36}, {0xa4a0, 1},  {0xa500, 8},
    {0xa640, 1}, {0xa6a0, 2}, {0xa700, 3},   {0xa780, 1},   {0xa840, 1},
};
constexpr std::size_t group_size = 32;
constexpr std::size_t short_groups = 4;
constexpr std::size_t all_groups = short_groups + 1024;
constexpr std::uint16_t no_group = 0xffff;

struct base32768_tables {
  std::array<char16_t, all_groups> first{};           // of each group
  std::array<std::uint16_t, 65536 / group_size> of{}; // group of the code points that share their upper bits
};

constexpr base32768_tables make_tables() {
  base32768_tables tables;
  for (auto& group : tables.of) group = no_group;
  std::size_t group = 0;
  for (const auto& run : alphabet)
    for (std::size_t i = 0; i < run.groups; ++i, ++group) {
      const auto first = static_cast<char16_t>(run.first + i * group_size);
      tables.first[group] = first;
      tables.of[first / group_size] = static_cast<std::uint16_t>(group);
    }
  return tables;
}

constexpr auto tables = make_tables();

std::string to_base32768(std::string_view bytes) {
  std::string out;
  const auto add = [&](std::uint32_t value, std::size_t first_group) {
    append_utf8(out, tables.first[first_group + value / group_size] + value % group_size);
  };
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    count += 8;
    if (count >= 15) add(bits >> (count -= 15) & 0x7fff, short_groups);
  }
  // What is missing is filled with ones.
  const auto filled = [&](int size) {
    return ((bits << (size - count)) | ((1U << (size - count)) - 1)) & ((1U << size) - 1);
  };
  if (count > 7)
    add(filled(15), short_groups);
  else if (count > 0)
    add(filled(7), 0);
  return out;
}

std::string from_base32768(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t position = 0; // in bytes of UTF-16, as rclone counts
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const char32_t rune = length == 0 ? 0xfffd : utf8_decode(text, length);
    const auto group = rune > 0xffff ? no_group : tables.of[rune / group_size];
    if (group == no_group) illegal("base32768", position);
    const bool last = group < short_groups;
    const auto value =
        static_cast<std::uint32_t>((last ? group : group - short_groups) * group_size + rune % group_size);
    bits = bits << (last ? 7 : 15) | value;
    for (count += last ? 7 : 15; count >= 8;) out += static_cast<char>(bits >> (count -= 8) & 0xff);
    if (last) break;
    text.remove_prefix(length);
    position += 2;
  }
  return out;
}

std::string without_line_ends(std::string_view text) {
  std::string out{text};
  out.erase(std::remove_if(out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r'; }), out.end());
  return out;
}

} // namespace

std::string to_name_text(std::string_view bytes, name_encoding encoding) {
  switch (encoding) {
  case name_encoding::base64: return to_base64(bytes, base64_form::url_unpadded);
  case name_encoding::base32768: return to_base32768(bytes);
  case name_encoding::base32: break;
  }
  return to_base32(bytes);
}

std::string from_name_text(std::string_view text, name_encoding encoding) {
  switch (encoding) {
  case name_encoding::base64: return from_base64(text, base64_form::url_unpadded);
  case name_encoding::base32768: return from_base32768(without_line_ends(text));
  case name_encoding::base32: break;
  }
  return from_base32(without_line_ends(text));
}

} // namespace argosy::crypt
