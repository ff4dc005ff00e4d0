#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/child.hpp"
#include "backends/local/descriptor.hpp"
#include "backends/run_and_wait.hpp"

/// For tests: real servers as children of the test, on loopback.
namespace argosy::testing {

/// A program that listens on a port, from when it accepts connections until this is destroyed.
class real_server {
public:
  using command_line = std::function<std::vector<std::string>(const std::string& port)>;

  explicit real_server(const command_line& command) {
    for (int left = 5; left > 0; --left) // another process may take the port first
      if (start(command)) return;
    throw std::runtime_error{"the server does not start"};
  }
  ~real_server() {
    run_and_wait(io_, [this](const may_block&) { program_.reset(); });
  }
  real_server(const real_server&) = delete;
  real_server& operator=(const real_server&) = delete;

  const std::string& port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + port_ + "/"; }

private:
  static descriptor tcp_socket() { return descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}; }
  static sockaddr_in address_of(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }
  static int free_port() {
    const auto probe = tcp_socket();
    auto address = address_of(0);
    socklen_t size = sizeof(address);
    if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error{"no free port"};
    return ntohs(address.sin_port);
  }
  static bool accepts(int port) {
    const auto probe = tcp_socket();
    const auto address = address_of(port);
    return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }

  bool start(const command_line& command) {
    const auto port = free_port();
    port_ = std::to_string(port);
    return run_and_wait(io_, [&](const may_block& on) {
      program_ =
          std::make_unique<child>(on, "server", command(port_), child::channels{}, child::lookup::in_path);
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
      while (!accepts(port)) {
        if (program_->ended()) return false;
        if (std::chrono::steady_clock::now() > deadline)
          throw std::runtime_error{"the server does not answer"};
        ::poll(nullptr, 0, 5);
      }
      return true;
    });
  }

  std::string port_;
  ledger book_;
  io_pool io_{book_, {}};
  std::unique_ptr<child> program_;
};

inline bool is_program(const std::string& name) {
  for (const auto* folder : {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/"})
    if (std::filesystem::exists(folder + name)) return true;
  return false;
}

/// `rclone serve webdav` of a folder, which is made.
inline std::unique_ptr<real_server> rclone_webdav(const std::string& folder) {
  std::filesystem::create_directories(folder);
  return std::make_unique<real_server>([&](const std::string& port) {
    return std::vector<std::string>{"rclone",   "serve",    "webdav", folder, "--addr", "127.0.0.1:" + port,
                                    "--config", "/dev/null"};
  });
}

/// Apache's mod_dav over `folder`, which is made; what it needs beside that lies in `scratch`.
inline std::unique_ptr<real_server> apache_webdav(const std::string& folder, const std::string& scratch) {
  namespace fs = std::filesystem;
  fs::create_directories(folder);
  fs::create_directories(scratch);
  // Apache does not serve as root: it becomes another user, who has to get in.
  for (auto at = fs::path{folder}; at.string().size() > std::string{"/dev/shm"}.size(); at = at.parent_path())
    if (::access(at.c_str(), W_OK) == 0)
      fs::permissions(at, at == folder ? fs::perms::all : fs::perms{0755}, fs::perm_options::add);
  fs::permissions(scratch, fs::perms::all);
  return std::make_unique<real_server>([&](const std::string& port) {
    const auto config = scratch + "/apache.conf";
    std::ofstream out{config};
    out << "ServerRoot " << scratch << "\nListen 127.0.0.1:" << port << "\nServerName localhost\nPidFile "
        << scratch << "/pid\nErrorLog " << scratch << "/errors\n";
    for (const auto* module : {"mpm_event", "authn_core", "authz_core", "dav", "dav_fs"})
      out << "LoadModule " << module << "_module /usr/lib/apache2/modules/mod_" << module << ".so\n";
    if (::geteuid() == 0) out << "User www-data\nGroup www-data\n";
    out << "DocumentRoot " << folder << "\nDavLockDB " << scratch
        << "/locks\nStartServers 1\nThreadsPerChild 16\n"
        << "MaxRequestWorkers 16\n<Directory />\nRequire all granted\nDav On\n</Directory>\n";
    return std::vector<std::string>{"apache2", "-D", "FOREGROUND", "-f", config};
  });
}

} // namespace argosy::testing
