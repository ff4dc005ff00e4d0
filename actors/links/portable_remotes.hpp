#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "actors/links/configuration.hpp"
#include "backends/table.hpp"

namespace argosy {

/// What remotes need of the configuration of one daemon, to be made by another one: sections with the values
/// in force, and options of types that are named without a section.
struct portable_remotes {
  std::map<std::string, std::map<std::string, std::string>> sections;
  std::map<std::string, std::string> flags; ///< as remote_maker takes them
};

/// What these fs texts need. `flags` as remote_maker takes them. Blocks. Throws failure(unsupported) for
/// types that are not in the table, failure(other) for sections that are not there.
portable_remotes needed_by(const may_block& on, configuration& config, const storage_table& table,
                           const std::map<std::string, std::string>& flags,
                           const std::vector<std::string>& texts);

/// Throws failure(unsupported) unless all that these remotes read and write is on servers, or below one of
/// the folders, which are in plain absolute form. Strict: what is not understood does not pass.
void check_reachable(const portable_remotes& remotes, const std::vector<std::string>& texts,
                     const std::vector<std::string>& folders);
/// Whether `path` is one of those folders or in one.
bool is_within(const std::vector<std::string>& folders, const std::string& path);

/// As JSON, and back. Throws failure(other) for what is no such text.
std::string to_text(const portable_remotes& remotes);
portable_remotes portable_remotes_from(std::string_view text);

} // namespace argosy
