#include "actors/transfers/remote_limits.hpp"

#include <algorithm>

namespace argosy {

remote_limits::pass::~pass() {
  if (of_ != nullptr) of_->give_back(names_, kind_);
}

namespace {

/// Each once: a copy within one remote is one piece of work.
std::vector<std::string> distinct(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

} // namespace

remote_limits::gate::gate(remote_limits& of, std::vector<std::string> names, work kind,
                          std::function<void()> wake) :
    of_(of),
    names_(distinct(std::move(names))), kind_(kind), wake_(std::move(wake)) {}

remote_limits::gate::~gate() { leave(); }

std::optional<remote_limits::pass> remote_limits::gate::enter() {
  {
    std::lock_guard guard{of_.mutex_};
    if (!of_.has_room(*this)) {
      if (!place_) place_ = of_.waiting_.insert(of_.waiting_.end(), this);
      return std::nullopt;
    }
    for (const auto& name : names_) ++of_.remotes_[name].work[place_of(kind_)].busy;
    if (place_) of_.waiting_.erase(*std::exchange(place_, std::nullopt));
  }
  return pass{of_, names_, kind_};
}

void remote_limits::gate::leave() {
  {
    std::lock_guard guard{of_.mutex_};
    if (!place_) return;
    of_.waiting_.erase(*std::exchange(place_, std::nullopt));
  }
  of_.wake_waiting(); // what was kept for this one is free
}

bool remote_limits::has_room(const gate& who) const {
  const auto kind = place_of(who.kind_);
  return std::all_of(who.names_.begin(), who.names_.end(), [&](const std::string& name) {
    const auto found = remotes_.find(name);
    if (found == remotes_.end() || found->second.work[kind].most == 0) return true;
    auto room = found->second.work[kind].most - found->second.work[kind].busy;
    // One place is kept for each that came before.
    for (const auto* other : waiting_) {
      if (other == &who) break;
      if (other->kind_ == who.kind_ && std::binary_search(other->names_.begin(), other->names_.end(), name))
        --room;
    }
    return room > 0;
  });
}

void remote_limits::give_back(const std::vector<std::string>& names, work kind) {
  {
    std::lock_guard guard{mutex_};
    for (const auto& name : names) --remotes_[name].work[place_of(kind)].busy;
  }
  wake_waiting();
}

void remote_limits::wake_waiting() {
  std::vector<std::function<void()>> wakes;
  {
    std::lock_guard guard{mutex_};
    for (const auto* one : waiting_)
      if (has_room(*one)) wakes.push_back(one->wake_);
  }
  for (const auto& wake : wakes) wake();
}

void remote_limits::set(const std::string& name, work kind, std::int64_t most) {
  {
    std::lock_guard guard{mutex_};
    auto& one = remotes_[name];
    one.named = true;
    one.work[place_of(kind)].most = std::max<std::int64_t>(0, most);
  }
  wake_waiting();
}

void remote_limits::set_bandwidth(const std::string& name, std::int64_t rate) {
  std::lock_guard guard{mutex_};
  auto& one = remotes_[name];
  one.named = true;
  one.bandwidth.set_rate(rate);
}

byte_throttle& remote_limits::throttle(const std::string& name) {
  std::lock_guard guard{mutex_};
  return remotes_[name].bandwidth;
}

remote_limits::view remote_limits::seen(const entry& one) {
  return {one.work[place_of(work::transfer)], one.work[place_of(work::check)], one.bandwidth.rate()};
}

remote_limits::view remote_limits::of(const std::string& name) const {
  std::lock_guard guard{mutex_};
  const auto found = remotes_.find(name);
  return found == remotes_.end() ? view{} : seen(found->second);
}

std::map<std::string, remote_limits::view> remote_limits::all() const {
  std::lock_guard guard{mutex_};
  std::map<std::string, view> views;
  for (const auto& [name, one] : remotes_)
    if (one.named) views.emplace(name, seen(one));
  return views;
}

} // namespace argosy
