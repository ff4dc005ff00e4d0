#include "actors/cluster/sharing.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <caf/all.hpp>

#include "actors/blocking.hpp"
#include "actors/cluster/lease_table.hpp"
#include "actors/cluster/worker.hpp"
#include "actors/links/portable_remotes.hpp"
#include "core/go_text.hpp"
#include "core/json.hpp"

namespace argosy {

namespace {

constexpr auto look_pause = std::chrono::milliseconds(250);
/// Ticks between two questions who else may help.
constexpr unsigned ask_ticks = 4;

struct helper {
  std::string node;
  worker_actor remote; // empty: asked, but not ready yet
  lease_table::clock asked{0};
  bool wishes = false; // and the plan knows
  bool recalling = false;
  bool idle = false;
};

/// A run that is with a helper, in the figures of this node.
struct run_elsewhere {
  std::shared_ptr<transfer_progress> progress;
  std::uint64_t begun = 0; // files
  std::uint64_t files() const { return progress->run().files.size(); }

  /// It is as far as that.
  void follow(const run_progress& there) {
    for (; begun < std::min(there.begun, files()); ++begun) {
      if (begun > 0) progress->end(progress->transferred() < there.transferred);
      progress->begin(static_cast<std::uint32_t>(begun));
    }
    if (there.bytes > progress->total_bytes()) progress->bytes(there.bytes - progress->total_bytes());
  }
};

struct sharing_state {
  std::shared_ptr<const sharing_tools> tools;
  std::shared_ptr<const run_environment> around;
  planner_actor plan;
  std::optional<share_offer> offer; // once it is known what the remotes need
  lease_table leases{lease_term};
  std::map<std::uint64_t, helper> helpers;
  std::map<std::uint64_t, run_elsewhere> runs;
  ledger::entry timer;
  unsigned ticks = 0;
  bool scarce = false;    // nothing waits at the plan
  bool home_idle = false; // and it has nothing to do itself
  bool stopping = false;
  static inline const char* name = "sharing";

  ~sharing_state() {
    // The plan has ended, or nobody needs what is out any more.
    for (const auto& [id, one] : helpers)
      if (one.remote) tell(one.remote, caf::close_atom_v);
    for (const auto& [number, one] : runs) around->stats.finished(one.progress, {});
    if (tools) tools->probe.leases.Decrement(static_cast<double>(runs.size()));
  }
};
using sharing_pointer = sharing_actor::stateful_pointer<sharing_state>;

/// Enters what a helper has recorded.
void enter_records(const may_block& on, job_report& report, std::string_view bytes) {
  while (!bytes.empty()) {
    block_reader reader{bytes};
    report_block block{reader.place()};
    for (file_outcome one; reader.next(one);) block.add(one);
    report.add(on, block);
    bytes.remove_prefix(reader.size());
  }
}

class sharing {
public:
  explicit sharing(sharing_pointer self) : self_(self), s_(self->state) {}

  void begin() {
    self_->monitor(s_.plan);
    s_.timer = s_.around->with.book.enter(resource::timer, "sharing", s_.around->job);
    const std::vector<std::string> texts{s_.around->source_fs, s_.around->destination_fs};
    run_blocking(
        self_, s_.around->with, {s_.around->stop, nullptr, nullptr},
        [tools = s_.tools, texts](const may_block& on) {
          return to_text(needed_by(on, tools->config, tools->storages, tools->flags, texts));
        },
        [self = self_](std::string needed) { sharing{self}.ready(std::move(needed)); },
        [self = self_](const failure_info& why) { sharing{self}.note("stays here: " + why.text); });
    self_->delayed_send(self_, look_pause, caf::tick_atom_v);
  }

  void asked(std::uint64_t id, const std::string& node) {
    auto& one = s_.helpers[id];
    one.node = node;
    one.asked = time();
  }

  void linked(std::uint64_t id, const caf::strong_actor_ptr& remote, const std::string& reason) {
    const auto found = s_.helpers.find(id);
    if (found == s_.helpers.end()) return;
    auto& one = found->second;
    if (!remote) return note("node " + go_quote(one.node) + " cannot help: " + reason);
    one.remote = caf::actor_cast<worker_actor>(remote);
    self_->monitor(remote);
    s_.leases.join(id, time());
    if (s_.stopping) tell(one.remote, stop_atom_v);
    note("node " + go_quote(one.node) + " helps");
  }

  void give(std::uint64_t id, std::vector<file_run> runs) {
    const auto found = s_.helpers.find(id);
    lease_table::runs numbers;
    for (const auto& one : runs) numbers.push_back(one.number);
    if (found == s_.helpers.end() || s_.stopping || !s_.leases.grant(id, numbers, time()))
      return back(std::move(numbers), false);
    found->second.wishes = found->second.idle = false;
    s_.scarce = s_.home_idle = false;
    for (const auto& one : runs) {
      // Counted where it is planned, once, whoever does it.
      auto progress =
          std::make_shared<transfer_progress>(std::make_shared<const file_run>(one), s_.around->source_fs,
                                              s_.around->destination_fs, s_.around->stats.totals());
      s_.around->stats.started(progress);
      s_.runs[one.number] = {std::move(progress)};
    }
    s_.tools->probe.leases.Increment(static_cast<double>(runs.size()));
    tell(found->second.remote, lease_atom_v, std::move(runs));
  }

  void reported(const helper_report& report) {
    const auto found = s_.helpers.find(report.helper);
    if (found == s_.helpers.end() || !found->second.remote) return;
    std::set<lease_table::run_number> begun;
    for (const auto& run : report.running) {
      if (!s_.leases.holds(report.helper, run.number)) continue;
      begun.insert(run.number);
      s_.runs.at(run.number).follow(run);
    }
    s_.leases.heard(report.helper, begun, time());
    auto& one = found->second;
    one.idle = report.idle;
    // While work is scarce, who has something to go on with gets nothing more.
    if (report.wants && (!s_.scarce || one.idle)) wish(report.helper, one);
    balance();
  }

  void done(std::uint64_t id, std::vector<run_result>& results) {
    auto accepted = std::make_shared<std::vector<run_result>>();
    auto& probe = s_.tools->probe;
    for (auto& one : results) {
      if (!s_.leases.end(id, one.report.number)) {
        probe.runs_refused.Increment();
        continue;
      }
      probe.runs_done.Increment();
      accepted->push_back(std::move(one));
    }
    if (accepted->empty()) return;
    const auto node = s_.helpers.at(id).node; // it may be lost meanwhile
    // Records stand in the report before the plan hears of the end. Nothing cancels that.
    run_blocking(
        self_, s_.around->with, {cancellation{}, nullptr, nullptr},
        [around = s_.around, accepted](const may_block& on) {
          for (const auto& one : *accepted) enter_records(on, *around->report, one.records);
        },
        [self = self_, accepted, node] { sharing{self}.entered(node, *accepted); },
        [self = self_, accepted, node](const failure_info& why) {
          sharing{self}.note("records of another node are lost: " + why.text);
          sharing{self}.entered(node, *accepted);
        });
  }

  void given_back(std::uint64_t id, const lease_table::runs& numbers) {
    if (const auto found = s_.helpers.find(id); found != s_.helpers.end()) found->second.recalling = false;
    lease_table::runs ended;
    for (const auto number : numbers)
      if (s_.leases.end(id, number)) ended.push_back(number);
    s_.tools->probe.runs_returned.Increment(static_cast<double>(ended.size()));
    forget(ended);
    back(std::move(ended), false);
  }

  void scarce(bool home_idle) {
    s_.scarce = true;
    s_.home_idle = home_idle;
    for (auto& [id, one] : s_.helpers) {
      one.wishes = false;
      if (one.idle) wish(id, one);
    }
    balance();
  }

  void stop() {
    if (std::exchange(s_.stopping, true)) return;
    for (const auto& [id, one] : s_.helpers)
      if (one.remote) tell(one.remote, stop_atom_v);
  }

  void down(const caf::down_msg& message) {
    if (message.source == s_.plan.address()) return self_->quit();
    for (auto at = s_.helpers.begin(); at != s_.helpers.end(); ++at)
      if (at->second.remote && at->second.remote.address() == message.source) return lose(at->first);
  }

  void tick_now() {
    for (const auto id : s_.leases.late(time())) lose(id);
    if (s_.around->stop.cancelled()) stop();
    const auto now = time();
    for (auto at = s_.helpers.begin(); at != s_.helpers.end();)
      at = !at->second.remote && at->second.asked + offer_pause <= now ? s_.helpers.erase(at) : std::next(at);
    if (s_.ticks++ % ask_ticks == 0) ask();
    self_->delayed_send(self_, look_pause, caf::tick_atom_v);
  }

private:
  lease_table::clock time() const { return self_->clock().now().time_since_epoch(); }

  void note(const std::string& text) {
    s_.around->with.log.write(log_level::info,
                              "cluster: job " + std::to_string(s_.around->job) + ": " + text);
  }

  void ready(std::string needed) {
    share_offer offer;
    offer.job = s_.around->job;
    offer.node = s_.tools->node;
    offer.source = s_.around->source_fs;
    offer.destination = s_.around->destination_fs;
    offer.remotes = std::move(needed);
    offer.options = to_json(*s_.around->options).dump(-1, ' ', false, json::error_handler_t::replace);
    s_.offer = std::move(offer);
    ask();
  }

  void ask() {
    if (!s_.offer || s_.stopping) return;
    std::vector<std::string> skip;
    for (const auto& [id, one] : s_.helpers) skip.push_back(one.node);
    const auto& pace = *s_.around->pace;
    s_.offer->transfers = static_cast<std::uint64_t>(std::max<std::int64_t>(1, pace.transfers()));
    s_.offer->checkers = static_cast<std::uint64_t>(std::max<std::int64_t>(1, pace.checkers()));
    s_.tools->ask(*s_.offer, std::move(skip), caf::actor_cast<caf::strong_actor_ptr>(self_));
  }

  void wish(std::uint64_t id, helper& one) {
    if (s_.stopping || std::exchange(one.wishes, true)) return;
    tell(s_.plan, caf::get_atom_v, id, static_cast<std::uint64_t>(s_.leases.helpers() + 1));
  }

  void back(lease_table::runs numbers, bool again) {
    if (!numbers.empty()) tell(s_.plan, return_atom_v, std::move(numbers), again);
  }

  /// What was seen of runs that others do now: their bytes did flow.
  void forget(const lease_table::runs& numbers) {
    for (const auto number : numbers) {
      const auto found = s_.runs.find(number);
      if (found == s_.runs.end()) continue;
      stats_delta delta;
      delta.bytes = static_cast<std::int64_t>(found->second.progress->total_bytes());
      s_.around->stats.finished(found->second.progress, std::move(delta));
      s_.runs.erase(found);
      s_.tools->probe.leases.Decrement();
    }
  }

  void entered(const std::string& node, std::vector<run_result>& results) {
    for (auto& one : results) {
      const auto found = s_.runs.find(one.report.number);
      if (found == s_.runs.end()) continue;
      auto& run = found->second;
      const auto bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, one.delta.bytes));
      const auto transferred = static_cast<std::uint64_t>(one.delta.transfers);
      s_.tools->helped(s_.around->job, {node, run.files(), bytes});
      run.follow({one.report.number, run.files(), transferred, bytes, false});
      run.progress->end(run.progress->transferred() < transferred);
      one.delta.bytes = static_cast<std::int64_t>(run.progress->total_bytes());
      s_.around->stats.finished(run.progress, std::move(one.delta));
      s_.runs.erase(found);
      s_.tools->probe.leases.Decrement();
      tell(s_.plan, finished_atom_v, std::move(one.report));
    }
  }

  void lose(std::uint64_t id) {
    const auto found = s_.helpers.find(id);
    if (found == s_.helpers.end()) return;
    auto left = s_.leases.leave(id);
    // It may be alive: what it goes on with would be in vain.
    if (found->second.remote) {
      self_->demonitor(found->second.remote.address());
      tell(found->second.remote, caf::close_atom_v);
    }
    if (!left.empty())
      note("node " + go_quote(found->second.node) + " is lost with " + std::to_string(left.size()) + " runs");
    s_.helpers.erase(found);
    s_.tools->probe.runs_lost.Increment(static_cast<double>(left.size()));
    forget(left);
    back(std::move(left), true);
  }

  /// Takes from who has most what somebody else could begin now.
  void balance() {
    if (!s_.scarce || s_.stopping) return;
    const auto idle = s_.home_idle || std::any_of(s_.helpers.begin(), s_.helpers.end(),
                                                  [](const auto& one) { return one.second.idle; });
    const auto id = s_.leases.richest();
    if (!idle || id == 0) return;
    auto& one = s_.helpers.at(id);
    if (std::exchange(one.recalling, true)) return;
    tell(one.remote, return_atom_v, static_cast<std::uint64_t>((s_.leases.not_begun(id) + 1) / 2));
  }

  sharing_pointer self_;
  sharing_state& s_;
};

sharing_actor::behavior_type sharing_of(sharing_pointer self, std::shared_ptr<const sharing_tools> tools,
                                        std::shared_ptr<const run_environment> around, planner_actor plan) {
  auto& state = self->state;
  state.tools = std::move(tools);
  state.around = std::move(around);
  state.plan = std::move(plan);
  self->set_down_handler([self](const caf::down_msg& message) { sharing{self}.down(message); });
  sharing{self}.begin();
  return {
      [=](caf::put_atom, std::uint64_t helper, std::vector<file_run>& runs) {
        sharing{self}.give(helper, std::move(runs));
      },
      [=](caf::idle_atom, bool home_idle) { sharing{self}.scarce(home_idle); },
      [=](stop_atom) { sharing{self}.stop(); },
      [=](offer_atom, std::uint64_t helper, const std::string& node) { sharing{self}.asked(helper, node); },
      [=](link_atom, std::uint64_t helper, const caf::strong_actor_ptr& remote, const std::string& reason) {
        sharing{self}.linked(helper, remote, reason);
      },
      [=](report_atom, const helper_report& report) { sharing{self}.reported(report); },
      [=](finished_atom, std::uint64_t helper, std::vector<run_result>& results) {
        sharing{self}.done(helper, results);
      },
      [=](return_atom, std::uint64_t helper, const std::vector<std::uint64_t>& numbers) {
        sharing{self}.given_back(helper, numbers);
      },
      [=](caf::tick_atom) { sharing{self}.tick_now(); },
      [](resume_atom, const continuation& next) { resume(next); },
  };
}

} // namespace

sharing_actor spawn_sharing(caf::actor_system& system, std::shared_ptr<const sharing_tools> tools,
                            std::shared_ptr<const run_environment> around, planner_actor plan) {
  auto& with = around->with;
  const auto job = around->job;
  return with.actors.spawn(system, "sharing", job, sharing_of, std::move(tools), std::move(around),
                           std::move(plan));
}

} // namespace argosy
