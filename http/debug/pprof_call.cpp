#include "http/debug/pprof_call.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <caf/all.hpp>

#include "core/failure.hpp"
#include "http/debug/pprof_index.hpp"
#include "http/debug/pprof_reader.hpp"
#include "metrics/instruments.hpp"
#include "metrics/profile/cpu_profile.hpp"

namespace argosy {

namespace {

/// How often those at work look after threads and figures; the time of a profile is cut in pieces of it.
constexpr std::chrono::nanoseconds look_interval = std::chrono::milliseconds(100);

http_reply plain_reply(const char* type, std::string text) {
  auto reply = http_reply::text(200, type, std::move(text));
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return reply;
}

/// Stops the recorder whatever happens.
class recording {
public:
  explicit recording(ledger& book) : book_(book) { book.tools().trace.start(); }
  ~recording() { static_cast<void>(book_.tools().trace.finish()); }
  recording(const recording&) = delete;
  recording& operator=(const recording&) = delete;
  void look() const {
    auto& trace = book_.tools().trace;
    trace.figure("actors", static_cast<std::int64_t>(book_.live(resource::actor)));
    trace.figure("connections", static_cast<std::int64_t>(book_.live(resource::connection)));
    trace.figure("descriptors", static_cast<std::int64_t>(book_.live(resource::descriptor)));
    trace.figure("threads", static_cast<std::int64_t>(book_.live(resource::thread)));
  }
  std::string finish() const { return book_.tools().trace.finish(); }

private:
  ledger& book_;
};

/// One request; used in its job's actor only, but for what runs on I/O threads.
class pprof_call : public std::enable_shared_from_this<pprof_call> {
public:
  pprof_call(pprof_request wanted, std::string body, http_answer answer) :
      wanted_(std::move(wanted)), body_(std::move(body)), answer_(std::move(answer)) {}

  void begin(job_context& job) {
    job_ = &job;
    switch (wanted_.kind) {
    case pprof_request::what::index:
      return make([](const may_block& on) {
        return plain_reply("text/html; charset=utf-8", pprof_index_page(profile_counts(on)));
      });
    case pprof_request::what::cmdline:
      return make(
          [](const may_block&) { return plain_reply("text/plain; charset=utf-8", command_line_text()); });
    case pprof_request::what::symbol:
      return make([self = shared_from_this()](const may_block& on) {
        return plain_reply("text/plain; charset=utf-8", symbol_text(on, self->body_));
      });
    case pprof_request::what::cpu: return profile_processors();
    case pprof_request::what::trace: return record_events();
    case pprof_request::what::snapshot: break;
    }
    if (wanted_.time.count() != 0) return compare_snapshots();
    make([wanted = wanted_](const may_block& on) { return snapshot_reply(on, wanted); });
  }

  void ended(const job_status& status) {
    profiler_.reset();
    recording_.reset();
    if (answer_ && status.error) give(pprof_error(500, status.error.text));
  }

private:
  using maker = std::function<http_reply(const may_block&)>;

  /// Makes the reply on an I/O thread.
  void make(maker work) {
    job_->block(std::move(work), [self = shared_from_this()](http_reply reply) {
      self->give(std::move(reply));
      self->job_->succeed();
    });
  }

  void give(http_reply reply) { std::exchange(answer_, nullptr)(std::move(reply)); }

  /// Calls `then` when the time of the request is over, and `meanwhile`, if anything, now and then before.
  void after_its_time(std::function<void()> meanwhile, std::function<void()> then) {
    const auto end = std::chrono::steady_clock::now() + wanted_.time;
    wait_until(end, std::move(meanwhile), std::move(then));
  }

  void wait_until(std::chrono::steady_clock::time_point end, std::function<void()> meanwhile,
                  std::function<void()> then) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left.count() <= 0) return then();
    // Weak: when the job is over this message may come too late.
    auto step = [weak = weak_from_this(), end, meanwhile = std::move(meanwhile), then = std::move(then)] {
      const auto self = weak.lock();
      if (!self || !self->answer_) return;
      if (meanwhile) meanwhile();
      self->wait_until(end, meanwhile, then);
    };
    job_->self()->delayed_send(job_->self(), std::min<std::chrono::nanoseconds>(left, look_interval),
                               resume_atom_v,
                               continuation{std::make_shared<std::function<void()>>(std::move(step))});
  }

  void profile_processors() {
    try {
      profiler_ = std::make_shared<cpu_profiler>();
    } catch (const failure& f) {
      return refuse(std::string{"Could not enable CPU profiling: "} + f.what());
    }
    after_its_time([this] { profiler_->look(); },
                   [this] {
                     make([p = std::exchange(profiler_, nullptr)](const may_block& on) {
                       return profile_reply(on, p->finish(), "profile");
                     });
                   });
  }

  void record_events() {
    try {
      recording_ = std::make_shared<recording>(job_->with().book);
    } catch (const failure& f) {
      return refuse(std::string{"Could not enable tracing: "} + f.what());
    }
    recording_->look();
    after_its_time([this] { recording_->look(); },
                   [this] {
                     make([r = std::exchange(recording_, nullptr)](const may_block&) {
                       auto reply = plain_reply("application/octet-stream", r->finish());
                       reply.headers.emplace_back("Content-Disposition",
                                                  "attachment; filename=\"trace.json.gz\"");
                       return reply;
                     });
                   });
  }

  void compare_snapshots() {
    job_->block([name = wanted_.name](const may_block& on) { return take_snapshot(on, name); },
                [self = shared_from_this()](profile before) {
                  self->after_its_time({}, [self = self.get(), before = std::move(before)] {
                    self->make([name = self->wanted_.name, before](const may_block& on) {
                      return profile_reply(on, take_snapshot(on, name).since(before), name + "-delta");
                    });
                  });
                });
  }

  void refuse(const std::string& why) {
    give(pprof_error(500, why));
    job_->succeed();
  }

  const pprof_request wanted_;
  const std::string body_;
  http_answer answer_; // until it was given
  job_context* job_ = nullptr;
  std::shared_ptr<cpu_profiler> profiler_;
  std::shared_ptr<recording> recording_;
};

} // namespace

job_actor begin_pprof_call(const rc::daemon& d, pprof_request wanted, std::string body, http_answer answer,
                           std::function<void()> ended) {
  job_request call;
  call.recorded = false;
  call.path = "debug/pprof/" + wanted.name;
  auto served = std::make_shared<pprof_call>(std::move(wanted), std::move(body), std::move(answer));
  auto at_end = [served, ended = std::move(ended)](job_status& status) {
    ended();
    served->ended(status);
  };
  return spawn_job(d.system, d.with, d.around, std::move(call), std::move(at_end),
                   [served](job_context& job) { served->begin(job); });
}

} // namespace argosy
