#include "http/reply_pipe.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace argosy {

namespace {

/// How soon a writer that waits for its client notices that its job was cancelled.
constexpr auto look_interval = std::chrono::milliseconds(50);

using block = std::shared_ptr<const std::string>;

block block_of(std::string bytes) { return std::make_shared<const std::string>(std::move(bytes)); }

/// Go's http.DetectContentType, as far as text and anything else go (WHATWG MIME Sniffing, binary data
/// bytes).
const char* type_of(std::string_view bytes) {
  const auto binary = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x08 || byte == 0x0b || (byte >= 0x0e && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f);
  };
  constexpr std::size_t looked_at = 512;
  const auto head = bytes.substr(0, looked_at);
  return std::any_of(head.begin(), head.end(), binary) ? "application/octet-stream"
                                                       : "text/plain; charset=utf-8";
}

} // namespace

struct reply_pipe::shared {
  explicit shared(http_answer a) : answer(std::move(a)) {}
  std::mutex mutex;
  std::condition_variable changed;
  http_answer answer;      // until the reply has begun
  http_stream::taker take; // of a client that waits for a block
  block last;              // what finish() was given
  std::string type;        // empty: guessed
  bool begun = false, finished = false, gone = false;
};

/// The server's end.
class reply_pipe::reader final : public http_stream {
public:
  explicit reader(std::shared_ptr<shared> of) : of_(std::move(of)) {}
  ~reader() override {
    std::lock_guard<std::mutex> guard{of_->mutex};
    of_->gone = true;
    of_->changed.notify_all();
  }
  void next(taker give) noexcept override {
    block now;
    {
      std::lock_guard<std::mutex> guard{of_->mutex};
      if (!of_->finished) {
        of_->take = std::move(give);
        of_->changed.notify_all();
        return;
      }
      now = of_->last ? std::exchange(of_->last, nullptr) : block_of({});
    }
    give(std::move(now));
  }

private:
  const std::shared_ptr<shared> of_;
};

reply_pipe::reply_pipe(http_answer answer) : shared_(std::make_shared<shared>(std::move(answer))) {}

void reply_pipe::type(std::string media_type) {
  std::lock_guard<std::mutex> guard{shared_->mutex};
  shared_->type = std::move(media_type);
}

bool reply_pipe::write(const may_block& on, std::string_view bytes) {
  auto& here = *shared_;
  std::unique_lock<std::mutex> lock{here.mutex};
  if (!here.begun) {
    here.begun = true;
    const auto answer = std::exchange(here.answer, nullptr);
    const auto type = here.type.empty() ? type_of(bytes) : here.type;
    lock.unlock();
    auto reply = http_reply::text(200, type, std::string{bytes});
    if (bytes.empty()) reply.body.clear(); // an empty block would end it
    reply.stream = std::make_shared<reader>(shared_);
    answer(std::move(reply));
    return true;
  }
  while (!here.take && !here.gone) {
    on.check();
    here.changed.wait_for(lock, look_interval);
  }
  if (here.gone) return false;
  const auto take = std::exchange(here.take, nullptr);
  lock.unlock();
  take(block_of(std::string{bytes}));
  return true;
}

bool reply_pipe::begun() const {
  std::lock_guard<std::mutex> guard{shared_->mutex};
  return shared_->begun;
}

void reply_pipe::finish(std::string last) {
  http_stream::taker take;
  {
    std::lock_guard<std::mutex> guard{shared_->mutex};
    shared_->finished = true;
    take = std::exchange(shared_->take, nullptr);
    if (!take) {
      shared_->last = block_of(std::move(last));
      return;
    }
  }
  take(block_of(std::move(last)));
}

} // namespace argosy
