#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "metrics/ledger.hpp"

namespace argosy {

/// Memory for content on its way, in the ledger as a buffer. Not cleared: small files would pay for all of
/// it.
class content_block {
public:
  content_block() = default;
  /// `owner` as with ledger::enter(): 0 for what a session keeps for the next task.
  content_block(ledger& book, std::size_t size, std::uint64_t owner = ledger::of_this_job) :
      entry_(book.enter(resource::buffer, "content", owner)), bytes_(new char[size]) {}
  explicit operator bool() const noexcept { return bytes_ != nullptr; }
  char* get() const noexcept { return bytes_.get(); }

private:
  ledger::entry entry_;
  std::unique_ptr<char[]> bytes_;
};

} // namespace argosy
