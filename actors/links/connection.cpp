#include "actors/links/connection.hpp"

#include <caf/all.hpp>

#include "actors/defaults.hpp"
#include "actors/errors.hpp"
#include "actors/tell.hpp"

namespace argosy {

namespace {

/// The session itself: held by its connection actor for good and by a loan while one is out. Only one of them
/// uses it at a time; the message that returns the loan orders their accesses.
struct session_holder {
  std::shared_ptr<const storage> store;
  ledger::entry entry;
  std::unique_ptr<session> open; // shows what it does in the entry
};

} // namespace

struct session_loan::slot {
  std::shared_ptr<session_holder> holder;
  connection_actor owner;
  bool usable = true;
  ~slot() {
    holder->entry.owner(0);
    holder->entry.waits("idle", defaults::connection_idle + defaults::remote_sweep);
    holder.reset();
    tell(owner, return_atom_v, usable);
  }
};

session& session_loan::open(const may_block& on) const {
  auto& holder = *slot_->holder;
  if (!holder.open) {
    holder.entry.waits("connecting", defaults::longest_connecting);
    holder.open = holder.store->connect(on);
    holder.open->show_in(holder.entry);
  }
  return *holder.open;
}

void session_loan::doing(const char* state, std::string_view detail) const {
  slot_->holder->entry.state(state);
  slot_->holder->entry.detail(detail);
}

void session_loan::discard() const { slot_->usable = false; }

namespace {

struct connection_state {
  services* with = nullptr;
  std::shared_ptr<session_holder> holder;
  caf::actor_addr pool;
  bool lent = false;
  bool ending = false;
  static inline const char* name = "connection";

  // Closing may block (a TLS goodbye): it happens on an I/O thread.
  ~connection_state() {
    if (holder && holder->open && !lent)
      with->io.post({}, [held = std::move(holder)](const may_block&) mutable { held.reset(); });
  }
};

connection_actor::behavior_type connection(connection_actor::stateful_pointer<connection_state> self,
                                           services* with, std::shared_ptr<const storage> store,
                                           caf::actor_addr pool) {
  self->state.with = with;
  self->state.pool = std::move(pool);
  self->state.holder = std::make_shared<session_holder>();
  self->state.holder->entry = with->book.enter(resource::connection, "storage", 0, store->info().name);
  self->state.holder->entry.state("idle");
  self->state.holder->store = std::move(store);
  return {
      [=](lend_atom, job_id borrower) -> caf::result<session_loan> {
        if (self->state.ending || self->state.lent) return caf::make_error(ec::stopping);
        self->state.lent = true;
        self->state.holder->entry.owner(borrower);
        self->state.holder->entry.state("lent");
        auto slot = std::make_shared<session_loan::slot>();
        slot->holder = self->state.holder;
        slot->owner = self;
        return session_loan{std::move(slot)};
      },
      [=](return_atom, bool usable) {
        self->state.lent = false;
        auto home = caf::actor_cast<pool_actor>(self->state.pool);
        if (!usable || self->state.ending || !home)
          self->quit();
        else
          tell(home, caf::idle_atom_v, connection_actor{self});
      },
      [=](caf::tick_atom) {
        auto& state = self->state;
        if (state.lent || !state.holder->open || !state.holder->open->closed_by_peer()) return;
        if (auto home = caf::actor_cast<pool_actor>(state.pool))
          tell(home, caf::leave_atom_v, connection_actor{self});
      },
      [=](stop_atom) {
        self->state.ending = true;
        if (!self->state.lent) self->quit();
      },
  };
}

struct idle_connection {
  connection_actor handle;
  std::chrono::steady_clock::time_point since;
};

struct waiting_lease {
  caf::response_promise promise;
  job_id job;
  std::size_t count = 1;
  bool several = false; // answered with a list, be it of one
};

struct pool_state {
  services* with = nullptr;
  std::shared_ptr<const storage> store;
  std::size_t limit = 0;
  std::size_t live = 0;
  bool retired = false;              // serves those who still hold it, but keeps nothing
  std::vector<idle_connection> idle; // the freshest last
  std::deque<waiting_lease> waiting; // in order: nobody overtakes one that needs several
  static inline const char* name = "pool";
  ~pool_state() {
    for (auto& one : waiting) one.promise.deliver(caf::make_error(ec::stopping));
  }
  std::size_t free() const { return idle.size() + (limit > live ? limit - live : 0); }
};

using pool_pointer = pool_actor::stateful_pointer<pool_state>;

connection_actor new_connection(pool_pointer self) {
  ++self->state.live;
  auto made = spawn_connection(self->system(), *self->state.with, self->state.store, self->address());
  self->monitor(made);
  return made;
}

connection_actor take(pool_pointer self) {
  auto& idle = self->state.idle;
  if (idle.empty()) return new_connection(self);
  auto next = std::move(idle.back().handle);
  idle.pop_back();
  return next;
}

void grant(pool_pointer self, const waiting_lease& to) {
  struct gathering {
    waiting_lease to;
    std::vector<session_loan> loans;
  };
  auto open = std::make_shared<gathering>(gathering{to, {}});
  for (std::size_t i = 0; i < to.count; ++i)
    // Without a limit: CAF's clock holds whoever waits until the limit, answered or not, and a pool ends with
    // its last reference. A connection that ended answers with an error.
    self->request(take(self), caf::infinite, lend_atom_v, to.job)
        .then(
            [open](session_loan& loan) {
              if (!open->to.several) return open->to.promise.deliver(std::move(loan));
              open->loans.push_back(std::move(loan));
              if (open->loans.size() == open->to.count) open->to.promise.deliver(std::move(open->loans));
            },
            // The loans that did come go back with `open`.
            [open](caf::error& e) { open->to.promise.deliver(std::move(e)); });
}

void serve_waiting(pool_pointer self) {
  auto& state = self->state;
  while (!state.waiting.empty() && state.free() >= state.waiting.front().count) {
    const auto next = std::move(state.waiting.front());
    state.waiting.pop_front();
    grant(self, next);
  }
}

void drop_idle(pool_state& state) {
  for (auto& c : state.idle) tell(c.handle, stop_atom_v);
  state.idle.clear();
}

pool_actor::behavior_type pool(pool_pointer self, services* with, std::shared_ptr<const storage> store,
                               std::size_t limit) {
  self->state.with = with;
  self->state.store = std::move(store);
  self->state.limit = limit;
  self->set_down_handler([=](caf::down_msg& down) {
    auto& state = self->state;
    --state.live;
    state.idle.erase(
        std::remove_if(state.idle.begin(), state.idle.end(),
                       [&](const idle_connection& c) { return c.handle.address() == down.source; }),
        state.idle.end());
    serve_waiting(self);
  });
  return {
      [=](lease_atom, job_id job) -> caf::result<session_loan> {
        auto& state = self->state;
        if (state.waiting.empty() && state.free() > 0) return self->delegate(take(self), lend_atom_v, job);
        state.waiting.push_back({self->make_response_promise(), job, 1, false});
        return caf::delegated<session_loan>{};
      },
      [=](lease_atom, job_id job, std::uint64_t count) -> caf::result<std::vector<session_loan>> {
        auto& state = self->state;
        if (count > state.limit)
          return to_error({failure_kind::other, state.store->info().description + ": " +
                                                    std::to_string(count) +
                                                    " connections at once are needed, but only " +
                                                    std::to_string(state.limit) + " are possible"});
        if (count == 0) return std::vector<session_loan>{};
        state.waiting.push_back({self->make_response_promise(), job, static_cast<std::size_t>(count), true});
        serve_waiting(self);
        return caf::delegated<std::vector<session_loan>>{};
      },
      [=](caf::idle_atom, const connection_actor& free) {
        auto& state = self->state;
        state.idle.push_back({free, self->clock().now()});
        serve_waiting(self);
        if (state.retired) drop_idle(state);
      },
      [=](caf::tick_atom) {
        auto& idle = self->state.idle;
        const auto longest = self->state.store->idle_limit().value_or(defaults::connection_idle);
        const auto oldest = longest.count() == 0 ? std::chrono::steady_clock::time_point::min()
                                                 : self->clock().now() - longest;
        auto fresh = std::find_if(idle.begin(), idle.end(),
                                  [&](const idle_connection& c) { return c.since > oldest; });
        for (auto c = idle.begin(); c != fresh; ++c) tell(c->handle, stop_atom_v);
        idle.erase(idle.begin(), fresh);
        for (const auto& c : idle) tell(c.handle, caf::tick_atom_v);
      },
      [=](caf::leave_atom, const connection_actor& broken) {
        // One that was lent meanwhile stays: its session sees for itself.
        auto& idle = self->state.idle;
        const auto found = std::find_if(idle.begin(), idle.end(),
                                        [&](const idle_connection& c) { return c.handle == broken; });
        if (found == idle.end()) return;
        idle.erase(found);
        tell(broken, stop_atom_v);
      },
      [=](stop_atom) {
        self->state.retired = true;
        drop_idle(self->state);
      },
  };
}

} // namespace

connection_actor spawn_connection(caf::actor_system& system, services& with,
                                  std::shared_ptr<const storage> store, caf::actor_addr pool) {
  return with.actors.spawn(system, "connection", 0, connection, &with, std::move(store), std::move(pool));
}

pool_actor spawn_pool(caf::actor_system& system, services& with, std::shared_ptr<const storage> store,
                      std::size_t limit) {
  return with.actors.spawn(system, "pool", 0, pool, &with, std::move(store), limit);
}

} // namespace argosy
