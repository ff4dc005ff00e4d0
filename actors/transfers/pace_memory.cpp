#include "actors/transfers/pace_memory.hpp"

#include <algorithm>

namespace argosy {

pace_memory::found pace_memory::recall(const std::string& source, const std::string& destination) const {
  std::lock_guard guard{mutex_};
  const auto known = pairs_.find({source, destination});
  return known == pairs_.end() ? found{} : known->second.first;
}

void pace_memory::keep(const std::string& source, const std::string& destination, const found& what) {
  std::lock_guard guard{mutex_};
  pairs_[{source, destination}] = {what, ++uses_};
  if (pairs_.size() <= most) return;
  pairs_.erase(std::min_element(pairs_.begin(), pairs_.end(), [](const auto& a, const auto& b) {
    return a.second.second < b.second.second;
  }));
}

} // namespace argosy
