#include "backends/pacer.hpp"

#include <algorithm>
#include <thread>

namespace argosy {

namespace {

double seconds_of(wait_clock::duration time) { return std::chrono::duration<double>(time).count(); }

wait_clock::duration from_seconds(double seconds) {
  return std::chrono::duration_cast<wait_clock::duration>(std::chrono::duration<double>(seconds));
}

} // namespace

void steady_wait_clock::wait(const may_block& on, duration time) {
  constexpr duration look = std::chrono::milliseconds{50}; // how often cancellation is looked at
  on.check();
  for (const auto end = now() + time; now() < end; on.check())
    std::this_thread::sleep_for(std::min(look, end - now()));
}

void transaction_limiter::set(double per_second, std::int64_t burst) {
  const auto most = static_cast<double>(std::max<std::int64_t>(1, burst));
  const std::lock_guard lock{mutex_};
  if (per_second == rate_ && most == burst_) return;
  rate_ = per_second;
  burst_ = most;
  tokens_ = burst_;
  filled_.reset();
}

void transaction_limiter::pass(const may_block& on, wait_clock& clock) {
  double missing = 0; // seconds
  {
    const std::lock_guard lock{mutex_};
    if (rate_ <= 0) return;
    const auto now = clock.now();
    if (filled_) tokens_ = std::min(burst_, tokens_ + rate_ * seconds_of(now - *filled_));
    filled_ = now;
    tokens_ -= 1;
    missing = -tokens_ / rate_;
  }
  if (missing > 0) clock.wait(on, from_seconds(missing));
}

void pacer::run(const may_block& on, std::int64_t tries, const std::function<void()>& attempt) {
  for (std::int64_t n = 1;; ++n) {
    begin(on);
    try {
      attempt();
      return ended_well();
    } catch (const transient_failure& why) {
      ended_badly(why);
      if (on.listener() != nullptr) on.listener()->slowed();
      if (n >= tries || why.retry_after().value_or(how_.shortest) > how_.longest_retry_after) throw;
      if (log_.enabled(log_level::debug))
        log_.write(log_level::debug, "pacer: low level retry " + std::to_string(n) + "/" +
                                         std::to_string(tries) + " (error " + why.what() + ")");
    } catch (...) {
      ended_well();
      throw;
    }
  }
}

void pacer::begin(const may_block& on) {
  wait_clock::duration pause{0};
  {
    const std::lock_guard lock{mutex_};
    const auto now = clock_.now();
    const auto turn = std::max(now, next_);
    next_ = turn + pause_;
    pause = turn - now;
  }
  if (pause.count() > 0) clock_.wait(on, pause);
  on.check();
}

void pacer::ended_well() {
  const std::lock_guard lock{mutex_};
  pause_ -= pause_ / (1 << how_.decay);
  constexpr wait_clock::duration negligible = std::chrono::milliseconds{1};
  if (pause_ < how_.shortest + negligible) pause_ = how_.shortest;
}

void pacer::ended_badly(const transient_failure& why) {
  const std::lock_guard lock{mutex_};
  if (why.retry_after()) {
    pause_ = std::max(how_.shortest, std::min(*why.retry_after(), how_.longest_retry_after));
  } else {
    pause_ = std::min(std::max(how_.first_back_off, 2 * pause_), std::max(how_.longest, how_.shortest));
  }
  next_ = std::max(next_, clock_.now() + pause_);
}

} // namespace argosy
