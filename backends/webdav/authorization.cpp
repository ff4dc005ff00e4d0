#include "backends/webdav/authorization.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "backends/child.hpp"
#include "backends/local/descriptor.hpp"
#include "core/base64.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy::webdav {

namespace {

constexpr std::size_t longest_output = 64 * 1024; // bytes of a token, or of complaints
constexpr std::chrono::seconds longest_run{60};
constexpr int look = 100; // milliseconds between two looks at a cancellation

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

struct output_pipe {
  descriptor read, write;
  output_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail(failure_kind::retryable, "pipe: no descriptor left");
    read = descriptor{ends[0]};
    write = descriptor{ends[1]};
  }
};

// Until both ends are closed.
void drain(const may_block& on, const output_pipe& first, std::string& from_first, const output_pipe& second,
           std::string& from_second) {
  std::array<pollfd, 2> ends{{{first.read.get(), POLLIN, 0}, {second.read.get(), POLLIN, 0}}};
  const std::array texts{&from_first, &from_second};
  const auto end = std::chrono::steady_clock::now() + longest_run;
  for (std::size_t open = 2; open > 0; on.check()) {
    if (std::chrono::steady_clock::now() > end) fail(failure_kind::retryable, "it runs for too long");
    if (::poll(ends.data(), ends.size(), look) <= 0) continue;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      char block[4096];
      const auto got = ::read(ends[i].fd, block, sizeof(block));
      if (got > 0) {
        texts[i]->append(block, static_cast<std::size_t>(got));
        if (texts[i]->size() > longest_output) fail(failure_kind::other, "it prints too much");
      } else if (got == 0 || errno != EINTR) {
        ends[i].fd = -1;
        --open;
      }
    }
  }
}

} // namespace

authorization authorization::basic(const std::string& user, const std::string& password) {
  authorization out;
  out.value_ = "Basic " + to_base64(user + ":" + password, base64_form::standard);
  return out;
}

authorization authorization::bearer(const std::string& token) {
  authorization out;
  out.value_ = "Bearer " + token;
  return out;
}

authorization authorization::command(std::vector<std::string> command) {
  authorization out;
  out.command_ = std::move(command);
  return out;
}

std::string authorization::value(const may_block& on) {
  const std::lock_guard lock{mutex_};
  if (value_.empty() && !command_.empty()) value_ = fetch(on);
  return value_;
}

bool authorization::renew(const may_block& on, const std::string& refused) {
  if (command_.empty()) return false;
  const std::lock_guard lock{mutex_};
  if (value_ == refused) value_ = fetch(on);
  return true;
}

std::string authorization::fetch(const may_block& on) const {
  // The arguments may hold a secret, so only the program is named.
  const auto failed = "failed to get bearer token using " + go_quote(command_.front()) + ": ";
  std::string printed, complaints;
  try {
    output_pipe output, errors;
    child program{
        on, "bearer token", command_, {-1, output.write.get(), errors.write.get()}, child::lookup::in_path};
    output.write.close();
    errors.write.close();
    drain(on, output, printed, errors, complaints);
    const auto end = end_of_child(program.wait());
    if (!end.empty()) {
      const auto why = trimmed(trimmed(complaints).empty() ? printed : complaints);
      fail(failure_kind::other, (why.empty() ? std::string{} : why + ": ") + end);
    }
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    fail(why.kind(), failed + why.what());
  }
  return "Bearer " + trimmed(printed);
}

} // namespace argosy::webdav
