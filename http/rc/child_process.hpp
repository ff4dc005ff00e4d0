#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "backends/may_block.hpp"

namespace argosy::rc {

/// What of a child's output is wanted; the rest goes to /dev/null.
enum class child_output { both, standard_output, standard_error };

struct child_result {
  std::string output;
  bool cut = false; ///< there was more output than allowed
  /// As Go words it: empty for exit code 0, `exit status 1`, `signal: killed`.
  std::string error;
};

/// Runs a program with the environment of this process, an empty standard input and a process group of its
/// own, and waits for its end. A cancelled call kills the whole group and throws failure(cancelled). Output
/// beyond `most_output` bytes is read and dropped, so that the child goes on. Throws failure(other)
/// `fork/exec PATH: REASON` when it cannot be started.
child_result run_child(const may_block& on, const std::vector<std::string>& arguments, child_output wanted,
                       std::size_t most_output, std::uint64_t owner_job);

} // namespace argosy::rc
