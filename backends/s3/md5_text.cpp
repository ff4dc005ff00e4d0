#include "backends/s3/md5_text.hpp"

#include <algorithm>

#include "core/base64.hpp"
#include "core/failure.hpp"
#include "core/hash.hpp"
#include "core/header_text.hpp"

namespace argosy::s3 {

namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

} // namespace

std::string md5_base64(std::string_view bytes) {
  hasher md5{hash_type::md5};
  md5.update(bytes.data(), bytes.size());
  return base64_of_hex(md5.hex(hash_type::md5));
}

std::string base64_of_hex(std::string_view hex) {
  std::string bytes;
  if (hex.size() % 2 != 0) return {};
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes += static_cast<char>(high << 4 | low);
  }
  return to_base64(bytes, base64_form::standard);
}

std::string hex_of_base64(const std::string& base64) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  try {
    for (const char c : from_base64(base64, base64_form::standard)) {
      const auto byte = static_cast<unsigned char>(c);
      out.append({digits[byte >> 4], digits[byte & 15]});
    }
  } catch (const failure&) {
    return {};
  }
  return out;
}

std::string md5_of_tag(std::string_view tag) {
  while (!tag.empty() && tag.front() == '"') tag.remove_prefix(1);
  while (!tag.empty() && tag.back() == '"') tag.remove_suffix(1);
  auto out = lower_header(tag);
  const bool is_md5 =
      out.size() == 32 && std::all_of(out.begin(), out.end(), [](char c) { return digit(c) >= 0; });
  return is_md5 ? out : std::string{};
}

} // namespace argosy::s3
