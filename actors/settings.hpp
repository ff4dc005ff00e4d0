#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/options.hpp"

namespace argosy {

/// The options of block `main` in force, replaced as a whole: a job takes them as they are when it begins. Thread-safe.
class settings {
public:
  explicit settings(main_options initial) : current_(std::make_shared<const main_options>(std::move(initial))) {}
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

/// `base` with what a call brought: a JSON object of `config` (the value of `_config`) and `flat` (an object of flat parameters; rc-surface
/// 2.6; nested values beat flat ones). Empty text: nothing. Throws failure with rclone's texts.
main_options with_overrides(const main_options& base, const std::string& overrides);

} // namespace argosy
