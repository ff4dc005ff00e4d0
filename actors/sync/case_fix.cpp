#include "actors/sync/case_fix.hpp"

#include <algorithm>
#include <random>

#include "backends/copy_object.hpp"
#include "core/object_path.hpp"

namespace argosy {

namespace {

void move(const may_block& on, session& at, const std::string& from, const std::string& to, bool directory) {
  if (directory) {
    if (at.move_directory_from(on, at, from, to)) return;
    fail(failure_kind::other, "can't move directory - incompatible remotes");
  }
  move_object(on, at, at, {from, to}, {});
}

/// As rclone calls what it renames twice.
std::string another_name(const std::string& path) {
  std::random_device chance;
  std::string name = path + "-rclone-move-";
  for (int i = 0; i < 8; ++i) name += "abcdefghijklmnopqrstuvwxyz0123456789"[chance() % 36];
  return name;
}

} // namespace

std::vector<case_rename> case_renames(const directory_plan& plan) {
  std::vector<case_rename> found;
  for (const auto& [source, destination] : plan.renamed) {
    const auto wanted = plan.source[source].name;
    found.push_back({plan.destination_path_of(plan.destination[destination].name),
                     plan.destination_path_of(wanted), false, source});
  }
  for (std::size_t i = 0; i < plan.below.size(); ++i) {
    const auto& task = plan.below[i];
    if (!task.in_source || !task.in_destination) continue;
    const auto wanted = plan.destination_path_of(leaf_of(task.path));
    if (wanted != task.destination_path()) found.push_back({task.destination_path(), wanted, true, i});
  }
  std::sort(found.begin(), found.end(),
            [](const case_rename& a, const case_rename& b) { return a.from < b.from; });
  return found;
}

void rename_case(const may_block& on, session& at, const case_rename& what) {
  if (!at.of().info().features.CaseInsensitive) return move(on, at, what.from, what.to, what.directory);
  const auto between = another_name(what.to);
  move(on, at, what.from, between, what.directory);
  try {
    move(on, at, between, what.to, what.directory);
  } catch (const failure&) {
    move(on.for_cleaning(), at, between, what.from, what.directory);
    throw;
  }
}

void renamed_case(directory_plan& plan, const case_rename& what) {
  if (!what.directory) {
    const auto pair = plan.renamed.find(static_cast<std::uint32_t>(what.index));
    if (pair == plan.renamed.end()) return;
    // The listing goes on having the old name: where it differs from now on, this one counts.
    plan.renamed.erase(pair);
    return;
  }
  auto& task = plan.below[what.index];
  task.other_path = plan.other_path.empty() ? std::string{} : what.to;
}

} // namespace argosy
