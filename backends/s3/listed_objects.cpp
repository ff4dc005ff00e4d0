#include "backends/s3/listed_objects.hpp"

#include <charconv>
#include <limits>

namespace argosy::s3 {

namespace {

constexpr std::size_t most_objects = 200'000;

} // namespace

std::uint16_t listed_objects::number_of(const std::string& text) {
  const auto [found, is_new] = numbers_.emplace(text, static_cast<std::uint16_t>(texts_.size()));
  if (is_new) texts_.push_back(text);
  return found->second;
}

void listed_objects::add(const std::string& key, const object_info& info, const std::string& md5,
                         bool dated) {
  if (rows_.size() >= most_objects || texts_.size() + 2 > std::numeric_limits<std::uint16_t>::max()) return;
  row one{info.size, info.modified, {}, number_of(info.mime_type), number_of(info.tier), false, dated};
  if (md5.size() == 2 * one.md5.size()) {
    for (std::size_t i = 0; i < one.md5.size(); ++i)
      std::from_chars(md5.data() + 2 * i, md5.data() + 2 * i + 2, one.md5[i], 16);
    one.has_md5 = true;
  }
  rows_.insert_or_assign(key, one);
}

std::optional<listed_objects::object> listed_objects::find(const std::string& key) const {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return std::nullopt;
  constexpr char digits[] = "0123456789abcdef";
  const auto& one = found->second;
  object out;
  out.info.size = one.size;
  out.info.modified = one.modified;
  out.info.mime_type = texts_[one.mime_type];
  out.info.tier = texts_[one.tier];
  out.dated = one.dated;
  if (one.has_md5)
    for (const auto byte : one.md5) out.md5.append({digits[byte >> 4], digits[byte & 15]});
  return out;
}

void listed_objects::clear() noexcept {
  rows_ = {};
  texts_.clear();
  numbers_.clear();
}

} // namespace argosy::s3
