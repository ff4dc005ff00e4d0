#include "actors/cluster/worker.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include <caf/all.hpp>

#include "actors/blocking.hpp"
#include "actors/defaults.hpp"
#include "actors/links/connection.hpp"
#include "actors/links/portable_remotes.hpp"
#include "actors/links/remote_maker.hpp"
#include "actors/stats/delta.hpp"
#include "actors/transfers/compare.hpp"
#include "actors/transfers/transfer.hpp"
#include "core/json.hpp"

namespace argosy {

namespace {

/// Between two reports: six of them make a lease.
constexpr auto report_pause = std::chrono::seconds(1);
/// Results that come within this go together.
constexpr auto gathering = std::chrono::milliseconds(20);
constexpr std::size_t results_together = 256;

struct begun_run {
  run_kind kind = run_kind::copy;
  std::shared_ptr<job_report> records;         // of this run
  std::shared_ptr<transfer_progress> progress; // once it has a connection
  stats_delta delta;
};

struct worker_state {
  std::shared_ptr<const worker_tools> tools;
  share_offer offer;
  sharing_actor planner;
  std::shared_ptr<const run_environment> around; // empty: not ready
  cancellation stop;
  std::deque<file_run> waiting;
  std::map<std::uint64_t, begun_run> begun; // by number
  std::size_t transferring = 0, checking = 0;
  std::vector<run_result> results;                   // without their records:
  std::vector<std::shared_ptr<job_report>> recorded; // of each of them
  std::size_t being_read = 0;                        // results whose records are
  bool gathers = false;                              // and will send them
  bool draining = false;                             // takes nothing more
  bool closing = false;                              // nobody takes results
  ledger::entry job, timer;
  static inline const char* name = "worker";

  ~worker_state() {
    if (!around) return;
    for (const auto& side : {around->source, around->destination}) tell(side.pool, stop_atom_v);
  }
};
using worker_pointer = worker_actor::stateful_pointer<worker_state>;

/// Both sides as this node makes them from what the planner has sent.
struct opened_sides {
  made_storage source, destination;
};

/// Opens a connection: a helper that does not get through would fail where others succeed.
made_storage open_side(const may_block& on, const remote_maker& maker, const std::string& fs,
                       const main_options& options) {
  auto side = maker.make(on, fs, options);
  if (side.file) fail(failure_kind::is_a_file, "is a file not a directory");
  side.made->connect(on)->stat(on, "");
  return side;
}

opened_sides open_sides(const may_block& on, const worker_tools& tools, const share_offer& offer,
                        const main_options& options) {
  const auto needed = portable_remotes_from(offer.remotes);
  configuration sections{""};
  sections.use(on, [&](config_store& store) {
    config_text text;
    for (const auto& [name, values] : needed.sections)
      for (const auto& [key, value] : values) text.set(name, key, value);
    store.save(std::move(text));
  });
  check_reachable(needed, {offer.source, offer.destination}, tools.shared);
  const remote_maker maker{sections, tools.storages, needed.flags, tools.with.log, tools.with.net};
  return {open_side(on, maker, offer.source, options), open_side(on, maker, offer.destination, options)};
}

/// The records of one run, as report_block::store() has them.
std::string stored_records(const may_block& on, const job_report& report) {
  std::string bytes;
  std::optional<report_block> block;
  report.read(on, report.all(), {}, [&](const report_place& place, const file_outcome& one, std::uint32_t) {
    if (!block) block.emplace(place);
    block->add(one);
    return true;
  });
  if (block) block->store(bytes, 1);
  return bytes;
}

class worker {
public:
  explicit worker(worker_pointer self) : self_(self), s_(self->state) {}

  void begin() {
    auto& with = s_.tools->with;
    s_.job = with.book.enter(resource::job, "helper", s_.offer.job);
    auto options = std::make_shared<main_options>();
    run_blocking(
        self_, with, {s_.stop, nullptr, nullptr},
        [tools = s_.tools, offer = s_.offer, options](const may_block& on) {
          const auto given = json::parse(offer.options, nullptr, false);
          if (!given.is_object()) fail(failure_kind::other, "the options of the job cannot be read");
          assign(*options, given);
          return open_sides(on, *tools, offer, *options);
        },
        [self = self_, options](const opened_sides& sides) { worker{self}.ready(sides, options); },
        [self = self_](const failure_info& why) {
          auto& s = self->state;
          tell(s.planner, link_atom_v, s.offer.helper, caf::strong_actor_ptr{}, why.text);
          self->quit();
        });
  }

  void take(std::vector<file_run>& runs) {
    for (auto& run : runs) s_.waiting.push_back(std::move(run));
    if (s_.stop.cancelled() || s_.draining) give_back(s_.waiting.size());
    pump();
  }

  void give_back(std::size_t most) {
    std::vector<std::uint64_t> numbers;
    for (; most > 0 && !s_.waiting.empty(); --most) {
      numbers.push_back(s_.waiting.back().number);
      s_.waiting.pop_back();
    }
    tell(s_.planner, return_atom_v, s_.offer.helper, std::move(numbers));
    pump();
  }

  void stop() {
    s_.stop.cancel();
    give_back(s_.waiting.size());
  }

  void close() {
    s_.closing = true;
    s_.stop.cancel();
    s_.waiting.clear();
    s_.results.clear();
    s_.recorded.clear();
    end_if_over();
  }

  void drain() {
    s_.draining = true;
    give_back(s_.waiting.size());
  }

  void started(const std::shared_ptr<transfer_progress>& progress) {
    if (const auto run = s_.begun.find(progress->run().number); run != s_.begun.end())
      run->second.progress = progress;
  }

  void counted(const std::shared_ptr<transfer_progress>& progress, stats_delta& delta) {
    if (const auto run = s_.begun.find(progress->run().number); run != s_.begun.end())
      run->second.delta = std::move(delta);
  }

  void finished(const run_report& report) {
    const auto found = s_.begun.find(report.number);
    if (found == s_.begun.end()) return;
    auto run = std::move(found->second);
    s_.begun.erase(found);
    --(copies(run.kind) ? s_.transferring : s_.checking);
    if (!s_.closing) {
      s_.results.push_back({report, std::move(run.delta), {}});
      s_.recorded.push_back(std::move(run.records));
    }
    pump();
  }

  void send_results() {
    s_.gathers = false;
    report();
    if (s_.results.empty()) return end_if_over();
    auto results = std::make_shared<std::vector<run_result>>(std::exchange(s_.results, {}));
    s_.being_read += results->size();
    // What is done is told, whether the job is being stopped or not.
    run_blocking(
        self_, s_.tools->with, {cancellation{}, nullptr, nullptr},
        [results, recorded = std::exchange(s_.recorded, {})](const may_block& on) {
          for (std::size_t i = 0; i < recorded.size(); ++i)
            (*results)[i].records = stored_records(on, *recorded[i]);
        },
        [self = self_, results] { worker{self}.read(*results); },
        // Without its results the planner has the runs done anew.
        [self = self_](const failure_info&) { worker{self}.close(); });
  }

  void tick() {
    if (s_.closing) return;
    report();
    self_->delayed_send(self_, report_pause, caf::tick_atom_v);
  }

private:
  void read(std::vector<run_result>& results) {
    s_.being_read -= results.size();
    if (!s_.closing) tell(s_.planner, finished_atom_v, s_.offer.helper, std::move(results));
    end_if_over();
  }

  static bool copies(run_kind kind) { return kind == run_kind::copy || kind == run_kind::move; }

  void ready(const opened_sides& sides, const std::shared_ptr<const main_options>& options) {
    if (s_.closing) return self_->quit();
    auto& with = s_.tools->with;
    const auto remote_of = [&](const made_storage& side) {
      const auto own = side.made->connection_limit();
      const auto limit = own == 0 ? defaults::connections : std::min(own, defaults::connections);
      return remote{side.made, spawn_pool(self_->system(), with, side.made, limit), {}};
    };
    const auto& from = sides.source.made->info();
    const auto& to = sides.destination.made->info();
    auto around = std::make_shared<run_environment>(
        run_environment{with, s_.offer.job, remote_of(sides.source), remote_of(sides.destination), options,
                        policy_of(*options), comparison{from, to, *options}.common_hash(), s_.stop,
                        stats_sink{caf::actor_cast<stats_group_actor>(self_), s_.tools->unseen->probe},
                        s_.offer.source, s_.offer.destination});
    s_.around = std::move(around);
    s_.timer = with.book.enter(resource::timer, "reports of a helper", s_.offer.job);
    tell(s_.planner, link_atom_v, s_.offer.helper, caf::actor_cast<caf::strong_actor_ptr>(self_),
         std::string{});
    tick();
  }

  std::size_t room(run_kind kind) const {
    const auto& offer = s_.offer;
    const auto most = copies(kind) ? offer.transfers : offer.checkers;
    const auto under_way = copies(kind) ? s_.transferring : s_.checking;
    return most > under_way ? static_cast<std::size_t>(most - under_way) : 0;
  }

  void pump() {
    while (!s_.waiting.empty() && room(s_.waiting.front().kind) > 0) {
      begin_run(std::move(s_.waiting.front()));
      s_.waiting.pop_front();
    }
    if (s_.results.size() >= results_together) return send_results();
    const auto soon = !s_.results.empty() || wants();
    if (!s_.closing && soon && !std::exchange(s_.gathers, true))
      self_->delayed_send(self_, gathering, caf::put_atom_v);
    end_if_over();
  }

  void begin_run(file_run run) {
    begun_run begun{
        run.kind, std::make_shared<job_report>(s_.tools->with, s_.offer.job, job_report::call{}), {}, {}};
    begun.records->begin_attempt(1);
    auto around = std::make_shared<run_environment>(*s_.around);
    around->report = begun.records;
    ++(copies(run.kind) ? s_.transferring : s_.checking);
    s_.begun.emplace(run.number, std::move(begun));
    spawn_transfer(self_->system(), std::move(around), std::move(run), caf::actor_cast<sync_actor>(self_));
  }

  bool idle() const { return s_.waiting.empty() && room(run_kind::copy) > 0 && room(run_kind::check) > 0; }
  /// More before the last is begun, so that nobody waits for the way there and back.
  bool wants() const {
    return !s_.draining && !s_.stop.cancelled() &&
           s_.waiting.size() < std::max<std::size_t>(1, s_.offer.transfers);
  }

  void report() {
    if (s_.closing || !s_.around) return;
    helper_report told;
    told.helper = s_.offer.helper;
    for (const auto& [number, run] : s_.begun) {
      told.running.emplace_back();
      auto& figures = told.running.back();
      figures.number = number;
      if (!run.progress) continue;
      running_transfer file;
      figures.begun = run.progress->begun();
      figures.transferred = run.progress->transferred();
      figures.bytes = run.progress->total_bytes();
      figures.under_way = run.progress->current(file);
    }
    told.waiting = s_.waiting.size();
    told.wants = wants();
    told.idle = told.wants && idle();
    tell(s_.planner, report_atom_v, std::move(told));
  }

  void end_if_over() {
    const auto over = s_.closing || (s_.draining && s_.results.empty() && s_.waiting.empty());
    if (over && s_.begun.empty() && (s_.being_read == 0 || s_.closing) && s_.around) self_->quit();
  }

  worker_pointer self_;
  worker_state& s_;
};

worker_actor::behavior_type worker_of(worker_pointer self, std::shared_ptr<const worker_tools> tools,
                                      share_offer offer, const caf::strong_actor_ptr& planner) {
  auto& state = self->state;
  state.tools = std::move(tools);
  state.offer = std::move(offer);
  state.planner = caf::actor_cast<sharing_actor>(planner);
  // The planner, or its node, is gone.
  self->set_down_handler([self](const caf::down_msg&) { worker{self}.close(); });
  self->monitor(planner);
  return {
      [=](caf::ok_atom) { worker{self}.begin(); },
      [](resume_atom, const continuation& next) { resume(next); },
      [=](finished_atom, const run_report& report) { worker{self}.finished(report); },
      [=](lease_atom, std::vector<file_run>& runs) { worker{self}.take(runs); },
      [=](return_atom, std::uint64_t most) { worker{self}.give_back(static_cast<std::size_t>(most)); },
      [=](stop_atom) { worker{self}.stop(); },
      [=](caf::close_atom) { worker{self}.close(); },
      [=](drain_atom) { worker{self}.drain(); },
      [=](caf::put_atom) { worker{self}.send_results(); },
      [](caf::add_atom, const stats_delta&) {},
      [=](started_atom, const std::shared_ptr<transfer_progress>& progress) {
        worker{self}.started(progress);
      },
      [=](finished_atom, const std::shared_ptr<transfer_progress>& progress, stats_delta& delta) {
        worker{self}.counted(progress, delta);
      },
      [](caf::get_atom) { return stats_snapshot{}; },
      [](caf::flush_atom) { return std::vector<transfer_record>{}; },
      [](caf::reset_atom) {},
      [=](caf::tick_atom) { worker{self}.tick(); },
      [=](depth_atom) {
        self->mailbox().fetch_more();
        return static_cast<std::uint64_t>(self->mailbox().size());
      },
  };
}

} // namespace

worker_actor spawn_worker(caf::actor_system& system, std::shared_ptr<const worker_tools> tools,
                          share_offer offer, const caf::strong_actor_ptr& planner) {
  auto& with = tools->with;
  const auto job = offer.job;
  auto made =
      with.actors.spawn(system, "worker", job, worker_of, std::move(tools), std::move(offer), planner);
  tell(made, caf::ok_atom_v);
  return made;
}

} // namespace argosy
