#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/cluster/messages.hpp"

namespace argosy {

/// The jobs of the other nodes as they were last told: whose node is lost can be adopted, and of two nodes
/// that have one job one gives way. Plain values.
class foreign_jobs {
public:
  /// So many lost jobs are remembered.
  static constexpr std::size_t most_lost = 1000;

  /// What that node has now.
  void told(const std::string& node, std::uint64_t incarnation, std::vector<job_summary> jobs);
  /// That node is lost, and with it what ran there.
  void lost(const std::string& node);
  /// That node is up. The same process has its jobs still.
  void up(const std::string& node, std::uint64_t incarnation);
  /// It has ended, after its jobs.
  void left(const std::string& node);
  /// Somebody goes on with that job.
  void adopted(job_id id);

  struct lost_job {
    std::string node;
    job_summary job;
  };
  /// A job that was running on a node that is lost, unless somebody has adopted it.
  std::optional<lost_job> find_lost(job_id id) const;
  /// The node that has it under a higher term than `own`; empty: none.
  std::string successor(job_id id, std::uint32_t own) const;

private:
  struct node_jobs {
    std::uint64_t incarnation = 0;
    std::map<job_id, job_summary> jobs;
  };
  std::map<std::string, node_jobs> nodes_; // that are up
  struct lost_with {
    std::string node;
    std::uint64_t incarnation = 0;
    job_summary job;
  };
  std::map<job_id, lost_with> lost_;
};

/// Whether a node gives up a job that it has under `own_term`, as `other` has it under `other_term`: a higher
/// term wins, and of equal ones the smaller name.
bool gives_way(std::uint32_t own_term, const std::string& own, std::uint32_t other_term,
               const std::string& other);

} // namespace argosy
