#pragma once

#include <memory>
#include <string>

#include "backends/sftp/byte_channel.hpp"
#include "backends/sftp/sftp_options.hpp"
#include "backends/sftp/ssh_credentials.hpp"
#include "backends/sftp/ssh_host_keys.hpp"
#include "backends/sftp/ssh_library.hpp"

namespace argosy {

/// A connection by libssh, logged in. Nothing of it blocks longer than a cancel_interval.
class ssh_connection final : public ssh_transport {
public:
  /// Connects, verifies the server, logs in. `label` is the remote's name, for the ledger. Throws
  /// connection_lost when another attempt may help, failure(no_retry) when not, failure(cancelled).
  ssh_connection(const may_block& on, const sftp_options& options, const ssh_host_keys& keys,
                 const ssh_credentials& credentials, const std::string& label);
  ~ssh_connection() override;

  std::unique_ptr<byte_channel> open(const may_block& on, const channel_request& request) override;
  void doing(const char* state, std::string_view path, std::chrono::nanoseconds at_most) override;
  void idle() override { entry_.state("idle"); }
  bool closed_by_peer() const noexcept override;

private:
  class channel;
  // Takes the socket.
  void negotiate(const may_block& on, const ssh_host_keys& keys, int socket);
  void wait(std::chrono::milliseconds limit);
  std::string error() const { return ssh_get_error(session_.get()); }

  const sftp_options options_;
  ledger::entry entry_;
  ssh::session_owner session_;
  ssh::event_owner events_;
  int socket_ = -1; // of the session
};

} // namespace argosy
