#include "http/debug/health.hpp"

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <caf/all.hpp>

#include "http/debug/verdicts_report.hpp"
#include "metrics/instruments.hpp"
#include "metrics/leaks.hpp"
#include "metrics/memory.hpp"
#include "metrics/process.hpp"

namespace argosy {

namespace {

constexpr auto patience = std::chrono::seconds(3);
/// So many of the descriptors that the system allows are in use: soon nothing works any more.
constexpr double most_descriptors = 0.95;

constexpr const char* io_threads = "the I/O threads";

/// What an I/O thread finds out.
struct findings {
  process_figures process;
  heap_figures heap;
  std::uint64_t orphans = 0, overdue = 0;
};

findings look(const ledger& book) {
  findings f;
  f.process = read_process();
  f.heap = read_heap();
  for (const auto& one : find_leaks(book, now())) ++(one.why == leak_reason::orphan ? f.orphans : f.overdue);
  return f;
}

/// One question for the health, in its job's actor.
class health_check : public std::enable_shared_from_this<health_check> {
public:
  health_check(job_context& job, const rc::daemon& d, std::function<void(const json&)> then) :
      job_(job), daemon_(d), then_(std::move(then)) {}

  void begin() {
    silent_ = {"the job table", "the statistics", "the remotes", io_threads};
    ask(job_.around().jobs, "the job table");
    ask(job_.around().stats, "the statistics");
    ask(job_.around().remotes, "the remotes");
    job_.block([&book = job_.with().book](const may_block&) { return look(book); },
               [self = shared_from_this()](const findings& f) {
                 self->found_ = f;
                 self->answered(io_threads);
               });
    auto give_up = [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->finish();
    };
    job_.self()->delayed_send(job_.self(), patience, resume_atom_v,
                              continuation{std::make_shared<std::function<void()>>(std::move(give_up))});
  }

private:
  template <class Handle>
  void ask(const Handle& whom, const char* name) {
    job_.self()
        ->request(whom, patience, depth_atom_v)
        .then([self = shared_from_this(), name](std::uint64_t) { self->answered(name); },
              [](const caf::error&) {}); // stays among the silent
  }

  void answered(const char* name) {
    silent_.erase(name);
    if (silent_.empty()) finish();
  }

  void finish() {
    if (!then_) return;
    json problems = json::array();
    for (const auto& name : silent_) problems.push_back(name + " do not answer within 3 s");
    const auto& p = found_.process;
    if (static_cast<double>(p.open_descriptors) >
            most_descriptors * static_cast<double>(p.descriptor_limit) &&
        p.descriptor_limit != 0)
      problems.push_back(std::to_string(p.open_descriptors) + " of " + std::to_string(p.descriptor_limit) +
                         " descriptors are in use");
    // Whoever watches over the process ends it when it is not alive: that a pool of threads is busy is no
    // reason.
    const bool alive = silent_.empty() || silent_ == std::set<std::string>{io_threads};
    auto& book = job_.with().book;
    const auto then = std::exchange(then_, nullptr);
    then({{"status", problems.empty() ? "ok"
                     : alive          ? "degraded"
                                      : "failing"},
          {"alive", alive},
          {"ready", problems.empty()},
          {"problems", std::move(problems)},
          {"version", daemon_.version},
          {"argosy", ARGOSY_VERSION},
          {"executeId", job_.with().execute_id},
          {"uptime", p.start_time_seconds == 0 ? 0 : static_cast<double>(now()) / 1e9 - p.start_time_seconds},
          {"actors", book.live(resource::actor)},
          {"jobs", book.live(resource::job)},
          {"connections", book.live(resource::connection)},
          {"descriptors", p.open_descriptors},
          {"descriptorLimit", p.descriptor_limit},
          {"threads", p.threads},
          {"liveBytes", found_.heap.live},
          {"residentBytes", p.resident_bytes},
          {"leaks", {{"orphans", found_.orphans}, {"overdue", found_.overdue}}},
          {"verdict", verdict_in_words(book.tools().leaks)},
          {"nodes", json::array()}});
  }

  job_context& job_;
  const rc::daemon& daemon_;
  std::function<void(const json&)> then_; // until it was called
  std::set<std::string> silent_;
  findings found_;
};

} // namespace

void ask_for_health(job_context& job, const rc::daemon& d, std::function<void(const json&)> then) {
  std::make_shared<health_check>(job, d, std::move(then))->begin();
}

} // namespace argosy
