#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/bridge/rclone_program.hpp"
#include "core/log.hpp"

namespace argosy {

/// A key that is made for one server and its one client, who know each other by it.
class bridge_key {
public:
  /// Throws failure(other).
  bridge_key();
  const std::string& private_pem() const { return private_; }
  /// `algorithm base64`
  const std::string& public_line() const { return public_; }

private:
  std::string private_, public_;
};

/// `rclone serve sftp` of one remote, on loopback: started when it is needed and again when it has died,
/// ended with this object, and by itself when this process dies. Thread-safe.
class rclone_server {
public:
  /// `fs` names the remote for rclone; `secrets` are left out of the log.
  rclone_server(rclone_call call, std::string fs, std::string label, std::vector<std::string> secrets,
                logger& log);
  ~rclone_server();
  rclone_server(const rclone_server&) = delete;
  rclone_server& operator=(const rclone_server&) = delete;

  /// Where it listens; waits for that. Throws failure(other) with rclone's words when it does not start.
  std::uint16_t port(const may_block& on);
  /// What `rclone backend features` prints of the remote, asked once.
  const std::string& features(const may_block& on);
  /// Takes what rclone said to the log.
  void pass_on_log();
  const bridge_key& key() const { return key_; }

private:
  // What a running server consists of.
  struct process {
    descriptor lifeline; // closed with this process: then the server is to end
    ledger::entry lifeline_entry;
    std::unique_ptr<output_memory> said;
    std::unique_ptr<child> program;
    std::uint16_t port = 0;
  };

  std::unique_lock<std::mutex> locked(const may_block& on);
  void start(const may_block& on);
  std::uint16_t wait_for_port(const may_block& on, process& starting);
  void write_log(std::string_view said);

  const rclone_call call_;
  const std::string fs_, label_;
  const std::vector<std::string> secrets_;
  logger& log_;
  const bridge_key key_;
  std::mutex mutex_;
  std::optional<process> running_;
  std::optional<std::string> features_;
};

} // namespace argosy
