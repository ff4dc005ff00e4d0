#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time_text.hpp"

namespace argosy {

enum class entry_kind : std::uint8_t { file, directory };

/// One entry of a directory as a listing shows it. The name points into the listing.
struct entry_view {
  std::string_view name; ///< last element, in the API's standard form
  entry_kind kind = entry_kind::file;
  std::int64_t size = -1;   ///< bytes, -1 unknown
  nanoseconds modified = 0; ///< wall clock
};

/// Entries of one directory, compact: 32 bytes and the name each, no allocation an entry. Movable, copyable.
class listing {
public:
  void add(std::string_view name, entry_kind kind, std::int64_t size, nanoseconds modified);
  std::size_t size() const noexcept { return rows_.size(); }
  bool empty() const noexcept { return rows_.empty(); }
  entry_view operator[](std::size_t i) const noexcept;
  /// By name, bytewise; a directory before a file of the same name.
  void sort();
  void reserve(std::size_t entries, std::size_t name_bytes);
  std::size_t bytes() const noexcept;

private:
  struct row {
    std::uint32_t offset; // of the name; a listing holds at most 4 GiB of names
    std::uint16_t length;
    entry_kind kind;
    std::int64_t size;
    nanoseconds modified;
  };
  std::vector<row> rows_;
  std::string names_;
};

} // namespace argosy
