#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace argosy {

/// What the text is that a glob is matched against.
enum class glob_subject : unsigned char {
  path,      ///< stars stop at slashes; a pattern without a leading slash may begin at any element
  plain_text ///< one star crosses everything, two are an error; the whole text must match
};

/// rclone's glob as a regular expression in RE2's syntax (rc-surface 5.3). Throws failure(other) with
/// rclone's texts
/// (`mismatched '[' and ']' in glob "["`...).
std::string glob_to_regexp(std::string_view glob, glob_subject subject, bool ignore_case);

/// The directories, as globs that end in a slash, which can hold files that `glob` matches (rc-surface 5.4):
/// `/a/b/*` gives
/// `/a/b/`, `/a/`, `/`. `/**` is every directory. The glob is one for paths.
std::vector<std::string> directory_globs(std::string_view glob);

/// A compiled glob. Copies share it. Thread-safe.
class glob_pattern {
public:
  /// Throws failure(other) as glob_to_regexp, and `bad glob pattern "x" (regexp "y"): error parsing regexp:
  /// ...`.
  glob_pattern(std::string_view glob, glob_subject subject, bool ignore_case);
  /// `text` is UTF-8: as in Go, the caller replaces bytes that are not (see valid_for_matching).
  bool matches(std::string_view text) const;
  const std::string& regexp() const;

private:
  std::shared_ptr<const re2::RE2> regexp_;
};

/// `text` itself, or in `storage` a copy with U+FFFD for each byte that is no UTF-8: Go matches those as one
/// character.
std::string_view valid_for_matching(std::string_view text, std::string& storage);

} // namespace argosy
