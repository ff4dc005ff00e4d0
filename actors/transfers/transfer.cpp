#include "actors/transfers/transfer.hpp"

#include <caf/all.hpp>

#include "actors/blocking.hpp"
#include "actors/errors.hpp"

namespace argosy {

namespace {

bool uses_source(run_kind kind) { return kind != run_kind::remove; }
bool uses_destination(run_kind kind) { return kind != run_kind::remove_source; }

struct transfer_state {
  std::shared_ptr<const run_environment> around;
  std::shared_ptr<const file_run> run;
  std::shared_ptr<transfer_progress> progress;
  sync_actor plan;
  session_loan source, destination;
  bool reported = false;
  static inline const char* name = "transfer";

  void report(run_outcome outcome) {
    reported = true;
    // What was queued for this run is done, one way or the other.
    auto bytes = std::int64_t{0};
    for (const auto& file : run->files) bytes += file.size > 0 ? file.size : 0;
    const auto files = static_cast<std::int64_t>(run->files.size());
    if (run->kind == run_kind::copy || run->kind == run_kind::move) {
      outcome.delta.queued_transfers = -files;
      outcome.delta.queued_bytes = -bytes;
    } else {
      outcome.delta.queued_checks = -files;
    }
    around->stats.finished(progress, std::move(outcome.delta));
    tell(plan, finished_atom_v, std::move(outcome.report));
  }

  void fail_all(const failure_info& why) {
    run_outcome outcome;
    outcome.report.number = run->number;
    for (std::uint32_t i = 0; i < run->files.size(); ++i) outcome.report.failed.push_back({i, why});
    outcome.delta.errors = static_cast<std::int64_t>(run->files.size());
    outcome.delta.last_error = why.text;
    outcome.delta.retry_error = true;
    report(std::move(outcome));
  }

  // However it ends, the plan gets its report: nothing waits for ever.
  ~transfer_state() {
    if (run && !reported) fail_all({failure_kind::cancelled, "context canceled"});
  }
};

using transfer_pointer = transfer_actor::stateful_pointer<transfer_state>;

void work(transfer_pointer self) {
  auto& state = self->state;
  io_pool::scope scope{state.around->stop, &state.around->with.upload, state.progress.get()};
  run_blocking(
      self, state.around->with, std::move(scope),
      [around = state.around, run = state.run, progress = state.progress, source = std::move(state.source),
       destination = std::move(state.destination)](const may_block& on) {
        if (source) source.doing("transferring", run->directory);
        if (destination) destination.doing("transferring", run->directory);
        return work_on(on, *around, *run, *progress, source ? &source.open(on) : nullptr,
                       destination ? &destination.open(on) : nullptr);
      },
      [self](run_outcome outcome) {
        self->state.report(std::move(outcome));
        self->quit();
      },
      [self](const failure_info& why) {
        self->state.fail_all(why);
        self->quit();
      });
}

void lease(transfer_pointer self, const pool_actor& pool, session_loan transfer_state::*into,
           std::function<void()> then) {
  self->request(pool, caf::infinite, lease_atom_v, self->state.around->job)
      .then(
          [self, into, then = std::move(then)](session_loan& loan) {
            self->state.*into = std::move(loan);
            then();
          },
          [self](caf::error& e) {
            self->state.fail_all(to_failure(e));
            self->quit();
          });
}

transfer_actor::behavior_type transfer(transfer_pointer self, std::shared_ptr<const run_environment> around,
                                       const std::shared_ptr<file_run>& run, sync_actor plan) {
  auto& state = self->state;
  state.around = std::move(around);
  state.run = run;
  state.plan = std::move(plan);
  state.progress = std::make_shared<transfer_progress>(
      run, state.around->source_fs, state.around->destination_fs, state.around->stats.totals());
  return {
      [=](caf::ok_atom) {
        auto& here = self->state;
        here.around->stats.started(here.progress);
        const auto kind = here.run->kind;
        const auto source_pool = here.around->source.pool;
        const auto destination_pool = here.around->destination.pool;
        const auto begin = [self] { work(self); };
        // Both in the order of the pools' ids: no two transfers can each hold what the other waits for.
        if (!uses_source(kind))
          lease(self, destination_pool, &transfer_state::destination, begin);
        else if (!uses_destination(kind))
          lease(self, source_pool, &transfer_state::source, begin);
        else if (source_pool.id() < destination_pool.id())
          lease(self, source_pool, &transfer_state::source,
                [=] { lease(self, destination_pool, &transfer_state::destination, begin); });
        else
          lease(self, destination_pool, &transfer_state::destination,
                [=] { lease(self, source_pool, &transfer_state::source, begin); });
      },
      [](resume_atom, const continuation& next) { resume(next); },
  };
}

} // namespace

transfer_actor spawn_transfer(caf::actor_system& system, std::shared_ptr<const run_environment> around,
                              file_run run, sync_actor plan) {
  auto& with = around->with;
  const auto job = around->job;
  auto made = with.actors.spawn(system, "transfer", job, transfer, std::move(around),
                                std::make_shared<file_run>(std::move(run)), std::move(plan));
  tell(made, caf::ok_atom_v);
  return made;
}

} // namespace argosy
