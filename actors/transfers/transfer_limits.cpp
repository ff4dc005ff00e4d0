#include "actors/transfers/transfer_limits.hpp"

#include <algorithm>

namespace argosy {

namespace {

constexpr const char* size_text = "max transfer limit reached as set by --max-transfer";
constexpr const char* duration_text = "max transfer duration reached as set by --max-duration";

std::int64_t known(std::int64_t size) { return std::max<std::int64_t>(0, size); }

} // namespace

transfer_limits::transfer_limits(const main_options& options, std::int64_t bytes_before, cancellation stop,
                                 std::function<nanoseconds()> clock) :
    mode_(options.cutoff_mode),
    most_bytes_(options.max_transfer),
    deadline_(options.max_duration > 0 ? clock() + options.max_duration : INT64_MAX), stop_(std::move(stop)),
    clock_(std::move(clock)), bytes_(bytes_before), promised_(bytes_before) {}

bool transfer_limits::late() const { return deadline_ != INT64_MAX && clock_() >= deadline_; }

failure_info transfer_limits::reach(const char* text) const {
  std::lock_guard<std::mutex> guard{mutex_};
  if (!reached_) reached_ = {hard() ? failure_kind::fatal : failure_kind::no_retry, text};
  if (hard()) stop_.cancel();
  return reached_;
}

void transfer_limits::begin(std::int64_t size) {
  const auto refuse = [&](const char* text) {
    const auto why = reach(text);
    fail(why.kind, why.text);
  };
  if (late()) refuse(duration_text);
  if (most_bytes_ >= 0) {
    if (mode_ == cutoff_soft && bytes_ >= most_bytes_) refuse(size_text);
    if (mode_ == cutoff_cautious && promised_ + known(size) > most_bytes_) refuse(size_text);
  }
  promised_ += known(size);
}

void transfer_limits::end(std::int64_t size, std::int64_t bytes) noexcept {
  promised_ += bytes - known(size);
}

void transfer_limits::passed(std::uint64_t count) noexcept {
  const auto bytes = bytes_ += static_cast<std::int64_t>(count);
  if (!hard()) return;
  if (most_bytes_ >= 0 && bytes > most_bytes_)
    reach(size_text);
  else if (late())
    reach(duration_text);
}

void transfer_limits::over() {
  if (late()) reach(duration_text);
}

std::shared_ptr<transfer_limits> limits_of(const main_options& options, std::int64_t bytes_before,
                                           const cancellation& stop) {
  if (options.max_transfer < 0 && options.max_duration <= 0) return nullptr;
  return std::make_shared<transfer_limits>(options, bytes_before, stop);
}

failure_info transfer_limits::reached() const {
  std::lock_guard<std::mutex> guard{mutex_};
  return reached_;
}

} // namespace argosy
