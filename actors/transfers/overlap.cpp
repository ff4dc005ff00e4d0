#include "actors/transfers/overlap.hpp"

#include "core/unicode.hpp"

namespace argosy {

namespace {

std::string comparable_root(const storage_info& info) {
  auto root = info.features.CaseInsensitive ? to_lower(info.root) : info.root;
  while (!root.empty() && root.back() == '/') root.pop_back();
  root.erase(0, root.find_first_not_of('/'));
  // The root of all is written "/" or "": everything lies within it.
  return root.empty() ? root : root + "/";
}

} // namespace

bool same_remote(const storage_info& a, const storage_info& b) {
  return a.type == b.type && a.name == b.name;
}

overlap overlap_of(const storage_info& source, const storage_info& destination) {
  if (!same_remote(source, destination)) return overlap::none;
  const auto from = comparable_root(source), to = comparable_root(destination);
  if (from == to) return overlap::same;
  if (from.compare(0, to.size(), to) == 0) return overlap::source_within;
  if (to.compare(0, from.size(), from) == 0) return overlap::destination_within;
  return overlap::none;
}

} // namespace argosy
