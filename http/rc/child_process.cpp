#include "http/rc/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
// glibc 2.36 declares pidfd_open without C linkage for C++.
extern "C" {
#include <sys/pidfd.h>
}
#include <unistd.h>
#include <utility>

#include "backends/child.hpp"
#include "backends/local/system_failure.hpp"
#include "core/failure.hpp"

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
  child::channels standard;
  standard.input = questions.get();
  if (wanted != child_output::standard_error) standard.output = to_us.get();
  if (wanted != child_output::standard_output) standard.error = to_us.get();
  child running{on, "command", arguments, standard, child::lookup::exact, owner_job};
  to_us.close();
  const descriptor ending{::pidfd_open(running.pid(), 0), "process", on, owner_job};
  if (ending.get() < 0) not_started(arguments.front(), errno);
  // The end is that of the child, not of its output: a grandchild may hold on to that for as long as it
  // likes.
  for (pollfd waits[] = {{ending.get(), POLLIN, 0}, {output.get(), POLLIN, 0}}; waits[0].revents == 0;) {
    on.check();
    if (::poll(waits, 2, look_interval) < 0 && errno != EINTR) not_started(arguments.front(), errno);
    if (waits[1].revents != 0 && !take(output.get(), use)) waits[1].fd = -1;
  }
  auto end = end_of_child(running.wait());
  take(output.get(), use);
  return end;
}

} // namespace argosy::rc
