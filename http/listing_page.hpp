#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time_text.hpp"

namespace argosy {

/// What a page that lists a folder shows (rc-surface 2.8.3, 2.10).
struct listing_page {
  struct entry {
    std::string leaf; ///< with a slash at the end when it is a folder
    std::string url;  ///< relative link
    bool is_directory = false;
    std::int64_t size = -1; ///< bytes
    std::optional<nanoseconds> modified;
  };
  struct crumb {
    std::string link; ///< relative: "../../", and empty for the folder itself
    std::string text;
  };
  std::string directory; ///< path of the folder, without slashes around it
  std::string name;      ///< the same with a slash in front
  std::string title;     ///< `Directory listing of /path`
  std::vector<crumb> breadcrumb;
  std::vector<entry> entries;
  std::string sort, order; ///< as asked for

  /// An empty page of a folder: without slashes around it.
  explicit listing_page(std::string_view folder);
  void add(std::string_view leaf, bool is_directory, std::int64_t size, std::optional<nanoseconds> modified);
  /// `by`: namedirfirst (also for anything unknown), name, size or time; `in_order`: desc, else ascending.
  void arrange(std::string by, std::string in_order);
  /// As HTML.
  std::string html() const;
};

} // namespace argosy
