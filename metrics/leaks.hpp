#pragma once

#include <string>
#include <vector>

#include "metrics/ledger.hpp"
#include "metrics/profile/symbols.hpp"

/// What leaks by the book: no statistics, no waiting until a curve has risen.
namespace argosy {

enum class leak_reason {
  orphan, ///< the job that it belongs to is over
  overdue ///< it waits longer than its time-out allows
};
const char* leak_reason_name(leak_reason r);

struct leak {
  ledger::record what;
  leak_reason why;
  nanoseconds since; ///< wall clock: the end of its job, or the time it should have been done
};

/// What a job leaves behind is an orphan when it is still there so much later, in nanoseconds: tasks that
/// were cancelled need a moment, and who gives a connection back need not be quick.
inline constexpr nanoseconds usual_grace = nanoseconds{60} * 1'000'000'000;

/// All of them in the book, oldest first. 2 ms for 20,000 entries.
std::vector<leak> find_leaks(const ledger& book, nanoseconds present, nanoseconds grace = usual_grace);

/// Leaks of one kind from one place in the code: most likely one mistake.
struct leak_group {
  leak_reason why;
  resource what;
  std::string kind, label;
  std::string site; ///< "argosy::spawn_job actors/jobs/job.cpp:167"
  std::size_t count = 0;
  nanoseconds born = 0;           ///< of the oldest
  nanoseconds since = 0;          ///< the earliest
  std::vector<std::string> stack; ///< "function file:line", innermost first
  std::vector<leak> examples;     ///< the oldest few
  std::string next;               ///< what to look at
};

/// Most frequent first. `names` knows the stacks of the leaks.
std::vector<leak_group> group_leaks(const std::vector<leak>& leaks, const symbol_map& names);

/// Stacks for symbols::resolve().
std::vector<call_stack> stacks_of(const std::vector<leak>& leaks);

} // namespace argosy
