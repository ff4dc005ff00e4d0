#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/may_block.hpp"

namespace argosy::rc {

/// What of a child's output is wanted; the rest goes to /dev/null.
enum class child_output { both, standard_output, standard_error };

/// Told each piece of a child's output. While it waits the child does too, once its pipe is full.
using child_output_use = std::function<void(std::string_view bytes)>;

struct child_result {
  std::string output;
  bool cut = false;  ///< there was more output than allowed
  std::string error; ///< how it ended, as below
};

/// Runs a program with the environment of this process, `input` as standard input and a process group of its
/// own, and waits for its end. A cancelled call kills the whole group and throws failure(cancelled), and so
/// does what `use` throws. Gives back how it ended as Go words it: empty for exit code 0, `exit status 1`,
/// `signal: killed`. Throws failure(other) `fork/exec PATH: REASON` when it cannot be started.
std::string stream_child(const may_block& on, const std::vector<std::string>& arguments, child_output wanted,
                         const child_output_use& use, std::uint64_t owner_job, std::string_view input = {});

/// The same, with the output held in memory. What is beyond `most_output` bytes is read and dropped, so that
/// the child goes on.
child_result run_child(const may_block& on, const std::vector<std::string>& arguments, child_output wanted,
                       std::size_t most_output, std::uint64_t owner_job, std::string_view input = {});

} // namespace argosy::rc
