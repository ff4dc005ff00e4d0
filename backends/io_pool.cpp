#include "backends/io_pool.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <pthread.h>

#include "core/failure.hpp"
#include "metrics/instruments.hpp"

namespace argosy {

io_pool::io_pool(ledger& book, limits bounds) : book_(book), limits_(bounds) {}

io_pool::~io_pool() {
  std::list<worker> last;
  {
    std::unique_lock lock{mutex_};
    stopping_ = true;
    for (auto* w : idle_) {
      w->woken = true;
      w->wake.notify_one();
    }
    idle_.clear();
    all_gone_.wait(lock, [this] { return workers_.empty(); });
    last.splice(last.end(), retired_);
  }
  for (auto& w : last) w.thread.join();
}

void io_pool::post(scope context, task work) {
  item next;
  next.context = std::move(context);
  next.work = std::move(work);
  if (const auto* doing = current_activity()) next.for_whom = *doing;
  auto& tools = book_.tools();
  if (tools.blocking.on()) {
    next.posted = trace_recorder::clock();
    next.posted_from = book_.kept_stack();
  }
  const auto lock = tools.contention.lock(mutex_);
  if (stopping_) fail(failure_kind::cancelled, "no new work: the I/O threads are being stopped");
  queue_.push_back(std::move(next));
  if (!idle_.empty()) {
    auto* w = idle_.back();
    idle_.pop_back();
    w->woken = true;
    w->wake.notify_one();
    return;
  }
  if (workers_.size() >= limits_.threads) return;
  workers_.emplace_back();
  const auto self = std::prev(workers_.end());
  try {
    self->thread = std::thread{[this, self] { run(self); }};
  } catch (const std::system_error& e) {
    workers_.erase(self);
    if (!workers_.empty()) return; // those that live will come to it
    queue_.pop_back();
    fail(failure_kind::retryable, std::string{"failed to start an I/O thread: "} + e.what());
  }
}

void io_pool::wait_until_idle() {
  std::unique_lock lock{mutex_};
  all_idle_.wait(lock, [this] { return queue_.empty() && idle_.size() == workers_.size(); });
}

std::size_t io_pool::threads() const {
  std::lock_guard lock{mutex_};
  return workers_.size();
}

std::size_t io_pool::waiting() const {
  std::lock_guard lock{mutex_};
  return queue_.size();
}

// One task, on its thread.
void io_pool::execute(item& next, std::uint64_t number) {
  auto& tools = book_.tools();
  const auto begun = tools.trace.on() || next.posted != 0 ? trace_recorder::clock() : 0;
  if (next.posted != 0) {
    auto stack = stack_of(next.posted_from);
    stack.insert(stack.begin(), name_frame(name_kind::queue, "io"));
    tools.blocking.record(stack, begun - next.posted);
  }
  const activity_scope for_whom{next.for_whom};
  {
    const may_block on{std::move(next.context.stop), next.context.throttle, next.context.listener, &book_,
                       number};
    next.work(on);
  }
  next.work = nullptr; // what it owned dies here, not under the lock
  if (begun != 0)
    tools.trace.slice({"task", next.for_whom.actor == nullptr ? "" : next.for_whom.actor, begun,
                       trace_recorder::clock(), next.for_whom.job, 0});
}

void io_pool::run(place self) {
  ::pthread_setname_np(::pthread_self(), "io");
  auto entry = book_.enter(resource::thread, "io");
  std::unique_lock lock{mutex_};
  while (true) {
    if (queue_.empty()) {
      entry.state("idle");
      if (!wait_for_work(self, lock)) break;
      if (queue_.empty()) continue; // a busy thread took it on its way
    }
    auto next = std::move(queue_.front());
    queue_.pop_front();
    const auto number = next_task_++;
    lock.unlock();
    entry.state("running");
    execute(next, number);
    lock = book_.tools().contention.lock(mutex_);
  }
  // Left before the thread is counted as gone: whoever waited for the pool finds the ledger empty.
  entry = {};
  retire(self, lock);
}

bool io_pool::wait_for_work(place self, std::unique_lock<std::mutex>& lock) {
  if (stopping_) return false;
  self->woken = false;
  idle_.push_back(&*self);
  if (queue_.empty() && idle_.size() == workers_.size()) all_idle_.notify_all();
  if (self->wake.wait_for(lock, limits_.idle, [&] { return self->woken; }))
    return !(stopping_ && queue_.empty());
  idle_.erase(std::find(idle_.begin(), idle_.end(), &*self));
  return false;
}

void io_pool::retire(place self, std::unique_lock<std::mutex>& lock) {
  std::list<worker> before;
  before.splice(before.end(), retired_);
  retired_.splice(retired_.end(), workers_, self);
  if (workers_.empty()) all_gone_.notify_all();
  if (queue_.empty() && idle_.size() == workers_.size()) all_idle_.notify_all();
  lock.unlock();
  for (auto& w : before) w.thread.join();
}

} // namespace argosy
