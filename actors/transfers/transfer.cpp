#include "actors/transfers/transfer.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

#include <caf/all.hpp>

#include "actors/blocking.hpp"
#include "actors/errors.hpp"
#include "actors/stats/delta.hpp"

namespace argosy {

namespace {

bool uses_source(run_kind kind) { return kind != run_kind::remove; }
bool uses_destination(run_kind kind) { return kind != run_kind::remove_source; }

/// What a run leases of one pool. Bytes flow on one connection while they come in on another; everything else
/// is done in turn and shares.
struct lease_wish {
  pool_actor pool;
  std::size_t read = 0, written = 0; // connections as source, as destination
  std::size_t count() const { return std::max<std::size_t>(read + written, 1); }
};

/// Connections of both sides beside the first ones, for a file that is copied in chunks.
std::size_t hands_of(const run_environment& around, const file_run& run) {
  std::size_t most = 0;
  if (!uses_source(run.kind) || !uses_destination(run.kind)) return most;
  for (const auto& file : run.files)
    most = std::max(most, wanted_hands(around.source, around.destination, file.size, around.policy));
  return most;
}

/// In the order of the pools' ids: no two transfers can each hold what the other waits for.
std::vector<lease_wish> wishes_of(const run_environment& around, run_kind kind, std::size_t hands) {
  std::map<caf::actor_id, lease_wish> wishes;
  const auto wish = [&](const remote& one) -> lease_wish& {
    auto& found = wishes[one.pool.id()];
    found.pool = one.pool;
    return found;
  };
  if (uses_source(kind)) wish(around.source).read = 1 + hands;
  if (uses_destination(kind)) {
    wish(around.destination).written = 1 + hands;
    if (around.beside.backup.store) wish(around.beside.backup);
  }
  if (uses_source(kind) && uses_destination(kind))
    for (const auto& one : around.beside.others) wish(one);
  std::vector<lease_wish> in_order;
  for (auto& [id, one] : wishes) in_order.push_back(std::move(one));
  return in_order;
}

/// The loans of a run, in the order of the wishes: those to read from first, those to write to last.
class leased {
public:
  leased(std::shared_ptr<const run_environment> around, std::vector<lease_wish> wishes, std::size_t hands,
         std::vector<session_loan> loans) :
      around_(std::move(around)),
      wishes_(std::move(wishes)), hands_(hands), loans_(std::move(loans)) {}

  work_sessions open(const may_block& on, run_kind kind, const std::string& directory) const {
    for (const auto& loan : loans_) loan.doing("transferring", directory);
    work_sessions at;
    if (uses_source(kind)) at.source = of(on, around_->source, false);
    if (uses_destination(kind)) at.destination = of(on, around_->destination, true);
    if (around_->beside.backup.store && at.destination != nullptr)
      at.backup = of(on, around_->beside.backup, true);
    if (at.source != nullptr && at.destination != nullptr)
      for (const auto& one : around_->beside.others) at.others.push_back(of(on, one, false));
    at.crew.pool = &around_->with.io;
    for (std::size_t i = 1; i <= hands_; ++i)
      at.crew.hands.push_back({of(on, around_->source, false, i), of(on, around_->destination, true, i)});
    return at;
  }

private:
  session* of(const may_block& on, const remote& one, bool to_write, std::size_t number = 0) const {
    std::size_t place = 0;
    for (const auto& wish : wishes_) {
      const auto count = wish.count();
      if (wish.pool == one.pool) return &loans_[place + (to_write ? count - 1 - number : number)].open(on);
      place += count;
    }
    return nullptr;
  }
  std::shared_ptr<const run_environment> around_;
  std::vector<lease_wish> wishes_;
  std::size_t hands_;
  std::vector<session_loan> loans_;
};

/// What was queued for this run is done, one way or the other.
void tell_of(const run_environment& around, const file_run& run,
             const std::shared_ptr<transfer_progress>& progress, const sync_actor& plan, run_outcome ended) {
  auto bytes = std::int64_t{0};
  for (const auto& file : run.files) bytes += file.size > 0 ? file.size : 0;
  const auto files = static_cast<std::int64_t>(run.files.size());
  if (run.kind == run_kind::copy || run.kind == run_kind::move) {
    ended.delta.queued_transfers = -files;
    ended.delta.queued_bytes = -bytes;
  } else {
    ended.delta.queued_checks = -files;
  }
  around.stats.finished(progress, std::move(ended.delta));
  tell(plan, finished_atom_v, std::move(ended.report));
}

/// How often somebody who waits for room at a remote looks whether the job was stopped.
constexpr std::chrono::milliseconds look_again{100};

/// The remote's name without what a connection string adds to it.
std::string limited_name(const remote& one) {
  const auto& name = one.store->info().name;
  return name.substr(0, name.find('{'));
}

std::vector<std::string> remotes_of(const run_environment& around, run_kind kind) {
  std::vector<std::string> names;
  if (uses_source(kind)) names.push_back(limited_name(around.source));
  if (uses_destination(kind)) names.push_back(limited_name(around.destination));
  return names;
}

remote_limits::work work_at_remote(run_kind kind) {
  return kind == run_kind::copy || kind == run_kind::move ? remote_limits::work::transfer
                                                          : remote_limits::work::check;
}

struct transfer_state {
  std::shared_ptr<const run_environment> around;
  std::shared_ptr<const file_run> run;
  std::shared_ptr<transfer_progress> progress;
  sync_actor plan;
  std::optional<remote_limits::gate> gate; // until there is room at the remotes
  remote_limits::pass pass;
  ledger::entry timer; // while it waits for that
  std::vector<lease_wish> wishes;
  std::size_t hands = 0;           // beside the first connections
  std::size_t granted = 0;         // of the wishes
  std::vector<session_loan> loans; // those of each wish together
  bool working = false, reported = false;
  static inline const char* name = "transfer";

  void report(run_outcome ended) {
    reported = true;
    pass = {}; // before the plan hands out the next run
    tell_of(*around, *run, progress, plan, std::move(ended));
  }

  /// Nothing of the run was worked on. An I/O thread enters that: this actor may end meanwhile.
  void fail_all(const failure_info& why) {
    reported = true;
    around->with.io.post(
        {}, [around = around, run = run, progress = progress, plan = plan, why](const may_block& on) {
          tell_of(*around, *run, progress, plan, fail_run(on, *around, *run, why));
        });
  }

  // However it ends, the plan gets its report: nothing waits for ever. Of what an I/O thread works on that
  // thread enters the truth.
  ~transfer_state() {
    if (!run || reported) return;
    const failure_info why{failure_kind::cancelled, "context canceled"};
    if (!working) {
      fail_all(why);
      return;
    }
    run_outcome ended;
    ended.report.number = run->number;
    for (std::uint32_t i = 0; i < run->files.size(); ++i) ended.report.failed.push_back({i, why});
    report(std::move(ended));
  }
};

using transfer_pointer = transfer_actor::stateful_pointer<transfer_state>;

/// The limits of the remotes, then that of the job within that of the process.
std::shared_ptr<throttle_chain> throttle_of(const run_environment& around, run_kind kind) {
  std::vector<byte_throttle*> links;
  auto names = remotes_of(around, kind);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const auto& name : names) links.push_back(&around.with.limits.throttle(name));
  links.push_back(around.pace ? &around.pace->throttle() : static_cast<byte_throttle*>(&around.with.upload));
  return std::make_shared<throttle_chain>(std::move(links));
}

void work(transfer_pointer self) {
  auto& state = self->state;
  state.working = true;
  const auto throttle = throttle_of(*state.around, state.run->kind);
  run_blocking(
      self, state.around->with, {state.around->stop, throttle.get(), state.progress.get()},
      [throttle, around = state.around, run = state.run, progress = state.progress,
       at = leased{state.around, std::move(state.wishes), state.hands, std::move(state.loans)}](
          const may_block& on) {
        return work_on(on, *around, *run, *progress, at.open(on, run->kind, run->directory));
      },
      [self](run_outcome ended) {
        self->state.report(std::move(ended));
        self->quit();
      },
      [self](const failure_info& why) {
        self->state.fail_all(why);
        self->quit();
      });
}

void lease(transfer_pointer self) {
  auto& state = self->state;
  if (state.granted == state.wishes.size()) return work(self);
  const auto& wish = state.wishes[state.granted++];
  const auto refused = [self](caf::error& e) {
    self->state.fail_all(to_failure(e));
    self->quit();
  };
  if (wish.count() == 1) {
    self->request(wish.pool, caf::infinite, lease_atom_v, state.around->job)
        .then(
            [self](session_loan& loan) {
              self->state.loans.push_back(std::move(loan));
              lease(self);
            },
            refused);
  } else {
    self->request(wish.pool, caf::infinite, lease_atom_v, state.around->job,
                  static_cast<std::uint64_t>(wish.count()))
        .then(
            [self](std::vector<session_loan>& loans) {
              std::move(loans.begin(), loans.end(), std::back_inserter(self->state.loans));
              lease(self);
            },
            refused);
  }
}

/// Leases connections once there is room at both remotes.
void enter(transfer_pointer self) {
  auto& state = self->state;
  if (!state.gate) return; // woken more often than needed
  auto pass = state.gate->enter();
  if (pass) {
    state.pass = std::move(*pass);
    state.gate.reset();
    state.timer = {};
    return lease(self);
  }
  if (state.around->stop.cancelled()) {
    state.fail_all({failure_kind::cancelled, "context canceled"});
    return self->quit();
  }
  if (state.timer) return;
  state.timer = state.around->with.book.enter(resource::timer, "room at a remote");
  const auto look = [self] {
    self->state.timer = {};
    enter(self);
  };
  self->delayed_send(self, look_again, resume_atom_v,
                     continuation{std::make_shared<std::function<void()>>(look)});
}

/// To be called on any thread, also when the actor is gone.
std::function<void()> waker_of(transfer_pointer self) {
  return [weak = caf::actor_cast<caf::weak_actor_ptr>(self->ctrl()), self] {
    const auto strong = weak.lock();
    if (!strong) return;
    tell(caf::actor_cast<transfer_actor>(strong), resume_atom_v,
         continuation{std::make_shared<std::function<void()>>([self] { enter(self); })});
  };
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
        here.hands = hands_of(*here.around, *here.run);
        here.wishes = wishes_of(*here.around, here.run->kind, here.hands);
        const auto kind = here.run->kind;
        here.gate.emplace(here.around->with.limits, remotes_of(*here.around, kind), work_at_remote(kind),
                          waker_of(self));
        enter(self);
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
