#pragma once

#include <memory>
#include <string>

#include "backends/web/exchange.hpp"

namespace argosy::web {

/// What one session of a storage sends its requests through: a socket that stays open from one request to the
/// next. Several exchanges may be under way, each on a socket of its own. One thread at a time.
class connection {
public:
  explicit connection(std::shared_ptr<const client> by);

  /// Sends the header of a request, and its body if that is in memory.
  std::unique_ptr<exchange> begin(const may_block& on, request what);

  struct whole_answer {
    answer head;
    std::string body;
  };
  /// Reads the answer to its end, at most `most` bytes of body, in at most an hour. A status that is no
  /// success is none of its failures.
  whole_answer call(const may_block& on, request what, std::size_t most = 64 << 20);

  /// Moves exchanges on that nobody waits for now. Does not wait.
  void move_on(const may_block& on) { wire_->step(on); }
  /// See session::closed_by_peer.
  bool closed_by_peer() const noexcept { return wire_->closed_by_peer(); }
  std::size_t sockets() const noexcept { return wire_->sockets(); }
  const client& by() const { return *client_; }

private:
  const std::shared_ptr<const client> client_;
  const std::shared_ptr<curl::wire> wire_;
};

} // namespace argosy::web
