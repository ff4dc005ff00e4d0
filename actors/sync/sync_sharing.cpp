#include <algorithm>
#include <utility>

#include <caf/all.hpp>

#include "actors/defaults.hpp"
#include "actors/sync/sync_state.hpp"
#include "actors/tell.hpp"

namespace argosy::planning {

namespace {

/// Between two looks at whether others should help.
constexpr auto pause = std::chrono::milliseconds(250);

work_amount waiting(const state& here) {
  return {here.copies.files() + here.checks.files(), here.copies.bytes() + here.checks.bytes()};
}

void look(pointer self) {
  auto& here = self->state;
  here.shared.look = {};
  if (here.now_in != phase::planning || here.giving_up() || here.shared.helpers) return;
  const std::chrono::duration<double> elapsed = self->clock().now() - here.shared.since;
  if (worth_sharing(waiting(here), here.shared.done, elapsed.count()))
    here.shared.helpers = here.sharing->begin(here.around, self);
  else
    share(self);
}

/// The queue from which something may be begun now.
file_queue* next_queue(state& here) {
  if (!here.checks.empty()) return &here.checks;
  const auto all_checked = here.listing == 0 && here.directories.empty() && here.tasks.empty() &&
                           !here.scope_open && here.checking == 0 && here.shared.checking == 0;
  if (here.copies.empty() || (here.around->options->check_first && !all_checked)) return nullptr;
  return &here.copies;
}

void give(pointer self, const shared_work::wish& to, file_queue& from) {
  auto& here = self->state;
  auto portion = next_portion({from.files(), from.bytes()}, to.nodes);
  std::vector<file_run> runs;
  while (portion.files > 0 && !from.empty()) {
    const auto before = from.bytes();
    auto chunk = from.take(std::min<std::size_t>(here.run_files, portion.files),
                           std::min(defaults::run_bytes, portion.bytes));
    portion.files -= chunk.files.size();
    const auto kind = chunk.kind;
    run_under_way under_way{kind, true, {}, true};
    runs.push_back(begin_run(self, std::move(chunk), std::move(under_way)));
    here.shared.begun(kind);
    const auto bytes = before - from.bytes();
    if (bytes >= portion.bytes) break;
    portion.bytes -= bytes;
  }
  here.shared.told_idle = false;
  tell(here.shared.helpers, caf::put_atom_v, to.helper, std::move(runs));
}

} // namespace

bool may_share(const state& here) {
  const auto& sharing = here.sharing;
  const auto& around = *here.around;
  const auto& options = *around.options;
  if (!sharing || options.dry_run || options.interactive || around.beside.any() || around.limits)
    return false;
  // What is counted down in one place.
  if (here.moving() && (options.max_delete >= 0 || options.max_delete_size >= 0)) return false;
  return sharing->reaches(around.source.store->info()) && sharing->reaches(around.destination.store->info());
}

void share(pointer self) {
  auto& here = self->state;
  auto& shared = here.shared;
  if (!shared.allowed) return;
  if (!shared.helpers) {
    if (shared.look || here.out.empty() || waiting(here).files == 0) return;
    shared.look = here.around->with.book.enter(resource::timer, "sharing", here.around->job);
    self->delayed_send(self, pause, resume_atom_v,
                       continuation{std::make_shared<std::function<void()>>([self] { look(self); })});
    return;
  }
  // A limit of the job's own is kept by this node alone.
  const auto limited = here.around->pace->now().bandwidth > 0;
  for (auto* queue = next_queue(here); queue != nullptr && !shared.wishes.empty() && !limited;
       queue = next_queue(here)) {
    const auto wish = shared.wishes.front();
    shared.wishes.pop_front();
    give(self, wish, *queue);
  }
  if (waiting(here).files > 0) {
    shared.told_idle = false;
    return;
  }
  const auto home_idle = here.transferring < here.transfers && here.checking < here.checkers;
  if (shared.out == 0 || (shared.told_idle && shared.told_home_idle == home_idle)) return;
  shared.wishes.clear();
  shared.told_idle = true;
  shared.told_home_idle = home_idle;
  tell(shared.helpers, caf::idle_atom_v, home_idle);
}

void take_back(pointer self, const std::vector<std::uint64_t>& numbers, bool again) {
  auto& here = self->state;
  for (const auto number : numbers) {
    const auto found = here.out.find(number);
    if (found == here.out.end() || !found->second.elsewhere) continue;
    auto chunk = std::move(found->second.files);
    here.out.erase(found);
    here.shared.ended(chunk.kind);
    chunk.again |= again;
    (copies_files(chunk.kind) ? here.copies : here.checks).add(std::move(chunk));
  }
  pump(self);
}

} // namespace argosy::planning
