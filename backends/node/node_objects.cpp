#include "backends/node/node_objects.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>

#include "backends/node/node_session.hpp"

namespace argosy {

namespace {

/// Blocks on their way to a reader, at most: 2 MiB. The other half of what a link bears is left for a second
/// reader or for questions in between.
constexpr std::size_t most_blocks = most_unanswered / 2;

/// An object that is open on the other node; closed there with this.
class remote_object {
public:
  explicit remote_object(std::shared_ptr<node_client> with) :
      with_(std::move(with)), handle_(with_->new_handle()) {}
  ~remote_object() {
    if (!with_->gone()) with_->tell(of_it(frame_kind::close).take());
  }
  remote_object(const remote_object&) = delete;
  remote_object& operator=(const remote_object&) = delete;

  node_client& with() const { return *with_; }
  frame_writer of_it(frame_kind kind) const { return std::move(frame_writer{kind}.number(handle_)); }

private:
  std::shared_ptr<node_client> with_;
  std::int64_t handle_;
};

/// Requests whose answers say no more than that it went well. The first failure counts, others follow from
/// it.
class pending_requests {
public:
  void send(const may_block& on, node_client& with, std::string frame) {
    check();
    ++state_->open;
    with.send(on, std::move(frame), [kept = std::weak_ptr<state>{state_}](frame_reader& answer) {
      const auto here = kept.lock();
      if (!here) return;
      --here->open;
      if (answer.kind() == frame_kind::failed && here->failed.empty())
        here->failed = frame_writer{answer.kind()}.bytes(answer.rest().data(), answer.rest().size()).take();
    });
  }
  void wait(const may_block& on, node_client& with) {
    while (state_->open > 0) with.take_one(on);
    check();
  }
  void check() const {
    if (state_->failed.empty()) return;
    frame_reader failed{state_->failed};
    throw_failed(failed);
  }

private:
  struct state {
    std::size_t open = 0;
    std::string failed;
  };
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

class node_source final : public object_source {
public:
  node_source(const may_block& on, std::shared_ptr<node_client> with, const std::string& path,
              std::int64_t offset, std::int64_t length) :
      object_(std::move(with)),
      unasked_(length) {
    pending_requests opening;
    opening.send(on, object_.with(),
                 object_.of_it(frame_kind::open).text(path).number(offset).number(length).take());
    ask_ahead(on);
    opening.wait(on, object_.with());
  }

  std::size_t read(const may_block& on, char* data, std::size_t size) override {
    on.check();
    if (size == 0) return 0;
    if (at_ == block_.size()) next(on);
    const auto got = std::min(size, block_.size() - at_);
    std::memcpy(data, block_.data() + at_, got);
    at_ += got;
    return got;
  }

private:
  struct state {
    std::deque<std::string> blocks;
    std::string failed;
    std::size_t asked = 0;
    bool ended = false;
  };

  void ask_ahead(const may_block& on) {
    while (!state_->ended && state_->asked + state_->blocks.size() < window_ && unasked_ != 0) {
      auto size = static_cast<std::int64_t>(frame_payload);
      if (unasked_ > 0) unasked_ -= size = std::min(size, unasked_);
      ++state_->asked;
      object_.with().send(
          on, object_.of_it(frame_kind::read).number(size).take(),
          [kept = std::weak_ptr<state>{state_}](frame_reader& answer) {
            const auto here = kept.lock();
            if (!here) return;
            --here->asked;
            if (answer.kind() == frame_kind::failed)
              here->failed =
                  frame_writer{answer.kind()}.bytes(answer.rest().data(), answer.rest().size()).take();
            else if (answer.rest().empty())
              here->ended = true;
            else
              here->blocks.emplace_back(answer.rest());
          });
    }
  }

  void next(const may_block& on) {
    block_.clear();
    at_ = 0;
    ask_ahead(on);
    while (state_->blocks.empty() && state_->failed.empty() && state_->asked > 0) object_.with().take_one(on);
    if (!state_->blocks.empty()) {
      block_ = std::move(state_->blocks.front());
      state_->blocks.pop_front();
      window_ = std::min(window_ + 1, most_blocks);
      return;
    }
    if (state_->failed.empty()) return;
    frame_reader failed{state_->failed};
    throw_failed(failed);
  }

  remote_object object_;
  std::shared_ptr<state> state_ = std::make_shared<state>();
  std::int64_t unasked_; // bytes; -1: to the end
  std::size_t window_ = 2;
  std::string block_;
  std::size_t at_ = 0;
};

void send_bytes(const may_block& on, const remote_object& to, pending_requests& pending, const char* data,
                std::size_t size) {
  while (size > 0) {
    const auto part = std::min(size, frame_payload);
    pending.send(on, to.with(), to.of_it(frame_kind::write).bytes(data, part).take());
    data += part;
    size -= part;
  }
}

put_result examine(const may_block& on, const remote_object& object) {
  put_result result;
  object.with().ask(on, object.of_it(frame_kind::examine).take(),
                    [&](frame_reader& said) { result = read_put_result(said); });
  return result;
}

class node_sink final : public object_sink {
public:
  node_sink(const may_block& on, std::shared_ptr<node_client> with, const put_request& request) :
      object_(std::move(with)) {
    auto frame = object_.of_it(frame_kind::create);
    argosy::write(frame, request);
    pending_.send(on, object_.with(), frame.take());
  }

  void write(const may_block& on, const char* data, std::size_t size) override {
    on.check();
    send_bytes(on, object_, pending_, data, size);
  }

  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    pending_.wait(on, object_.with());
    const auto result = examine(on, object_);
    if (verify) verify(result);
    object_.with().ask(on, object_.of_it(frame_kind::give_name).take(), {});
    return result;
  }

private:
  remote_object object_;
  pending_requests pending_;
};

class node_chunk final : public chunk_sink {
public:
  node_chunk(const may_block& on, std::shared_ptr<node_client> with, const std::string& of,
             const chunk_range& range) :
      object_(std::move(with)) {
    pending_.send(on, object_.with(),
                  object_.of_it(frame_kind::open_chunk)
                      .text(of)
                      .number(static_cast<std::int64_t>(range.number))
                      .number(range.offset)
                      .number(range.size)
                      .take());
  }
  void write(const may_block& on, const char* data, std::size_t size) override {
    on.check();
    send_bytes(on, object_, pending_, data, size);
  }
  void finish(const may_block& on) override {
    pending_.send(on, object_.with(), object_.of_it(frame_kind::finish_chunk).take());
    pending_.wait(on, object_.with());
  }

private:
  remote_object object_;
  pending_requests pending_;
};

class node_chunked final : public chunked_object {
public:
  node_chunked(std::unique_ptr<remote_object> object, std::string name, std::int64_t chunk_size) :
      chunked_object(chunk_size), object_(std::move(object)), name_(std::move(name)) {}

  std::unique_ptr<chunk_sink> open(const may_block& on, session& by, const chunk_range& range) override {
    return std::make_unique<node_chunk>(on, static_cast<node_session&>(by).client(on), name_, range);
  }
  put_result commit(const may_block& on, session&,
                    const std::function<void(const put_result&)>& verify) override {
    const auto result = examine(on, *object_);
    if (verify) verify(result);
    object_->with().ask(on, object_->of_it(frame_kind::give_name).take(), {});
    return result;
  }
  void abandon(const may_block&, session&) noexcept override { object_.reset(); }

private:
  std::unique_ptr<remote_object> object_;
  const std::string name_; // in the whole node
};

} // namespace

std::unique_ptr<object_source> open_on_node(const may_block& on, std::shared_ptr<node_client> with,
                                            const std::string& path, std::int64_t offset,
                                            std::int64_t length) {
  return std::make_unique<node_source>(on, std::move(with), path, offset, length);
}

std::unique_ptr<object_sink> create_on_node(const may_block& on, std::shared_ptr<node_client> with,
                                            const put_request& request) {
  return std::make_unique<node_sink>(on, std::move(with), request);
}

std::unique_ptr<chunked_object> create_chunked_on_node(const may_block& on, std::shared_ptr<node_client> with,
                                                       const put_request& request, std::int64_t chunk_size) {
  auto object = std::make_unique<remote_object>(std::move(with));
  auto frame = object->of_it(frame_kind::create_chunked);
  write(frame, request);
  std::string name;
  std::int64_t chosen = 0;
  object->with().ask(on, frame.number(chunk_size).take(), [&](frame_reader& said) {
    name = said.text();
    chosen = said.number();
  });
  if (name.empty()) return nullptr;
  return std::make_unique<node_chunked>(std::move(object), std::move(name), chosen);
}

} // namespace argosy
