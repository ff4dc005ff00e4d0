#include "actors/cluster/own_jobs.hpp"

#include <memory>
#include <set>
#include <utility>

#include <caf/all.hpp>

#include "actors/reports/job_report.hpp"

namespace argosy {

namespace {

/// Jobs of one node that others know of.
constexpr std::size_t most_told = 256;
/// Parameters that are longer, in bytes, stay here: they travel each second.
constexpr std::size_t longest_input = 16 << 10;

struct round_of_questions {
  std::vector<job_summary> jobs;
  std::vector<job_id> forgotten;
  std::size_t open = 1; // one for whoever asks
  std::function<void(std::vector<job_summary>, const std::vector<job_id>&)> done;
  void answered() {
    if (--open == 0) done(std::move(jobs), forgotten);
  }
};

job_summary summary_of(const job_status& status, const job_report& report) {
  job_summary one;
  one.id = status.id;
  one.finished = status.finished;
  one.group = status.group;
  one.started = status.started;
  one.path = report.made_by().path;
  if (report.made_by().input.size() <= longest_input) one.input = report.made_by().input;
  const auto account = report.account();
  one.found = account.found;
  one.copied = account.copied;
  one.skipped = account.skipped;
  one.failed = account.failed;
  one.deleted = account.deleted;
  one.renamed = account.renamed;
  return one;
}

} // namespace

bool job_terms::give_up(job_id id, std::uint32_t term, const std::string& node) {
  auto& one = terms_[id];
  const auto known = one.holder == node && one.term == term;
  one = {term, node};
  // What others have adopted long ago is not asked for any more.
  constexpr std::size_t most = 1000;
  if (terms_.size() > most && terms_.begin()->first != id) terms_.erase(terms_.begin());
  return !known;
}

std::vector<job_id> job_terms::adopted() const {
  std::vector<job_id> ids;
  for (const auto& [id, one] : terms_)
    if (one.holder.empty()) ids.push_back(id);
  return ids;
}

void summarize_jobs(cluster_actor::base* self, const job_table_actor& jobs,
                    const std::vector<job_id>& adopted,
                    std::function<void(std::vector<job_summary>, const std::vector<job_id>&)> done) {
  auto all = std::make_shared<round_of_questions>();
  all->done = std::move(done);
  self->request(jobs, caf::infinite, list_atom_v)
      .then(
          [self, jobs, all, adopted](const job_lists& lists) {
            std::set<job_id> ids{adopted.begin(), adopted.end()};
            for (const auto id : lists.running)
              if (ids.size() < most_told) ids.insert(id);
            all->open += ids.size();
            for (const auto id : ids)
              self->request(jobs, caf::infinite, report_atom_v, id)
                  .then(
                      [all](const job_status& status, const std::shared_ptr<job_report>& report,
                            const std::shared_ptr<job_pace>&) {
                        if (report) all->jobs.push_back(summary_of(status, *report));
                        all->answered();
                      },
                      [all, id](const caf::error&) {
                        all->forgotten.push_back(id);
                        all->answered();
                      });
            all->answered();
          },
          [](const caf::error&) {});
}

} // namespace argosy
