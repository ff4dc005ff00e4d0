#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

namespace argosy {

/// The characters that an 8-bit character set has. Cheap to copy.
class character_map {
public:
  /// By rclone's name, in any case: IBM-Code-Page-437, ISO-8859-1, KOI8-R, Macintosh, Windows-1252 ... Throws
  /// failure(other) `invalid choice "x" from: ...`, also for one that this machine does not know.
  explicit character_map(std::string_view name);
  /// The text with `_` for each character that is not in the set.
  std::string fit(std::string_view text) const;

private:
  std::shared_ptr<const std::unordered_set<char32_t>> known_;
};

} // namespace argosy
