#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace argosy {

/// Where the system's tables are, in order of preference. Only the first glob file that exists is read; the
/// type files are read, all of them, when there is no glob file.
struct mime_files {
  std::vector<std::string> globs{"/usr/local/share/mime/globs2", "/usr/share/mime/globs2"};
  std::vector<std::string> types{"/etc/mime.types", "/etc/apache2/mime.types", "/etc/apache/mime.types",
                                 "/etc/httpd/conf/mime.types"};
};

/// Type by file extension, as a `rclone rcd` finds it (rc-surface 2.8.4): Go's built-in table, then the
/// system's tables, then rclone's own extras; exact case first, then lower case; `text/*` have ";
/// charset=utf-8". Unknown: application/octet-stream. The tables are read once, on construction. Thread-safe
/// afterwards.
class mime_types {
public:
  explicit mime_types(const mime_files& files = mime_files{});
  const std::string& of(std::string_view path) const;
  /// The same; null when the extension is unknown, or there is none.
  const std::string* find(std::string_view path) const;

  /// Where the extensions of a name begin that are to stay at its end: the last one, and those before it that
  /// are known types ("a.tar.gz"). The length of `path` when it has none.
  std::size_t extensions_begin(std::string_view path) const;

private:
  struct tables;
  struct deleter {
    void operator()(tables*) const;
  };
  std::unique_ptr<tables, deleter> tables_;
};

} // namespace argosy
