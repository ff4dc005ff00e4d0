#include "actors/cluster/foreign_jobs.hpp"

#include <algorithm>
#include <utility>

namespace argosy {

void foreign_jobs::told(const std::string& node, std::uint64_t incarnation, std::vector<job_summary> jobs) {
  up(node, incarnation);
  auto& known = nodes_[node].jobs;
  known.clear();
  for (auto& one : jobs) {
    // Whoever has it under another term than the lost node goes on with it.
    if (const auto gone = lost_.find(one.id); gone != lost_.end() && one.term > gone->second.job.term)
      lost_.erase(gone);
    known.emplace(one.id, std::move(one));
  }
}

void foreign_jobs::lost(const std::string& node) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return;
  for (auto& [id, one] : found->second.jobs) {
    if (one.finished || !successor(id, one.term).empty()) continue;
    lost_[id] = {node, found->second.incarnation, std::move(one)};
  }
  nodes_.erase(found);
  while (lost_.size() > most_lost)
    lost_.erase(std::min_element(lost_.begin(), lost_.end(), [](const auto& a, const auto& b) {
      return a.second.job.started < b.second.job.started;
    }));
}

void foreign_jobs::up(const std::string& node, std::uint64_t incarnation) {
  auto& known = nodes_[node];
  // Another process of that name has none of the jobs.
  if (known.incarnation != 0 && known.incarnation != incarnation) {
    lost(node);
    nodes_[node] = {incarnation, {}};
    return;
  }
  known.incarnation = incarnation;
  for (auto at = lost_.begin(); at != lost_.end();) {
    const auto& one = at->second;
    at = one.node == node && one.incarnation == incarnation ? lost_.erase(at) : std::next(at);
  }
}

void foreign_jobs::left(const std::string& node) { nodes_.erase(node); }

void foreign_jobs::adopted(job_id id) { lost_.erase(id); }

std::optional<foreign_jobs::lost_job> foreign_jobs::find_lost(job_id id) const {
  const auto found = lost_.find(id);
  if (found == lost_.end()) return std::nullopt;
  return lost_job{found->second.node, found->second.job};
}

std::string foreign_jobs::successor(job_id id, std::uint32_t own) const {
  for (const auto& [name, node] : nodes_)
    if (const auto found = node.jobs.find(id); found != node.jobs.end() && found->second.term > own)
      return name;
  return {};
}

bool gives_way(std::uint32_t own_term, const std::string& own, std::uint32_t other_term,
               const std::string& other) {
  return other_term > own_term || (other_term == own_term && other < own);
}

} // namespace argosy
