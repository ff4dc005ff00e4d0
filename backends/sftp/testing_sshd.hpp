#pragma once

#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/testing.hpp"

namespace argosy::testing {

/// Starts a program whose output goes to the file `output`. Its process group is its own.
inline pid_t start_program(const std::vector<std::string>& arguments, const std::string& output) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const auto pid = ::fork();
  if (pid < 0) throw std::runtime_error{"fork"};
  if (pid > 0) return pid;
  ::setpgid(0, 0);
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  ::execv(argv.front(), argv.data());
  ::_exit(127);
}

/// Runs a program to its end. Throws std::runtime_error when it fails.
inline void run_program(const std::vector<std::string>& arguments) {
  const auto pid = start_program(arguments, "/dev/null");
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error{arguments.front() + " failed"};
}

/// OpenSSH's sshd on loopback, with keys, port and configuration of its own. Whoever runs the tests may log
/// in, by the key in file("key").
class test_sshd {
public:
  /// Why there can be none here; nothing: there can.
  static std::optional<std::string> missing() {
    for (const char* program : {sshd, keygen, "/usr/lib/openssh/sftp-server"})
      if (::access(program, X_OK) != 0)
        return std::string{program} + " is not installed (apt-get install openssh-server)";
    return std::nullopt;
  }

  /// `lines` are added to the configuration.
  explicit test_sshd(const std::string& lines = {}) {
    if (const auto* entry = ::getpwuid(::geteuid())) user_ = entry->pw_name;
    // Where sshd, run by root, puts what it does not trust; Debian makes it at boot.
    if (::geteuid() == 0) ::mkdir("/run/sshd", 0755);
    for (const char* key : {"host_key", "key"}) make_key(key, {"-t", "ed25519"});
    write_file(file("authorized_keys"), read_file(file("key.pub")));
    for (int attempts = 0;; ++attempts) {
      port_ = free_port();
      write_file(file("known_hosts"), address() + " " + read_file(file("host_key.pub")));
      write_file(file("config"),
                 lines + "\nListenAddress 127.0.0.1:" + std::to_string(port_) + "\nHostKey " +
                     file("host_key") + "\nAuthorizedKeysFile " + file("authorized_keys") +
                     "\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                     "KbdInteractiveAuthentication no\nPidFile none\nMaxStartups 100\n"
                     // bash takes itself for an inner shell and leaves the user's own start files alone.
                     "SetEnv SHLVL=9\n"
                     "Subsystem sftp internal-sftp\n");
      if (start()) return;
      // Somebody else took the port meanwhile.
      if (attempts == 5) throw std::runtime_error{"sshd does not start: " + log()};
    }
  }
  ~test_sshd() { stop(); }
  test_sshd(const test_sshd&) = delete;
  test_sshd& operator=(const test_sshd&) = delete;

  int port() const { return port_; }
  const std::string& user() const { return user_; }
  std::string address() const { return "[127.0.0.1]:" + std::to_string(port_); }
  std::string file(const std::string& name) const { return folder_ / name; }
  std::string log() const { return read_file(file("log")); }

  /// A new key, with further arguments for ssh-keygen.
  void make_key(const std::string& name, const std::vector<std::string>& how,
                const std::string& passphrase = {}) {
    std::vector<std::string> arguments{keygen, "-q", "-N", passphrase, "-f", file(name)};
    arguments.insert(arguments.end(), how.begin(), how.end());
    run_program(arguments);
  }
  void authorize(const std::string& key) {
    std::ofstream{file("authorized_keys"), std::ios::app} << read_file(file(key + ".pub"));
  }

  /// Options of a remote that works.
  bench_of_storages::option_map options() const {
    return {{"host", "127.0.0.1"},
            {"port", std::to_string(port_)},
            {"user", user_},
            {"key_file", file("key")},
            {"known_hosts_file", file("known_hosts")}};
  }

  /// On the same port as before. False: it ended at once.
  bool start() {
    pid_ = start_program({sshd, "-D", "-e", "-f", file("config")}, file("log"));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (std::chrono::steady_clock::now() < end) {
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = 0;
        return false;
      }
      if (listens()) return true;
      ::poll(nullptr, 0, 5);
    }
    throw std::runtime_error{"sshd does not listen: " + log()};
  }

  /// Ends it and its connections.
  void stop() {
    if (pid_ <= 0) return;
    // Each connection has processes and sessions of its own.
    for (const auto child : descendants(pid_)) ::kill(child, SIGKILL);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  /// A signal to the processes of all connections.
  void signal_connections(int number) const {
    for (const auto child : descendants(pid_)) ::kill(child, number);
  }

private:
  static constexpr const char* sshd = "/usr/sbin/sshd";
  static constexpr const char* keygen = "/usr/bin/ssh-keygen";

  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
  }
  bool listens() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto address = loopback(port_);
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
  }
  static std::vector<pid_t> descendants(pid_t of) {
    std::vector<pid_t> all;
    std::ifstream children{"/proc/" + std::to_string(of) + "/task/" + std::to_string(of) + "/children"};
    for (pid_t child = 0; children >> child;) {
      all.push_back(child);
      for (const auto below : descendants(child)) all.push_back(below);
    }
    return all;
  }

  scratch_folder folder_;
  std::string user_;
  int port_ = 0;
  pid_t pid_ = 0;
};

} // namespace argosy::testing
