#include "http/rc/batch.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "http/error_reply.hpp"
#include "http/params.hpp"
#include "http/rc/call.hpp"

namespace argosy::rc {

namespace {

class batch_run : public std::enable_shared_from_this<batch_run> {
public:
  batch_run(job_context& job, const daemon& d, json inputs, std::size_t at_once) :
      job_(job), daemon_(d), inputs_(std::move(inputs)), at_once_(at_once), results_(inputs_.size()) {}

  void begin() {
    job_.child_at_work(true);
    job_.when_cancelled([self = shared_from_this()] {
      for (const auto& [place, child] : self->running_) tell(child, stop_atom_v);
    });
    go_on();
  }

private:
  void go_on() {
    while (at_work_ < at_once_ && next_ < inputs_.size()) start(next_++);
    if (at_work_ > 0) return;
    std::string out;
    json_writer w{out};
    w.begin_object();
    w.key("results");
    w.begin_array();
    for (const auto& result : results_) w.raw(result);
    w.end_array();
    w.end_object();
    job_.when_cancelled({});
    job_.succeed(std::move(out));
  }

  void start(std::size_t place) {
    auto input = std::move(inputs_[place]);
    std::string path = "unknown";
    try {
      if (!input.is_object()) {
        const std::string type = go_type(input);
        input = nullptr;
        fail(failure_kind::bad_parameter, "\"inputs\" items must be objects not " + type);
      }
      path.clear();
      path = require_string(input, "_path");
      input.erase("_path");
      const auto* row = daemon_.commands.find(path);
      if (row == nullptr) fail(failure_kind::unknown_command, "couldn't find path " + go_quote(path));
      const auto* needs = row->needs_request ? "request" : row->needs_response ? "response" : nullptr;
      if (needs != nullptr)
        fail(failure_kind::bad_parameter,
             "can't run path " + go_quote(path) + " as it needs the " + std::string{needs});
      if (job_.stop().cancelled()) fail(failure_kind::cancelled, "context canceled");
      prepare(place, *row, std::move(input));
    } catch (const failure& why) {
      results_[place] = error_object(info_of(why), path, input);
    }
  }

  /// The options may name files, which are read where that may take time.
  void prepare(std::size_t place, const command& row, json input) {
    ++at_work_;
    job_request call;
    call.id = daemon_.numbers.next();
    auto with_group = input;
    if (with_group.find("_group") == with_group.end()) with_group["_group"] = job_.request().group_name();
    struct prepared {
      job_request call;
      failure_info why_not;
    };
    job_.block(
        [call, with_group, &row, &d = daemon_](const may_block&) {
          prepared ready{call, {}};
          try {
            read_special_parameters(with_group, row, d, ready.call);
          } catch (...) {
            ready.why_not = current_failure();
          }
          return ready;
        },
        [self = shared_from_this(), place, &row, input = std::move(input)](prepared ready) {
          if (ready.why_not) return self->take(place, error_object(ready.why_not, row.path, input));
          self->run(place, row, input, std::move(ready.call));
        });
  }

  void run(std::size_t place, const command& row, const json& input, job_request call) {
    const auto id = call.id;
    auto& system = job_.self()->system();
    if (call.asynchronous) {
      spawn_job(system, job_.with(), job_.around(), std::move(call), {}, work_of(row, daemon_));
      return take(place, started_object(id, daemon_));
    }
    // Called in the job's own actor: what it says comes back as a message.
    auto ended = [back = caf::actor_cast<job_actor>(job_.self()), self = shared_from_this(), place,
                  path = std::string{row.path}, input](const job_status& status) {
      auto answer = [self, place,
                     result = status.error ? error_object(status.error, path, input) : status.output] {
        self->take(place, result);
      };
      tell(back, resume_atom_v, continuation{std::make_shared<std::function<void()>>(std::move(answer))});
    };
    auto child = spawn_job(system, job_.with(), job_.around(), std::move(call), std::move(ended),
                           work_of(row, daemon_));
    if (job_.stop().cancelled()) tell(child, stop_atom_v);
    running_[place] = std::move(child);
  }

  void take(std::size_t place, std::string result) {
    results_[place] = std::move(result);
    running_.erase(place);
    --at_work_;
    go_on();
  }

  job_context& job_;
  const daemon& daemon_;
  json inputs_;
  const std::size_t at_once_;
  std::vector<std::string> results_; // JSON laid out at depth 0
  std::size_t next_ = 0;             // input that is not begun
  std::size_t at_work_ = 0;
  std::unordered_map<std::size_t, job_actor> running_;
};

} // namespace

void batch(job_context& job, const daemon& d) {
  auto inputs = require_value(job.input(), "inputs");
  if (!inputs.is_array())
    fail(failure_kind::bad_parameter,
         std::string{"expecting list key \"inputs\" (was "} + go_type(inputs) + ")");
  const auto at_once =
      std::max<std::int64_t>(1, optional_int(job.input(), "concurrency", job.options()->transfers));
  std::make_shared<batch_run>(job, d, std::move(inputs), static_cast<std::size_t>(at_once))->begin();
}

} // namespace argosy::rc
