#pragma once

#include <atomic>

#include "actors/messages.hpp"

namespace argosy {

/// Gives jobs their ids: 1, 2, 3, ... and on a node of a cluster 107, 207, 307, ..., where the last two
/// digits are the number of the node. So ids are unique in the cluster without asking anybody. Thread-safe.
class job_numbers {
public:
  static constexpr job_id step = 100;
  job_id next() {
    const auto count = ++last_;
    const auto node = node_.load();
    return node == 0 ? count : count * step + node;
  }
  /// How many were given.
  job_id given() const noexcept { return last_; }
  /// 1 to step - 1, from now on; 0: not in a cluster.
  void node(unsigned number) { node_ = number; }

private:
  std::atomic<job_id> last_{0}, node_{0};
};

} // namespace argosy
