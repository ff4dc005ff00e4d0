#pragma once

#include <memory>
#include <mutex>

#include "core/options.hpp"

namespace argosy {

/// The options of block `main` in force, replaced as a whole: a job takes them as they are when it begins.
/// Thread-safe.
class settings {
public:
  explicit settings(main_options initial) :
      current_(std::make_shared<const main_options>(std::move(initial))) {}
  std::shared_ptr<const main_options> current() const {
    std::lock_guard<std::mutex> guard{mutex_};
    return current_;
  }
  void replace(main_options next) {
    auto made = std::make_shared<const main_options>(std::move(next));
    std::lock_guard<std::mutex> guard{mutex_};
    current_ = std::move(made);
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const main_options> current_;
};

} // namespace argosy
