#pragma once

#include <functional>
#include <string>
#include <utility>

#include "backends/storage.hpp"

namespace argosy {

/// What a session is as well that sends the hash of an object ahead of its first byte, or stores it beside
/// it. One that stands in front of others passes it on, unless other bytes arrive there, as behind crypt.
class takes_announced_hash {
public:
  /// Hex of the hash of what is about to be written; "" when nobody knows it. May read all of the source.
  using lookup = std::function<std::string(const may_block& on, hash_type type)>;
  virtual ~takes_announced_hash() = default;
  /// For the objects that are begun from now on; empty: not known.
  void announce(lookup hash) { announced_ = std::move(hash); }

protected:
  const lookup& announced() const { return announced_; }

private:
  lookup announced_;
};

/// Announces to a session that wants that, as long as this lives.
class hash_announcement {
public:
  hash_announcement(session& to, takes_announced_hash::lookup hash) :
      to_(dynamic_cast<takes_announced_hash*>(&to)) {
    if (to_ != nullptr) to_->announce(std::move(hash));
  }
  ~hash_announcement() {
    if (to_ != nullptr) to_->announce({});
  }
  hash_announcement(const hash_announcement&) = delete;
  hash_announcement& operator=(const hash_announcement&) = delete;

private:
  takes_announced_hash* const to_;
};

} // namespace argosy
