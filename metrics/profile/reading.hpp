#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

/// What the tests of this folder share: reads back what was written, by other means.
namespace argosy::testing {

inline std::string gunzip(const std::string& content) {
  z_stream stream{};
  if (::inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error{"inflateInit2"};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  std::string out;
  char block[4096];
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof block;
    result = ::inflate(&stream, Z_NO_FLUSH);
    out.append(block, sizeof block - stream.avail_out);
  }
  ::inflateEnd(&stream);
  if (result != Z_STREAM_END || stream.avail_in != 0) throw std::runtime_error{"no gzip member"};
  return out;
}

/// A message of protocol buffers: numbers and texts by field, in order.
struct wire_message {
  std::map<int, std::vector<std::uint64_t>> numbers;
  std::map<int, std::vector<std::string>> texts;

  explicit wire_message(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto key = varint(bytes);
      const int field = static_cast<int>(key >> 3U);
      if ((key & 7U) == 0) {
        numbers[field].push_back(varint(bytes));
      } else {
        const auto size = static_cast<std::size_t>(varint(bytes));
        texts[field].emplace_back(bytes.substr(0, size));
        bytes.remove_prefix(size);
      }
    }
  }
  std::uint64_t number(int field) const {
    const auto found = numbers.find(field);
    return found == numbers.end() ? 0 : found->second.front();
  }
  std::vector<wire_message> nested(int field) const {
    std::vector<wire_message> all;
    if (const auto found = texts.find(field); found != texts.end())
      for (const auto& text : found->second) all.emplace_back(text);
    return all;
  }
  std::vector<std::int64_t> packed(int field) const {
    std::vector<std::int64_t> all;
    std::string_view bytes = texts.at(field).front();
    while (!bytes.empty()) all.push_back(static_cast<std::int64_t>(varint(bytes)));
    return all;
  }

private:
  static std::uint64_t varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes.at(0));
      bytes.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
  }
};

} // namespace argosy::testing
