#include "backends/listing.hpp"

#include <algorithm>
#include <limits>

#include "core/failure.hpp"

namespace argosy {

void listing::add(std::string_view name, entry_kind kind, std::int64_t size, nanoseconds modified) {
  if (name.size() > std::numeric_limits<std::uint16_t>::max())
    fail(failure_kind::other, "name of " + std::to_string(name.size()) +
                                  " bytes is too long for a listing: \"" + std::string{name.substr(0, 64)} +
                                  "...\"");
  if (names_.size() + name.size() > std::numeric_limits<std::uint32_t>::max())
    fail(failure_kind::other, "the names of one directory page are more than 4 GiB");
  rows_.push_back({static_cast<std::uint32_t>(names_.size()), static_cast<std::uint16_t>(name.size()), kind,
                   size, modified});
  names_ += name;
}

entry_view listing::operator[](std::size_t i) const noexcept {
  const auto& r = rows_[i];
  return {std::string_view{names_}.substr(r.offset, r.length), r.kind, r.size, r.modified};
}

void listing::sort() {
  const std::string_view names{names_};
  const auto before = [names](const row& a, const row& b) {
    const auto order = names.substr(a.offset, a.length).compare(names.substr(b.offset, b.length));
    return order != 0 ? order < 0 : a.kind == entry_kind::directory && b.kind == entry_kind::file;
  };
  // Of two of the same name and kind the one listed first stays first: march takes that one.
  if (!std::is_sorted(rows_.begin(), rows_.end(), before))
    std::stable_sort(rows_.begin(), rows_.end(), before);
}

void listing::reserve(std::size_t entries, std::size_t name_bytes) {
  rows_.reserve(entries);
  names_.reserve(name_bytes);
}

std::size_t listing::bytes() const noexcept { return rows_.capacity() * sizeof(row) + names_.capacity(); }

} // namespace argosy
