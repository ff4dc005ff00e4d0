#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace argosy {

/// Type by file extension (rc-surface 2.8.4): Go's built-in table, then the system's globs2 or mime.types, rclone's audio and video extras;
/// exact case first, then lower case; `text/*` get "; charset=utf-8". Unknown: application/octet-stream.
/// The tables are read once, on construction. Thread-safe afterwards.
class mime_types {
public:
  mime_types();
  const std::string& of(std::string_view path) const;

private:
  struct tables;
  struct deleter { void operator()(tables*) const; };
  std::unique_ptr<tables, deleter> tables_;
};

} // namespace argosy
