#include "app/leak_state.hpp"

#include <cctype>

namespace argosy {

std::string leak_state_file(const settings_of_run& run) {
  if (!run.leak_watch || run.leak_state == "-") return {};
  if (!run.leak_state.empty()) return run.leak_state;
  const auto& addresses = run.rc.server.listen_addresses;
  if (addresses.empty()) return {};
  auto name = addresses.front();
  if (name.size() >= 2 && name.compare(name.size() - 2, 2, ":0") == 0) return {};
  for (auto& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.') c = '-';
  return run.cache_folder + "/leak-watch/" + name;
}

} // namespace argosy
