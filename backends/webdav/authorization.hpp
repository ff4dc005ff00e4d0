#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "backends/may_block.hpp"

namespace argosy::webdav {

/// What stands in the Authorization header of all requests of a remote. Thread-safe.
class authorization {
public:
  /// Nothing is sent.
  authorization() = default;
  static authorization basic(const std::string& user, const std::string& password);
  static authorization bearer(const std::string& token);
  /// A bearer token that a program prints; it runs when the first request is made.
  static authorization command(std::vector<std::string> command);
  authorization(authorization&& other) noexcept :
      command_(std::move(other.command_)), value_(std::move(other.value_)) {}

  /// Empty: no header. May run the program. Throws failure(other) `failed to get bearer token using ...`.
  std::string value(const may_block& on);
  /// The server has refused `value`. True when there may be another one now: a new token is fetched, by one
  /// of those who ask for the same reason.
  bool renew(const may_block& on, const std::string& refused);

private:
  std::string fetch(const may_block& on) const;

  std::vector<std::string> command_;
  std::mutex mutex_; // held while the program runs: the others need what it prints
  std::string value_;
};

} // namespace argosy::webdav
