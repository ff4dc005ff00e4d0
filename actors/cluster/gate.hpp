#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "metrics/ledger.hpp"

namespace argosy {

struct cluster_probe;

/// The only door between nodes. CAF's own port believes whoever connects, so there is none: a connection is
/// encrypted by TLS 1.3, both sides prove the shared secret for this very channel, say who they are in one
/// text each, and only then do bytes reach the actor system, through a pair of sockets inside the process. A
/// stranger is never read further than the 32 bytes of a wrong proof.
class gate {
public:
  struct settings {
    std::string listen;                        ///< host:port; port 0: any
    std::string secret;                        ///< at least least_secret bytes
    std::string certificate, key, authority;   ///< PEM files, all or none: mutual certificates
    std::chrono::milliseconds handshake{5000}; ///< until the bytes of actors may flow
    std::size_t strangers = 64; ///< connections at once that have not proved the secret; more are closed
  };
  static constexpr std::size_t least_secret = 16;
  static constexpr std::size_t longest_frame = 4 << 20; ///< bytes; who sends more is cut off

  /// One end of the pair of sockets: an open connection to another node. Closes it unless taken.
  class socket_end {
  public:
    explicit socket_end(int descriptor) : descriptor_(descriptor) {}
    ~socket_end();
    socket_end(const socket_end&) = delete;
    socket_end& operator=(const socket_end&) = delete;
    int take();

  private:
    int descriptor_;
  };

  /// A stream that carries frames instead of the actor system's bytes: for content, which would hold messages
  /// up that have to be in time. Any thread; nothing waits.
  class frame_pipe {
  public:
    virtual ~frame_pipe() = default;
    /// Sent in order; kept until then, so that what is under way needs a bound of its own (credits). Of a
    /// stream that has ended nothing is sent.
    virtual void carry(std::string frame) = 0;
    virtual void end(std::string reason) = 0;
  };
  /// Who gets the frames, on the gate's thread; these must not block.
  struct frame_user {
    std::function<void(std::string text)> opened; ///< the called one said welcome; only told to callers
    std::function<void(std::string frame)> arrived;
    std::function<void(const std::string& reason)> ended; ///< once, and the last
  };

  /// What the caller said, and how to answer it: once, from any thread; never answered is refused in the end.
  struct visit {
    std::uint64_t stream = 0; ///< names the connection from now on
    std::string host;         ///< where it comes from
    std::string text;
    std::function<void(bool welcome, std::string text)> answer;
    /// Another way to say welcome: frames are carried from then on.
    std::function<void(std::string text, frame_user user)> take_frames;
    std::shared_ptr<frame_pipe> pipe; ///< for these frames
  };
  /// A call of ours has ended: with an answer, or with an error.
  struct reply {
    std::uint64_t stream = 0;
    std::string address, host; ///< that was called; the address of the machine behind it
    std::string error;         ///< empty: answered
    bool welcome = false;
    std::string text;
    std::shared_ptr<socket_end> end; ///< when welcome
  };
  /// Who is told, on the gate's thread; these must not block.
  struct listener {
    std::function<void(visit)> called;
    /// A visitor that was welcome: its bytes flow.
    std::function<void(std::uint64_t stream, std::shared_ptr<socket_end> end)> opened;
    std::function<void(reply)> answered;
  };

  /// Binds and listens. `book` and `probe` outlive the gate. Throws failure that names what is wrong.
  gate(settings given, ledger& book, cluster_probe& probe);
  /// Takes visitors from now on. Once.
  void begin(listener owner);
  /// Closes everything and joins its thread: nobody is told afterwards.
  ~gate();
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  /// Where it listens: with the port that the system chose.
  const std::string& address() const;
  /// Calls another gate and says `text`. Any thread; the listener hears of it in any case.
  void call(const std::string& address, std::string text);
  /// The same for a stream of frames: `user` hears of it instead, of a refusal as the end.
  std::shared_ptr<frame_pipe> call(const std::string& address, std::string text, frame_user user);
  /// Ends that connection if there still is one. Any thread.
  void drop(std::uint64_t stream);

private:
  struct implementation;
  class pipe_to_call;
  std::shared_ptr<implementation> implementation_;
};

/// Reads a shared secret from a file, without the blanks and line ends around it. Throws failure when it is
/// shorter than gate::least_secret.
std::string read_secret(const std::string& path);

} // namespace argosy
