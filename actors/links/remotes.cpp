#include "actors/links/remotes.hpp"

#include <map>

#include <caf/all.hpp>

#include "actors/blocking.hpp"
#include "actors/defaults.hpp"
#include "actors/errors.hpp"
#include "actors/links/connection.hpp"
#include "core/call_options.hpp"
#include "metrics/instruments.hpp"

namespace argosy {

namespace {

struct cached_remote {
  std::optional<remote> ready;
  std::vector<caf::typed_response_promise<remote>> waiting; // for the first making of it
  std::chrono::steady_clock::time_point used;
  ledger::entry entry;
};

struct remotes_state {
  services* with = nullptr;
  const remote_maker* maker = nullptr;
  std::map<std::string, cached_remote> known;
  ledger::entry sweep; // the timer, while there is one
  static inline const char* name = "remotes";
  ~remotes_state() {
    for (auto& [text, cached] : known)
      for (auto& promise : cached.waiting) promise.deliver(caf::make_error(ec::stopping));
  }
};

using remotes_pointer = remotes_actor::stateful_pointer<remotes_state>;

void forget(cached_remote& cached) {
  if (cached.ready) tell(cached.ready->pool, stop_atom_v);
}

void made(remotes_pointer self, const std::string& fs, const made_storage& result) {
  auto found = self->state.known.find(fs);
  if (found == self->state.known.end()) return; // forgotten while it was made; whoever waited was told
  auto& cached = found->second;
  const auto own = result.made->connection_limit();
  const auto limit = own == 0 ? defaults::connections : std::min(own, defaults::connections);
  cached.ready =
      remote{result.made, spawn_pool(self->system(), *self->state.with, result.made, limit), result.file};
  cached.entry = self->state.with->book.enter(resource::cached_remote, "remote");
  for (auto& promise : cached.waiting) promise.deliver(*cached.ready);
  cached.waiting.clear();
  if (!self->state.sweep) {
    self->state.sweep = self->state.with->book.enter(resource::timer, "sweep of remotes");
    self->delayed_send(self, defaults::remote_sweep, caf::tick_atom_v);
  }
}

void not_made(remotes_pointer self, const std::string& fs, const failure_info& why) {
  auto found = self->state.known.find(fs);
  if (found == self->state.known.end()) return;
  auto waiting = std::move(found->second.waiting);
  self->state.known.erase(found);
  for (auto& promise : waiting) promise.deliver(to_error(why));
}

remotes_actor::behavior_type remotes(remotes_pointer self, services* with, const remote_maker* maker) {
  self->state.with = with;
  self->state.maker = maker;
  return {
      [=](caf::open_atom, const std::string& fs, const std::string& overrides) -> caf::result<remote> {
        auto [place, fresh] = self->state.known.try_emplace(fs);
        auto& cached = place->second;
        cached.used = self->clock().now();
        if (cached.ready) return *cached.ready;
        auto promise = self->make_response_promise<remote>();
        cached.waiting.push_back(promise);
        if (fresh)
          run_blocking(
              static_cast<remotes_pointer>(self), *with, {},
              [with, maker, fs, overrides](const may_block& on) {
                auto options = *with->options.current();
                filter_options unused;
                apply_option_overrides(overrides, options, unused);
                return maker->make(on, fs, options);
              },
              [=](made_storage result) { made(self, fs, result); },
              [=](const failure_info& why) { not_made(self, fs, why); });
        return promise;
      },
      [=](caf::get_atom) { return static_cast<std::uint64_t>(self->state.known.size()); },
      [=](caf::delete_atom, const std::string& prefix) -> caf::result<void> {
        auto& known = self->state.known;
        for (auto i = known.begin(); i != known.end();) {
          if (i->first.compare(0, prefix.size(), prefix) != 0 || !i->second.ready) {
            ++i;
            continue;
          }
          forget(i->second);
          i = known.erase(i);
        }
        return caf::unit;
      },
      [](resume_atom, const continuation& next) { resume(next); },
      [=](caf::tick_atom) {
        const auto under_way = self->state.with->book.tools().tasks.begin("sweep of remotes");
        auto& known = self->state.known;
        const auto oldest = self->clock().now() - defaults::remote_unused;
        for (auto i = known.begin(); i != known.end();) {
          if (!i->second.ready) {
            ++i;
          } else if (i->second.used < oldest) {
            forget(i->second);
            i = known.erase(i);
          } else {
            tell(i->second.ready->pool, caf::tick_atom_v);
            ++i;
          }
        }
        if (known.empty())
          self->state.sweep = {};
        else
          self->delayed_send(self, defaults::remote_sweep, caf::tick_atom_v);
      },
      [=](depth_atom) {
        self->mailbox().fetch_more();
        return static_cast<std::uint64_t>(self->mailbox().size());
      },
  };
}

} // namespace

remotes_actor spawn_remotes(caf::actor_system& system, services& with, const remote_maker& maker) {
  return with.actors.spawn(system, "remotes", 0, remotes, &with, &maker);
}

} // namespace argosy
