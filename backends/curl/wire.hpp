#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backends/curl/handles.hpp"
#include "backends/may_block.hpp"
#include "metrics/ledger.hpp"

namespace argosy::curl {

class transfer;

/// The sockets of one session and the transfers that run over them. Each socket is in the ledger, as a
/// descriptor of kind "socket" labelled with the remote, from its making until it is closed. One thread at a
/// time; several transfers may be under way, and whoever waits for one moves all of them on.
class wire {
public:
  /// `remote` is the name of the remote, for the ledger. Throws failure.
  explicit wire(std::string remote);
  ~wire();
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  /// Moves all transfers on, as far as that goes without waiting.
  void step(const may_block& on);
  /// True when the other side has closed a connection that nothing uses now, or has sent something that
  /// nobody asked for. Does not wait.
  bool closed_by_peer() const noexcept;
  /// What servers send from now on is not read. Where curl says farewell and waits for the reply, it finds
  /// the connection at its end instead.
  void stop_reading() noexcept;
  /// Sockets open now.
  std::size_t sockets() const noexcept { return sockets_.size(); }
  /// Transfers under way.
  std::size_t transfers() const noexcept { return running_; }

private:
  friend class transfer;

  easy_handle take();
  void give_back(easy_handle easy);
  void add(transfer& one);
  void remove(transfer& one) noexcept;
  // Waits until a socket is ready, at most `patience`.
  void wait(std::chrono::milliseconds patience);
  curl_socket_t open(const curl_sockaddr& address, int traffic_class);
  static int on_close(void* self, curl_socket_t fd);
  // The socket with that local port, or the only one; CURL_SOCKET_BAD when neither is there.
  curl_socket_t find(int local_port) const noexcept;
  // What a socket does now, and for which request if it is a new one.
  void mark(curl_socket_t fd, const char* state, std::string_view place);

  const std::string remote_;
  const may_block* on_ = nullptr; // of the step under way
  share_handle tls_sessions_;     // a data connection of FTP goes on with that of its control connection
  std::map<curl_socket_t, ledger::entry> sockets_;
  std::size_t running_ = 0;
  std::vector<easy_handle> idle_;
  multi_handle multi_; // closes its connections when it goes, so it goes first
};

} // namespace argosy::curl
