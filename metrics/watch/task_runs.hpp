#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/time_text.hpp"
#include "metrics/watch/culprit.hpp"

namespace argosy {

/// When tasks ran: those that the daemon repeats by itself, and commands by their path. A leak whose curve is
/// a staircase gives its task away by the moments of the steps. Thread-safe, bounded.
class task_runs {
public:
  /// Names that are kept; they come from code, so that there are not more.
  static constexpr std::size_t most_tasks = 256;
  /// Runs of a task that are kept, at most one a quarter of a minute: three days of hourly ones.
  static constexpr std::size_t most_runs = 72;

  explicit task_runs(std::function<nanoseconds()> clock = now) : clock_(std::move(clock)) {}

  /// A run under way; it is over when this is destroyed.
  class run {
  public:
    run() = default;
    run(run&& other) noexcept;
    run& operator=(run&& other) noexcept;
    ~run();

  private:
    friend class task_runs;
    run(task_runs* book, std::string task, std::uint64_t job, nanoseconds begin) :
        book_(book), task_(std::move(task)), job_(job), begin_(begin) {}
    task_runs* book_ = nullptr;
    std::string task_;
    std::uint64_t job_ = 0;
    nanoseconds begin_ = 0;
  };
  /// `job` is that of the run, 0: none.
  run begin(std::string_view task, std::uint64_t job = 0);

  /// The same for a run whose begin nobody told of: it is over now.
  void ran(std::string_view task, std::uint64_t job, nanoseconds begin);

  /// What is published of a task. Moments are seconds since 1970, 0: never in this process.
  struct figures {
    std::string task;
    std::uint64_t started = 0, ended = 0;
    double last_begin = 0, last_end = 0;
    double seconds = 0; ///< of all ended runs together
  };
  std::vector<figures> all() const;
  /// The kept runs of each task, oldest first.
  std::vector<task_history> histories() const;
  /// Runs of an earlier process, oldest first.
  void restore(const std::vector<task_history>& before);
  /// Is told of each end, in the thread and before the job's own end. Set before the first run.
  void at_end(std::function<void(const std::string& task, std::uint64_t job)> tell) {
    tell_ = std::move(tell);
  }

private:
  struct task {
    figures shown;
    std::vector<task_run> runs;
  };
  task* known(std::string_view name);
  void ended(const std::string& name, std::uint64_t job, nanoseconds begin);

  const std::function<nanoseconds()> clock_;
  std::function<void(const std::string&, std::uint64_t)> tell_;
  mutable std::mutex mutex_;
  std::map<std::string, task, std::less<>> tasks_;
};

} // namespace argosy
