#include "backends/sftp/ssh_program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/child.hpp"
#include "backends/local/system_failure.hpp"
#include "backends/sftp/ssh_library.hpp"

namespace argosy {

namespace {

/// Read at a time, bytes.
constexpr std::size_t read_size = 64 << 10;
/// Of a program's standard error, bytes.
constexpr std::size_t longest_complaint = 4096;

class descriptor {
public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

private:
  int fd_;
};

using ends = std::array<descriptor, 2>;

ends socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    throw connection_lost{"socketpair: " + system_text(errno)};
  return {descriptor{fds[0]}, descriptor{fds[1]}};
}

} // namespace

class ssh_program::channel final : public byte_channel {
public:
  channel(const may_block& on, ssh_program& in, const std::vector<std::string>& arguments) :
      channel(on, in, arguments, socket_pair(), socket_pair()) {}
  ~channel() override {
    if (in_.first_ == this) in_.first_ = nullptr;
  }
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  void on_output(consumer use) override { use_ = std::move(use); }

  std::size_t write(std::string_view data) override {
    const auto sent = ::send(data_.get(), data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    waits_to_write_ = sent < 0 && errno == EAGAIN;
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

  void end_input() override { ::shutdown(data_.get(), SHUT_WR); }

  void wait(std::chrono::milliseconds limit) override {
    pollfd waits[] = {{data_.get(), static_cast<short>(POLLIN | (waits_to_write_ ? POLLOUT : 0)), 0},
                      {error_.get(), POLLIN, 0}};
    // A descriptor at its end would be ready for ever.
    if (output_ended_) waits[0].fd = -1;
    if (error_ended_) waits[1].fd = -1;
    if (::poll(waits, 2, static_cast<int>(limit.count())) < 0 && errno != EINTR)
      throw connection_lost{"poll: " + system_text(errno)};
    if (waits[1].revents != 0) take_complaint();
    if ((waits[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) take_output();
  }

  bool ended() const override { return output_ended_; }

  std::optional<int> exit_code() const override {
    const auto status = program_.ended();
    if (!status) return std::nullopt;
    return WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }
  std::string complaint() const override { return complaint_; }

private:
  channel(const may_block& on, ssh_program& in, const std::vector<std::string>& arguments, ends data,
          ends error) :
      in_(in),
      data_(std::move(data[0])), error_(std::move(error[0])),
      entry_(on.book().enter(resource::descriptor, "ssh socket", 0, in.label_)),
      error_entry_(on.book().enter(resource::descriptor, "ssh socket", 0, in.label_)),
      program_(on, "ssh", arguments, {data[1].get(), data[1].get(), error[1].get()}, child::lookup::in_path) {
  }

  void take_output() {
    const auto before = arrived_.size();
    arrived_.resize(before + read_size);
    const auto got = ::recv(data_.get(), &arrived_[before], read_size, MSG_DONTWAIT);
    arrived_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
      output_ended_ = true;
      take_complaint();
    }
    if (got > 0 && use_) arrived_.erase(0, use_(arrived_));
  }

  void take_complaint() {
    char text[longest_complaint];
    const auto got = ::recv(error_.get(), text, sizeof text, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) error_ended_ = true;
    if (got > 0)
      complaint_.append(text, std::min(static_cast<std::size_t>(got),
                                       longest_complaint - std::min(longest_complaint, complaint_.size())));
  }

  ssh_program& in_;
  descriptor data_, error_;
  ledger::entry entry_, error_entry_;
  mutable child program_;
  consumer use_;
  std::string arrived_;
  std::string complaint_;
  bool output_ended_ = false, error_ended_ = false;
  bool waits_to_write_ = false;

  friend class ssh_program;
};

std::unique_ptr<byte_channel> ssh_program::open(const may_block& on, const channel_request& request) {
  auto arguments = arguments_;
  if (!request.subsystem.empty()) arguments.emplace_back("-s");
  arguments.push_back(request.subsystem.empty() ? request.command : request.subsystem);
  auto opened = std::make_unique<channel>(on, *this, arguments);
  if (first_ == nullptr) first_ = opened.get();
  return opened;
}

void ssh_program::doing(const char* state, std::string_view path, std::chrono::nanoseconds at_most) {
  if (first_ == nullptr) return;
  first_->entry_.detail(path);
  if (at_most.count() > 0)
    first_->entry_.waits(state, at_most);
  else
    first_->entry_.state(state);
}

void ssh_program::idle() {
  if (first_ != nullptr) first_->entry_.state("idle");
}

bool ssh_program::closed_by_peer() const noexcept {
  return first_ != nullptr && ssh::is_closed_by_peer(first_->data_.get());
}

} // namespace argosy
