#include "backends/chunked_copy.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include "backends/attempts.hpp"
#include "backends/steady_source.hpp"

namespace argosy {

namespace {

constexpr std::size_t block_size = 1 << 20;

std::int64_t chunks_of(std::int64_t size, std::int64_t chunk_size) {
  return size / chunk_size + (size % chunk_size == 0 ? 0 : 1); // a sum could overflow
}

/// The chunks that nobody has begun yet, and who is at work. Outlives the copy where a thread comes late.
class chunk_board {
public:
  chunk_board(std::int64_t size, std::int64_t chunk_size) : size_(size), chunk_size_(chunk_size) {}

  /// Takes part until leave(). False: too late.
  bool enter() {
    std::lock_guard lock{mutex_};
    if (closed_) return false;
    ++at_work_;
    return true;
  }
  void leave() {
    std::lock_guard lock{mutex_};
    --at_work_;
    changed_.notify_all();
  }
  /// The next chunk; none when all are begun or one has failed.
  bool take(chunk_range& range) {
    std::lock_guard lock{mutex_};
    const auto offset = static_cast<std::int64_t>(next_) * chunk_size_;
    if (error_ || offset >= size_) return false;
    range = {next_++, offset, std::min(chunk_size_, size_ - offset)};
    return true;
  }
  bool failed() const {
    std::lock_guard lock{mutex_};
    return error_ != nullptr;
  }
  /// The first failure counts; others only follow from it.
  void fail(std::exception_ptr why) {
    std::lock_guard lock{mutex_};
    if (!error_) error_ = std::move(why);
  }
  /// Nobody enters any more; returns when all have left. Rethrows the failure if there is one.
  void close() {
    std::unique_lock lock{mutex_};
    closed_ = true;
    changed_.wait(lock, [this] { return at_work_ == 0; });
    if (error_) std::rethrow_exception(error_);
  }

private:
  const std::int64_t size_, chunk_size_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0, at_work_ = 0;
  bool closed_ = false;
  std::exception_ptr error_;
};

class chunked_copy {
public:
  chunked_copy(const copy_request& request, const copy_policy& policy, chunked_object& object) :
      request_(request), policy_(policy), object_(object),
      board_(std::make_shared<chunk_board>(request.size, object.chunk_size())) {}

  void run(const may_block& on, session& from, session& to, const copy_crew& crew) {
    try {
      for (std::size_t i = 0; i < useful(crew); ++i)
        crew.pool->post_beside(on, [this, board = board_, hand = crew.hands[i]](const may_block& beside) {
          if (!board->enter()) return; // and all that `this` was is gone
          work(beside, *hand.from, *hand.to);
          board->leave();
        });
    } catch (const failure&) {
      // No more threads to be had: those that there are do it.
    }
    work(on, from, to);
    board_->close();
  }

private:
  std::size_t useful(const copy_crew& crew) const {
    if (crew.pool == nullptr) return 0;
    auto most = std::min(crew.hands.size(),
                         static_cast<std::size_t>(chunks_of(request_.size, object_.chunk_size())) - 1);
    if (object_.streams() > 0) most = std::min(most, object_.streams() - 1);
    return most;
  }

  void work(const may_block& on, session& from, session& to) {
    try {
      chunk_range range;
      while (board_->take(range)) one(on, from, to, range);
    } catch (...) {
      board_->fail(std::current_exception());
    }
  }

  void one(const may_block& on, session& from, session& to, const chunk_range& range) {
    counted_once counted{on.listener()};
    const auto scope = on.for_listener(&counted);
    attempts left{policy_.low_level_retries, policy_.retry_pause};
    while (true) {
      try {
        return move_bytes(scope, from, to, range, left);
      } catch (const failure& why) {
        if (!left.another(scope, why)) {
          if (why.kind() == failure_kind::cancelled) throw;
          throw why.within("multi-thread copy");
        }
      }
      counted.again();
    }
  }

  void move_bytes(const may_block& on, session& from, session& to, const chunk_range& range, attempts& left) {
    const auto source = open_steadily(on, from, request_.from, left, range.offset, range.size);
    const auto sink = object_.open(on, to, range);
    const auto block = std::make_unique<char[]>(block_size);
    for (std::int64_t done = 0; done < range.size;) {
      if (board_->failed()) fail(failure_kind::cancelled, "context canceled");
      const auto wanted = static_cast<std::size_t>(
          std::min<std::int64_t>(range.size - done, static_cast<std::int64_t>(block_size)));
      const auto got = source->read(on, block.get(), wanted);
      if (got == 0)
        fail(failure_kind::retryable,
             "the source ends " + std::to_string(range.size - done) + " bytes before the end of a chunk");
      on.account(got);
      sink->write(on, block.get(), got);
      done += static_cast<std::int64_t>(got);
    }
    sink->finish(on);
  }

  const copy_request& request_;
  const copy_policy& policy_;
  chunked_object& object_;
  const std::shared_ptr<chunk_board> board_;
};

} // namespace

std::size_t wanted_hands(const storage_info& from, const storage_info& to, std::int64_t size,
                         const copy_policy& policy) {
  const auto able =
      (to.features.OpenChunkWriter || to.features.OpenWriterAt) && !from.features.NoMultiThreading;
  const auto both_local = from.features.IsLocal && to.features.IsLocal;
  if (!able || size < std::max<std::int64_t>(policy.multi_thread_cutoff, 1) ||
      policy.multi_thread_streams <= 1 || policy.multi_thread_chunk_size <= 0 ||
      (both_local && !policy.multi_thread_set))
    return 0;
  const auto streams = std::min(policy.multi_thread_streams, chunks_of(size, policy.multi_thread_chunk_size));
  return static_cast<std::size_t>(streams - 1);
}

bool copy_in_chunks(const may_block& on, session& from, session& to, const copy_request& request,
                    const put_request& put, const copy_policy& policy, const copy_crew& crew,
                    const std::function<void(const may_block&, const put_result&)>& verify) {
  const auto object = to.create_chunked(on, put, policy.multi_thread_chunk_size);
  if (!object) return false;
  try {
    chunked_copy{request, policy, *object}.run(on, from, to, crew);
    if (policy.check_updated) from.require_unchanged(on, request);
    object->commit(on, to, [&](const put_result& result) { verify(on, result); });
  } catch (...) {
    object->abandon(on.for_cleaning(), to);
    throw;
  }
  return true;
}

} // namespace argosy
