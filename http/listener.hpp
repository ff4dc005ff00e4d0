#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "backends/local/descriptor.hpp"

namespace argosy {

/// A socket that was made by somebody else and given to us.
struct inherited_socket {
  int descriptor;
  std::string name; ///< as the service manager calls it
};

/// The sockets that a service manager passed (sd_listen_fds(3)): LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES of
/// the environment. None when they are meant for another process. They no longer reach child processes.
std::vector<inherited_socket> inherited_sockets(const std::map<std::string, std::string>& environment);

/// A socket that takes connections; ends with its owner, and a unix socket's name in the file system with it.
class listener {
public:
  /// `address` as --rc-addr has it (rc-surface 2.14): host:port, :port, [IPv6]:port, unix:///path, /path,
  /// unix://@name, each of the first three possibly behind http:// or tls://. Port 0 takes a free one. A unix
  /// socket's name that nobody listens at any more is taken over. With `tls` every address but those with
  /// http:// is encrypted. Throws failure with Go's texts.
  listener(const std::string& address, bool tls);
  /// Throws failure when it is no stream socket that listens.
  listener(const inherited_socket& given, std::size_t number, bool tls);
  ~listener();
  listener(listener&& other) noexcept = default;
  listener& operator=(listener&&) = delete;

  int get() const noexcept { return fd_.get(); }
  bool encrypted() const noexcept { return tls_; }
  /// Of TCP; 0 otherwise.
  std::uint16_t port() const noexcept { return port_; }
  /// `http://127.0.0.1:5572/`, `unix:///path`, `sd-listen:name-0/`; `base` is the base URL without slashes
  /// around it.
  std::string url(const std::string& base) const;

private:
  void listen_at_path(const std::string& path);
  void listen_at_host(const std::string& address);
  void learn_port();

  descriptor fd_;
  bool tls_;
  std::string url_; // up to the path
  std::uint16_t port_ = 0;
  // Of a unix socket, so that another's is never removed.
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

} // namespace argosy
