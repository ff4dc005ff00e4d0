#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace argosy {

/// rclone's encodings of names, option `encoding` of storages: which characters a storage cannot hold, and so
/// are written as a similar one (`*` as U+FF0A, a line feed as U+240A). What already looks like such a
/// replacement is marked by U+201B in front. Immutable.
///
/// `encode` and `decode` work on one name as the storage holds it. The API shows names in the standard form,
/// which is the encoding `Slash,Del,Ctl,Dot`; the other functions lead from there to the storage and back.
class name_encoder {
public:
  /// The standard form: names go to the storage as the API has them.
  name_encoder() : name_encoder(standard) {}
  /// `text` is a list such as "Slash,LtGt,RightSpace" or "Raw" or "None"; numbers are rclone's bits. Throws
  /// failure(other) `bad encoding "x": possible values are: ...`.
  static name_encoder parse(std::string_view text);
  /// The list in rclone's order.
  std::string text() const;

  std::string encode(std::string_view name) const;
  std::string decode(std::string_view name) const;

  /// A path of the API as the storage has it. No element of the result is "." or "..", and none has a slash
  /// of its own, whatever the encoding: rclone would leave the folder.
  std::string from_standard(std::string_view path) const;
  /// One name of a listing as the API has it.
  std::string to_standard(std::string_view name) const;

private:
  static constexpr std::uint32_t standard = 1U << 1 | 1U << 15 | 1U << 16 | 1U << 25;
  explicit name_encoder(std::uint32_t bits);
  bool has(std::uint32_t bit) const { return (bits_ & bit) != 0; }
  // What stands for a character anywhere in a name; 0: it stands for itself.
  char32_t replacement_of(char32_t rune) const { return rune < replaced_.size() ? replaced_[rune] : 0; }
  bool is_replacement(char32_t rune) const;
  char32_t original_of(char32_t rune) const;
  // These take what they handle away from the end of the name, and give back what comes in its place.
  std::string encode_left(std::string_view& name) const;
  std::string encode_right(std::string_view& name) const;
  std::string decode_left(std::string_view& name) const;
  std::string decode_right(std::string_view& name) const;

  std::uint32_t bits_;
  std::array<char16_t, 128> replaced_{}; // by the character
};

} // namespace argosy
