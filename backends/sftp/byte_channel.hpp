#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/may_block.hpp"
#include "backends/sftp/connection_lost.hpp"

namespace argosy {

/// How long one wait may last before the cancellation of its task is looked at.
inline constexpr std::chrono::milliseconds cancel_interval{100};

/// A program on the server: bytes to its standard input, bytes from its standard output. No call waits longer
/// than it says. One thread at a time, and the same one for all channels of a transport.
class byte_channel {
public:
  /// Told everything that has arrived and was not used yet; gives back how many bytes it used. Must not
  /// throw.
  using consumer = std::function<std::size_t(std::string_view)>;

  virtual ~byte_channel() = default;
  virtual void on_output(consumer use) = 0;
  /// Takes over the beginning of `data`, perhaps nothing; nothing any more once the program has ended. Throws
  /// connection_lost.
  virtual std::size_t write(std::string_view data) = 0;
  /// The program's input ends here.
  virtual void end_input() = 0;
  /// Sends and receives until something happened, at most `limit`. Throws connection_lost when the transport
  /// is gone, not when only this channel has ended.
  virtual void wait(std::chrono::milliseconds limit) = 0;
  /// Nothing more will arrive.
  virtual bool ended() const = 0;
  /// Exit code of the program, once it has ended and the server has told.
  virtual std::optional<int> exit_code() const = 0;
  /// What the program wrote to its standard error, the beginning of it.
  virtual std::string complaint() const = 0;
};

/// What is to run at the far end.
struct channel_request {
  std::string subsystem; ///< "": `command`
  std::string command;
  std::vector<std::pair<std::string, std::string>> environment;
};

/// A logged-in connection to a server. Its channels end before it does.
class ssh_transport {
public:
  virtual ~ssh_transport() = default;
  /// Throws connection_lost, or failure(other) when the server refuses.
  virtual std::unique_ptr<byte_channel> open(const may_block& on, const channel_request& request) = 0;
  /// For the ledger: what it does from now on and where, at most for how long; 0: that cannot be told.
  virtual void doing(const char* state, std::string_view path, std::chrono::nanoseconds at_most) = 0;
  virtual void idle() = 0;
  /// The other side has closed the connection. Does not wait, any thread.
  virtual bool closed_by_peer() const noexcept = 0;
};

} // namespace argosy
