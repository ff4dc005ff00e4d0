#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time_text.hpp"
#include "metrics/intern.hpp"
#include "metrics/stacks.hpp"

namespace argosy {

struct instruments;
class mailbox_gauge;

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
  struct ended_jobs;

public:
  /// Deepest stack that is kept, in return addresses. Descriptors, buffers and timers come by the thousand:
  /// of them less is kept, since an address costs 0.1 us.
  static constexpr std::size_t stack_depth = 24, brief_stack_depth = 8;
  /// Memory of an entry, with everything that belongs to it alone, in bytes.
  static constexpr std::size_t most_entry_bytes = 256;
  /// Bytes of a detail that are kept: the beginning, and the end after an ellipsis.
  static constexpr std::size_t most_detail = 127;
  /// Different labels and stacks that are kept. A label beyond them is "other", a stack only its innermost
  /// address, which is one of a few hundred.
  static constexpr std::size_t most_labels = 4096, most_stacks = 16384;
  /// The owner of what a task makes that must not outlive the task's job.
  static constexpr std::uint64_t of_this_job = ~std::uint64_t{0};

  ledger();
  ~ledger();
  ledger(const ledger&) = delete;
  ledger& operator=(const ledger&) = delete;

  /// One live thing. Leaves the book when destroyed. Movable, owned by the thing itself. Calls on an empty or
  /// moved-from entry do nothing. Texts of states are string literals.
  class entry {
  public:
    entry() = default;
    entry(entry&& other) noexcept;
    entry& operator=(entry&& other) noexcept;
    ~entry();
    explicit operator bool() const noexcept { return node_ != nullptr; }
    std::uint64_t id() const noexcept; ///< unique in the book, from 1, rising with age; 0 when empty
    /// What it does or waits for: "idle" (from the start), "running", "http response", "disk". Marks
    /// activity. Any thread.
    void state(const char* text) noexcept;
    /// The same for a wait that has a time-out: one that lasts longer is overdue. The next state ends it.
    void waits(const char* text, std::chrono::nanoseconds at_most) noexcept;
    /// Marks activity now without a change of state. Any thread.
    void touch() noexcept;
    /// Last path, or whatever else tells it from others of its kind. Copied. Any thread.
    void detail(std::string_view text);
    /// A connection makes a request: the detail becomes method and URL, without secrets. Any thread.
    void request(std::string_view method, std::string_view url);
    /// The job that it belongs to from now on; 0: to none. Any thread.
    void owner(std::uint64_t job) noexcept;
    /// It is that socket, or works with it; -1: no longer. Any thread.
    void socket(int descriptor) noexcept;
    /// It is an actor with that mailbox, which outlives the entry.
    void mailbox(const mailbox_gauge& gauge) noexcept;

  private:
    friend class ledger;
    explicit entry(node* n) noexcept : node_(n) {}
    node* node_ = nullptr;
  };

  /// Where something comes from, when it is not simply made by the caller of enter().
  struct origin {
    const void* body = nullptr;   ///< the function that runs it: stands before the stack
    const void* caller = nullptr; ///< a return address of this thread, where the stack begins
  };
  /// `kind` is a string literal: the kind of actor, the type of a descriptor, the name of a remote's type.
  /// `label` is a second, bounded name (the remote for a connection). `owner_job` is 0 for what belongs to no
  /// job. Takes the stack of the caller: about 2 us, for descriptors, buffers and timers 0.7 us.
  entry enter(resource what, const char* kind, std::uint64_t owner_job, std::string_view label,
              const origin& from);
  entry enter(resource what, const char* kind, std::uint64_t owner_job = 0, std::string_view label = {});

  /// A copy of one entry.
  struct record {
    std::uint64_t id;
    resource what;
    const char* kind;
    std::string label;
    std::uint64_t owner_job;
    std::uint64_t parent;      ///< id of the actor that made it; 0: none did
    nanoseconds born;          ///< wall clock
    nanoseconds last_activity; ///< wall clock
    const char* state;
    nanoseconds due; ///< wall clock: when the wait should have ended; 0: it has no end
    std::string detail;
    int socket;            ///< descriptor; -1: none
    std::uint64_t mailbox; ///< messages waiting
    std::int64_t waiting;  ///< for how long one of them has waited, nanoseconds
    bool has_body;         ///< the first address is that of the function that runs it
    call_stack stack;      ///< return addresses, innermost first
  };
  /// All entries, oldest first.
  std::vector<record> records() const;
  /// Those of one resource.
  std::vector<record> records(resource what) const;

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

  /// When a job left the book, by the wall clock. Of jobs that are in the book, or never were, this is only
  /// known for the first 4096 that end; then any unknown job seems to have ended with the last that was
  /// forgotten.
  std::optional<nanoseconds> job_ended(std::uint64_t job) const;

  /// What works only while somebody asks for it: traces, profiles of waiting.
  instruments& tools() noexcept { return *tools_; }
  /// The stack of the caller, kept for as long as the book.
  const intern_table::item* kept_stack();

private:
  static void leave(node* n) noexcept;
  const intern_table::item* keep_stack(const std::uintptr_t* frames, std::size_t depth);
  std::vector<record> copies(const resource* what) const;

  static constexpr std::size_t shard_count = 16;
  std::unique_ptr<std::array<shard, shard_count>> shards_;
  std::unique_ptr<ended_jobs> ended_jobs_;
  std::unique_ptr<instruments> tools_;
  intern_table labels_{most_labels};
  const intern_table::item* const other_label_ = labels_.keep("other");
  intern_table stacks_{most_stacks};
  std::atomic<std::uint64_t> next_id_{1};
};

/// The addresses of a stack that was kept.
call_stack stack_of(const intern_table::item* kept);

} // namespace argosy
