#pragma once

#include <mutex>
#include <string>

#include "backends/may_block.hpp"
#include "backends/sftp/sftp_options.hpp"
#include "backends/sftp/ssh_library.hpp"

namespace argosy {

/// How to log in: key, certificate, agent, password. Read once, used for each connection. Thread-safe.
class ssh_credentials {
public:
  /// Reads the files. Throws failure(other) with rclone's texts.
  explicit ssh_credentials(const sftp_options& options);

  /// Before the connection is made: which keys of the agent may be tried.
  void prepare(ssh_session session) const;
  /// Throws failure(no_retry) when the server lets nobody in this way, connection_lost when it goes away or
  /// takes too long.
  void log_in(const may_block& on, ssh_session session) const;

private:
  ssh::key_owner copy_of_key() const;

  const sftp_options& options_; ///< outlive this
  ssh::key_owner key_;
  ssh::key_owner certificate_;
  mutable std::mutex key_use_; // copying may count references inside the key
  bool use_agent_ = false;
  std::string agent_algorithms_; ///< of the keys that may be tried; "": all
};

} // namespace argosy
