#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "backends/may_block.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// A running program with the environment of this process, all signals as usual, and a process group of its
/// own. When this ends early the group is killed.
class child {
public:
  /// Descriptors that the program gets as its standard ones; -1: /dev/null.
  struct channels {
    int input = -1, output = -1, error = -1;
  };
  enum class lookup { exact, in_path };

  /// `kind` is a string literal, for the ledger. `changes` are of the environment: `NAME=value` sets, `NAME`
  /// removes. Throws failure(other) `fork/exec PATH: REASON`.
  child(const may_block& on, const char* kind, const std::vector<std::string>& arguments, const channels& use,
        lookup where = lookup::exact, std::uint64_t owner_job = 0,
        const std::vector<std::string>& changes = {});
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  pid_t pid() const { return pid_; }
  /// Waits for its end. Gives back the wait status. Once.
  int wait();
  /// The wait status, if it has ended.
  std::optional<int> ended();

private:
  pid_t pid_ = 0; // 0: it was waited for
  std::optional<int> status_;
  ledger::entry entry_;
};

/// How a program ended as Go words it: empty for exit code 0, `exit status 1`, `signal: killed`.
std::string end_of_child(int status);

} // namespace argosy
