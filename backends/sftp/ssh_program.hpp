#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/sftp/byte_channel.hpp"

namespace argosy {

/// A connection by a program such as OpenSSH's ssh (option `ssh`): each channel is a run of it.
class ssh_program final : public ssh_transport {
public:
  /// `arguments` begin with the program, which is looked for in PATH. `label` is the remote's name, for the
  /// ledger.
  ssh_program(std::vector<std::string> arguments, std::string label) :
      arguments_(std::move(arguments)), label_(std::move(label)) {}

  std::unique_ptr<byte_channel> open(const may_block& on, const channel_request& request) override;
  void doing(const char* state, std::string_view path, std::chrono::nanoseconds at_most) override;
  void idle() override;
  bool closed_by_peer() const noexcept override;

private:
  class channel;
  std::vector<std::string> arguments_;
  std::string label_;
  channel* first_ = nullptr; // the one with the files
};

} // namespace argosy
