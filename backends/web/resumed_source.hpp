#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "backends/pacer.hpp"
#include "backends/storage.hpp"
#include "backends/web/connection.hpp"

namespace argosy::web {

/// The body that a GET brings, or a range of it. When the connection breaks, another request asks for what is
/// missing, as often as the pacer has tries; if the object is another one by then (its tag, its time or its
/// size), that is failure(other). A server that ignores ranges is read from the beginning and what was not
/// asked for thrown away: the bytes are right or there is a failure. Connection and pacer outlive it.
class resumed_source final : public object_source {
public:
  struct order {
    request get; ///< without Range
    /// Adds what has to be new for each attempt, such as a token. May be empty.
    std::function<request(const may_block& on, request plain)> dress;
    std::int64_t offset = 0;  ///< not negative
    std::int64_t length = -1; ///< -1: to the end
    /// Throws what an answer means that brings no body: statuses other than 200, 206 and 416.
    std::function<void(const may_block& on, exchange& refused, const answer& head)> refuse;
    /// Told of the first answer that brings a body. May be empty.
    std::function<void(const answer& head)> opened;
  };
  /// Sends the request and looks at the answer.
  resumed_source(const may_block& on, connection& over, pacer& paced, std::int64_t tries, order what);
  std::size_t read(const may_block& on, char* data, std::size_t size) override;

private:
  // The exchange whose next byte is the one at `at_`, or none at the end.
  void open(const may_block& on);
  void admit(const may_block& on, exchange& from, const answer& head);
  void skip(const may_block& on, exchange& from, std::int64_t bytes) const;
  void end_exchange(const may_block& on);
  bool at_end() const { return end_ >= 0 && at_ >= end_; }

  connection& connection_;
  pacer& pacer_;
  const order order_;
  std::int64_t tries_left_;
  std::int64_t at_;        // in the object
  std::int64_t end_ = -1;  // of what was asked for; -1: not known yet
  std::int64_t size_ = -1; // of the object, as told first
  std::string mark_;       // tag or time, as told first
  bool opened_ = false;
  std::unique_ptr<exchange> exchange_;
};

} // namespace argosy::web
