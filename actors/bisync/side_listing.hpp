#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/hash.hpp"
#include "core/time_text.hpp"

namespace argosy {

/// A file, or with create_empty_directories a directory, as bisync remembers it between two runs.
struct listed_item {
  bool directory = false;
  std::int64_t size = -1; ///< bytes, -1 unknown
  nanoseconds modified = 0;
  std::string hash; ///< hex, of the listing's type; empty: not known
  std::string id;   ///< as read; empty: none
};

/// What one side held after a run, or holds now.
struct side_listing {
  hash_type hash = hash_type::none; ///< of the items' hashes
  std::map<std::string, listed_item, std::less<>> items;

  const listed_item* find(std::string_view path) const {
    const auto found = items.find(path);
    return found == items.end() ? nullptr : &found->second;
  }
  bool has_files() const;
};

/// The listing as rclone's bisync writes it ("bisync listing v1"): a line an item, times in UTC.
std::string listing_text(const side_listing& listing, nanoseconds written);

/// Reads such a text as rclone does: what is no item is passed over and told to `complain`, of two lines for
/// one path the later time wins, a last line without its end does not count.
side_listing parse_listing(std::string_view text, const std::function<void(const std::string&)>& complain);

} // namespace argosy
