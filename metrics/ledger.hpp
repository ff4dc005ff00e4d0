#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/time_text.hpp"

namespace argosy {

/// What kind of thing lives. Append only: the names appear in metrics and profiles.
enum class resource : std::uint8_t {
  actor,
  connection,
  descriptor,
  thread,
  child,
  timer,
  buffer,
  temporary_file,
  cached_remote,
  stats_group,
  job
};
inline constexpr std::size_t resource_count = 11;
const char* resource_name(resource r);

/// The book of live things. Everything with a life of its own is entered where it is made and leaves in a
/// destructor, so that "who is still there, made by whom, for which job" always has an exact answer.
/// Thread-safe; sharded, so that entering and leaving do not meet. One per daemon (and per test), passed by
/// reference: never global. It has to outlive its entries.
class ledger {
  struct node;
  struct shard;

public:
  /// Deepest spawn stack kept, in return addresses.
  static constexpr std::size_t stack_depth = 24;

  ledger();
  ~ledger();
  ledger(const ledger&) = delete;
  ledger& operator=(const ledger&) = delete;

  /// One live thing. Leaves the book when destroyed. Movable, owned by the thing itself. Calls on an empty or
  /// moved-from entry do nothing.
  class entry {
  public:
    entry() = default;
    entry(entry&& other) noexcept;
    entry& operator=(entry&& other) noexcept;
    ~entry();
    explicit operator bool() const noexcept { return node_ != nullptr; }
    std::uint64_t id() const noexcept; ///< unique in the book, from 1, rising with age; 0 when empty
    /// What it does or waits for: "idle" (from the start), "running", "http response", "timer", "disk". A
    /// string literal. Marks activity. Any thread.
    void state(const char* text) noexcept;
    /// Marks activity now without a change of state. Any thread.
    void touch() noexcept;
    /// Last path, or URL without its query and credentials. Copied. Any thread.
    void detail(std::string_view text);

  private:
    friend class ledger;
    explicit entry(node* n) noexcept : node_(n) {}
    node* node_ = nullptr;
  };

  /// `kind` is a string literal: the kind of actor, the type of a descriptor, the name of a remote's type.
  /// `label` is a second, bounded name (the remote for a connection). `owner_job` is 0 for what belongs to no
  /// job. Captures the stack of the caller when `with_stack` (about 3 us); without it only the immediate
  /// caller is kept.
  entry enter(resource what, const char* kind, std::uint64_t owner_job = 0, std::string_view label = {},
              bool with_stack = false);

  /// A copy of one entry.
  struct record {
    std::uint64_t id;
    resource what;
    const char* kind;
    std::string label;
    std::uint64_t owner_job;
    nanoseconds born;          ///< wall clock
    nanoseconds last_activity; ///< wall clock
    const char* state;
    std::string detail;
    std::vector<std::uintptr_t> stack; ///< return addresses, innermost first
  };
  /// All entries, oldest first.
  std::vector<record> records() const;

  struct count {
    resource what;
    const char* kind;
    std::string label;
    const char* state; ///< only split by state when asked for
    std::size_t live;
  };
  /// Live things by (resource, kind, label), and by state too when `by_state`; sorted by those.
  std::vector<count> counts(bool by_state = false) const;
  std::size_t live() const noexcept;
  std::size_t live(resource what) const noexcept;
  /// How many were ever entered under that resource: monotone.
  std::uint64_t entered(resource what) const noexcept;

private:
  static void leave(node* n) noexcept;
  static constexpr std::size_t shard_count = 16;
  std::unique_ptr<std::array<shard, shard_count>> shards_;
  std::atomic<std::uint64_t> next_id_{1};
};

} // namespace argosy
