#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "backends/storage.hpp"

/// Storages whose listings do not have the times that users have set: each takes a request of its own. Who
/// lists says what of it he has a use for. One that wraps another has no part in this: it has all times.
namespace argosy {

/// What such a listing has in place of a time that nobody needs: as far away as can be from each that is one.
constexpr nanoseconds time_not_asked = INT64_MIN;

/// What such a storage is as well.
class has_costly_times {
public:
  virtual ~has_costly_times() = default;
  /// False where options make times free.
  virtual bool times_cost_requests() const noexcept = 0;
};

inline bool costs_times(const storage& of) {
  const auto* costly = dynamic_cast<const has_costly_times*>(&of);
  return costly != nullptr && costly->times_cost_requests();
}

/// What a listing is for. Each has what the ones before have.
enum class listing_need {
  names,   ///< and sizes
  details, ///< what comes for nothing beside it (hashes, tiers) is asked for next
  times,
};

/// What a session of such a storage is as well. After it has opened an object its stat() knows the time
/// without another request.
class lists_by_need {
public:
  virtual ~lists_by_need() = default;
  /// For the listings from now on; at first they have times. Gives back what it was.
  listing_need set_need(listing_need need) noexcept { return std::exchange(need_, need); }
  /// What a listing of this task, made for details at least, has told of an object, perhaps without its time.
  /// Nothing: it is not known any more.
  virtual std::optional<object_info> told_by_listing(const may_block& on, const std::string& path) const = 0;

protected:
  listing_need need() const noexcept { return need_; }

private:
  listing_need need_ = listing_need::times;
};

/// Tells a session what its listings are for, as long as this lives. A walk by rules that look at times gets
/// times all the same.
class listings_for {
public:
  listings_for(listing_need need, session& of) : of_(dynamic_cast<lists_by_need*>(&of)) {
    if (of_ != nullptr) before_ = of_->set_need(need);
  }
  ~listings_for() {
    if (of_ != nullptr) of_->set_need(before_);
  }
  listings_for(const listings_for&) = delete;
  listings_for& operator=(const listings_for&) = delete;

private:
  lists_by_need* const of_;
  listing_need before_ = listing_need::times;
};

} // namespace argosy
