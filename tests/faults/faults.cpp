// Preloaded into the daemon by tests: system calls on files fail, fall short, stop or kill the process where
// the environment says so.
//
// ARGOSY_FAULTS holds rules separated by spaces: CALL:ACTION:PATH[:FIRST[:TIMES]]. The rule is for calls of
// that name ("change" is any that changes something on the disk) on a path that contains PATH; FIRST such
// calls pass, then TIMES of them (all, without it) meet the ACTION: the name of an errno, "short" (half of
// the bytes), "stop" (SIGSTOP, before the call) or "kill" (SIGKILL, before the call). Spaces in PATH are
// written as "%".
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

struct error_name {
  std::string_view name;
  int number;
};
constexpr std::array<error_name, 13> error_names{{{"EIO", EIO},
                                                  {"ENOSPC", ENOSPC},
                                                  {"EACCES", EACCES},
                                                  {"EPERM", EPERM},
                                                  {"EINTR", EINTR},
                                                  {"EMFILE", EMFILE},
                                                  {"ENOMEM", ENOMEM},
                                                  {"EDQUOT", EDQUOT},
                                                  {"EXDEV", EXDEV},
                                                  {"EINVAL", EINVAL},
                                                  {"ENOSYS", ENOSYS},
                                                  {"EOPNOTSUPP", EOPNOTSUPP},
                                                  {"ENOENT", ENOENT}}};

struct rule {
  std::string call, action, path;
  std::int64_t first = 0, times = INT64_MAX;
  std::atomic<std::int64_t> seen{0};
};

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// Never destroyed: threads may call until the very end.
std::deque<rule>& rules() {
  static auto* all = [] {
    auto* made = new std::deque<rule>;
    const char* text = std::getenv("ARGOSY_FAULTS");
    for (const auto& one : split(text == nullptr ? "" : text, ' ')) {
      auto parts = split(one, ':');
      if (parts.size() < 3) continue;
      auto& added = made->emplace_back();
      added.call = parts[0];
      added.action = parts[1];
      for (auto& c : parts[2])
        if (c == '%') c = ' ';
      added.path = parts[2];
      if (parts.size() > 3) added.first = std::stoll(parts[3]);
      if (parts.size() > 4) added.times = std::stoll(parts[4]);
    }
    return made;
  }();
  return *all;
}

std::string path_of(int fd) {
  std::array<char, PATH_MAX> target{};
  const auto link = "/proc/self/fd/" + std::to_string(fd);
  const auto size = ::syscall(SYS_readlink, link.c_str(), target.data(), target.size());
  return size > 0 ? std::string{target.data(), static_cast<std::size_t>(size)} : std::string{};
}

std::string path_at(int directory, const char* path) {
  if (path == nullptr) return {};
  return path[0] == '/' || directory == AT_FDCWD ? path : path_of(directory) + "/" + path;
}

enum class answer { pass, fail, fall_short };

// What becomes of a call; a failure is in errno.
template <class Path>
answer meet(const char* call, bool changes, Path path) {
  const int before = errno;
  for (auto& one : rules()) {
    if (one.call != call && !(changes && one.call == "change")) continue;
    if (path().find(one.path) == std::string::npos) continue;
    const auto number = one.seen++ - one.first;
    if (number < 0 || number >= one.times) continue;
    errno = before;
    if (one.action == "short") return answer::fall_short;
    if (one.action == "kill") ::kill(::getpid(), SIGKILL);
    if (one.action == "stop") {
      ::raise(SIGSTOP); // to this thread: it stops before it comes back from here
      return answer::pass;
    }
    for (const auto& known : error_names) {
      if (one.action != known.name) continue;
      errno = known.number;
      return answer::fail;
    }
  }
  errno = before;
  return answer::pass;
}

// `found` needs no guard of a local static: whoever waits for one calls syscall(), which is among these
// functions.
template <class Function>
Function real(std::atomic<Function>& found, const char* name) {
  auto* call = found.load();
  if (call == nullptr) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what dlsym is for
    call = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
    found.store(call);
  }
  return call;
}

bool creates(int flags) { return (flags & (O_CREAT | O_TRUNC | O_TMPFILE)) != 0; }

std::size_t half(std::size_t size) { return size > 1 ? size / 2 : size; }

} // namespace

// The names and types are the C library's.
extern "C" {

int open(const char* path, int flags, ...) {
  static std::atomic<int (*)(const char*, int, mode_t)> found{nullptr};
  const auto call = real(found, "open");
  va_list rest;
  va_start(rest, flags);
  const auto mode = creates(flags) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (meet("open", creates(flags), [&] { return std::string{path}; }) == answer::fail) return -1;
  return call(path, flags, mode);
}

int openat(int directory, const char* path, int flags, ...) {
  static std::atomic<int (*)(int, const char*, int, mode_t)> found{nullptr};
  const auto call = real(found, "openat");
  va_list rest;
  va_start(rest, flags);
  const auto mode = creates(flags) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (meet("open", creates(flags), [&] { return path_at(directory, path); }) == answer::fail) return -1;
  return call(directory, path, flags, mode);
}

ssize_t pread(int fd, void* data, size_t size, off_t offset) {
  static std::atomic<ssize_t (*)(int, void*, size_t, off_t)> found{nullptr};
  const auto call = real(found, "pread");
  const auto what = meet("pread", false, [&] { return path_of(fd); });
  return what == answer::fail ? -1 : call(fd, data, what == answer::fall_short ? half(size) : size, offset);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  static std::atomic<ssize_t (*)(int, const void*, size_t, off_t)> found{nullptr};
  const auto call = real(found, "pwrite");
  const auto what = meet("pwrite", true, [&] { return path_of(fd); });
  return what == answer::fail ? -1 : call(fd, data, what == answer::fall_short ? half(size) : size, offset);
}

ssize_t copy_file_range(int from, off64_t* from_at, int to, off64_t* to_at, size_t size, unsigned flags) {
  static std::atomic<ssize_t (*)(int, off64_t*, int, off64_t*, size_t, unsigned)> found{nullptr};
  const auto call = real(found, "copy_file_range");
  const auto what = meet("copy_file_range", true, [&] { return path_of(to); });
  if (what == answer::fail) return -1;
  return call(from, from_at, to, to_at, what == answer::fall_short ? half(size) : size, flags);
}

int ioctl(int fd, unsigned long request, ...) noexcept {
  static std::atomic<int (*)(int, unsigned long, void*)> found{nullptr};
  const auto call = real(found, "ioctl");
  va_list rest;
  va_start(rest, request);
  auto* argument = va_arg(rest, void*);
  va_end(rest);
  if (meet("ioctl", true, [&] { return path_of(fd); }) == answer::fail) return -1;
  return call(fd, request, argument);
}

int close(int fd) {
  static std::atomic<int (*)(int)> found{nullptr};
  const auto call = real(found, "close");
  const auto what = meet("close", false, [&] { return path_of(fd); });
  const int why = errno;
  const int result = call(fd); // Linux closes it whatever it says
  if (what != answer::fail) return result;
  errno = why;
  return -1;
}

int ftruncate(int fd, off_t size) noexcept {
  static std::atomic<int (*)(int, off_t)> found{nullptr};
  const auto call = real(found, "ftruncate");
  if (meet("ftruncate", true, [&] { return path_of(fd); }) == answer::fail) return -1;
  return call(fd, size);
}

int futimens(int fd, const timespec times[2]) noexcept {
  static std::atomic<int (*)(int, const timespec*)> found{nullptr};
  const auto call = real(found, "futimens");
  if (meet("futimens", true, [&] { return path_of(fd); }) == answer::fail) return -1;
  return call(fd, times);
}

int utimensat(int directory, const char* path, const timespec times[2], int flags) noexcept {
  static std::atomic<int (*)(int, const char*, const timespec*, int)> found{nullptr};
  const auto call = real(found, "utimensat");
  if (meet("utimensat", true, [&] { return path_at(directory, path); }) == answer::fail) return -1;
  return call(directory, path, times, flags);
}

int rename(const char* from, const char* to) noexcept {
  static std::atomic<int (*)(const char*, const char*)> found{nullptr};
  const auto call = real(found, "rename");
  if (meet("rename", true, [&] { return std::string{to}; }) == answer::fail) return -1;
  return call(from, to);
}

int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
  static std::atomic<int (*)(int, const char*, int, const char*)> found{nullptr};
  const auto call = real(found, "renameat");
  if (meet("rename", true, [&] { return path_at(to_directory, to); }) == answer::fail) return -1;
  return call(from_directory, from, to_directory, to);
}

int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned flags) noexcept {
  static std::atomic<int (*)(int, const char*, int, const char*, unsigned)> found{nullptr};
  const auto call = real(found, "renameat2");
  if (meet("rename", true, [&] { return path_at(to_directory, to); }) == answer::fail) return -1;
  return call(from_directory, from, to_directory, to, flags);
}

int unlink(const char* path) noexcept {
  static std::atomic<int (*)(const char*)> found{nullptr};
  const auto call = real(found, "unlink");
  if (meet("unlink", true, [&] { return std::string{path}; }) == answer::fail) return -1;
  return call(path);
}

int unlinkat(int directory, const char* path, int flags) noexcept {
  static std::atomic<int (*)(int, const char*, int)> found{nullptr};
  const auto call = real(found, "unlinkat");
  if (meet("unlink", true, [&] { return path_at(directory, path); }) == answer::fail) return -1;
  return call(directory, path, flags);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static std::atomic<int (*)(const char*, mode_t)> found{nullptr};
  const auto call = real(found, "mkdir");
  if (meet("mkdir", true, [&] { return std::string{path}; }) == answer::fail) return -1;
  return call(path, mode);
}

int rmdir(const char* path) noexcept {
  static std::atomic<int (*)(const char*)> found{nullptr};
  const auto call = real(found, "rmdir");
  if (meet("rmdir", true, [&] { return std::string{path}; }) == answer::fail) return -1;
  return call(path);
}

// Listings are read so, and nothing else of the daemon's.
long syscall(long number, ...) noexcept {
  static std::atomic<long (*)(long, long, long, long, long, long, long)> found{nullptr};
  const auto call = real(found, "syscall");
  va_list rest;
  va_start(rest, number);
  std::array<long, 6> arguments{};
  for (auto& argument : arguments) argument = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_getdents64 &&
      meet("getdents", false, [&] { return path_of(static_cast<int>(arguments[0])); }) == answer::fail)
    return -1;
  return call(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

} // extern "C"
