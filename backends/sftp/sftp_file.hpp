#pragma once

#include <memory>
#include <string>
#include <utility>

#include "backends/sftp/sftp_client.hpp"

namespace argosy {

/// An open file or directory. Closed without waiting, unless its client is gone already.
class sftp_file {
public:
  sftp_file() = default;
  sftp_file(sftp_client& of, std::string handle) :
      of_(&of), client_(of.replies()), handle_(std::move(handle)) {}
  sftp_file(sftp_file&& other) noexcept :
      of_(std::exchange(other.of_, nullptr)), client_(std::move(other.client_)),
      handle_(std::move(other.handle_)) {}
  sftp_file& operator=(sftp_file&& other) noexcept {
    std::swap(of_, other.of_);
    std::swap(client_, other.client_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~sftp_file() {
    if (of_ == nullptr || client_->ended()) return;
    try {
      of_->send(sftp_message::close, handle_);
    } catch (const failure&) {
      of_ = nullptr; // the connection is gone, and the handle with it
    }
  }
  sftp_file(const sftp_file&) = delete;
  sftp_file& operator=(const sftp_file&) = delete;
  const std::string& handle() const { return handle_; }
  /// Closes it: the ticket tells how that went.
  sftp_client::ticket close() { return std::exchange(of_, nullptr)->send(sftp_message::close, handle_); }

private:
  sftp_client* of_ = nullptr;
  std::shared_ptr<const sftp_replies> client_;
  std::string handle_;
};

} // namespace argosy
