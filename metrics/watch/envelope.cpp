#include "metrics/watch/envelope.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

namespace argosy {

namespace {

// A rise is one of the floor for good: what rose lately may yet come back.
constexpr double unsure_share = 0.15;
constexpr std::size_t least_buckets = 16;
constexpr int least_rises = 5;
constexpr double least_of_level = 0.03;
constexpr double least_of_noise = 3;
// The load explains something from so many standard deviations on.
constexpr double clearly = 3;
// Growth in its three largest steps alone is the work of three events.
constexpr double most_in_three_steps = 0.7;
// The last third against the one before, and against the mean of all: an exponential that has come to rest
// after a third of the window grows by a third of that.
constexpr double least_of_middle = 0.45;
constexpr double least_of_mean = 0.55;

double mean(const std::vector<double>& x) {
  return x.empty() ? 0 : std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

double median(std::vector<double> x) {
  if (x.empty()) return 0;
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), middle, x.end());
  return *middle;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const auto mx = mean(x);
  const auto my = mean(y);
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xx <= 0 || yy <= 0 ? 0 : xy / std::sqrt(xx * yy);
}

// What is left when the part that the load of the moment explains is taken away. From differences, since
// both may drift for reasons of their own.
std::vector<double> without_load(const std::vector<bucket>& buckets) {
  double ll = 0;
  double ly = 0;
  double yy = 0;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    const auto dl = buckets[i].load - buckets[i - 1].load;
    const auto dy = buckets[i].floor - buckets[i - 1].floor;
    ll += dl * dl;
    ly += dl * dy;
    yy += dy * dy;
  }
  auto slope = ll > 0 ? std::max(0.0, ly / ll) : 0;
  const auto unexplained = std::max(0.0, yy - slope * ly) / static_cast<double>(buckets.size() - 2);
  if (slope * slope * ll < clearly * clearly * unexplained) slope = 0;
  std::vector<double> rest;
  rest.reserve(buckets.size());
  for (const auto& b : buckets) rest.push_back(b.floor - slope * b.load);
  return rest;
}

double noise_of(const std::vector<double>& r) {
  std::vector<double> bends;
  for (std::size_t i = 2; i < r.size(); ++i) bends.push_back(std::abs(r[i] - 2 * r[i - 1] + r[i - 2]));
  // 1.4826: from a median to a standard deviation; 2.45 = sqrt(1 + 4 + 1): from bends to values.
  return 1.4826 * median(std::move(bends)) / 2.45;
}

// Of each bucket the least that still comes: what rises here has risen for good.
std::vector<double> envelope_of(const std::vector<double>& r) {
  auto e = r;
  for (auto i = e.size(); i-- > 1;) e[i - 1] = std::min(e[i - 1], e[i]);
  e.resize(e.size() - static_cast<std::size_t>(static_cast<double>(e.size()) * unsure_share));
  return e;
}

} // namespace

const char* growth_reason_name(growth_reason r) {
  switch (r) {
  case growth_reason::leaks: return "leaks";
  case growth_reason::too_little_data: return "too little data";
  case growth_reason::comes_back: return "comes back";
  case growth_reason::too_small: return "too small";
  case growth_reason::few_steps: return "few steps";
  case growth_reason::saturating: return "saturating";
  case growth_reason::usual_range: return "usual range";
  case growth_reason::bounded: return "bounded";
  case growth_reason::unconfirmed: break;
  }
  return "seen once";
}

namespace {

growth judge_values(const std::vector<double>& r, const std::vector<bucket>& buckets, double least) {
  growth g;
  const auto e = envelope_of(r);
  g.noise = noise_of(r);
  g.span = static_cast<double>(e.size() - 1) / static_cast<double>(buckets.size());
  g.grown = e.back() - e.front();
  g.level = buckets[e.size() - 1].floor;

  std::vector<double> steps;
  std::vector<double> work;
  std::vector<double> jumps;
  std::array<int, 3> rises{};
  for (std::size_t i = 1; i < e.size(); ++i) {
    steps.push_back(r[i] - r[i - 1]);
    work.push_back(buckets[i].work);
    jumps.push_back(e[i] - e[i - 1]);
    if (e[i] - e[i - 1] > g.noise / 2) ++rises.at((i - 1) * 3 / (e.size() - 1));
  }
  g.rises = rises[0] + rises[1] + rises[2];
  g.follows_load = correlation(steps, work);

  std::partial_sort(jumps.begin(), jumps.begin() + 3, jumps.end(), std::greater<>{});
  const auto in_three_steps = jumps[0] + jumps[1] + jumps[2];

  const auto third = (e.size() - 1) / 3;
  const auto middle = e[e.size() - 1 - third] - e[third];
  const auto last = e.back() - e[e.size() - 1 - third];
  if (g.grown <= 0)
    g.why = growth_reason::comes_back;
  else if (g.grown < least || g.grown <= least_of_level * std::abs(g.level) ||
           g.grown <= least_of_noise * g.noise)
    g.why = growth_reason::too_small;
  else if (last < least_of_middle * middle || last < least_of_mean * g.grown / 3)
    g.why = growth_reason::saturating;
  else if (g.rises < least_rises || in_three_steps > most_in_three_steps * g.grown ||
           *std::min_element(rises.begin(), rises.end()) == 0)
    g.why = growth_reason::few_steps;
  else
    g.why = growth_reason::leaks;
  return g;
}

} // namespace

growth judge_growth(const std::vector<bucket>& buckets, double least) {
  if (buckets.size() < least_buckets) return {};
  auto g = judge_values(without_load(buckets), buckets, least);
  if (g.why != growth_reason::leaks) return g;
  // A cache that fills while the load rises seems to follow it, and then to leak as the load falls: what
  // rests or comes back as it is does not leak.
  std::vector<double> as_is;
  for (const auto& b : buckets) as_is.push_back(b.floor);
  const auto plain = judge_values(as_is, buckets, least);
  if (plain.why == growth_reason::saturating || plain.why == growth_reason::few_steps) g.why = plain.why;
  return g;
}

} // namespace argosy
