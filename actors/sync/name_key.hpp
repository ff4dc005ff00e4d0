#pragma once

#include <string>
#include <string_view>

#include "actors/sync/merge.hpp"

namespace argosy {

/// What names are matched by: the same key, the same entry.
std::string name_key(const merge_rules& rules, std::string_view name);
/// Of an entry of the source, by the name that it gets at the destination; where that fails, by its own.
std::string source_key(const merge_rules& rules, const entry_view& entry);

} // namespace argosy
