#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "backends/may_block.hpp"
#include "core/failure.hpp"
#include "core/log.hpp"

namespace argosy {

/// Time as those see it who wait between requests. Tests have one of their own.
class wait_clock {
public:
  using duration = std::chrono::nanoseconds;
  virtual ~wait_clock() = default;
  /// Since some moment that stays; never goes back.
  virtual duration now() const = 0;
  /// Waits that long. Throws failure(cancelled) within 100 ms of a cancellation.
  virtual void wait(const may_block& on, duration time) = 0;
};

/// The clock of the system.
class steady_wait_clock final : public wait_clock {
public:
  duration now() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
  void wait(const may_block& on, duration time) override;
};

/// A failure that another attempt soon may not meet: a connection that broke, a server that is busy.
class transient_failure : public failure {
public:
  explicit transient_failure(const std::string& text,
                             std::optional<wait_clock::duration> retry_after = std::nullopt) :
      failure(failure_kind::retryable, text),
      retry_after_(retry_after) {}
  /// What the server asked for (RFC 9110 10.2.3).
  std::optional<wait_clock::duration> retry_after() const noexcept { return retry_after_; }

private:
  std::optional<wait_clock::duration> retry_after_;
};

/// At most so many requests a second, of the whole process (tpslimit). A bucket of tokens, full at first.
/// Thread-safe.
class transaction_limiter {
public:
  /// `per_second` <= 0 is no limit; `burst` tokens, at least 1, may go at once.
  void set(double per_second, std::int64_t burst);
  /// Takes a token, waiting for it in order of arrival.
  void pass(const may_block& on, wait_clock& clock);

private:
  std::mutex mutex_;
  double rate_ = 0;   // a second
  double burst_ = 1;  // tokens
  double tokens_ = 1; // negative while some wait
  std::optional<wait_clock::duration> filled_;
};

/// How the requests to one server follow each other. The defaults are rclone's.
struct pace {
  wait_clock::duration shortest = std::chrono::milliseconds{10};
  wait_clock::duration longest = std::chrono::seconds{2};
  wait_clock::duration first_back_off = std::chrono::milliseconds{20}; ///< at least, after a failure
  unsigned decay = 2;      ///< after a success the pause shrinks by 1/2^decay
  std::int64_t tries = 10; ///< of one call, at least 1 (low_level_retries)
  /// A server that asks for a longer pause than that is not waited for.
  wait_clock::duration longest_retry_after = std::chrono::minutes{5};
};

/// Spaces out the requests of all sessions of one remote: each may begin a pause after the one before. The
/// pause doubles with each transient failure, or is what the server asks for, and shrinks with each success.
/// Thread-safe.
class pacer {
public:
  pacer(const pace& how, wait_clock& clock, logger& log) :
      how_(how), clock_(clock), log_(log), pause_(how.shortest) {}

  /// Runs `attempt()` until it ends without transient_failure, at most `tries` times. What it throws else
  /// ends the call, and so does the last transient_failure.
  template <class Attempt>
  auto call(const may_block& on, Attempt attempt) {
    return result_of(on, how_.tries, attempt);
  }
  /// One attempt, paced as well: for what cannot be sent a second time.
  template <class Attempt>
  auto once(const may_block& on, Attempt attempt) {
    return result_of(on, 1, attempt);
  }

private:
  template <class Attempt>
  auto result_of(const may_block& on, std::int64_t tries, Attempt& attempt) {
    using result = std::invoke_result_t<Attempt&>;
    if constexpr (std::is_void_v<result>) {
      run(on, tries, attempt);
    } else {
      std::optional<result> got;
      run(on, tries, [&] { got.emplace(attempt()); });
      return std::move(*got);
    }
  }
  void run(const may_block& on, std::int64_t tries, const std::function<void()>& attempt);
  // Waits for the turn of the next request.
  void begin(const may_block& on);
  void ended_well();
  void ended_badly(const transient_failure& why);

  const pace how_;
  wait_clock& clock_;
  logger& log_;
  std::mutex mutex_;
  wait_clock::duration pause_;
  wait_clock::duration next_{0}; // when the next request may begin
};

} // namespace argosy
