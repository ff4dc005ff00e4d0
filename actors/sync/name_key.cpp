#include "actors/sync/name_key.hpp"

#include "core/unicode.hpp"

namespace argosy {

std::string name_key(const merge_rules& rules, std::string_view name) {
  auto key = rules.normalize ? normalize_nfc(name) : std::string{name};
  return rules.fold_case ? to_lower(key) : key;
}

std::string source_key(const merge_rules& rules, const entry_view& entry) {
  if (!rules.transform.active()) return name_key(rules, entry.name);
  try {
    return name_key(rules, rules.transform.name(entry.name, entry.kind == entry_kind::directory));
  } catch (const failure&) {
    return name_key(rules, entry.name); // the merge tells of it
  }
}

} // namespace argosy
