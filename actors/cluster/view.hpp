#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/cluster/cluster.hpp"
#include "actors/cluster/foreign_jobs.hpp"

/// The handlers that make all nodes look like one.
namespace argosy {

/// Who is asked.
struct view_source {
  services* with = nullptr;
  directory around;                                ///< of this node
  std::map<std::string, node_actor> others;        ///< that are up, by name
  node_names unreachable;                          ///< that are not
  std::string self;                                ///< name of this node
  std::string holder = {};                         ///< of a job that was adopted, if it is another node
  std::optional<foreign_jobs::lost_job> lost = {}; ///< the job, when it was lost with its node
};

using cluster_pointer_base = cluster_actor::base*;

using found_job = caf::result<job_status, std::string, std::string, std::vector<job_summary>>;
found_job find_job(cluster_pointer_base self, const view_source& from, job_id id);
caf::result<void> stop_job(cluster_pointer_base self, const view_source& from, job_id id);
caf::result<job_lists, node_names> list_jobs(cluster_pointer_base self, const view_source& from);
caf::result<node_names> stop_group(cluster_pointer_base self, const view_source& from,
                                   const std::string& group);
caf::result<stats_snapshot, node_names> sum_stats(cluster_pointer_base self, const view_source& from,
                                                  const std::string& group);
caf::result<std::vector<transfer_record>, node_names>
all_transferred(cluster_pointer_base self, const view_source& from, const std::string& group);

/// What this node answers to another: one group's figures, empty ones when there is no such group, which a
/// question does not make.
caf::result<stats_snapshot> own_stats(cluster_pointer_base self, const directory& around,
                                      const std::string& group);

} // namespace argosy
