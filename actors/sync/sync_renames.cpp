#include <algorithm>

#include <caf/all.hpp>

#include "actors/blocking.hpp"
#include "actors/reports/report_writer.hpp"
#include "actors/sync/sync_state.hpp"
#include "backends/copy_object.hpp"

namespace argosy::planning {

namespace {

constexpr std::size_t hashes_a_task = 16;

void hash_in_tasks(state& here, bool source, const std::vector<rename_tracker::hash_wish>& wishes) {
  for (std::size_t first = 0; first < wishes.size(); first += hashes_a_task) {
    const std::vector<rename_tracker::hash_wish> some(
        wishes.begin() + static_cast<std::ptrdiff_t>(first),
        wishes.begin() + static_cast<std::ptrdiff_t>(std::min(first + hashes_a_task, wishes.size())));
    here.tasks.push_back({source,
                          [some, type = here.around->common_hash](const may_block& on, session& at) {
                            for (const auto& wish : some) {
                              try {
                                *wish.into = at.hash(on, wish.path, type);
                              } catch (const failure& f) {
                                // A file without a hash is no candidate: it is copied or deleted, which
                                // tells.
                                if (f.kind() == failure_kind::cancelled) throw;
                              }
                            }
                          },
                          [](const failure_info&) {}});
  }
}

void enqueue_lone(state& here, const std::vector<lone_file>& sources,
                  const std::vector<lone_file>& destinations) {
  stats_delta delta;
  for (auto& chunk : chunks_of(sources, run_kind::copy)) {
    count_queued(delta, chunk);
    here.lone_files -= chunk.files.size();
    here.copies.add(std::move(chunk));
  }
  here.around->report->found(destinations.size());
  for (auto& chunk : chunks_of(destinations, run_kind::remove)) {
    delta.queued_checks += static_cast<std::int64_t>(chunk.files.size());
    here.removals.add(std::move(chunk));
  }
  here.around->stats.add(std::move(delta));
}

void enter_rename(const may_block& on, const run_environment& around, const directory_plan& plan,
                  const entry_view& file, const std::string& from, nanoseconds started) {
  report_writer records{on, *around.report, {plan.path, true, plan.other_path, around.reported_fs}};
  file_outcome one;
  one.name = file.name;
  one.how = outcome_kind::renamed;
  one.what = work_kind::renaming;
  one.size = file.size;
  one.started = started;
  one.duration = now() - started;
  one.renamed_from = from;
  records.add(one);
}

void rename_in_task(pointer self, const lone_file& wanted, const lone_file& there) {
  auto& state = self->state;
  const auto source = entry_of(*wanted.plan, run_kind::copy, wanted.file);
  const auto destination = entry_of(*there.plan, run_kind::remove, there.file);
  const copy_request request{there.plan->destination_path_of(destination.name),
                             wanted.plan->destination_path_of(wanted.plan->destination_name(wanted.file)),
                             destination.size, destination.modified};
  const auto done = [=](const failure_info& why) {
    auto& here = self->state;
    if (why) return enqueue_lone(here, {wanted}, {there});
    --here.lone_files;
    ++here.result.renamed;
    stats_delta delta;
    delta.renames = 1;
    delta.checks = 1;
    here.around->stats.add(std::move(delta));
  };
  state.tasks.push_back({false,
                         [=, around = state.around](const may_block& on, session& at) {
                           const auto started = now();
                           if (!only_told(*around->options, around->with.log, request.from, "move")) {
                             move_object(on, at, at, request, around->policy);
                             around->with.log.write(log_level::info,
                                                    request.to + ": Renamed from \"" + request.from + "\"");
                           }
                           enter_rename(on, *around, *wanted.plan, source, request.from, started);
                         },
                         done});
}

} // namespace

void begin_task(pointer self, side_task task) {
  ++self->state.listing;
  const auto end = [=, done = task.done](const failure_info& why) {
    --self->state.listing;
    done(why);
    pump(self);
  };
  with_loan(
      self, task.source,
      [=, work = task.work](session_loan loan) {
        auto held = std::make_shared<session_loan>(std::move(loan));
        run_blocking(
            self, self->state.around->with, {self->state.around->stop, nullptr, nullptr},
            [held, work](const may_block& on) {
              work(on, held->open(on));
              *held = {};
            },
            [end] { end({}); }, end);
      },
      [=](const failure_info& why) {
        self->state.fatal = why;
        end(why);
      });
}

bool advance_renames(pointer self) {
  auto& here = self->state;
  switch (here.renaming) {
  case rename_stage::gathering:
    here.renaming = rename_stage::hashing;
    hash_in_tasks(here, true, here.order.renames->source_hashes());
    hash_in_tasks(here, false, here.order.renames->destination_hashes());
    return true;
  case rename_stage::hashing: {
    here.renaming = rename_stage::renaming;
    const auto found = here.order.renames->match();
    enqueue_lone(here, found.sources, found.destinations);
    for (const auto& [source, destination] : found.renames) rename_in_task(self, source, destination);
    return true;
  }
  case rename_stage::renaming: here.renaming = rename_stage::over; return true;
  case rename_stage::over: return false;
  }
  return false;
}

void give_up_renames(pointer self) {
  auto& here = self->state;
  if (here.renaming == rename_stage::gathering || here.renaming == rename_stage::hashing) {
    const auto left = here.order.renames->give_up();
    enqueue_lone(here, left.sources, left.destinations);
  }
  here.renaming = rename_stage::over;
}

} // namespace argosy::planning
