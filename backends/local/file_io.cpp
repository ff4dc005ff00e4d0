#include "backends/local/file_io.hpp"

#include <cerrno>
#include <ctime>

#include <unistd.h>

#include "backends/local/file_metadata.hpp"
#include "backends/local/system_failure.hpp"

namespace argosy {

namespace {

// Go's time.Time text: 2006-01-02 15:04:05.999999999 -0700 MST.
std::string go_time(nanoseconds t) {
  const auto parts = to_timespec(t);
  std::tm local{};
  ::localtime_r(&parts.tv_sec, &local);
  char text[64];
  std::string out{text, std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local)};
  if (parts.tv_nsec != 0) {
    auto digits = std::to_string(1'000'000'000 + parts.tv_nsec);
    digits[0] = '.';
    digits.erase(digits.find_last_not_of('0') + 1);
    out += digits;
  }
  out.append(text, std::strftime(text, sizeof(text), " %z %Z", &local));
  return out;
}

} // namespace

void write_all(int fd, const char* data, std::size_t size, std::int64_t offset, const std::string& path) {
  while (size > 0) {
    const auto n = ::pwrite(fd, data, size, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_system("write", path, errno);
    data += n;
    offset += n;
    size -= static_cast<std::size_t>(n);
  }
}

std::size_t read_some(int fd, char* data, std::size_t size, std::int64_t offset, const std::string& path) {
  while (true) {
    const auto n = ::pread(fd, data, size, offset);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) fail_system("read", path, errno);
  }
}

std::size_t read_up_to(int fd, char* data, std::size_t size, std::int64_t offset, const std::string& path) {
  std::size_t got = 0;
  while (got < size) {
    const auto n = read_some(fd, data + got, size - got, offset + static_cast<std::int64_t>(got), path);
    if (n == 0) break;
    got += n;
  }
  return got;
}

void check_unchanged(std::int64_t size, nanoseconds modified, const struct stat& now) {
  constexpr auto prefix = "can't copy - source file is being updated ";
  if (size >= 0 && size != now.st_size)
    fail(failure_kind::no_retry, prefix + ("(size changed from " + std::to_string(size) + " to " +
                                           std::to_string(now.st_size) + ")"));
  if (modified != 0 && modified != to_nanoseconds(now.st_mtim))
    fail(failure_kind::no_retry, prefix + ("(mod time changed from " + go_time(modified) + " to " +
                                           go_time(to_nanoseconds(now.st_mtim)) + ")"));
}

std::string folder_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

} // namespace argosy
