#include "actors/stats/stats.hpp"

#include <algorithm>
#include <list>

#include <caf/all.hpp>

#include "actors/defaults.hpp"
#include "actors/errors.hpp"
#include "actors/stats/counters.hpp"
#include "actors/tell.hpp"

namespace argosy {

namespace {

struct stats_group_state {
  explicit stats_group_state(caf::actor*) {}
  stats_group_state() = default;
  std::optional<stats_counters> books;
  ledger::entry timer; // while there is one
  ledger::entry entry;
  static inline const char* name = "stats group";
};

stats_group_actor::behavior_type stats_group(stats_group_actor::stateful_pointer<stats_group_state> self,
                                             services* with, std::string group_name) {
  self->state.entry = with->book.enter(resource::stats_group, "group");
  self->state.books.emplace(std::move(group_name), now());
  return {
      [=](caf::add_atom, const stats_delta& delta) { self->state.books->add(delta); },
      [=](started_atom, const std::shared_ptr<transfer_progress>& run) {
        self->state.books->started(run, now());
        if (!self->state.timer) {
          self->state.timer = with->book.enter(resource::timer, "moving average");
          self->delayed_send(self, std::chrono::seconds(1), caf::tick_atom_v);
        }
      },
      [=](finished_atom, const std::shared_ptr<transfer_progress>& run, const stats_delta& delta) {
        self->state.books->finished(run, delta, now());
      },
      [=](caf::get_atom) { return self->state.books->snapshot(now()); },
      [=](caf::flush_atom) { return self->state.books->completed(); },
      [=](caf::reset_atom) { self->state.books->reset(now()); },
      [=](caf::tick_atom) {
        // The last value sticks when nothing runs any more, as rclone's does.
        if (!self->state.books->anything_running()) {
          self->state.timer = {};
          return;
        }
        self->state.books->tick();
        self->delayed_send(self, std::chrono::seconds(1), caf::tick_atom_v);
      },
      [=](depth_atom) {
        self->mailbox().fetch_more();
        return static_cast<std::uint64_t>(self->mailbox().size());
      },
  };
}

/// Collects the answers of several groups into one, then answers the caller.
template <class Answer>
struct gathering {
  Answer sum{};
  std::size_t missing = 0;
  caf::response_promise promise;
};

struct stats_state {
  services* with = nullptr;
  nanoseconds born = now();
  std::uint64_t max_groups = 0;
  std::list<std::pair<std::string, stats_group_actor>> groups; // in creation order; global_stats first
  bool any = false;       // a group was made since the start or the last reset of all
  stats_snapshot evicted; // figures of groups that had to go: the sum never steps back for them
  std::vector<stats_group_actor> leaving; // evicted, but their last figures are not here yet
  static inline const char* name = "stats";

  // The timer of a group's average would keep it for up to a second.
  ~stats_state() {
    for (const auto& [group, handle] : groups) caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  }
  stats_group_actor* find(const std::string& group) {
    for (auto& [n, handle] : groups)
      if (n == group) return &handle;
    return nullptr;
  }
};

using stats_pointer = stats_actor::stateful_pointer<stats_state>;

/// Takes a group off the list of those that leave; false when it is not there any more.
bool left(stats_pointer self, const stats_group_actor& group) {
  auto& leaving = self->state.leaving;
  const auto found = std::find(leaving.begin(), leaving.end(), group);
  if (found == leaving.end()) return false;
  leaving.erase(found);
  return true;
}

void evict_oldest(stats_pointer self) {
  auto& groups = self->state.groups;
  auto oldest =
      std::find_if(groups.begin(), groups.end(), [](const auto& g) { return g.first != global_stats; });
  if (oldest == groups.end()) return;
  auto handle = oldest->second;
  groups.erase(oldest);
  self->state.leaving.push_back(handle);
  // Its figures arrive behind everything that was told to it before. The handle in the closure keeps it until
  // then; afterwards nobody holds it but transfers that still run, and it ends with the last of them.
  self->request(handle, defaults::answer, caf::get_atom_v)
      .then(
          [self, handle](stats_snapshot& last) {
            if (!left(self, handle)) return; // all was reset meanwhile
            last.transferring.clear();
            last.checking.clear();
            last.speed = 0;
            accumulate(self->state.evicted, last);
          },
          [self, handle](caf::error&) { left(self, handle); });
}

stats_group_actor group_of(stats_pointer self, const std::string& group) {
  if (auto* found = self->state.find(group)) return *found;
  auto made = spawn_stats_group(self->system(), *self->state.with, group);
  self->state.groups.emplace_back(group, made);
  self->state.any |= group != global_stats;
  const auto hidden = self->state.find(global_stats) != nullptr ? 1u : 0u;
  while (self->state.groups.size() > self->state.max_groups + hidden) evict_oldest(self);
  return made;
}

/// Asks each of `groups` the same and answers with the sum of their answers. A group that ended meanwhile
/// counts as nothing.
template <class Answer, class Atom, class Add>
caf::result<Answer> gather(stats_pointer self, const std::vector<stats_group_actor>& groups, Atom question,
                           Answer start, Add add) {
  auto open = std::make_shared<gathering<std::vector<Answer>>>();
  open->sum.resize(groups.size());
  open->missing = groups.size();
  auto promise = self->template make_response_promise<Answer>();
  auto finish = [open, promise, start, add]() mutable {
    for (auto& part : open->sum) add(start, part);
    promise.deliver(std::move(start));
  };
  if (groups.empty()) finish();
  for (std::size_t i = 0; i < groups.size(); ++i)
    self->request(groups[i], defaults::answer, question)
        .then(
            [open, i, finish](Answer& part) mutable {
              open->sum[i] = std::move(part);
              if (--open->missing == 0) finish();
            },
            [open, finish](caf::error&) mutable {
              if (--open->missing == 0) finish();
            });
  return promise;
}

std::vector<stats_group_actor> all_groups(stats_pointer self) {
  std::vector<stats_group_actor> all;
  for (auto& [group, handle] : self->state.groups) all.push_back(handle);
  return all;
}

stats_actor::behavior_type stats(stats_pointer self, services* with, std::uint64_t max_groups) {
  self->state.with = with;
  self->state.max_groups = max_groups;
  return {
      [=](group_atom, const std::string& group) { return group_of(self, group); },
      [=](list_atom) {
        std::vector<std::string> names;
        for (auto& [group, handle] : self->state.groups)
          if (group != global_stats) names.push_back(group);
        return std::make_tuple(self->state.any, std::move(names));
      },
      [=](caf::get_atom, const std::string& group) -> caf::result<stats_snapshot> {
        if (!group.empty()) return self->delegate(group_of(self, group), caf::get_atom_v);
        auto start = self->state.evicted;
        start.elapsed = static_cast<double>(now() - self->state.born) / 1e9;
        auto asked = self->state.leaving;
        for (auto& one : all_groups(self)) asked.push_back(std::move(one));
        return gather(self, asked, caf::get_atom_v, std::move(start), accumulate);
      },
      [=](caf::flush_atom, const std::string& group) -> caf::result<std::vector<transfer_record>> {
        if (!group.empty()) return self->delegate(group_of(self, group), caf::flush_atom_v);
        return gather(self, all_groups(self), caf::flush_atom_v, std::vector<transfer_record>{},
                      [](std::vector<transfer_record>& sum, std::vector<transfer_record>& part) {
                        std::move(part.begin(), part.end(), std::back_inserter(sum));
                      });
      },
      [=](caf::reset_atom, const std::string& group) -> caf::result<void> {
        if (group.empty()) {
          self->state.groups.clear();
          self->state.leaving.clear();
          self->state.any = false;
          self->state.evicted = {};
          return caf::unit;
        }
        auto* found = self->state.find(group);
        if (!found) return to_error({failure_kind::other, "group \"" + group + "\" not found"});
        tell(*found, caf::reset_atom_v);
        return caf::unit;
      },
      [=](caf::delete_atom, const std::string& group) -> caf::result<void> {
        self->state.groups.remove_if([&](const auto& g) { return g.first == group; });
        return caf::unit;
      },
      [=](caf::put_atom, std::uint64_t bound) { self->state.max_groups = bound; },
      [=](depth_atom) {
        self->mailbox().fetch_more();
        return static_cast<std::uint64_t>(self->mailbox().size());
      },
  };
}

} // namespace

stats_group_actor spawn_stats_group(caf::actor_system& system, services& with, const std::string& name) {
  return with.actors.spawn(system, "stats_group", 0, stats_group, &with, name);
}

stats_actor spawn_stats(caf::actor_system& system, services& with, std::uint64_t max_groups) {
  return with.actors.spawn(system, "stats", 0, stats, &with, max_groups);
}

void stats_sink::count(const stats_delta& delta) const {
  const auto add = [](prometheus::Counter& counter, std::int64_t n) {
    if (n > 0) counter.Increment(static_cast<double>(n));
  };
  if (errors_ && delta.errors > 0) *errors_ += delta.errors;
  add(totals_->errors, delta.errors);
  add(totals_->checks, delta.checks);
  add(totals_->deletes, delta.deletes);
  add(totals_->deleted_dirs, delta.deleted_dirs);
  add(totals_->renames, delta.renames);
  add(totals_->listed, delta.listed);
  if (delta.fatal_error) totals_->fatal_error.Set(1);
  if (delta.retry_error) totals_->retry_error.Set(1);
}

void stats_sink::add(stats_delta delta) const {
  count(delta);
  if (delta.bytes > 0) totals_->bytes.Increment(static_cast<double>(delta.bytes));
  if (delta.transfers > 0) totals_->transfers.Increment(static_cast<double>(delta.transfers));
  tell(group_, caf::add_atom_v, std::move(delta));
}

void stats_sink::started(const std::shared_ptr<transfer_progress>& run) const {
  tell(group_, started_atom_v, run);
}

void stats_sink::finished(const std::shared_ptr<transfer_progress>& run, stats_delta delta) const {
  count(delta); // bytes and transfers went into the totals as they happened
  tell(group_, finished_atom_v, run, std::move(delta));
}

} // namespace argosy
