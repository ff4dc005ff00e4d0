#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/actors.hpp"
#include "actors/blocking.hpp"
#include "actors/errors.hpp"
#include "actors/jobs/attempts.hpp"
#include "actors/reports/job_report.hpp"
#include "actors/services.hpp"
#include "actors/stats/stats.hpp"
#include "actors/transfers/job_pace.hpp"
#include "core/cancellation.hpp"
#include "core/filter.hpp"
#include "core/json.hpp"
#include "core/options.hpp"

namespace argosy {

class remote_maker;

/// The standing actors that a job talks to.
struct directory {
  stats_actor stats;
  remotes_actor remotes;
  job_table_actor jobs;
};

/// Takes output of a job while it runs.
class output_sink {
public:
  virtual ~output_sink() = default;
  /// What the bytes are, a media type; before the first of them. Without it that is guessed.
  virtual void type(std::string media_type) = 0;
  /// Waits until there is room. False: nobody takes it any more. Throws failure(cancelled).
  virtual bool write(const may_block& on, std::string_view bytes) = 0;
};

/// One rc call as a job runs it.
struct job_request {
  job_id id = 0;
  std::string path;      ///< the command
  json input;            ///< without the special parameters (rc-surface 2.6)
  std::string group;     ///< empty: job/<id>
  std::string overrides; ///< of options, as take_option_overrides() gives them; empty: none
  std::shared_ptr<const main_options>
      options;                         ///< in force for this call; empty: those of the daemon when it begins
  std::shared_ptr<const filter> rules; ///< of this call; empty: everything passes
  bool asynchronous = false;
  bool recorded = true;     ///< false: not in the job table, for what rclone serves without a job
  std::string content_type; ///< of the HTTP request, for commands that need it
  std::shared_ptr<const std::string> body;
  std::shared_ptr<output_sink> sink; ///< the caller's, for commands that write to it; empty: nobody reads
  std::string group_name() const { return group.empty() ? "job/" + std::to_string(id) : group; }
};

/// Told once, in the job's actor, how the job ended.
/// It may move the output out of a large reply; the record then keeps what it puts there.
using job_answer = std::function<void(job_status&)>;

class job_context;
/// What a command does as a job: begins the work and returns; the job ends with context.succeed() or fail().
/// It is called once more for each further attempt.
using job_work = std::function<void(job_context&)>;

struct job_state {
  std::unique_ptr<job_context> context;
  static inline const char* name = "job";
};
using job_pointer = job_actor::stateful_pointer<job_state>;

/// A running job, used in its actor only. What escapes from job_work as a failure ends the job with it.
class job_context {
public:
  job_context(job_pointer self, services& with, directory around, job_request request, job_answer answer,
              job_work work);
  ~job_context();

  const job_request& request() const { return request_; }
  const json& input() const { return request_.input; }
  services& with() { return with_; }
  const directory& around() const { return around_; }
  job_pointer self() { return self_; }
  const cancellation& stop() const { return stop_; }
  /// The options in force for this call.
  const std::shared_ptr<const main_options>& options() const { return options_; }
  /// The filter of this call; empty: everything passes.
  const std::shared_ptr<const filter>& rules() const { return request_.rules; }

  void begin();
  void cancel();
  /// `output` is JSON laid out at depth 0. Ends the job; later calls do nothing.
  void succeed(std::string output = "{}");
  /// Ends the job, or this attempt at its work.
  void fail(failure_info why);

  /// From now on the work is begun anew, after a pause, when it fails in a way that is worth it.
  void allow(attempt_rule rule) { rule_ = rule; }
  /// From 1.
  std::uint32_t attempt() const { return attempt_; }
  /// The account and the report of this job, which keeps one from the first call on.
  const std::shared_ptr<job_report>& report();
  /// The same if it keeps one already; else empty.
  const std::shared_ptr<job_report>& kept_report() const { return report_; }
  /// Tells the job table the pace, which job/set changes and job/status shows.
  void keep(std::shared_ptr<job_pace> pace);
  /// Empty until one is kept.
  const std::shared_ptr<job_pace>& pace() const { return pace_; }
  /// The report of the job whose failures this one is to try again; empty: it is to do everything.
  const std::shared_ptr<const job_report>& retried() const { return retried_; }
  /// Becomes another call, of which it begins the work, and what failed according to `retried`. Keeps its id,
  /// its group and who is to be answered.
  void take_over(job_request call, std::shared_ptr<const job_report> retried, job_work work);

  /// Asks another actor; an error ends the job with it.
  template <class Handle, class Then, class... Ts>
  void ask(const Handle& whom, Then then, Ts&&... xs) {
    // cancel() left the end to a task that did not notice: nothing else would end this wait.
    if (stop_.cancelled()) return fail({failure_kind::cancelled, "context canceled"});
    self_->request(whom, caf::infinite, std::forward<Ts>(xs)...)
        .then(guarded_as(std::move(then), &Then::operator()), refusal());
  }
  /// Opens remotes, in order; the first error ends the job, in the words of `explain` when there is one,
  /// which is given the place of the remote in `texts`.
  void open_remotes(std::vector<std::string> texts, std::function<void(std::vector<remote>)> then,
                    std::function<failure_info(std::size_t, const failure_info&)> explain = {});
  /// Leases a connection of each, in an order that cannot lock two jobs up.
  void lease(const std::vector<remote>& remotes, std::function<void(std::vector<session_loan>)> then);
  /// The stats group of this job, made if there is none.
  void open_stats(std::function<void(stats_sink)> then);
  /// Runs `work` on an I/O thread under this job's cancellation; what it throws ends the job.
  template <class Work, class Then>
  void block(Work work, Then then) {
    block(nullptr, std::move(work), std::move(then));
  }
  /// The same with a bandwidth limit for the payload that `work` accounts. `limit` outlives the job; null:
  /// none.
  template <class Work, class Then>
  void block(byte_throttle* limit, Work work, Then then) {
    ++blocking_;
    auto both = [this, go_on = guarded(then)](auto&&... result) {
      --blocking_;
      go_on(std::forward<decltype(result)>(result)...);
    };
    run_blocking(self_, with_, {stop_, limit, nullptr}, std::move(work), both,
                 [this, attempt = attempt_](const failure_info& why) {
                   --blocking_;
                   if (attempt == attempt_) fail(why);
                 });
  }
  /// Runs `work` on an I/O thread and ends the job with the text that it returns.
  void block_and_finish(std::function<std::string(const may_block&)> work) {
    block(std::move(work), [this](std::string output) { succeed(std::move(output)); });
  }
  /// A child actor of this job that stops by itself when cancelled is at work: cancel() leaves the end to it.
  void child_at_work(bool is) { child_ = is; }
  /// Called when this job is cancelled, to hand it on to children; empty: nobody.
  void when_cancelled(std::function<void()> call) { when_cancelled_ = std::move(call); }

private:
  /// A continuation whose failure ends the job, or the attempt that it belongs to.
  template <class F>
  auto guarded(F f) {
    return [this, f, attempt = attempt_](auto&&... xs) {
      if (ended_ || attempt != attempt_) return;
      try {
        f(std::forward<decltype(xs)>(xs)...);
      } catch (...) {
        fail(current_failure());
      }
    };
  }
  /// The same with the signature spelled out: CAF reads a handler's parameters from its type.
  template <class F, class R, class... As>
  auto guarded_as(F f, R (F::*)(As...) const) {
    return [go_on = guarded(std::move(f))](As... xs) { go_on(std::forward<As>(xs)...); };
  }
  /// For an answer that is an error.
  std::function<void(caf::error&)> refusal();
  bool try_again(const failure_info& why);
  void end(job_status status);

  job_pointer self_;
  services& with_;
  directory around_;
  job_request request_;
  job_answer answer_;
  job_work work_;
  cancellation stop_;
  std::shared_ptr<const main_options> options_;
  ledger::entry entry_;
  nanoseconds started_;
  int blocking_ = 0;
  bool child_ = false;
  std::function<void()> when_cancelled_;
  bool ended_ = false;
  attempt_rule rule_;
  std::uint32_t attempt_ = 1;
  std::shared_ptr<job_report> report_;
  std::shared_ptr<const job_report> retried_;
  std::shared_ptr<job_pace> pace_;
  stats_sink stats_; // empty until it is opened
  const std::shared_ptr<std::atomic<std::int64_t>> errors_ = std::make_shared<std::atomic<std::int64_t>>(0);
};

/// Enters the job into the table and begins it. `answer` may be empty. Any thread.
job_actor spawn_job(caf::actor_system& system, services& with, directory around, job_request request,
                    job_answer answer, job_work work);

} // namespace argosy
