#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "metrics/page.hpp"

namespace argosy {

/// Which label values were on the page, and in which scrape for the last time. Thread-safe.
class label_memory {
public:
  /// Remembers at most so many; those gone longest are forgotten first.
  explicit label_memory(std::size_t most) : most_(most) {}
  /// Adds to each of the families what was there before, with 0.
  void complete(std::map<std::string, sample_counts>& families) {
    const std::lock_guard<std::mutex> lock{mutex_};
    ++scrape_;
    for (const auto& [name, samples] : families)
      for (const auto& [values, count] : samples) seen_[{name, values}] = scrape_;
    forget_oldest();
    for (const auto& [key, last] : seen_) families[key.first].emplace(key.second, 0);
  }

private:
  void forget_oldest() {
    if (seen_.size() <= most_) return;
    const auto excess = static_cast<std::ptrdiff_t>(seen_.size() - most_);
    std::vector<seen::iterator> all;
    all.reserve(seen_.size());
    for (auto i = seen_.begin(); i != seen_.end(); ++i) all.push_back(i);
    std::nth_element(all.begin(), all.begin() + excess, all.end(),
                     [](auto x, auto y) { return x->second < y->second; });
    std::for_each(all.begin(), all.begin() + excess, [this](auto i) { seen_.erase(i); });
  }

  const std::size_t most_;
  using seen = std::map<std::pair<std::string, label_values>, std::uint64_t>;
  std::mutex mutex_;
  std::uint64_t scrape_ = 0;
  seen seen_;
};

} // namespace argosy
