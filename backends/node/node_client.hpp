#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "backends/node/frames.hpp"
#include "backends/node/node_link.hpp"

namespace argosy {

/// The asking end of a link: sends requests without waiting for each answer, and gives the answers, which
/// come in the order of the requests, to whom they belong. One thread at a time. What throws out of it, save
/// the failure that an answer tells, leaves it gone: the other node then removes what was begun.
class node_client {
public:
  /// Called with the answer of a request, `done`, `failed` or `block`, and before that with its pages.
  using taker = std::function<void(frame_reader&)>;

  explicit node_client(std::unique_ptr<node_link> link) : link_(std::move(link)) {}

  /// Waits only while too many requests have no answer.
  void send(const may_block& on, std::string frame, taker take);
  /// For requests without answers.
  void tell(std::string frame);
  /// Waits for one frame and hands it on.
  void take_one(const may_block& on);
  /// Sends it and waits for its answer, which must be `done`: calls `read` with it. Throws the failure that
  /// it tells instead.
  void ask(const may_block& on, std::string frame, const taker& read);
  bool gone() const noexcept { return !link_ || link_->gone(); }
  /// Requests without an answer.
  std::size_t waiting() const noexcept { return unanswered_.size(); }
  std::int64_t new_handle() noexcept { return ++last_handle_; }

private:
  std::unique_ptr<node_link> link_;
  std::deque<taker> unanswered_;
  std::int64_t last_handle_ = 0;
};

} // namespace argosy
