#include "http/listener.hpp"

#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "backends/local/system_failure.hpp"
#include "core/failure.hpp"

namespace argosy {

namespace {

// The first descriptor that a service manager passes: SD_LISTEN_FDS_START.
constexpr int first_inherited = 3;

constexpr std::string_view unix_prefix = "unix://";
constexpr std::string_view http_prefix = "http://";
constexpr std::string_view tls_prefix = "tls://";

bool take_prefix(std::string& text, std::string_view prefix) {
  if (text.compare(0, prefix.size(), prefix) != 0) return false;
  text.erase(0, prefix.size());
  return true;
}

[[noreturn]] void cannot_listen(const std::string& what, const std::string& reason) {
  fail(failure_kind::other, "listen " + what + ": " + reason);
}

[[noreturn]] void step_failed(const std::string& what, const char* step, int error) {
  cannot_listen(what, std::string{step} + ": " + system_text(error));
}

// Room for an address of any family.
struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

std::uint16_t port_of(const socket_address& where) {
  std::uint16_t port = 0;
  if (where.family() == AF_INET)
    port = reinterpret_cast<const sockaddr_in*>(&where.storage)->sin_port;
  else if (where.family() == AF_INET6)
    port = reinterpret_cast<const sockaddr_in6*>(&where.storage)->sin6_port;
  return ntohs(port);
}

// Go's spelling of an address: [::1]:80.
std::string show(const socket_address& where) {
  std::array<char, NI_MAXHOST> host{};
  ::getnameinfo(where.get(), where.size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
  const std::string text{host.data()};
  return (where.family() == AF_INET6 ? "[" + text + "]" : text) + ":" + std::to_string(port_of(where));
}

struct host_and_port {
  std::string host;
  std::string port;
};

host_and_port split_address(const std::string& address) {
  const auto bad = [&](const char* why) { cannot_listen("tcp", "address " + address + ": " + why); };
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) bad("missing port in address");
  auto host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (address.front() == '[')
    bad(address.find(']') == std::string::npos ? "missing ']' in address" : "missing port in address");
  else if (host.find(':') != std::string::npos)
    bad("too many colons in address");
  auto port = address.substr(colon + 1);
  if (port.find_first_not_of("0123456789") == std::string::npos) {
    std::uint16_t number = 0;
    const auto* const end = port.data() + port.size();
    if (!port.empty() && std::from_chars(port.data(), end, number).ec != std::errc{})
      cannot_listen("tcp", "address " + port + ": invalid port");
    port = std::to_string(number);
  }
  return {std::move(host), std::move(port)};
}

// Go's choice: every address of both families for an empty host, else IPv4 before IPv6. Each is tried when
// the system has no such family.
std::vector<socket_address> candidates(const std::string& address) {
  const auto [host, port] = split_address(address);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const auto error = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (error == EAI_SERVICE) cannot_listen("tcp", "lookup tcp/" + port + ": unknown port");
  if (error != 0)
    cannot_listen("tcp",
                  "lookup " + host + ": " + (error == EAI_NONAME ? "no such host" : ::gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, ::freeaddrinfo};
  std::vector<socket_address> v4, v6;
  for (const auto* i = found; i != nullptr; i = i->ai_next) {
    socket_address where;
    if (i->ai_addrlen > where.size) continue;
    std::memcpy(&where.storage, i->ai_addr, i->ai_addrlen);
    where.size = i->ai_addrlen;
    (i->ai_family == AF_INET ? v4 : v6).push_back(where);
  }
  if (!host.empty()) return {v4.empty() ? v6.front() : v4.front()};
  v6.insert(v6.end(), v4.begin(), v4.end());
  return v6;
}

descriptor new_socket(int family) {
  return descriptor{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

// Whether somebody takes connections at that name.
bool is_alive(const socket_address& where) {
  const auto probe = new_socket(AF_UNIX);
  // A full queue is somebody too.
  return probe && (::connect(probe.get(), where.get(), where.size) == 0 || errno == EAGAIN);
}

std::string variable(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string{} : found->second;
}

} // namespace

std::vector<inherited_socket> inherited_sockets(const std::map<std::string, std::string>& environment) {
  const auto number = [&](const char* name) {
    const auto text = variable(environment, name);
    int value = 0;
    const auto* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    return result.ec == std::errc{} && result.ptr == end ? value : 0;
  };
  std::vector<inherited_socket> sockets;
  if (number("LISTEN_PID") != static_cast<int>(::getpid())) return sockets;
  auto names = variable(environment, "LISTEN_FDNAMES");
  for (int i = 0; i < number("LISTEN_FDS"); ++i) {
    const auto fd = first_inherited + i;
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) break;
    const auto colon = names.find(':');
    auto name = names.substr(0, colon);
    names.erase(0, colon == std::string::npos ? names.size() : colon + 1);
    sockets.push_back({fd, name.empty() ? "LISTEN_FD_" + std::to_string(fd) : std::move(name)});
  }
  return sockets;
}

listener::listener(const std::string& address, bool tls) : tls_(tls) {
  auto where = address;
  if (take_prefix(where, unix_prefix) || where.substr(0, 1) == "/") {
    listen_at_path(where);
    return;
  }
  if (take_prefix(where, tls_prefix)) {
    if (!tls)
      fail(failure_kind::other,
           "can't listen on \"" + address + "\": need both --cert and --key to use a tls:// address");
  } else if (take_prefix(where, http_prefix)) {
    tls_ = false;
  }
  listen_at_host(where);
}

listener::listener(const inherited_socket& given, std::size_t number, bool tls) :
    fd_(given.descriptor), tls_(tls),
    url_((tls ? "sd-listen+tls:" : "sd-listen:") + given.name + "-" + std::to_string(number) + "/") {
  int type = 0, listens = 0;
  socklen_t size = sizeof type;
  const bool known = ::getsockopt(fd_.get(), SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
                     ::getsockopt(fd_.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
  if (!known || type != SOCK_STREAM || listens == 0)
    fail(failure_kind::other,
         "unable to acquire listeners: " + given.name + " is no stream socket that listens");
  ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
  learn_port();
}

listener::~listener() {
  if (!fd_ || path_.empty()) return;
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
    ::unlink(path_.c_str());
}

std::string listener::url(const std::string& base) const {
  return base.empty() || !path_.empty() ? url_ : url_ + base + "/";
}

void listener::listen_at_path(const std::string& path) {
  const auto what = "unix " + path;
  socket_address where;
  auto& name = *reinterpret_cast<sockaddr_un*>(&where.storage);
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path || path.find('\0') != std::string::npos)
    step_failed(what, "bind", EINVAL);
  std::memcpy(name.sun_path, path.data(), path.size());
  const bool in_file_system = path.front() != '@';
  where.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (in_file_system ? 1 : 0));
  if (!in_file_system) name.sun_path[0] = '\0';
  fd_ = new_socket(AF_UNIX);
  if (!fd_) step_failed(what, "socket", errno);
  if (::bind(fd_.get(), where.get(), where.size) != 0) {
    const auto error = errno;
    struct stat status {};
    const bool stale = error == EADDRINUSE && in_file_system && ::lstat(path.c_str(), &status) == 0 &&
                       S_ISSOCK(status.st_mode) && !is_alive(where);
    if (!stale) step_failed(what, "bind", error);
    ::unlink(path.c_str());
    if (::bind(fd_.get(), where.get(), where.size) != 0) step_failed(what, "bind", errno);
  }
  struct stat made {};
  if (in_file_system && ::lstat(path.c_str(), &made) == 0) {
    path_ = path;
    device_ = made.st_dev;
    inode_ = made.st_ino;
  }
  if (::listen(fd_.get(), SOMAXCONN) != 0) step_failed(what, "listen", errno);
  url_ = std::string{unix_prefix} + path;
}

void listener::listen_at_host(const std::string& address) {
  const auto all = candidates(address);
  for (const auto& where : all) {
    const auto what = "tcp " + show(where);
    const bool last = &where == &all.back();
    const auto no_such_family = [&](int error) {
      return !last && (error == EAFNOSUPPORT || error == EINVAL || error == EADDRNOTAVAIL);
    };
    fd_ = new_socket(where.family());
    if (!fd_) {
      if (no_such_family(errno)) continue;
      step_failed(what, "socket", errno);
    }
    const int on = 1, off = 0;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (all.size() > 1 && where.family() == AF_INET6)
      ::setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (::bind(fd_.get(), where.get(), where.size) != 0) {
      if (no_such_family(errno)) continue;
      step_failed(what, "bind", errno);
    }
    if (::listen(fd_.get(), SOMAXCONN) != 0) step_failed(what, "listen", errno);
    break;
  }
  learn_port();
}

void listener::learn_port() {
  socket_address own;
  if (::getsockname(fd_.get(), own.get(), &own.size) != 0) return;
  port_ = port_of(own);
  if (url_.empty()) url_ = (tls_ ? "https://" : "http://") + show(own) + "/";
}

} // namespace argosy
