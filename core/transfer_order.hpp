#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/glob.hpp"
#include "core/time_text.hpp"

namespace argosy {

/// What an order looks at.
struct ordered_file {
  std::string_view path; ///< below the root of the source
  std::int64_t size = -1;
  nanoseconds modified = 0;
};

/// The option order_by (rc-surface 3.6.2, 7.6). A plain value; thread-safe.
class transfer_order {
public:
  /// `text`: empty, or `size|name|modtime[,asc|desc|mixed[,percent]]`, or `pattern,glob...`. Throws
  /// failure(other) with rclone's texts.
  explicit transfer_order(std::string_view text = {});
  /// False: the order of the listing will do.
  bool active() const noexcept { return by_ != key::none; }
  bool before(const ordered_file& a, const ordered_file& b) const;
  /// How many of `workers` take from the front; the others take from the back (mixed).
  std::size_t front_workers(std::size_t workers) const noexcept;

private:
  enum class key : unsigned char { none, size, name, modified, pattern };
  std::size_t rank(std::string_view path) const;
  key by_ = key::none;
  bool descending_ = false;
  int front_percent_ = -1; ///< -1: all take from the front
  std::vector<glob_pattern> patterns_;
};

} // namespace argosy
