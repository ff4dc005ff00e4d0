#pragma once

#include <string>
#include <string_view>

#include "backends/crypt/keys.hpp"
#include "backends/crypt/name_text.hpp"
#include "backends/crypt/wide_block.hpp"

namespace argosy::crypt {

enum class name_mode { standard, obfuscate, off };

/// Of rclone's texts, in any case. Throws failure(other).
name_mode parse_name_mode(std::string_view text);
name_encoding parse_name_encoding(std::string_view text);

/// What becomes of names.
struct name_rules {
  name_mode mode = name_mode::standard;
  name_encoding encoding = name_encoding::base32;
  bool directories = true;     ///< names of directories too; with name_mode::off never
  std::string suffix = ".bin"; ///< of files with name_mode::off

  bool operator==(const name_rules& o) const {
    return mode == o.mode && encoding == o.encoding && directories == o.directories && suffix == o.suffix;
  }
};

/// Turns paths into those of the wrapped storage and back (rc-surface 6.5). Not thread-safe.
///
/// A version mark (`-v2001-02-03-040506-123` before the extension) stays readable in the name of a file, but
/// not in those of directories: rclone leaves it there only in a directory that stands at the end of a path,
/// and so does not find what it puts into one.
class name_cipher {
public:
  name_cipher(const name_rules& rules, const keys& k);

  std::string encrypt_file(std::string_view path);
  std::string encrypt_directory(std::string_view path);
  /// Throw failure(other) with rclone's texts for what is not the name of a file or directory of crypt.
  std::string decrypt_file(std::string_view path);
  std::string decrypt_directory(std::string_view path);

  /// True when a file and a directory of one name always become one name too.
  bool same_for_directories() const noexcept;

private:
  std::string encrypt_segment(std::string_view name);
  std::string decrypt_segment(std::string_view name);
  std::string obfuscate(std::string_view name) const;
  std::string deobfuscate(std::string_view name) const;

  name_rules rules_;
  unsigned key_sum_ = 0; // of the bytes of the name key
  wide_block block_;
};

} // namespace argosy::crypt
