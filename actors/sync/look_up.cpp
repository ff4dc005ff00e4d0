#include "actors/sync/look_up.hpp"

#include "backends/walk.hpp"

namespace argosy {

known_names listed_below(const std::set<std::string, std::less<>>& listed, const std::string& directory) {
  const auto prefix = directory.empty() ? directory : directory + "/";
  known_names found;
  for (auto i = listed.lower_bound(prefix); i != listed.end() && i->compare(0, prefix.size(), prefix) == 0;) {
    const auto slash = i->find('/', prefix.size());
    auto name = i->substr(prefix.size(), slash == std::string::npos ? slash : slash - prefix.size());
    if (slash == std::string::npos) {
      if (!name.empty()) found.files.push_back(std::move(name));
      ++i;
      continue;
    }
    // '0' follows '/': the first one that is not below this directory.
    i = listed.lower_bound(prefix + name + "0");
    found.directories.push_back(std::move(name));
  }
  return found;
}

void look_up(const may_block& on, session& at, const std::string& directory, const known_names& names,
             listing& into) {
  const auto add = [&](const std::string& name, entry_kind kind) {
    on.check();
    const auto found = at.stat(on, path_below(directory, name));
    if (found && found->kind == kind) into.add(name, kind, found->size, found->modified);
  };
  for (const auto& name : names.files) add(name, entry_kind::file);
  for (const auto& name : names.directories) add(name, entry_kind::directory);
}

} // namespace argosy
