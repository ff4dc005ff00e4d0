#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/child.hpp"
#include "backends/local/descriptor.hpp"
#include "backends/may_block.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// Where a program writes without ever having to wait for a reader: memory of the kernel.
class output_memory {
public:
  /// `label` is for the ledger. Throws failure(retryable).
  output_memory(const may_block& on, const std::string& label);
  int get() const { return memory_.get(); }
  /// What was written since the last call. Lines that are written just now may be lost.
  std::string take();

private:
  descriptor memory_;
  ledger::entry entry_;
};

/// How the installed rclone is run.
struct rclone_call {
  std::string program;
  std::string config_path;              ///< "": rclone has no configuration file
  std::vector<std::string> arguments;   ///< without secrets: everybody may read them
  std::vector<std::string> environment; ///< `NAME=value`; on top of that of this process

  std::vector<std::string> command_line() const;
  /// What changes in the environment: log and remote control of this process are none of rclone's business.
  std::vector<std::string> environment_changes() const;
};

/// What it printed to its standard output. Throws failure(other) with what it said when it fails or takes too
/// long.
std::string output_of(const may_block& on, const rclone_call& call);

/// The last line of what rclone said, without time and level.
std::string last_words(std::string_view said);

} // namespace argosy
