#include "actors/cluster/view.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include <caf/all.hpp>

#include "actors/errors.hpp"
#include "actors/jobs/job_table.hpp"
#include "actors/stats/counters.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

/// A node that is alive answers in milliseconds; one that is not is lost a second later.
constexpr auto patience = std::chrono::seconds(3);

bool is_not_found(const caf::error& e) { return to_failure(e).text == job_not_found().text; }

std::string joined(const node_names& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// One question to several nodes: `done` runs when each has answered or was given up.
template <class Sum>
struct round : std::enable_shared_from_this<round<Sum>> {
  round(node_names gone, std::function<void(round&)> at_end) :
      unreachable(std::move(gone)), done(std::move(at_end)) {}
  void answered() {
    if (--open == 0) done(*this);
  }
  void silent(const std::string& node) {
    unreachable.push_back(node);
    answered();
  }
  Sum sum{};
  std::size_t open = 1; // one for whoever asks
  node_names unreachable;
  std::function<void(round&)> done;
};

template <class Sum, class Answer, class... Ts>
void ask_others(cluster_pointer_base self, const view_source& from, const std::shared_ptr<round<Sum>>& all,
                void (*add)(Sum&, Answer&), Ts... question) {
  for (const auto& [name, node] : from.others) {
    ++all->open;
    self->request(node, patience, question...)
        .then(
            [all, add](Answer& one) {
              add(all->sum, one);
              all->answered();
            },
            [all, name = name](const caf::error&) { all->silent(name); });
  }
}

/// The answer that a promise waits for, from this node and from the others.
template <class Sum, class Handle, class... Ts>
void ask_all(cluster_pointer_base self, const view_source& from, const Handle& own,
             caf::response_promise promise, void (*add)(Sum&, Sum&), Ts... question) {
  auto all =
      std::make_shared<round<Sum>>(from.unreachable, [promise = std::move(promise)](round<Sum>& end) mutable {
        std::sort(end.unreachable.begin(), end.unreachable.end());
        promise.deliver(std::move(end.sum), std::move(end.unreachable));
      });
  ask_others(self, from, all, add, question...);
  self->request(own, caf::infinite, question...)
      .then(
          [all, add](Sum& one) {
            add(all->sum, one);
            all->answered();
          },
          [all, self_name = from.self](const caf::error&) { all->silent(self_name); });
}

void add_lists(job_lists& sum, job_lists& one) {
  sum.running.insert(sum.running.end(), one.running.begin(), one.running.end());
  sum.finished.insert(sum.finished.end(), one.finished.begin(), one.finished.end());
  std::sort(sum.running.begin(), sum.running.end());
  std::sort(sum.finished.begin(), sum.finished.end());
}

void add_stats(stats_snapshot& sum, stats_snapshot& one) { accumulate(sum, one); }

void add_records(std::vector<transfer_record>& sum, std::vector<transfer_record>& one) {
  std::move(one.begin(), one.end(), std::back_inserter(sum));
  std::stable_sort(sum.begin(), sum.end(),
                   [](const transfer_record& a, const transfer_record& b) { return a.started < b.started; });
}

/// What nobody knew.
caf::error unknown(node_names unreachable) {
  if (unreachable.empty()) return to_error(job_not_found());
  std::sort(unreachable.begin(), unreachable.end());
  return to_error({failure_kind::other,
                   job_not_found().text + " on any node that answers; not reached: " + joined(unreachable)});
}

/// A job that this node does not have, asked for at the others, all at once: the first that has it answers.
struct search {
  search(caf::response_promise to, const view_source& from) :
      promise(std::move(to)), unreachable(from.unreachable), open(from.others.size() + 1) {}
  template <class... Ts>
  void found(Ts&&... xs) {
    if (!std::exchange(delivered, true)) promise.deliver(std::forward<Ts>(xs)...);
    answered();
  }
  void failed(const std::string& node, const caf::error& e) {
    if (!is_not_found(e)) unreachable.push_back(node);
    answered();
  }
  void answered() {
    if (--open == 0 && !delivered) promise.deliver(unknown(std::move(unreachable)));
  }
  caf::response_promise promise;
  node_names unreachable;
  std::size_t open;
  bool delivered = false;
};

} // namespace

namespace {

using summaries = std::vector<job_summary>;

/// A job that ended with its node.
job_status status_of(const foreign_jobs::lost_job& lost) {
  job_status status;
  status.id = lost.job.id;
  status.group = lost.job.group;
  status.started = lost.job.started;
  status.ended = now();
  status.finished = true;
  status.error = {failure_kind::other,
                  "node " + go_quote(lost.node) + " was lost with this job: cluster/adopt goes on with it"};
  status.output = "{}";
  return status;
}

void ask_for_job(cluster_pointer_base self, const view_source& from, caf::response_promise promise,
                 job_id id) {
  auto all = std::make_shared<search>(std::move(promise), from);
  for (const auto& [name, node] : from.others)
    self->request(node, patience, status_atom_v, id)
        .then(
            [all, name = name](job_status& found, std::string& execute_id) {
              all->found(std::move(found), std::move(execute_id), name, summaries{});
            },
            [all, name = name](const caf::error& why) { all->failed(name, why); });
  all->answered();
}

void find_here(cluster_pointer_base self, const view_source& from, caf::response_promise promise, job_id id) {
  auto own_name = from.self;
  auto own_id = from.with->execute_id;
  self->request(from.around.jobs, caf::infinite, status_atom_v, id)
      .then(
          [promise, own_name, own_id](job_status& found) mutable {
            promise.deliver(std::move(found), std::move(own_id), std::move(own_name), summaries{});
          },
          [self, from, promise, id](caf::error& e) mutable {
            if (!is_not_found(e)) return promise.deliver(std::move(e));
            if (!from.lost) return ask_for_job(self, from, promise, id);
            promise.deliver(status_of(*from.lost), std::string{}, from.lost->node, summaries{from.lost->job});
          });
}

} // namespace

found_job find_job(cluster_pointer_base self, const view_source& from, job_id id) {
  auto promise = self->make_response_promise();
  const auto holder = from.others.find(from.holder);
  const auto& gone = from.unreachable;
  const auto silent = [](const std::string& node) {
    return to_error(
        {failure_kind::other, "the job is with node " + go_quote(node) + ", which does not answer"});
  };
  if (holder != from.others.end()) {
    // What this node has of the job is not how it goes on.
    self->request(holder->second, patience, status_atom_v, id)
        .then(
            [promise, name = from.holder](job_status& found, std::string& execute_id) mutable {
              promise.deliver(std::move(found), std::move(execute_id), name, summaries{});
            },
            [self, from, promise, id, silent](const caf::error& e) mutable {
              if (!is_not_found(e)) return promise.deliver(silent(from.holder));
              find_here(self, from, promise, id);
            });
  } else if (std::find(gone.begin(), gone.end(), from.holder) != gone.end()) {
    promise.deliver(silent(from.holder));
  } else {
    find_here(self, from, promise, id);
  }
  return caf::delegated<job_status, std::string, std::string, summaries>{};
}

caf::result<void> stop_job(cluster_pointer_base self, const view_source& from, job_id id) {
  auto promise = self->make_response_promise();
  self->request(from.around.jobs, caf::infinite, stop_atom_v, id)
      .then([promise]() mutable { promise.deliver(caf::unit); },
            [self, from, promise, id](caf::error& e) mutable {
              if (!is_not_found(e)) return promise.deliver(std::move(e));
              auto all = std::make_shared<search>(promise, from);
              for (const auto& [name, node] : from.others)
                self->request(node, patience, stop_atom_v, id)
                    .then([all] { all->found(caf::unit); },
                          [all, name = name](const caf::error& why) { all->failed(name, why); });
              all->answered();
            });
  return caf::delegated<void>{};
}

caf::result<job_lists, node_names> list_jobs(cluster_pointer_base self, const view_source& from) {
  ask_all<job_lists>(self, from, from.around.jobs, self->make_response_promise(), add_lists, list_atom_v);
  return caf::delegated<job_lists, node_names>{};
}

caf::result<node_names> stop_group(cluster_pointer_base self, const view_source& from,
                                   const std::string& group) {
  struct nothing {};
  auto all = std::make_shared<round<nothing>>(
      from.unreachable, [promise = self->make_response_promise()](round<nothing>& end) mutable {
        std::sort(end.unreachable.begin(), end.unreachable.end());
        promise.deliver(std::move(end.unreachable));
      });
  for (const auto& [name, node] : from.others) {
    ++all->open;
    self->request(node, patience, stop_atom_v, group)
        .then([all] { all->answered(); }, [all, name = name](const caf::error&) { all->silent(name); });
  }
  self->request(from.around.jobs, caf::infinite, stop_atom_v, group)
      .then([all] { all->answered(); }, [all](const caf::error&) { all->answered(); });
  return caf::delegated<node_names>{};
}

caf::result<stats_snapshot, node_names> sum_stats(cluster_pointer_base self, const view_source& from,
                                                  const std::string& group) {
  ask_all<stats_snapshot>(self, from, from.around.stats, self->make_response_promise(), add_stats,
                          caf::get_atom_v, group);
  return caf::delegated<stats_snapshot, node_names>{};
}

caf::result<std::vector<transfer_record>, node_names>
all_transferred(cluster_pointer_base self, const view_source& from, const std::string& group) {
  ask_all<std::vector<transfer_record>>(self, from, from.around.stats, self->make_response_promise(),
                                        add_records, caf::flush_atom_v, group);
  return caf::delegated<std::vector<transfer_record>, node_names>{};
}

caf::result<stats_snapshot> own_stats(cluster_pointer_base self, const directory& around,
                                      const std::string& group) {
  auto promise = self->make_response_promise();
  if (group.empty()) {
    self->request(around.stats, caf::infinite, caf::get_atom_v, group)
        .then([promise](stats_snapshot& all) mutable { promise.deliver(std::move(all)); },
              [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
    return caf::delegated<stats_snapshot>{};
  }
  self->request(around.stats, caf::infinite, list_atom_v)
      .then(
          [self, promise, stats = around.stats, group](bool, const node_names& names) mutable {
            if (std::find(names.begin(), names.end(), group) == names.end())
              return promise.deliver(stats_snapshot{});
            self->request(stats, caf::infinite, caf::get_atom_v, group)
                .then([promise](stats_snapshot& one) mutable { promise.deliver(std::move(one)); },
                      [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
          },
          [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
  return caf::delegated<stats_snapshot>{};
}

} // namespace argosy
