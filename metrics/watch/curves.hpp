#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "metrics/watch/leak_watch.hpp"

/// Curves of the tests: what leaks look like, and what only looks like one.
namespace argosy::testing {

inline constexpr seconds_t minute = 60, hour = 3600, day = 24 * hour;
inline constexpr seconds_t sample_interval = 15;
inline constexpr double noise = 3;

/// More work by day than by night, 1 on average.
inline double diurnal(seconds_t t) {
  return 1 - 0.8 * std::cos(2 * 3.14159265358979 * static_cast<double>(t) / static_cast<double>(day));
}

/// A curve without noise: how much there is `t` seconds after the start. `random` is the same in each call
/// for one member of a family of curves.
struct shape {
  std::string name;
  std::function<double(seconds_t t, double random)> value;
  bool noisy = true;
};

inline double hours(seconds_t t) { return static_cast<double>(t) / static_cast<double>(hour); }

inline std::vector<shape> harmless_shapes() {
  return {
      {"flat", [](seconds_t, double) { return 300.0; }},
      {"saw-tooth",
       [](seconds_t t, double r) {
         const auto period = 2 + 3 * r;
         return 200 + 200 * std::fmod(hours(t) / period + r, 1.0);
       }},
      {"warm-up of hours",
       [](seconds_t t, double r) { return 400 - 200 * std::exp(-hours(t) / (1 + 3 * r)); }},
      {"warm-up of a day",
       [](seconds_t t, double r) { return 400 - 200 * std::exp(-hours(t) / (6 + 4 * r)); }},
      {"proportional to the load", [](seconds_t t, double) { return 200 + 100 * diurnal(t); }},
      {"one step", [](seconds_t t, double r) { return hours(t) < 10 + 40 * r ? 300.0 : 390.0; }},
      {"three steps, then flat",
       [](seconds_t t, double r) { return 300 + 40 * std::min(3.0, std::floor(hours(t) / (5 + 3 * r))); }},
      {"bursts that return",
       [](seconds_t t, double r) { return std::fmod(hours(t) + r, 47.0 / 60) < 0.15 ? 330.0 : 300.0; }},
      {"fragmentation, like a logarithm",
       [](seconds_t t, double r) { return 250 + (20 + 20 * r) * std::log1p(10 * hours(t)); }},
      {"pool that fills to its cap",
       [](seconds_t t, double r) { return std::min(64.0, std::floor(hours(t) * (10 + 20 * r))); }, false},
  };
}

inline std::vector<shape> leaks() {
  return {
      {"one an hour", [](seconds_t t, double) { return 300 + hours(t); }},
      {"three an hour", [](seconds_t t, double) { return 300 + 3 * hours(t); }},
      {"ten an hour", [](seconds_t t, double) { return 300 + 10 * hours(t); }},
      {"staircase of 47 minutes",
       [](seconds_t t, double r) { return 300 + 5 * std::floor(hours(t) * 60 / 47 + r); }},
      {"three an hour under a load of the day",
       [](seconds_t t, double) { return 200 + 100 * diurnal(t) + 3 * hours(t); }},
      {"with the load",
       [](seconds_t t, double) {
         const auto x = 2 * 3.14159265358979 * static_cast<double>(t) / static_cast<double>(day);
         return 300 + 3 * 24 * (x - 0.8 * std::sin(x)) / (2 * 3.14159265358979);
       }},
      {"ten an hour under a saw-tooth",
       [](seconds_t t, double r) {
         return 200 + 100 * std::fmod(hours(t) / (2 + 3 * r) + r, 1.0) + 10 * hours(t);
       }},
      {"one an hour, nothing else", [](seconds_t t, double r) { return std::floor(hours(t) + r); }, false},
  };
}

/// Watches `members` curves of a shape side by side. Calls `see(seconds since the start)` after each
/// judgement.
inline void watch_curves(leak_watch& watch, seconds_t start, const shape& s, int members, seconds_t length,
                         const std::function<void(seconds_t)>& see) {
  std::mt19937 random{42}; // NOLINT(bugprone-random-generator-seed): the same curves in each run
  std::normal_distribution<double> normal{0, noise};
  std::uniform_real_distribution<double> uniform{0, 1};
  // One sample for all looks: what takes long in a test of three days is making its names anew.
  watch_sample sample{start, 0, {}, {"actor"}};
  struct curve {
    double character;
    double* value;
  };
  std::vector<curve> curves;
  for (int i = 0; i < members; ++i)
    curves.push_back({uniform(random), &sample.values[{"actor", std::to_string(i)}]});
  for (seconds_t t = sample_interval; t <= length; t += sample_interval) {
    sample.when = start + t;
    sample.work = 100 * diurnal(t);
    for (const auto& c : curves)
      *c.value = std::max(0.0, std::round(s.value(t, c.character) + (s.noisy ? normal(random) : 0)));
    if (watch.add(sample, {})) see(t);
  }
}

} // namespace argosy::testing
