#include "actors/jobs/job_table.hpp"

#include <unordered_map>

#include <caf/all.hpp>

#include "actors/errors.hpp"
#include "actors/jobs/job_history.hpp"
#include "actors/reports/job_report.hpp"
#include "actors/tell.hpp"
#include "metrics/instruments.hpp"

namespace argosy {

namespace {

struct running_job {
  job_record record;
  job_actor handle;
  bool asynchronous = false;
};

struct job_table_state {
  services* with = nullptr;
  job_table_limits limits;
  std::optional<job_history> history;
  std::unordered_map<job_id, running_job> running;
  std::vector<caf::response_promise> draining;
  ledger::entry expiry; // the timer, while there is one
  static inline const char* name = "job_table";
};

using table_pointer = job_table_actor::stateful_pointer<job_table_state>;

void publish(table_pointer self) {
  auto& life = self->state.with->metrics.life();
  life.jobs_running.Set(static_cast<double>(self->state.running.size()));
  life.jobs_finished.Set(static_cast<double>(self->state.history->size()));
}

void keep(table_pointer self, job_record record, bool asynchronous) {
  self->state.history->add(std::move(record), asynchronous);
  if (!self->state.expiry) {
    self->state.expiry = self->state.with->book.enter(resource::timer, "expiry of jobs");
    self->delayed_send(self, self->state.limits.expire_interval, caf::tick_atom_v);
  }
}

/// A job that runs or has ended; null when there is none of that id.
const job_record* find(const job_table_state& state, job_id id) {
  const auto found = state.running.find(id);
  return found != state.running.end() ? &found->second.record : state.history->find(id);
}

void drained(table_pointer self) {
  if (!self->state.running.empty()) return;
  for (auto& promise : self->state.draining) promise.deliver(caf::unit);
  self->state.draining.clear();
}

job_table_actor::behavior_type job_table(table_pointer self, services* with, job_table_limits limits) {
  self->state.with = with;
  self->state.limits = limits;
  self->state.history.emplace(limits.history_bytes);
  auto* outcomes = &with->metrics.life().jobs;
  auto& succeeded = outcomes->Add({{"outcome", "success"}});
  auto& failed = outcomes->Add({{"outcome", "error"}});
  auto& cancelled = outcomes->Add({{"outcome", "cancelled"}});
  const auto count = [&succeeded, &failed, &cancelled](const job_status& status) {
    if (!status.error)
      succeeded.Increment();
    else
      (status.error.kind == failure_kind::cancelled ? cancelled : failed).Increment();
  };
  return {
      [=](started_atom, job_status& status, const job_actor& handle, bool asynchronous) {
        const auto id = status.id;
        if (!self->state.draining.empty()) tell(handle, stop_atom_v);
        self->state.running[id] = {{std::move(status), {}}, handle, asynchronous};
        publish(self);
      },
      [=](finished_atom, job_status& status) {
        count(status);
        job_record record{std::move(status), {}};
        auto asynchronous = false;
        if (auto found = self->state.running.find(record.status.id); found != self->state.running.end()) {
          asynchronous = found->second.asynchronous;
          record.report = std::move(found->second.record.report);
          record.pace = std::move(found->second.record.pace);
          self->state.running.erase(found);
        }
        keep(self, std::move(record), asynchronous);
        publish(self);
        drained(self);
      },
      [=](caf::put_atom, std::vector<job_status>& ended) {
        for (auto& status : ended) {
          count(status);
          keep(self, {std::move(status), {}}, false);
        }
        publish(self);
      },
      [=](report_atom, job_id id, const std::shared_ptr<job_report>& report) {
        if (auto found = self->state.running.find(id); found != self->state.running.end())
          found->second.record.report = report;
      },
      [=](caf::put_atom, job_id id, const std::shared_ptr<job_pace>& pace) {
        if (auto found = self->state.running.find(id); found != self->state.running.end())
          found->second.record.pace = pace;
      },
      [=](status_atom, job_id id) -> caf::result<job_status> {
        if (const auto* known = find(self->state, id)) return known->status;
        return to_error(job_not_found());
      },
      [=](report_atom,
          job_id id) -> caf::result<job_status, std::shared_ptr<job_report>, std::shared_ptr<job_pace>> {
        if (const auto* known = find(self->state, id)) return {known->status, known->report, known->pace};
        return to_error(job_not_found());
      },
      [=](list_atom) {
        job_lists lists;
        for (auto& [id, job] : self->state.running) lists.running.push_back(id);
        std::sort(lists.running.begin(), lists.running.end());
        lists.finished = self->state.history->ids();
        return lists;
      },
      [=](stop_atom, job_id id) -> caf::result<void> {
        if (auto found = self->state.running.find(id); found != self->state.running.end())
          tell(found->second.handle, stop_atom_v);
        else if (self->state.history->find(id) == nullptr)
          return to_error(job_not_found());
        return caf::unit;
      },
      [=](stop_atom, const std::string& group) -> caf::result<void> {
        for (auto& [id, job] : self->state.running)
          if (job.record.status.group == group) tell(job.handle, stop_atom_v);
        return caf::unit;
      },
      [=](caf::tick_atom) {
        const auto under_way = self->state.with->book.tools().tasks.begin("expiry of jobs");
        self->state.history->expire(now() - self->state.limits.expire_after.count());
        publish(self);
        if (self->state.history->empty())
          self->state.expiry = {};
        else
          self->delayed_send(self, self->state.limits.expire_interval, caf::tick_atom_v);
      },
      [=](drain_atom) -> caf::result<void> {
        auto promise = self->make_response_promise();
        self->state.draining.push_back(promise);
        for (auto& [id, job] : self->state.running) tell(job.handle, stop_atom_v);
        drained(self);
        return caf::delegated<void>{};
      },
      [=](depth_atom) {
        self->mailbox().fetch_more();
        return static_cast<std::uint64_t>(self->mailbox().size());
      },
  };
}

} // namespace

failure_info job_not_found() { return {failure_kind::other, "job not found"}; }

job_table_actor spawn_job_table(caf::actor_system& system, services& with, job_table_limits limits) {
  return with.actors.spawn(system, "job_table", 0, job_table, &with, limits);
}

} // namespace argosy
