#include "metrics/profile/wait_profile.hpp"

#include <chrono>
#include <cmath>
#include <random>

namespace argosy {

namespace {

constexpr std::size_t deepest = 32;

std::int64_t clock() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Between 0 and 1.
double chance() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::generate_canonical<double, 32>(generator);
}

} // namespace

__attribute__((noinline)) call_stack current_stack() {
  call_stack stack(deepest);
  stack.resize(capture_stack(stack.data(), stack.size(),
                             reinterpret_cast<std::uintptr_t>(__builtin_return_address(0))));
  return stack;
}

std::int64_t wait_profile::rate(std::int64_t next) { return rate_.exchange(next); }

void wait_profile::record(const call_stack& stack, std::int64_t waited) {
  const auto rate_now = static_cast<double>(rate());
  if (rate_now <= 0 || waited <= 0) return;
  // Each sample stands for as many events as had the same chance and were left out.
  const auto length = static_cast<double>(waited);
  const auto weight = how_ == sampling::by_event ? rate_now : std::max(1.0, rate_now / length);
  if (weight > 1 && chance() * weight >= 1) return;
  const std::lock_guard<std::mutex> lock{mutex_};
  auto place = all_.find(stack);
  if (place == all_.end()) {
    if (all_.size() >= most_stacks) return;
    place = all_.emplace(stack, figures{}).first;
  }
  place->second.count += weight;
  place->second.waited += weight * length;
}

std::unique_lock<std::mutex> wait_profile::lock(std::mutex& what) {
  if (!on()) return std::unique_lock<std::mutex>{what};
  std::unique_lock<std::mutex> held{what, std::try_to_lock};
  if (held) return held;
  const auto begun = clock();
  held.lock();
  record(current_stack(), clock() - begun);
  return held;
}

profile wait_profile::read() const {
  profile p;
  p.types = {{"contentions", "count"}, {"delay", "nanoseconds"}};
  p.shown = 1;
  p.period_type = {"contentions", "count"};
  p.period = 1;
  p.taken = now();
  const std::lock_guard<std::mutex> lock{mutex_};
  for (const auto& [stack, sum] : all_)
    p.samples.push_back({stack, {std::llround(sum.count), std::llround(sum.waited)}, {}});
  p.merge();
  return p;
}

std::size_t wait_profile::stacks() const {
  const std::lock_guard<std::mutex> lock{mutex_};
  return all_.size();
}

} // namespace argosy
