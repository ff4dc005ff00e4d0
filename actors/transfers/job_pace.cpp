#include "actors/transfers/job_pace.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace argosy {

namespace {

using namespace std::chrono_literals;

// Long enough for tens of small files, short enough to be of use to a job of a minute.
constexpr std::chrono::nanoseconds window = 2s;
// What a file costs beside its bytes: about 1 ms of a fast disk, a round trip of a fast network.
constexpr double bytes_of_a_file = 128 << 10;

} // namespace

std::chrono::nanoseconds job_pace::steady() { return std::chrono::steady_clock::now().time_since_epoch(); }

std::int64_t job_pace::side::value() const {
  if (by_hand) return *by_hand;
  return tuned ? tuned->figure() : option;
}

pace_figure job_pace::side::figure() const {
  if (by_hand) return {value(), "set by job/set"};
  if (tuned) return {value(), "tuned: " + tuned->reason()};
  return {value(), "as the options say"};
}

job_pace::side job_pace::begin(const start& from) {
  side made;
  made.option = std::max<std::int64_t>(1, from.option);
  if (from.most > 0)
    made.tuned.emplace(from.found > 0 ? from.found : made.option, std::max(made.option, from.most));
  return made;
}

job_pace::job_pace(start transfers, start checkers, byte_throttle& outer, clock time) :
    clock_(std::move(time)), throttle_(-1, &outer), looked_(clock_()), transfers_(begin(transfers)),
    checkers_(begin(checkers)) {}

std::int64_t job_pace::transfers() const {
  std::lock_guard guard{mutex_};
  return transfers_.value();
}

std::int64_t job_pace::checkers() const {
  std::lock_guard guard{mutex_};
  return checkers_.value();
}

void job_pace::follow(std::optional<std::int64_t> transfers, std::optional<std::int64_t> checkers) {
  std::lock_guard guard{mutex_};
  const auto set = [](side& which, const std::optional<std::int64_t>& value) {
    if (!value || *value == which.option) return;
    which.option = std::max<std::int64_t>(1, *value);
    which.tuned.reset(); // somebody knows better
  };
  set(transfers_, transfers);
  set(checkers_, checkers);
}

void job_pace::waiting(bool copies, bool checks) noexcept {
  copies_wait_ = copies;
  checks_wait_ = checks;
}

void job_pace::when_changed(std::function<void()> call) {
  std::lock_guard guard{mutex_};
  changed_ = std::move(call);
}

void job_pace::passed(std::uint64_t bytes) noexcept {
  bytes_ += bytes;
  look();
}

void job_pace::transferred() noexcept {
  ++files_;
  look();
}

void job_pace::checked() noexcept {
  ++checks_;
  look();
}

void job_pace::slowed() noexcept {
  ++slowdowns_;
  look();
}

void job_pace::look() noexcept {
  const auto moment = clock_();
  if (moment - looked_.load(std::memory_order_relaxed) < window) return;
  try {
    if (look(moment)) tell();
  } catch (const std::bad_alloc&) {
    // The figures stay as they are.
  }
}

bool job_pace::look(std::chrono::nanoseconds moment) {
  std::lock_guard guard{mutex_};
  const auto length = moment - looked_.load();
  if (length < window) return false;
  looked_ = moment;
  const auto slowdowns = slowdowns_.exchange(0);
  bool changed = false;
  const auto observe = [&](side& which, double work, bool waits) {
    const auto done = work - std::exchange(which.seen, work);
    if (which.tuned && !which.by_hand)
      changed |= which.tuned->observe({moment, length, done, slowdowns, !waits});
  };
  observe(transfers_, static_cast<double>(bytes_) + static_cast<double>(files_) * bytes_of_a_file,
          copies_wait_);
  observe(checkers_, static_cast<double>(checks_), checks_wait_);
  return changed;
}

void job_pace::tell() {
  std::function<void()> call;
  {
    std::lock_guard guard{mutex_};
    call = changed_;
  }
  if (call) call();
}

void job_pace::set(side& which, std::int64_t value) {
  {
    std::lock_guard guard{mutex_};
    which.by_hand = value > 0 ? std::optional<std::int64_t>{value} : std::nullopt;
  }
  tell();
}

void job_pace::set_transfers(std::int64_t value) { set(transfers_, value); }
void job_pace::set_checkers(std::int64_t value) { set(checkers_, value); }
void job_pace::set_bandwidth(std::int64_t rate) { throttle_.set_rate(rate); }

pace_memory::found job_pace::found() const {
  std::lock_guard guard{mutex_};
  const auto of = [](const side& which) { return which.tuned ? which.tuned->figure() : 0; };
  return {of(transfers_), of(checkers_)};
}

job_pace::view job_pace::now() const {
  std::lock_guard guard{mutex_};
  return {transfers_.figure(), checkers_.figure(), throttle_.rate()};
}

} // namespace argosy
