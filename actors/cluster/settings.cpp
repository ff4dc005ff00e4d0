#include "actors/cluster/settings.hpp"

#include <algorithm>
#include <array>

#include <unistd.h>

#include "actors/cluster/hello.hpp"
#include "backends/node/disk_exports.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy {

std::string node_name(const cluster_settings& given) {
  if (!given.node.empty()) return given.node;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "node";
  return name.data();
}

// A comma only divides where an absolute path follows: folders may have commas in their names.
std::vector<disk_export> exports_of(const cluster_settings& given) {
  std::vector<disk_export> all;
  for (const auto& text : given.exports)
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find(",/", at), text.size());
      all.push_back(parse_disk_export(text.substr(at, end - at)));
      at = end + 1;
    }
  return all;
}

void check(const cluster_settings& given) {
  const auto refuse = [](const std::string& why) { fail(failure_kind::bad_parameter, why); };
  if (!given.wanted()) {
    if (!given.node.empty() || !given.join.empty() || !given.secret_file.empty() || !given.exports.empty() ||
        !given.shared.empty() || !given.certificate.empty() || !given.key.empty() || !given.authority.empty())
      refuse("a node of a cluster needs --cluster-listen");
    return;
  }
  check_node_name(node_name(given));
  split_address(given.listen);
  for (const auto& address : given.join) split_address(address);
  exports_of(given);
  for (const auto& folder : given.shared)
    if (folder.empty() || folder.front() != '/')
      refuse("--cluster-shared needs the whole path of a folder, not " + go_quote(folder));
  if (given.secret_file.empty()) refuse("--cluster-listen needs --cluster-secret-file");
  const auto files = !given.certificate.empty() + !given.key.empty() + !given.authority.empty();
  if (files != 0 && files != 3) refuse("--cluster-cert, --cluster-key and --cluster-ca go together");
}

} // namespace argosy
