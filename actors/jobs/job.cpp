#include "actors/jobs/job.hpp"

#include <atomic>
#include <map>

#include <caf/all.hpp>

#include "actors/stats/delta.hpp"
#include "core/call_options.hpp"
#include "core/duration.hpp"
#include "metrics/instruments.hpp"

namespace argosy {

namespace {

const char* kind_of(const job_request& request) { return request.recorded ? "job" : "served"; }

} // namespace

job_context::job_context(job_pointer self, services& with, directory around, job_request request,
                         job_answer answer, job_work work) :
    self_(self),
    with_(with), around_(std::move(around)), request_(std::move(request)), answer_(std::move(answer)),
    work_(std::move(work)), options_(request_.options ? request_.options : with.options.current()),
    entry_(with.book.enter(resource::job, kind_of(request_), request_.id)), started_(now()) {
  entry_.detail(request_.path);
}

job_context::~job_context() { fail({failure_kind::cancelled, "context canceled"}); }

void job_context::begin() {
  // What runs may be replaced by it.
  const auto work = work_;
  guarded(work)(*this);
}

void job_context::take_over(job_request call, std::shared_ptr<const job_report> retried, job_work work) {
  request_.path = std::move(call.path);
  request_.input = std::move(call.input);
  request_.overrides = std::move(call.overrides);
  request_.rules = std::move(call.rules);
  options_ = call.options ? std::move(call.options) : with_.options.current();
  retried_ = std::move(retried);
  work_ = std::move(work);
  entry_.detail(request_.path);
  begin();
}

const std::shared_ptr<job_report>& job_context::report() {
  if (report_) return report_;
  report_ = std::make_shared<job_report>(
      with_, request_.id, job_report::call{request_.path, with_options(request_.input, request_.overrides)},
      retried_);
  if (request_.recorded) tell(around_.jobs, report_atom_v, request_.id, report_);
  return report_;
}

void job_context::keep(std::shared_ptr<job_pace> pace) {
  pace_ = std::move(pace);
  if (request_.recorded) tell(around_.jobs, caf::put_atom_v, request_.id, pace_);
}

std::function<void(caf::error&)> job_context::refusal() {
  return [this, attempt = attempt_](caf::error& e) {
    if (attempt == attempt_) fail(to_failure(e));
  };
}

void job_context::cancel() {
  stop_.cancel();
  if (when_cancelled_) when_cancelled_();
  // What is on an I/O thread or in a child ends by itself, soon. What only waits for an answer ends here.
  if (blocking_ == 0 && !child_) fail({failure_kind::cancelled, "context canceled"});
}

void job_context::succeed(std::string output) {
  job_status status;
  status.output = std::move(output);
  end(std::move(status));
}

bool job_context::try_again(const failure_info& why) {
  if (attempt_ >= rule_.most || stop_.cancelled() || !worth_another_attempt(why.kind)) return false;
  if (report_ && !report_->complete()) return false; // nobody knows what failed
  child_ = false;
  when_cancelled_ = {};
  const auto wait = rule_.pause_before(++attempt_);
  with_.log.write(log_level::error, "job " + std::to_string(request_.id) + ": attempt " +
                                        std::to_string(attempt_ - 1) + "/" + std::to_string(rule_.most) +
                                        " failed: " + why.text + "; the next one in " +
                                        format_duration(wait.count()));
  entry_.state("waiting for another attempt");
  const auto next = guarded([this] {
    entry_.state("running");
    // What is mended is no reason to keep a deletion back.
    stats_delta forgiven;
    forgiven.errors = -errors_->exchange(0);
    if (forgiven.errors < 0) stats_.add(std::move(forgiven));
    begin();
  });
  self_->delayed_send(self_, wait, resume_atom_v,
                      continuation{std::make_shared<std::function<void()>>(next)});
  return true;
}

void job_context::fail(failure_info why) {
  if (ended_ || try_again(why)) return;
  job_status status;
  status.error = std::move(why);
  status.output = "{}";
  end(std::move(status));
}

void job_context::end(job_status status) {
  if (ended_) return;
  ended_ = true;
  status.id = request_.id;
  status.group = request_.group_name();
  status.started = started_;
  status.ended = now();
  status.finished = true;
  if (request_.recorded) with_.book.tools().tasks.ran(request_.path, request_.id, started_);
  if (answer_) answer_(status);
  if (request_.recorded) tell(around_.jobs, finished_atom_v, std::move(status));
  self_->quit();
}

void job_context::open_remotes(std::vector<std::string> texts, std::function<void(std::vector<remote>)> then,
                               std::function<failure_info(std::size_t, const failure_info&)> explain) {
  struct progress {
    std::vector<std::string> texts;
    std::vector<remote> opened;
    std::function<void(std::vector<remote>)> then;
    std::function<failure_info(std::size_t, const failure_info&)> explain;
    std::function<void()> next;
  };
  auto state = std::make_shared<progress>();
  state->texts = std::move(texts);
  state->then = std::move(then);
  state->explain = std::move(explain);
  // The step names itself through a weak pointer: a strong one would be a circle that nothing ends.
  state->next = [this, weak = std::weak_ptr<progress>(state)] {
    auto here = weak.lock();
    if (here->opened.size() == here->texts.size()) return here->then(std::move(here->opened));
    if (stop_.cancelled()) return fail({failure_kind::cancelled, "context canceled"});
    const auto place = here->opened.size();
    self_->request(around_.remotes, caf::infinite, caf::open_atom_v, here->texts[place], request_.overrides)
        .then(
            [this, here](remote& one) {
              guarded([&] {
                here->opened.push_back(std::move(one));
                here->next();
              })();
            },
            [this, here, place, attempt = attempt_](caf::error& e) {
              if (attempt != attempt_) return;
              const auto why = to_failure(e);
              fail(here->explain && why.kind != failure_kind::cancelled ? here->explain(place, why) : why);
            });
  };
  state->next();
}

void job_context::lease(const std::vector<remote>& remotes,
                        std::function<void(std::vector<session_loan>)> then) {
  struct progress {
    std::map<caf::actor_id, std::pair<pool_actor, std::vector<std::size_t>>> pools; // places in `loans`
    std::vector<session_loan> loans;
    std::function<void(std::vector<session_loan>)> then;
    std::function<void()> next;
  };
  auto state = std::make_shared<progress>();
  state->then = std::move(then);
  state->loans.resize(remotes.size());
  // Everybody takes them in the same order, and those of one pool together, so no two jobs can each hold what
  // the other waits for.
  for (std::size_t i = 0; i < remotes.size(); ++i) {
    auto& [pool, places] = state->pools[remotes[i].pool.id()];
    pool = remotes[i].pool;
    places.push_back(i);
  }
  state->next = [this, weak = std::weak_ptr<progress>(state)] {
    auto here = weak.lock();
    if (here->pools.empty()) return here->then(std::move(here->loans));
    const auto [pool, places] = std::move(here->pools.extract(here->pools.begin()).mapped());
    ask(
        pool,
        [here, places = places](std::vector<session_loan>& lent) {
          for (std::size_t i = 0; i < places.size(); ++i) here->loans[places[i]] = std::move(lent[i]);
          here->next();
        },
        lease_atom_v, request_.id, static_cast<std::uint64_t>(places.size()));
  };
  state->next();
}

void job_context::open_stats(std::function<void(stats_sink)> then) {
  ask(
      around_.stats,
      [this, then = std::move(then)](const stats_group_actor& group) {
        stats_ = stats_sink{group, with_.metrics.transfers(), errors_};
        then(stats_);
      },
      group_atom_v, request_.group_name());
}

namespace {

job_actor::behavior_type job(job_pointer self, services* with, const directory& around,
                             const std::shared_ptr<job_request>& request, job_answer answer, job_work work) {
  self->state.context = std::make_unique<job_context>(self, *with, around, std::move(*request),
                                                      std::move(answer), std::move(work));
  return {
      [=](caf::ok_atom) { self->state.context->begin(); },
      [=](stop_atom) { self->state.context->cancel(); },
      [](resume_atom, const continuation& next) { resume(next); },
  };
}

} // namespace

job_actor spawn_job(caf::actor_system& system, services& with, directory around, job_request request,
                    job_answer answer, job_work work) {
  job_status begun;
  begun.id = request.id;
  begun.group = request.group_name();
  begun.started = now();
  const auto asynchronous = request.asynchronous;
  const auto recorded = request.recorded;
  auto table = around.jobs;
  const auto owner = request.id;
  const auto* const kind = kind_of(request);
  auto made = with.actors.spawn(system, kind, owner, job, &with, std::move(around),
                                std::make_shared<job_request>(std::move(request)), std::move(answer),
                                std::move(work));
  // Two messages from one sender arrive in order: the table knows the job before it can have ended.
  if (recorded) tell(table, started_atom_v, std::move(begun), made, asynchronous);
  tell(made, caf::ok_atom_v);
  return made;
}

} // namespace argosy
