#include "backends/node/node_client.hpp"

#include <utility>

namespace argosy {

void node_client::send(const may_block& on, std::string frame, taker take) {
  // A link that is gone tells why when it is read to its end.
  while (unanswered_.size() >= most_unanswered || gone()) take_one(on);
  on.check();
  tell(std::move(frame));
  unanswered_.push_back(std::move(take));
}

void node_client::tell(std::string frame) {
  if (link_) link_->send(std::move(frame));
}

void node_client::take_one(const may_block& on) {
  if (!link_) fail(failure_kind::retryable, "the connection to the other node is gone");
  try {
    const auto frame = link_->receive(on);
    frame_reader answer{frame};
    if (answer.kind() == frame_kind::busy)
      return on.account_free(static_cast<std::uint64_t>(answer.number()));
    if (unanswered_.empty()) fail(failure_kind::other, "the other node answers what nobody has asked");
    const auto take = unanswered_.front();
    if (answer.kind() == frame_kind::page)
      tell(frame_writer{frame_kind::more}.take());
    else
      unanswered_.pop_front();
    take(answer);
  } catch (...) {
    // Answers would come to nobody, or to somebody else.
    link_.reset();
    unanswered_.clear();
    throw;
  }
}

void node_client::ask(const may_block& on, std::string frame, const taker& read) {
  // Outlives this call where the link ends before the answer comes.
  struct outcome {
    std::string answer;
  };
  const auto end = std::make_shared<outcome>();
  send(on, std::move(frame), [end, read](frame_reader& answer) {
    if (answer.kind() == frame_kind::page) {
      if (read) read(answer);
      return;
    }
    end->answer = frame_writer{answer.kind()}.bytes(answer.rest().data(), answer.rest().size()).take();
  });
  while (end->answer.empty()) take_one(on);
  frame_reader answer{end->answer};
  if (answer.kind() == frame_kind::failed) throw_failed(answer);
  if (read) read(answer);
}

} // namespace argosy
