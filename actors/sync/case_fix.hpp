#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/sync/merge.hpp"
#include "backends/storage.hpp"

/// The option fix_case: what the destination holds under the source's name in another case, or in another
/// composition of its characters, gets the source's name.
namespace argosy {

struct case_rename {
  std::string from, to; ///< paths at the destination
  bool directory = false;
  std::size_t index = 0; ///< of a file: in the plan's source; of a directory: in its `below`
};

/// What of one merged directory has another name.
std::vector<case_rename> case_renames(const directory_plan& plan);

/// Renames it, by way of another name where the storage does not tell the two apart. Throws failure; then it
/// has its old name again, as far as that can be had.
void rename_case(const may_block& on, session& at, const case_rename& what);

/// Enters into the plan that this was renamed.
void renamed_case(directory_plan& plan, const case_rename& what);

} // namespace argosy
