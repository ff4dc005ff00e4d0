#include "actors/transfers/autotuner.hpp"

#include <algorithm>
#include <cmath>

namespace argosy {

namespace {

using namespace std::chrono_literals;

constexpr double worthwhile = 1.1; // faster by this factor, or it was not worth it
constexpr std::chrono::nanoseconds first_rest = 30s, longest_rest = 10min, rest_when_asked = 60s;

std::string percent(double now, double before) {
  const auto change = std::lround((now / before - 1) * 100);
  return (change < 0 ? "" : "+") + std::to_string(change) + " %";
}

} // namespace

autotuner::autotuner(std::int64_t begin, std::int64_t most) :
    most_(std::max<std::int64_t>(1, most)), figure_(std::clamp<std::int64_t>(begin, 1, most_)),
    before_(figure_), rest_(first_rest), reason_("where it begins") {}

bool autotuner::settle(std::chrono::nanoseconds until) {
  phase_ = phase::settled;
  rests_until_ = until;
  return false;
}

bool autotuner::slow_down(const window& seen) {
  settle(seen.end + rest_when_asked);
  const auto was = figure_;
  figure_ = std::max<std::int64_t>(1, was / 2);
  reason_ = "down from " + std::to_string(was) + ": a remote was busy " +
            (seen.slowdowns == 1 ? "once" : std::to_string(seen.slowdowns) + " times");
  return figure_ != was;
}

bool autotuner::climb(double rate) {
  baseline_ = rate;
  before_ = figure_;
  figure_ = std::min(most_, figure_ + std::max<std::int64_t>(1, figure_ / 2));
  phase_ = phase::trying;
  reason_ = "tries whether that is faster than " + std::to_string(before_);
  return true;
}

bool autotuner::judge(const window& seen, double rate) {
  const auto change = percent(rate, baseline_);
  if (rate >= baseline_ * worthwhile) {
    reason_ = "up from " + std::to_string(before_) + ": " + change;
    rest_ = first_rest;
    phase_ = phase::measuring;
    return false;
  }
  reason_ = std::to_string(figure_) + " were not faster: " + change;
  figure_ = before_;
  settle(seen.end + rest_);
  rest_ = std::min(rest_ * 2, longest_rest);
  return true;
}

bool autotuner::observe(const window& seen) {
  if (seen.slowdowns > 0) return slow_down(seen);
  // Without enough to do, or with everything stuck, a window says nothing about the figure.
  if (seen.starved || seen.work <= 0 || seen.length <= 0s) {
    if (phase_ == phase::trying) phase_ = phase::measuring;
    return false;
  }
  const auto rate = seen.work / std::chrono::duration<double>(seen.length).count();
  switch (phase_) {
  case phase::measuring:
    if (figure_ < most_) return climb(rate);
    reason_ = "as many as are allowed";
    return settle(seen.end + longest_rest);
  case phase::trying: return judge(seen, rate);
  case phase::settled:
    if (seen.end >= rests_until_) phase_ = phase::measuring;
    return false;
  }
  return false;
}

} // namespace argosy
