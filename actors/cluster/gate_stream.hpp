#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>

#include "actors/cluster/channel.hpp"
#include "actors/cluster/gate.hpp"

namespace argosy {

/// One connection to another gate, from its first byte to its last, on the gate's thread.
class gate_stream : public std::enable_shared_from_this<gate_stream> {
public:
  /// What all streams of a gate share; outlives them.
  struct house {
    const gate::settings& given;
    const gate::listener& owner;
    cluster_probe& probe;
    asio::io_context& io;
    asio::ssl::context& encryption;
    std::size_t& strangers;                    ///< visitors that have not proved the secret
    std::function<void(std::uint64_t)> forget; ///< the stream has ended
    std::function<void(std::function<void()>)>
        run; ///< on the gate's thread, from any; nothing when it is gone
  };
  gate_stream(house& around, std::uint64_t id, ledger::entry in_book);
  ~gate_stream();

  /// The socket, to be connected by the caller or accepted.
  asio::ip::tcp::socket& socket() { return peer_.next_layer(); }
  /// Somebody has connected to the gate.
  void receive();
  /// Connects to the address and says `text`.
  void call(const std::string& address, const std::string& host, std::uint16_t port, std::string text);
  /// The same for frames.
  void call(const std::string& address, const std::string& host, std::uint16_t port, std::string text,
            gate::frame_user user);
  void carry(std::string frame);
  /// For whoever sends frames over this stream, as long as there is one.
  std::shared_ptr<gate::frame_pipe> pipe();
  /// Closes both sides. A call that is not answered yet is answered with the reason.
  void end(const std::string& reason);

private:
  using step = std::function<void()>;
  /// Goes on when an operation succeeds; otherwise ends, for `what` and the reason of the system.
  template <class Then>
  auto when_done(const char* what, Then then);
  void greet(bool caller);
  void send_proof(step then);
  void check_proof(step then);
  void read_text(std::function<void(std::string)> then);
  void write_text(std::string text, step then);
  void be_answered();
  void answer(bool welcome, const std::string& text);
  void take_frames(const std::string& text, gate::frame_user user);
  void begin_to_flow();
  void begin_frames();
  void receive_frame();
  void send_frame();
  std::shared_ptr<gate::socket_end> open_inside();
  void to_inside();
  void from_inside();
  void no_longer_stranger();

  house& house_;
  const std::uint64_t id_;
  ledger::entry entry_;
  asio::ssl::stream<asio::ip::tcp::socket> peer_;
  asio::local::stream_protocol::socket inside_;
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer deadline_;
  bool caller_ = false, stranger_ = false, settled_ = false, ended_ = false, flows_ = false;
  std::string address_, host_, said_;
  proof proof_{};
  std::array<unsigned char, 4> length_{};
  std::string text_;
  std::vector<char> arriving_, leaving_;
  std::optional<gate::frame_user> frames_;
  std::deque<std::string> to_send_;
  std::array<unsigned char, 4> frame_length_{};
  std::string frame_;
};

} // namespace argosy
