#include "actors/sync/look_up.hpp"

#include <algorithm>

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

void look_up(const may_block& on, session& at, const std::string& directory,
             const std::vector<std::string>& names, std::size_t first, std::size_t count, listing& into) {
  const auto end = std::min(names.size(), first + count);
  for (auto i = first; i < end; ++i) {
    on.check();
    const auto found = at.stat(on, path_below(directory, names[i]));
    if (found && found->kind == entry_kind::file)
      into.add(names[i], entry_kind::file, found->size, found->modified);
  }
}

listing passing(const may_block& on, session& at, const std::string& directory, const filter& rules,
                listing&& entries) {
  listing chosen;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto entry = entries[i];
    if (entry.kind == entry_kind::file) {
      on.check();
      const auto path = path_below(directory, entry.name);
      const auto metadata = at.metadata(on, path);
      if (!rules.includes_file(path, entry.size, entry.modified, &metadata)) continue;
    }
    chosen.add(entry.name, entry.kind, entry.size, entry.modified);
  }
  return chosen;
}

} // namespace argosy
