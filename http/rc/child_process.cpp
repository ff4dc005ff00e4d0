#include "http/rc/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
// glibc 2.36 declares pidfd_open without C linkage for C++.
extern "C" {
#include <sys/pidfd.h>
}
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "backends/local/system_failure.hpp"
#include "core/failure.hpp"

extern char** environ;

namespace argosy::rc {

namespace {

/// How soon a cancelled call is noticed, milliseconds.
constexpr int look_interval = 50;

class descriptor {
public:
  descriptor(int fd, const char* kind, const may_block& on, std::uint64_t owner_job) :
      fd_(fd), entry_(fd < 0 ? ledger::entry{} : on.book().enter(resource::descriptor, kind, owner_job)) {}
  ~descriptor() { close(); }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }
  void close() {
    if (const int fd = std::exchange(fd_, -1); fd >= 0) ::close(fd);
    entry_ = {};
  }

private:
  int fd_;
  ledger::entry entry_;
};

struct file_actions {
  posix_spawn_file_actions_t value;
  file_actions() { ::posix_spawn_file_actions_init(&value); }
  ~file_actions() { ::posix_spawn_file_actions_destroy(&value); }
};

struct attributes {
  posix_spawnattr_t value;
  attributes() { ::posix_spawnattr_init(&value); }
  ~attributes() { ::posix_spawnattr_destroy(&value); }
};

/// A started child: killed with its group and waited for when this ends early.
class child {
public:
  child(pid_t pid, const may_block& on, std::uint64_t owner_job) :
      pid_(pid), entry_(on.book().enter(resource::child, "command", owner_job)) {
    entry_.state("running");
  }
  ~child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    wait();
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  pid_t pid() const { return pid_; }
  /// Blocks until its end. The wait status.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
    pid_ = 0;
    return status;
  }

private:
  pid_t pid_;
  ledger::entry entry_;
};

[[noreturn]] void not_started(const std::string& path, int error) {
  fail(failure_kind::other, path_error("fork/exec", path, error));
}

/// A file in memory with that content, to be read from its beginning. Closed by the caller.
int file_with(std::string_view content) {
  const int fd = ::memfd_create("input", MFD_CLOEXEC);
  while (fd >= 0 && !content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) {
      ::close(fd);
      return -1;
    }
    content.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  if (fd >= 0) ::lseek(fd, 0, SEEK_SET);
  return fd;
}

/// `input` is a descriptor, or -1 for nothing.
pid_t start(const std::vector<std::string>& arguments, child_output wanted, int output, int input) {
  file_actions actions;
  if (input < 0)
    ::posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  else
    ::posix_spawn_file_actions_adddup2(&actions.value, input, STDIN_FILENO);
  for (const auto& [fd, unwanted] : {std::pair{STDOUT_FILENO, child_output::standard_error},
                                     std::pair{STDERR_FILENO, child_output::standard_output}}) {
    if (wanted == unwanted) {
      ::posix_spawn_file_actions_addopen(&actions.value, fd, "/dev/null", O_WRONLY, 0);
    } else {
      ::posix_spawn_file_actions_adddup2(&actions.value, output, fd);
    }
  }
  ::posix_spawn_file_actions_addclosefrom_np(&actions.value, STDERR_FILENO + 1);
  attributes how;
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  // The threads of a daemon block signals and ignore some: a child that inherited this could not be ended.
  ::posix_spawnattr_setsigmask(&how.value, &none);
  ::posix_spawnattr_setsigdefault(&how.value, &all);
  ::posix_spawnattr_setpgroup(&how.value, 0);
  ::posix_spawnattr_setflags(&how.value,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, arguments.front().c_str(), &actions.value, &how.value, argv.data(), environ);
  if (error != 0) not_started(arguments.front(), error);
  return pid;
}

/// Takes what is there. False at the end of the output.
bool take(int fd, const child_output_use& use) {
  char buffer[16384];
  while (true) {
    const auto size = ::read(fd, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    if (size == 0) return false;
    use({buffer, static_cast<std::size_t>(size)});
  }
}

std::string error_of(int status) {
  if (WIFEXITED(status))
    return WEXITSTATUS(status) == 0 ? std::string{} : "exit status " + std::to_string(WEXITSTATUS(status));
  const char* text = ::strsignal(WTERMSIG(status));
  std::string name = text == nullptr ? std::to_string(WTERMSIG(status)) : text;
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return "signal: " + name;
}

} // namespace

child_result run_child(const may_block& on, const std::vector<std::string>& arguments, child_output wanted,
                       std::size_t most_output, std::uint64_t owner_job, std::string_view input) {
  child_result result;
  const auto append = [&](std::string_view bytes) {
    const auto taken = std::min(most_output - result.output.size(), bytes.size());
    result.output.append(bytes.substr(0, taken));
    result.cut = result.cut || taken < bytes.size();
  };
  result.error = stream_child(on, arguments, wanted, append, owner_job, input);
  return result;
}

std::string stream_child(const may_block& on, const std::vector<std::string>& arguments, child_output wanted,
                         const child_output_use& use, std::uint64_t owner_job, std::string_view input) {
  const int given = input.empty() ? -1 : file_with(input);
  if (!input.empty() && given < 0) not_started(arguments.front(), errno);
  const descriptor questions{given, "memory", on, owner_job};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) not_started(arguments.front(), errno);
  const descriptor output{ends[0], "pipe", on, owner_job};
  descriptor to_us{ends[1], "pipe", on, owner_job};
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  child running{start(arguments, wanted, to_us.get(), questions.get()), on, owner_job};
  to_us.close();
  const descriptor end_of_child{::pidfd_open(running.pid(), 0), "process", on, owner_job};
  if (end_of_child.get() < 0) not_started(arguments.front(), errno);
  // The end is that of the child, not of its output: a grandchild may hold on to that for as long as it
  // likes.
  for (pollfd waits[] = {{end_of_child.get(), POLLIN, 0}, {output.get(), POLLIN, 0}};
       waits[0].revents == 0;) {
    on.check();
    if (::poll(waits, 2, look_interval) < 0 && errno != EINTR) not_started(arguments.front(), errno);
    if (waits[1].revents != 0 && !take(output.get(), use)) waits[1].fd = -1;
  }
  auto end = error_of(running.wait());
  take(output.get(), use);
  return end;
}

} // namespace argosy::rc
