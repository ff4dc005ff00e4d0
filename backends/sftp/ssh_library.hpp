#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <libssh/libssh.h>

#include "backends/may_block.hpp"

/// libssh's objects with owners, and its calls without waiting. Only for sources of this folder.
namespace argosy::ssh {

struct session_end {
  void operator()(ssh_session s) const { ssh_free(s); }
};
struct key_end {
  void operator()(ssh_key k) const { ssh_key_free(k); }
};
struct event_end {
  void operator()(ssh_event e) const { ssh_event_free(e); }
};
struct text_end {
  void operator()(char* text) const { ssh_string_free_char(text); }
};
using session_owner = std::unique_ptr<ssh_session_struct, session_end>;
using key_owner = std::unique_ptr<ssh_key_struct, key_end>;
using event_owner = std::unique_ptr<ssh_event_struct, event_end>;
using text_owner = std::unique_ptr<char, text_end>;

/// The end of a wait that has a limit; one of 0 never comes.
class deadline {
public:
  explicit deadline(std::chrono::nanoseconds limit) :
      end_(limit.count() > 0 ? std::chrono::steady_clock::now() + limit
                             : std::chrono::steady_clock::time_point::max()) {}
  bool over() const { return std::chrono::steady_clock::now() >= end_; }

private:
  std::chrono::steady_clock::time_point end_;
};

/// Waits until the session's socket can go on, at most for a cancel_interval. Throws failure(cancelled), and
/// connection_lost at the deadline.
void wait_for_socket(const may_block& on, ssh_session session, const deadline& end);

/// Repeats a call of libssh until it gives something else than `again`.
template <class Call>
int finish(const may_block& on, ssh_session session, const deadline& end, int again, Call call) {
  while (true) {
    const int result = call();
    if (result != again) return result;
    wait_for_socket(on, session, end);
  }
}

/// Whether the other end of a socket has said that it sends no more. Does not wait.
bool is_closed_by_peer(int socket) noexcept;

/// base64 of the public part, as in known_hosts.
std::string base64_of(ssh_key key);

} // namespace argosy::ssh
