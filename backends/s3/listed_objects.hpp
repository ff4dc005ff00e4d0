#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "backends/storage.hpp"

namespace argosy::s3 {

/// What listings have told of objects, by key: about 130 bytes each and the key.
class listed_objects {
public:
  /// `md5` is hex, or empty for one that is not known. `dated`: the time is that of the object, not just when
  /// it was stored. More than 200,000 objects are not kept.
  void add(const std::string& key, const object_info& info, const std::string& md5, bool dated);
  struct object {
    object_info info;
    std::string md5;
    bool dated = false;
  };
  std::optional<object> find(const std::string& key) const;
  void clear() noexcept;

private:
  struct row {
    std::int64_t size;
    nanoseconds modified;
    std::array<unsigned char, 16> md5;
    std::uint16_t mime_type, tier; // in texts_
    bool has_md5, dated;
  };
  std::uint16_t number_of(const std::string& text);

  std::unordered_map<std::string, row> rows_;
  std::vector<std::string> texts_; // few, as a rule
  std::unordered_map<std::string, std::uint16_t> numbers_;
};

} // namespace argosy::s3
