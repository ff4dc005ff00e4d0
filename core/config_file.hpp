#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace argosy {

/// rclone.conf as a value (rc-surface 6.2): sections and keys in file order, comments kept with the item
/// after them.
class config_text {
public:
  /// Throws failure(other) naming the line.
  static config_text parse(std::string_view text);
  std::string render() const;

  std::vector<std::string> sections() const;
  bool has_section(std::string_view section) const;
  std::vector<std::string> keys(std::string_view section) const;
  /// With %(name)s replaced and the lookup in the parent section `a` of `a.b` (6.2).
  std::optional<std::string> get(std::string_view section, std::string_view key) const;
  void set(const std::string& section, const std::string& key, const std::string& value);
  bool erase_key(std::string_view section, std::string_view key);
  bool erase_section(std::string_view section);

private:
  struct item {
    std::string key, value, comment;
  };
  struct part {
    std::string name, comment;
    std::vector<item> items;
  };
  const part* find(std::string_view section) const;
  std::vector<part> parts_;
  std::string trailing_comment_;
};

} // namespace argosy
