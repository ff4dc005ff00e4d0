#include "backends/local/partial_name.hpp"

#include <algorithm>
#include <array>

#include <zlib.h>

namespace argosy {

namespace {

constexpr std::size_t longest_untouched = 100; // bytes
constexpr std::size_t mark_length = 9;         // a dot and 8 hex digits

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

} // namespace

std::uint32_t partial_mark(std::string_view path, std::int64_t size, nanoseconds modified, unsigned attempt) {
  const std::array<std::int64_t, 3> version{size, modified, static_cast<std::int64_t>(attempt)};
  auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(path.data()), path.size());
  sum = ::crc32_z(sum, reinterpret_cast<const Bytef*>(version.data()), sizeof(version));
  return static_cast<std::uint32_t>(sum);
}

std::string partial_name(std::string_view leaf, std::uint32_t mark, std::string_view suffix) {
  if (leaf.size() > longest_untouched) {
    auto end = leaf.size() - std::min(leaf.size(), mark_length + suffix.size());
    while (end > 0 && continues_character(leaf[end])) --end;
    leaf = leaf.substr(0, end);
  }
  std::string name;
  name.reserve(leaf.size() + mark_length + suffix.size());
  name += leaf;
  name += '.';
  for (int shift = 28; shift >= 0; shift -= 4) name += "0123456789abcdef"[mark >> shift & 0xf];
  name += suffix;
  return name;
}

} // namespace argosy
