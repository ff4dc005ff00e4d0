#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/network.hpp"
#include "backends/sftp/remote_shell.hpp"
#include "backends/sftp/sftp_client.hpp"
#include "backends/sftp/sftp_options.hpp"
#include "backends/sftp/ssh_credentials.hpp"
#include "backends/sftp/ssh_host_keys.hpp"

namespace argosy {

/// What all connections to one server have in common. Immutable.
struct sftp_server {
  sftp_server(sftp_options o, std::string remote, network& shared);
  sftp_options options;
  std::string label; ///< the remote's name
  network& net;      ///< outlives this
  std::optional<ssh_host_keys> keys;
  std::optional<ssh_credentials> credentials; ///< neither where a program makes the connection
  /// Where the server is now, asked before each connection; none: at the port of the options.
  std::function<std::uint16_t(const may_block&)> find_port;
};

/// What commands can be run on a server.
struct sftp_shell {
  shell_kind kind = shell_kind::none;
  std::map<hash_type, std::string> hash_commands;
};

/// One connection with its SFTP channel.
class sftp_connection {
public:
  sftp_connection(const may_block& on, const sftp_server& server);
  /// Gives the server a moment for what it still owes.
  ~sftp_connection();
  sftp_connection(const sftp_connection&) = delete;
  sftp_connection& operator=(const sftp_connection&) = delete;

  sftp_client& files() { return *files_; }
  /// Throws failure(unsupported) where there is no shell.
  remote_shell& shell(shell_kind kind);
  /// For the ledger, until it is idle again; a wait for the server is as long as that may be silent.
  void doing(const char* state, std::string_view path) {
    transport_->doing(state, path, server_.options.silence_limit);
  }
  /// The same for what may take any time.
  void doing_at_length(const char* state, std::string_view path) { transport_->doing(state, path, {}); }
  void idle() { transport_->idle(); }
  bool closed_by_peer() const noexcept { return transport_->closed_by_peer(); }

private:
  const sftp_server& server_;
  std::unique_ptr<ssh_transport> transport_;
  std::optional<sftp_client> files_;
  std::optional<remote_shell> shell_;
};

/// A connection that is made when it is needed, and again when it was lost. One thread at a time.
class sftp_link {
public:
  sftp_link(std::shared_ptr<const sftp_server> server, std::unique_ptr<sftp_connection> first = nullptr) :
      server_(std::move(server)), connection_(std::move(first)) {}

  /// Runs `work(sftp_connection&)`. When the connection is lost on the way it is made anew and `work` runs
  /// again, up to low_level_retries times in all with growing pauses. What `work` opened on another
  /// connection is gone: generation() tells.
  template <class Work>
  auto use(const may_block& on, Work work) {
    for (attempt so_far;;) {
      try {
        const in_use now{get(on)};
        return work(now.connection);
      } catch (const connection_lost&) {
        lost(on, so_far);
      }
    }
  }
  /// Rises with each connection.
  std::uint64_t generation() const { return generation_; }
  /// The connection, if there is one now.
  sftp_connection* present() const noexcept { return connection_.get(); }
  /// A file that could not be removed because the connection was lost goes when there is one again.
  void remove_later(std::string path) { leftovers_.push_back(std::move(path)); }
  /// Gives the connection away.
  std::unique_ptr<sftp_connection> release() { return std::move(connection_); }
  const sftp_options& options() const { return server_->options; }

private:
  struct in_use {
    sftp_connection& connection;
    explicit in_use(sftp_connection& c) : connection(c) {}
    ~in_use() { connection.idle(); }
    in_use(const in_use&) = delete;
    in_use& operator=(const in_use&) = delete;
  };
  struct attempt {
    std::int64_t number = 1;
    std::chrono::milliseconds pause{0};
  };
  sftp_connection& get(const may_block& on);
  // Rethrows the exception being handled when nothing more is to be tried.
  void lost(const may_block& on, attempt& so_far);

  std::shared_ptr<const sftp_server> server_;
  std::unique_ptr<sftp_connection> connection_;
  std::uint64_t generation_ = 1;
  std::vector<std::string> leftovers_;
};

} // namespace argosy
