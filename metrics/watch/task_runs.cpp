#include "metrics/watch/task_runs.hpp"

#include <utility>

namespace argosy {

namespace {

constexpr nanoseconds second = 1'000'000'000;
constexpr seconds_t closest_runs = 15;

double in_seconds(nanoseconds moment) { return static_cast<double>(moment) / 1e9; }

} // namespace

task_runs::run::run(run&& other) noexcept :
    book_(std::exchange(other.book_, nullptr)), task_(std::move(other.task_)), job_(other.job_),
    begin_(other.begin_) {}

task_runs::run& task_runs::run::operator=(run&& other) noexcept {
  std::swap(book_, other.book_);
  std::swap(task_, other.task_);
  std::swap(job_, other.job_);
  std::swap(begin_, other.begin_);
  return *this;
}

task_runs::run::~run() {
  if (book_ != nullptr) book_->ended(task_, job_, begin_);
}

// The lock is held.
task_runs::task* task_runs::known(std::string_view name) {
  auto found = tasks_.find(name);
  if (found == tasks_.end()) {
    if (tasks_.size() >= most_tasks) return nullptr;
    found = tasks_.emplace(std::string{name}, task{}).first;
    found->second.shown.task = found->first;
  }
  return &found->second;
}

task_runs::run task_runs::begin(std::string_view name, std::uint64_t job) {
  const auto moment = clock_();
  const std::lock_guard<std::mutex> lock{mutex_};
  auto* t = known(name);
  if (t == nullptr) return {};
  ++t->shown.started;
  t->shown.last_begin = in_seconds(moment);
  return {this, std::string{name}, job, moment};
}

void task_runs::ran(std::string_view name, std::uint64_t job, nanoseconds begin) {
  {
    const std::lock_guard<std::mutex> lock{mutex_};
    auto* t = known(name);
    if (t == nullptr) return;
    ++t->shown.started;
    t->shown.last_begin = in_seconds(begin);
  }
  ended(std::string{name}, job, begin);
}

void task_runs::ended(const std::string& name, std::uint64_t job, nanoseconds begin) {
  if (tell_) tell_(name, job);
  const auto moment = clock_();
  const std::lock_guard<std::mutex> lock{mutex_};
  auto& t = tasks_[name];
  ++t.shown.ended;
  t.shown.last_end = in_seconds(moment);
  t.shown.seconds += in_seconds(moment - begin);
  const task_run done{begin / second, moment / second};
  if (!t.runs.empty() && done.begin < t.runs.back().end + closest_runs) return;
  if (t.runs.size() >= most_runs) t.runs.erase(t.runs.begin());
  t.runs.push_back(done);
}

std::vector<task_runs::figures> task_runs::all() const {
  const std::lock_guard<std::mutex> lock{mutex_};
  std::vector<figures> shown;
  for (const auto& [name, t] : tasks_)
    if (t.shown.started != 0) shown.push_back(t.shown);
  return shown;
}

std::vector<task_history> task_runs::histories() const {
  const std::lock_guard<std::mutex> lock{mutex_};
  std::vector<task_history> all;
  for (const auto& [name, t] : tasks_)
    if (!t.runs.empty()) all.push_back({name, t.runs});
  return all;
}

void task_runs::restore(const std::vector<task_history>& before) {
  const std::lock_guard<std::mutex> lock{mutex_};
  for (const auto& h : before) {
    if (tasks_.size() >= most_tasks && tasks_.count(h.task) == 0) continue;
    auto& t = tasks_[h.task];
    t.shown.task = h.task;
    auto runs = h.runs;
    runs.insert(runs.end(), t.runs.begin(), t.runs.end());
    const auto excess = runs.size() > most_runs ? runs.size() - most_runs : 0;
    t.runs.assign(runs.begin() + static_cast<std::ptrdiff_t>(excess), runs.end());
  }
}

} // namespace argosy
