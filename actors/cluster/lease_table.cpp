#include "actors/cluster/lease_table.hpp"

#include <algorithm>

namespace argosy {

void lease_table::join(helper_id helper, clock now) { helpers_[helper].deadline = now + term_; }

bool lease_table::holds(helper_id helper, run_number run) const {
  const auto found = holders_.find(run);
  return found != holders_.end() && found->second == helper;
}

bool lease_table::grant(helper_id helper, const runs& given, clock now) {
  const auto found = helpers_.find(helper);
  if (found == helpers_.end()) return false;
  if (std::any_of(given.begin(), given.end(), [&](run_number run) { return holders_.count(run) != 0; }))
    return false;
  auto& share = found->second;
  // Who has nothing need not have said anything.
  if (share.held.empty()) share.deadline = now + term_;
  for (const auto run : given) {
    share.held.emplace(run, false);
    holders_.emplace(run, helper);
  }
  return true;
}

void lease_table::heard(helper_id helper, const std::set<run_number>& begun, clock now) {
  const auto found = helpers_.find(helper);
  if (found == helpers_.end()) return;
  found->second.deadline = now + term_;
  for (const auto run : begun)
    if (const auto held = found->second.held.find(run); held != found->second.held.end()) held->second = true;
}

bool lease_table::end(helper_id helper, run_number run) {
  if (!holds(helper, run)) return false;
  holders_.erase(run);
  helpers_.at(helper).held.erase(run);
  return true;
}

std::vector<lease_table::helper_id> lease_table::late(clock now) const {
  std::vector<helper_id> late;
  for (const auto& [helper, share] : helpers_)
    if (!share.held.empty() && share.deadline <= now) late.push_back(helper);
  return late;
}

lease_table::runs lease_table::leave(helper_id helper) {
  runs left;
  const auto found = helpers_.find(helper);
  if (found == helpers_.end()) return left;
  for (const auto& [run, begun] : found->second.held) {
    left.push_back(run);
    holders_.erase(run);
  }
  helpers_.erase(found);
  return left;
}

std::size_t lease_table::not_begun(helper_id helper) const {
  const auto found = helpers_.find(helper);
  if (found == helpers_.end()) return 0;
  const auto& held = found->second.held;
  return static_cast<std::size_t>(
      std::count_if(held.begin(), held.end(), [](const auto& one) { return !one.second; }));
}

lease_table::helper_id lease_table::richest() const {
  helper_id richest = 0;
  std::size_t most = 0;
  for (const auto& [helper, share] : helpers_)
    if (const auto count = not_begun(helper); count > most) {
      richest = helper;
      most = count;
    }
  return richest;
}

} // namespace argosy
