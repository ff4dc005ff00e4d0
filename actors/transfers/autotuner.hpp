#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace argosy {

/// Looks for the number of things at once with which the most gets done, by hill climbing: tries half as many
/// again, keeps that when it was a tenth faster, else goes back and rests. A remote that is busy is heeded at
/// once. Plain values, no clock of its own.
class autotuner {
public:
  /// What got done between two looks.
  struct window {
    std::chrono::nanoseconds end{}; ///< since any fixed moment
    std::chrono::nanoseconds length{};
    double work = 0;             ///< in any unit, the same for all windows
    std::uint64_t slowdowns = 0; ///< so often a remote was busy
    bool starved = false;        ///< there was less to do than the figure allows
  };

  /// `most` bounds the figure; 1 <= begin <= most.
  autotuner(std::int64_t begin, std::int64_t most);

  /// True when the figure changed.
  bool observe(const window& seen);
  std::int64_t figure() const noexcept { return figure_; }
  /// Why the figure is what it is, for people.
  const std::string& reason() const noexcept { return reason_; }

private:
  bool settle(std::chrono::nanoseconds until);
  bool slow_down(const window& seen);
  bool climb(double rate);
  bool judge(const window& seen, double rate);

  enum class phase { measuring, trying, settled };
  const std::int64_t most_;
  std::int64_t figure_, before_;
  phase phase_ = phase::measuring;
  double baseline_ = 0; // work per second with `before_`
  std::chrono::nanoseconds rest_, rests_until_{};
  std::string reason_;
};

} // namespace argosy
