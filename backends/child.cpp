#include "backends/child.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/local/system_failure.hpp"

extern char** environ;

namespace argosy {

namespace {

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

void give(file_actions& actions, int given, int standard, int mode) {
  if (given < 0)
    ::posix_spawn_file_actions_addopen(&actions.value, standard, "/dev/null", mode, 0);
  else
    ::posix_spawn_file_actions_adddup2(&actions.value, given, standard);
}

std::string_view name_of(std::string_view variable) { return variable.substr(0, variable.find('=')); }

// Points into `changes` and the environment of this process.
std::vector<char*> changed_environment(const std::vector<std::string>& changes) {
  std::vector<char*> out;
  for (char** one = environ; *one != nullptr; ++one)
    if (std::none_of(changes.begin(), changes.end(),
                     [&](const std::string& change) { return name_of(change) == name_of(*one); }))
      out.push_back(*one);
  for (const auto& change : changes)
    if (change.find('=') != std::string::npos) out.push_back(const_cast<char*>(change.c_str()));
  out.push_back(nullptr);
  return out;
}

} // namespace

child::child(const may_block& on, const char* kind, const std::vector<std::string>& arguments,
             const channels& use, lookup where, std::uint64_t owner_job,
             const std::vector<std::string>& changes) {
  file_actions actions;
  give(actions, use.input, STDIN_FILENO, O_RDONLY);
  give(actions, use.output, STDOUT_FILENO, O_WRONLY);
  give(actions, use.error, STDERR_FILENO, O_WRONLY);
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
  const auto spawn = where == lookup::in_path ? ::posix_spawnp : ::posix_spawn;
  auto environment = changed_environment(changes);
  const int error =
      spawn(&pid_, arguments.front().c_str(), &actions.value, &how.value, argv.data(), environment.data());
  if (error != 0) {
    pid_ = 0;
    fail(failure_kind::other, path_error("fork/exec", arguments.front(), error));
  }
  entry_ = on.book().enter(resource::child, kind, owner_job);
  entry_.state("running");
}

child::~child() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  wait();
}

int child::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
  pid_ = 0;
  return status;
}

std::optional<int> child::ended() {
  if (status_ || pid_ <= 0) return status_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = 0;
  status_ = status;
  return status_;
}

std::string end_of_child(int status) {
  if (WIFEXITED(status))
    return WEXITSTATUS(status) == 0 ? std::string{} : "exit status " + std::to_string(WEXITSTATUS(status));
  const char* text = ::strsignal(WTERMSIG(status));
  std::string name = text == nullptr ? std::to_string(WTERMSIG(status)) : text;
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return "signal: " + name;
}

} // namespace argosy
