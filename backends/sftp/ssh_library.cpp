#include "backends/sftp/ssh_library.hpp"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>

#include "backends/sftp/byte_channel.hpp"

namespace argosy::ssh {

void wait_for_socket(const may_block& on, ssh_session session, const deadline& end) {
  on.check();
  if (end.over()) throw connection_lost{"i/o timeout"};
  const int flags = ssh_get_poll_flags(session);
  pollfd socket{ssh_get_fd(session), POLLIN, 0};
  if ((flags & SSH_WRITE_PENDING) != 0) socket.events |= POLLOUT;
  if (socket.fd < 0) throw connection_lost{"connection closed"};
  // libssh makes the socket block when it begins; then sending to a server that stands still would, too.
  ::fcntl(socket.fd, F_SETFL, O_NONBLOCK);
  if (::poll(&socket, 1, static_cast<int>(cancel_interval.count())) < 0 && errno != EINTR)
    throw connection_lost{"poll failed"};
}

bool is_closed_by_peer(int socket) noexcept {
  pollfd watched{socket, POLLRDHUP, 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

std::string base64_of(ssh_key key) {
  char* text = nullptr;
  if (ssh_pki_export_pubkey_base64(key, &text) != SSH_OK) return {};
  const text_owner owner{text};
  return text;
}

} // namespace argosy::ssh
