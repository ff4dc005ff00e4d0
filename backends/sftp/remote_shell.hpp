#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backends/sftp/byte_channel.hpp"
#include "backends/sftp/sftp_options.hpp"
#include "backends/storage.hpp"

namespace argosy {

/// What runs the commands that a server is given.
enum class shell_kind { none, posix, powershell, cmd };

/// By rclone's names: none, unix, powershell, cmd; what is unknown counts as unix, as there.
shell_kind shell_kind_of(std::string_view name);
const char* shell_name(shell_kind kind);
/// From what `echo ${ShellId}%ComSpec%` printed.
shell_kind shell_kind_from_echo(std::string_view printed);

/// A path as one argument of a command. Throws failure(other) for one that the command prompt of Windows
/// would change.
std::string quoted_for_shell(shell_kind kind, std::string_view path);

/// The hash that md5sum and its kind print before the name, in lower case.
std::string hash_in_output(std::string_view printed);
/// What `df -k` prints of one file system; what cannot be read is -1.
storage_usage usage_in_output(std::string_view printed);
/// What PowerShell prints of a drive: bytes used and bytes free.
storage_usage drive_usage_in_output(std::string_view printed);

/// Runs commands on the server. In a shell of Unix they share one program that reads them from its input,
/// where the server allows that: starting a shell costs more than hashing a small file. One thread at a time.
class remote_shell {
public:
  /// A command may take as long as it likes: `ping` is called now and then meanwhile, and throws when the
  /// server is gone. What is passed outlives this.
  using still_there = std::function<void(const may_block&)>;
  remote_shell(ssh_transport& transport, const sftp_options& options, shell_kind kind, still_there ping) :
      transport_(transport), options_(options), kind_(kind), ping_(std::move(ping)) {}

  shell_kind kind() const { return kind_; }
  /// What the command printed. Throws failure(other) `failed to run "...": ...` when it fails,
  /// connection_lost, failure(cancelled).
  std::string run(const may_block& on, const std::string& command);
  /// The same, always in a program of its own, through the login shell.
  std::string run_alone(const may_block& on, const std::string& command);

private:
  bool start(const may_block& on);
  std::optional<std::string> run_in_helper(const may_block& on, const std::string& command);
  std::unique_ptr<byte_channel> open(const may_block& on, const std::string& command);
  template <class Done>
  void wait(const may_block& on, byte_channel& program, Done done);

  ssh_transport& transport_;
  const sftp_options& options_;
  shell_kind kind_;
  still_there ping_;
  std::unique_ptr<byte_channel> helper_;
  std::string printed_; // by the helper
  std::string mark_;    // what the helper prints behind each command
  bool no_helper_ = false;
};

} // namespace argosy
