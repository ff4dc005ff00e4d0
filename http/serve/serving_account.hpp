#pragma once

#include <memory>
#include <string>

#include "actors/stats/progress.hpp"
#include "actors/stats/stats.hpp"

namespace argosy {

/// What one served object or page is in the statistics: under way while this lives, finished afterwards. One
/// thread at a time.
class serving_account {
public:
  /// `size` in bytes, -1 if unknown; `fs` is where it comes from.
  serving_account(stats_sink stats, const std::string& name, std::int64_t size, const std::string& fs);
  /// What was not finished was cancelled.
  ~serving_account() { finish("context canceled"); }
  serving_account(const serving_account&) = delete;
  serving_account& operator=(const serving_account&) = delete;

  transfer_progress& progress() const { return *progress_; }
  /// Once; later calls do nothing. `error` is what core/transferred shows; empty: all is well.
  void finish(const std::string& error = {});

private:
  const stats_sink stats_;
  const std::shared_ptr<transfer_progress> progress_;
  transfer_record record_;
  bool finished_ = false;
};

} // namespace argosy
