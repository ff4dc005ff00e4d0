#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "metrics/stacks.hpp"

namespace argosy {

/// One function at one place of a stack.
struct frame {
  std::string function;     ///< as people call it; `[actor job]` for a name in the stack
  std::string linkage_name; ///< in the symbol table; the same as `function` when it has no other
  std::string file;         ///< relative to the sources for our own; empty: unknown
  int line = 0;             ///< 0: unknown
  std::uint64_t offset = 0; ///< of the address in the function
};

/// What stands at a return address: several frames where functions were inlined, innermost first. Never
/// empty: an address that nobody knows is `[module]`.
using frame_list = std::vector<frame>;
using symbol_map = std::map<std::uintptr_t, frame_list>;

/// Answers questions about symbols: reads `in`, writes `out`, both in the form of `symbols`. For a process of
/// its own, since the debug information that it reads (25 MiB) stays in memory.
void answer_symbol_questions(std::istream& in, std::ostream& out);

/// Functions, files and lines of return addresses in this process. What was found is remembered, within a
/// bound. Thread-safe.
class symbols {
public:
  /// Hands questions to answer_symbol_questions() in a process of this same program, and comes back with its
  /// output. May block. May throw failure: then there are no names but those of modules.
  using asker = std::function<std::string(const std::string& questions)>;
  /// The stacks are our own: what looks like a name in them is one.
  symbol_map resolve(const std::vector<call_stack>& stacks, const asker& ask);
  /// The same for addresses that somebody gives us: only names that were in stacks before are looked at.
  /// pprof asks for the address before the one that it was shown, so that of a name is taken as well.
  symbol_map resolve_given(call_stack addresses, const asker& ask);
  /// Bytes that are remembered, about.
  std::size_t remembered() const;

private:
  /// Of remembered names: those of all code that a daemon runs through are 1 MiB.
  static constexpr std::size_t most_remembered = 4U << 20;
  mutable std::mutex mutex_;
  symbol_map known_;
  std::set<std::uintptr_t> names_; // that were in stacks: as many as there are literals
  std::size_t bytes_ = 0;
};

} // namespace argosy
