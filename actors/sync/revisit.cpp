#include "actors/sync/revisit.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/object_path.hpp"

namespace argosy {

namespace {

/// Failures that are gathered by directory before work on them begins: about 100 bytes each.
constexpr std::size_t records_at_once = 10'000;

using names = std::set<std::string, std::less<>>;

/// Keeps the entries of `from` whose name is wanted and takes those names off the list of missing ones.
void keep(std::vector<std::uint32_t>& chosen, const listing& from, const names& wanted, names& missing) {
  chosen.erase(std::remove_if(chosen.begin(), chosen.end(),
                              [&](std::uint32_t index) {
                                const auto name = from[index].name;
                                if (wanted.find(name) == wanted.end()) return true;
                                if (const auto found = missing.find(name); found != missing.end())
                                  missing.erase(found);
                                return false;
                              }),
               chosen.end());
}

int depth_of(const std::string& path) {
  return path.empty() ? 0 : 1 + static_cast<int>(std::count(path.begin(), path.end(), '/'));
}

/// What is to be done in one directory.
struct gathered {
  directory_task task;
  revisit only;
  bool whole = false;
};

class gatherer {
public:
  bool full() const { return records_ >= records_at_once; }
  void add(const report_place& place, const file_outcome& one) {
    ++records_;
    if (one.is_directory) return add_directory(place, one.what);
    auto& at = at_place(place);
    (one.what == work_kind::deleting ? at.only.surplus : at.only.files).emplace(one.name);
  }
  retry_scope::batch all() {
    for (auto& [path, one] : by_path_) {
      if (!one.whole) one.task.only = std::make_shared<const revisit>(std::move(one.only));
      batch_.directories.push_back(std::move(one.task));
    }
    return std::move(batch_);
  }

private:
  gathered& at_place(const report_place& place) {
    const auto [found, added] = by_path_.try_emplace(place.directory);
    auto& task = found->second.task;
    if (added) {
      task.path = place.directory;
      task.in_source = place.in_source;
      task.in_destination = true;
      task.depth = depth_of(place.directory);
      task.other_path = place.destination_directory;
      task.alone = true;
    }
    task.in_source |= place.in_source;
    return found->second;
  }
  void add_directory(const report_place& place, work_kind what) {
    switch (what) {
    case work_kind::listing: at_place(place).whole = true; return;
    case work_kind::deleting: batch_.surplus_directories.push_back(place.directory); return;
    default: break;
    }
    auto parent = place;
    parent.directory = parent_of(place.directory);
    if (!place.destination_directory.empty())
      parent.destination_directory = parent_of(place.destination_directory);
    at_place(parent).only.directories.emplace(leaf_of(place.directory));
  }

  std::map<std::string, gathered> by_path_;
  retry_scope::batch batch_;
  std::size_t records_ = 0;
};

} // namespace

std::vector<vanished_file> keep_only(directory_plan& plan, const revisit& only) {
  auto missing = only.files, missing_surplus = only.surplus;
  for (auto* chosen : {&plan.copy, &plan.check, &plan.check_hash, &plan.equal, &plan.lone, &plan.immutable})
    keep(*chosen, plan.source, only.files, missing);
  keep(plan.different, plan.source, only.files, missing);
  keep(plan.surplus, plan.destination, only.surplus, missing_surplus);
  plan.untransformed.erase(
      std::remove_if(plan.untransformed.begin(), plan.untransformed.end(),
                     [&](const auto& one) {
                       const auto entry = plan.source[one.first];
                       const auto& wanted =
                           entry.kind == entry_kind::directory ? only.directories : only.files;
                       if (wanted.find(entry.name) == wanted.end()) return true;
                       if (const auto found = missing.find(entry.name); found != missing.end())
                         missing.erase(found);
                       return false;
                     }),
      plan.untransformed.end());
  plan.copy_bytes = 0;
  for (const auto index : plan.copy)
    plan.copy_bytes += static_cast<std::uint64_t>(std::max<std::int64_t>(0, plan.source[index].size));
  plan.below.erase(std::remove_if(plan.below.begin(), plan.below.end(),
                                  [&](const directory_task& one) {
                                    return only.directories.find(leaf_of(one.path)) == only.directories.end();
                                  }),
                   plan.below.end());
  std::vector<vanished_file> vanished;
  for (const auto& name : missing) vanished.push_back({name, false});
  for (const auto& name : missing_surplus) vanished.push_back({name, true});
  return vanished;
}

retry_scope::retry_scope(std::shared_ptr<const job_report> report, job_report::region records,
                         bool worth_another) :
    report_(std::move(report)),
    records_(records) {
  wanted_.only(outcome_kind::failed);
  wanted_.superseded = worth_another;
  wanted_.worth_another = worth_another;
}

retry_scope::batch retry_scope::next(const may_block& on) {
  gatherer found;
  records_.from = report_->read(on, records_, wanted_,
                                [&](const report_place& place, const file_outcome& one, std::uint32_t) {
                                  if (found.full()) return false;
                                  found.add(place, one);
                                  return true;
                                });
  return found.all();
}

void retry_scope::rest(const may_block& on,
                       const std::function<void(const report_place& place, const file_outcome& one)>& visit) {
  records_.from = report_->read(on, records_, wanted_,
                                [&](const report_place& place, const file_outcome& one, std::uint32_t) {
                                  visit(place, one);
                                  return true;
                                });
}

} // namespace argosy
