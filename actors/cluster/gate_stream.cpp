#include "actors/cluster/gate_stream.hpp"

#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/local/connect_pair.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include "actors/cluster/hello.hpp"
#include "core/failure.hpp"
#include "metrics/cluster_probe.hpp"

namespace argosy {

namespace {

/// Of each direction. Messages of actors are small; bulk data fills a record of TLS four times over.
constexpr std::size_t buffer_bytes = 64 << 10;

using length_bytes = std::array<unsigned char, 4>;

length_bytes length_of(const std::string& text) {
  length_bytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<unsigned char>(text.size() >> (8 * (bytes.size() - 1 - i)));
  return bytes;
}

std::size_t length_from(const length_bytes& bytes) {
  std::size_t size = 0;
  for (const auto byte : bytes) size = size << 8 | byte;
  return size;
}

class pipe_to_stream final : public gate::frame_pipe {
public:
  pipe_to_stream(std::function<void(std::function<void()>)> run, std::weak_ptr<gate_stream> stream) :
      run_(std::move(run)), stream_(std::move(stream)) {}
  void carry(std::string frame) override {
    run_([to = stream_, frame = std::move(frame)]() mutable {
      if (const auto stream = to.lock()) stream->carry(std::move(frame));
    });
  }
  void end(std::string reason) override {
    run_([to = stream_, reason = std::move(reason)] {
      if (const auto stream = to.lock()) stream->end(reason);
    });
  }

private:
  const std::function<void(std::function<void()>)> run_;
  const std::weak_ptr<gate_stream> stream_;
};

} // namespace

gate_stream::gate_stream(house& around, std::uint64_t id, ledger::entry in_book) :
    house_(around), id_(id), entry_(std::move(in_book)), peer_(around.io, around.encryption),
    inside_(around.io), resolver_(around.io), deadline_(around.io) {}

gate_stream::~gate_stream() {
  no_longer_stranger();
  if (flows_) house_.probe.streams.Decrement();
}

template <class Then>
auto gate_stream::when_done(const char* what, Then then) {
  return [self = shared_from_this(), what, then = std::move(then)](const asio::error_code& ec, auto&&...) {
    if (self->ended_) return;
    if (ec) return self->end(std::string{what} + ": " + ec.message());
    try {
      then();
    } catch (const failure& why) {
      self->end(why.what());
    }
  };
}

void gate_stream::no_longer_stranger() {
  if (std::exchange(stranger_, false)) --house_.strangers;
}

void gate_stream::end(const std::string& reason) {
  if (std::exchange(ended_, true)) return;
  if (!caller_ && stranger_) house_.probe.strangers.Increment();
  asio::error_code ignored;
  deadline_.cancel();
  resolver_.cancel();
  inside_.close(ignored);
  socket().close(ignored);
  if (frames_)
    frames_->ended(reason.empty() ? "it closed the connection" : reason);
  else if (caller_ && !std::exchange(settled_, true))
    house_.owner.answered({id_, address_, host_, reason, false, {}, nullptr});
  house_.forget(id_);
}

void gate_stream::receive() {
  stranger_ = true;
  ++house_.strangers;
  asio::error_code ec;
  host_ = socket().remote_endpoint(ec).address().to_string();
  greet(false);
}

void gate_stream::call(const std::string& address, const std::string& host, std::uint16_t port,
                       std::string text) {
  caller_ = true;
  address_ = address;
  said_ = std::move(text);
  deadline_.expires_after(house_.given.handshake);
  deadline_.async_wait([self = shared_from_this()](const asio::error_code& ec) {
    if (!ec) self->end("no answer in time");
  });
  resolver_.async_resolve(
      host, std::to_string(port), asio::ip::resolver_base::numeric_service,
      [self = shared_from_this()](const asio::error_code& ec,
                                  const asio::ip::tcp::resolver::results_type& found) {
        if (self->ended_) return;
        if (ec) return self->end("no such host: " + ec.message());
        asio::async_connect(self->socket(), found, self->when_done("failed to connect", [self = self.get()] {
          self->host_ = self->socket().remote_endpoint().address().to_string();
          self->greet(true);
        }));
      });
}

void gate_stream::call(const std::string& address, const std::string& host, std::uint16_t port,
                       std::string text, gate::frame_user user) {
  frames_ = std::move(user);
  call(address, host, port, std::move(text));
}

// The caller proves first: who does not know the secret learns nothing that depends on it.
void gate_stream::greet(bool caller) {
  entry_.detail(host_);
  asio::error_code ignored;
  socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (!caller) {
    deadline_.expires_after(house_.given.handshake);
    deadline_.async_wait([self = shared_from_this()](const asio::error_code& ec) {
      if (!ec) self->end("no proof in time");
    });
  }
  using side = asio::ssl::stream_base;
  peer_.async_handshake(
      caller ? side::client : side::server, when_done("no encryption", [this, caller] {
        if (caller)
          return send_proof(
              [this] { check_proof([this] { write_text(said_, [this] { be_answered(); }); }); });
        check_proof([this] {
          no_longer_stranger();
          house_.probe.admitted.Increment();
          send_proof([this] {
            read_text([this](std::string text) {
              auto reply = [run = house_.run, weak = weak_from_this()](bool welcome, std::string said) {
                run([weak, welcome, said = std::move(said)] {
                  if (const auto self = weak.lock()) self->answer(welcome, said);
                });
              };
              auto take = [run = house_.run, weak = weak_from_this()](std::string said,
                                                                      gate::frame_user user) {
                run([weak, said = std::move(said), user = std::move(user)] {
                  const auto self = weak.lock();
                  if (!self) return user.ended("it closed the connection");
                  self->take_frames(said, user);
                });
              };
              house_.owner.called({id_, host_, std::move(text), std::move(reply), std::move(take), pipe()});
            });
          });
        });
      }));
}

void gate_stream::send_proof(step then) {
  proof_ = prove(peer_.native_handle(), house_.given.secret, caller_);
  asio::async_write(peer_, asio::buffer(proof_), when_done("it closed the connection", std::move(then)));
}

void gate_stream::check_proof(step then) {
  asio::async_read(peer_, asio::buffer(proof_),
                   when_done("it closed the connection, perhaps since it has another secret",
                             [this, then = std::move(then)] {
                               const auto expected =
                                   prove(peer_.native_handle(), house_.given.secret, !caller_);
                               if (!equal(expected, proof_)) return end("it has another secret");
                               then();
                             }));
}

void gate_stream::read_text(std::function<void(std::string)> then) {
  asio::async_read(
      peer_, asio::buffer(length_), when_done("it closed the connection", [this, then = std::move(then)] {
        const auto size = length_from(length_);
        if (size > longest_hello) return end("it says more than any node has to say");
        text_.resize(size);
        asio::async_read(peer_, asio::buffer(text_),
                         when_done("it closed the connection", [this, then] { then(std::move(text_)); }));
      }));
}

void gate_stream::write_text(std::string text, step then) {
  text_ = std::move(text);
  length_ = length_of(text_);
  const std::array<asio::const_buffer, 2> both{asio::buffer(length_), asio::buffer(text_)};
  asio::async_write(peer_, both, when_done("it closed the connection", std::move(then)));
}

void gate_stream::be_answered() {
  read_text([this](std::string text) {
    // The first character: whether bytes follow.
    if (text.empty()) return end("it says nothing");
    const bool welcome = text.front() == '+';
    settled_ = true;
    if (frames_) {
      if (!welcome) return end(text.substr(1));
      frames_->opened(text.substr(1));
      return begin_frames();
    }
    gate::reply told{id_, address_, host_, {}, welcome, text.substr(1), nullptr};
    if (welcome) told.end = open_inside();
    house_.owner.answered(std::move(told));
    if (!welcome) end({});
  });
}

void gate_stream::answer(bool welcome, const std::string& text) {
  if (ended_ || std::exchange(settled_, true)) return;
  write_text((welcome ? "+" : "-") + text, [this, welcome] {
    if (!welcome) return end({});
    house_.owner.opened(id_, open_inside());
  });
}

void gate_stream::take_frames(const std::string& text, gate::frame_user user) {
  if (ended_ || std::exchange(settled_, true)) return user.ended("it closed the connection");
  frames_ = std::move(user);
  write_text("+" + text, [this] { begin_frames(); });
}

void gate_stream::begin_to_flow() {
  deadline_.cancel();
  flows_ = true;
  house_.probe.streams.Increment();
}

void gate_stream::begin_frames() {
  begin_to_flow();
  receive_frame();
  if (!to_send_.empty()) send_frame();
}

std::shared_ptr<gate::frame_pipe> gate_stream::pipe() {
  return std::make_shared<pipe_to_stream>(house_.run, weak_from_this());
}

void gate_stream::receive_frame() {
  asio::async_read(peer_, asio::buffer(frame_length_), when_done("the connection ended", [this] {
                     const auto size = length_from(frame_length_);
                     if (size > gate::longest_frame) return end("it sends more than any node has to send");
                     frame_.resize(size);
                     asio::async_read(peer_, asio::buffer(frame_), when_done("the connection ended", [this] {
                                        house_.probe.received.Increment(static_cast<double>(frame_.size()));
                                        frames_->arrived(std::exchange(frame_, {}));
                                        receive_frame();
                                      }));
                   }));
}

void gate_stream::carry(std::string frame) {
  if (ended_) return;
  to_send_.push_back(std::move(frame));
  if (flows_ && to_send_.size() == 1) send_frame();
}

void gate_stream::send_frame() {
  const auto& frame = to_send_.front();
  length_ = length_of(frame);
  const std::array<asio::const_buffer, 2> both{asio::buffer(length_), asio::buffer(frame)};
  asio::async_write(peer_, both, when_done("the connection ended", [this] {
                      house_.probe.sent.Increment(static_cast<double>(to_send_.front().size()));
                      to_send_.pop_front();
                      if (!to_send_.empty()) send_frame();
                    }));
}

std::shared_ptr<gate::socket_end> gate_stream::open_inside() {
  asio::local::stream_protocol::socket other{house_.io};
  asio::error_code ec;
  asio::local::connect_pair(inside_, other, ec);
  if (ec) fail(failure_kind::other, "no pair of sockets: " + ec.message());
  arriving_.resize(buffer_bytes);
  leaving_.resize(buffer_bytes);
  begin_to_flow();
  to_inside();
  from_inside();
  return std::make_shared<gate::socket_end>(other.release());
}

void gate_stream::to_inside() {
  peer_.async_read_some(asio::buffer(arriving_),
                        [self = shared_from_this()](const asio::error_code& ec, std::size_t n) {
                          if (self->ended_) return;
                          if (ec) return self->end({});
                          self->house_.probe.received.Increment(static_cast<double>(n));
                          asio::async_write(self->inside_, asio::buffer(self->arriving_.data(), n),
                                            self->when_done("", [self = self.get()] { self->to_inside(); }));
                        });
}

void gate_stream::from_inside() {
  inside_.async_read_some(
      asio::buffer(leaving_), [self = shared_from_this()](const asio::error_code& ec, std::size_t n) {
        if (self->ended_) return;
        if (ec) return self->end({});
        self->house_.probe.sent.Increment(static_cast<double>(n));
        asio::async_write(self->peer_, asio::buffer(self->leaving_.data(), n),
                          self->when_done("", [self = self.get()] { self->from_inside(); }));
      });
}

} // namespace argosy
