#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "actors/cluster/cluster.hpp"

namespace argosy {

/// The terms of the jobs of this node: 1, but for those that it has adopted.
class job_terms {
public:
  std::uint32_t of(job_id id) const {
    const auto found = terms_.find(id);
    return found == terms_.end() ? 1 : found->second.term;
  }
  void take(job_id id, std::uint32_t term) { terms_[id] = {term, {}}; }
  /// That node has it under that term. False: that was known.
  bool give_up(job_id id, std::uint32_t term, const std::string& node);
  /// The node that has it now; empty: it was not given up.
  std::string holder(job_id id) const {
    const auto found = terms_.find(id);
    return found == terms_.end() ? std::string{} : found->second.holder;
  }
  void forget(job_id id) { terms_.erase(id); }
  /// Those that are this node's.
  std::vector<job_id> adopted() const;

private:
  struct job_term {
    std::uint32_t term = 1;
    std::string holder; // empty: this node
  };
  std::map<job_id, job_term> terms_;
};

/// Gathers what other nodes need to go on with the jobs of this one: of running ones that work on files, of
/// which at most some hundred are told, and of the adopted ones, running or not. `done` also gets the ids of
/// adopted jobs that are not known any more. It runs in the actor `self`.
void summarize_jobs(cluster_actor::base* self, const job_table_actor& jobs,
                    const std::vector<job_id>& adopted,
                    std::function<void(std::vector<job_summary>, const std::vector<job_id>&)> done);

} // namespace argosy
