#include "actors/cluster/gate.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actors/cluster/channel.hpp"
#include "actors/cluster/hello.hpp"
#include "core/failure.hpp"
#include "metrics/cluster_probe.hpp"

namespace argosy {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr auto limit = 20s; // until something must have happened

const std::string secret = "a secret of the cluster";

gate::settings settings(const std::string& shared = secret) {
  gate::settings given;
  given.listen = "127.0.0.1:0";
  given.secret = shared;
  return given;
}

/// A gate, and what its listener heard.
class heard_gate {
public:
  explicit heard_gate(ledger& book, gate::settings given = settings()) :
      gate_(std::move(given), book, probe) {
    gate_.begin(
        {[this](gate::visit visit) {
           const bool welcome = welcomes;
           auto reply = visit.answer;
           if (frames) {
             visit.take_frames("come in", *frames);
             return add(visits, std::move(visit));
           }
           add(visits, std::move(visit));
           reply(welcome, welcome ? "come in" : "stay out");
         },
         [this](std::uint64_t, std::shared_ptr<gate::socket_end> end) { add(opened, std::move(end)); },
         [this](gate::reply reply) { add(replies, std::move(reply)); }});
  }
  gate& operator*() { return gate_; }
  template <class T>
  T next(std::vector<T>& from) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, limit, [&] { return !from.empty(); }))
      throw std::runtime_error{"nothing came"};
    auto one = std::move(from.front());
    from.erase(from.begin());
    return one;
  }
  std::atomic<bool> welcomes{true};
  std::optional<gate::frame_user> frames; ///< whoever calls gets these; set before they do
  std::vector<gate::visit> visits;
  std::vector<std::shared_ptr<gate::socket_end>> opened;
  std::vector<gate::reply> replies;
  prometheus::Registry registry;
  cluster_probe probe{registry};

private:
  template <class T>
  void add(std::vector<T>& to, T one) {
    std::lock_guard lock{mutex_};
    to.push_back(std::move(one));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  gate gate_;
};

/// A descriptor that a test owns.
class owned {
public:
  explicit owned(int fd) : fd_(fd) {}
  ~owned() { ::close(fd_); }
  owned(const owned&) = delete;
  owned& operator=(const owned&) = delete;
  void say(const std::string& text) const {
    EXPECT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  /// What comes, up to `size` bytes; shorter at the end of the stream.
  std::string hear(std::size_t size) const {
    std::string all(size, '\0');
    std::size_t got = 0;
    while (got < size) {
      pollfd ready{fd_, POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(limit).count())) != 1)
        throw std::runtime_error{"nothing came"};
      const auto n = ::recv(fd_, all.data() + got, size - got, 0);
      if (n <= 0) break;
      got += static_cast<std::size_t>(n);
    }
    all.resize(got);
    return all;
  }
  int get() const { return fd_; }

private:
  int fd_;
};

int connected_to(gate& to) {
  const auto port = split_address(to.address()).port;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

/// Speaks TLS with a gate, and may know the secret.
class tls_client {
public:
  explicit tls_client(gate& to) : socket_(connected_to(to)) {
    set_up(context_.get(), settings());
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_.get());
    EXPECT_EQ(SSL_connect(ssl_.get()), 1);
  }
  std::string proof_of(bool caller) {
    const auto made = prove(ssl_.get(), secret, caller);
    return {reinterpret_cast<const char*>(made.data()), made.size()};
  }
  void prove_it() {
    say(proof_of(true));
    EXPECT_EQ(hear(sizeof(proof)).size(), sizeof(proof));
  }
  void say(const std::string& text) { SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }
  std::string hear(std::size_t size) {
    std::string all(size, '\0');
    const auto n = SSL_read(ssl_.get(), all.data(), static_cast<int>(size));
    all.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return all;
  }

private:
  struct deleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  owned socket_;
  std::unique_ptr<SSL_CTX, deleter> context_{SSL_CTX_new(TLS_method())};
  std::unique_ptr<SSL, deleter> ssl_;
};

class gate_test : public ::testing::Test {
protected:
  void TearDown() override { EXPECT_EQ(book.live(), 0u); }
  ledger book;
};

TEST_F(gate_test, bytes_flow_both_ways_between_two_that_know_the_secret) {
  heard_gate one{book}, other{book};

  (*one).call((*other).address(), "it is me");

  const auto visit = other.next(other.visits);
  EXPECT_EQ(visit.text, "it is me");
  EXPECT_EQ(visit.host, "127.0.0.1");
  const auto reply = one.next(one.replies);
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(reply.text, "come in");
  const owned here{reply.end->take()}, there{other.next(other.opened)->take()};
  const std::string much(3 << 20, 'x');
  here.say("question");
  EXPECT_EQ(there.hear(8), "question");
  std::string got;
  // More than all buffers on the way hold: written piece by piece.
  for (std::size_t at = 0; at < much.size(); at += 1 << 16) {
    there.say(much.substr(at, 1 << 16));
    got += here.hear(1 << 16);
  }
  EXPECT_EQ(got, much);
}

TEST_F(gate_test, the_end_of_one_side_is_the_end_of_the_other) {
  heard_gate one{book}, other{book};
  (*one).call((*other).address(), "");
  std::optional<owned> here{std::in_place, one.next(one.replies).end->take()};
  const owned there{other.next(other.opened)->take()};

  here.reset();

  EXPECT_EQ(there.hear(1), "");
}

TEST_F(gate_test, a_stream_that_is_dropped_ends_on_both_sides) {
  heard_gate one{book}, other{book};
  (*one).call((*other).address(), "");
  const auto reply = one.next(one.replies);
  const owned here{reply.end->take()}, there{other.next(other.opened)->take()};

  (*one).drop(reply.stream);

  EXPECT_EQ(here.hear(1), "");
  EXPECT_EQ(there.hear(1), "");
}

TEST_F(gate_test, who_is_not_welcome_hears_why_and_gets_nothing_else) {
  heard_gate one{book}, other{book};
  other.welcomes = false;

  (*one).call((*other).address(), "");

  const auto reply = one.next(one.replies);
  EXPECT_FALSE(reply.welcome);
  EXPECT_EQ(reply.text, "stay out");
  EXPECT_EQ(reply.end, nullptr);
}

TEST_F(gate_test, another_secret_gets_nothing) {
  heard_gate one{book, settings("another secret, too long")}, other{book};

  (*one).call((*other).address(), "let me in");

  EXPECT_THAT(one.next(one.replies).error, HasSubstr("secret"));
  EXPECT_TRUE(other.visits.empty());
  EXPECT_EQ(other.probe.strangers.Value(), 1);
  EXPECT_EQ(other.probe.admitted.Value(), 0);
}

TEST_F(gate_test, a_call_to_nobody_is_answered_with_the_reason) {
  heard_gate one{book};
  std::string address;
  { address = (*heard_gate{book}).address(); }

  (*one).call(address, "");

  EXPECT_THAT(one.next(one.replies).error, HasSubstr("failed to connect"));
}

TEST_F(gate_test, garbage_ends_the_connection_and_nothing_else) {
  heard_gate one{book}, other{book};
  const owned stranger{connected_to(*other)};

  stranger.say(std::string(4096, '\xfe'));

  EXPECT_LE(stranger.hear(4096).size(), 64u) << "at most an alert of TLS";
  (*one).call((*other).address(), "");
  EXPECT_TRUE(one.next(one.replies).welcome);
}

TEST_F(gate_test, who_says_nothing_is_shown_out_in_time) {
  auto given = settings();
  given.handshake = 100ms;
  heard_gate other{book, given};
  const owned silent{connected_to(*other)};
  const owned half{connected_to(*other)};
  half.say(std::string("\x16\x03\x01", 3));
  tls_client greeted{*other};

  EXPECT_EQ(silent.hear(1), "");
  EXPECT_EQ(half.hear(1), "");
  EXPECT_EQ(greeted.hear(1), "");
}

TEST_F(gate_test, an_announced_length_is_believed_from_nobody) {
  heard_gate other{book};
  tls_client insider{*other};
  insider.prove_it();

  insider.say(std::string(4, '\xff'));

  EXPECT_EQ(insider.hear(1), "");
  EXPECT_TRUE(other.visits.empty());
}

TEST_F(gate_test, a_proof_is_worth_nothing_in_the_other_direction_or_on_another_channel) {
  heard_gate other{book};
  tls_client first{*other};
  first.prove_it();

  tls_client second{*other}, third{*other};
  second.say(first.proof_of(true));
  third.say(third.proof_of(false));

  EXPECT_EQ(second.hear(1), "");
  EXPECT_EQ(third.hear(1), "");
}

TEST_F(gate_test, strangers_beyond_the_limit_are_closed_unheard) {
  auto given = settings();
  given.strangers = 3;
  heard_gate one{book}, other{book, given};
  {
    std::vector<std::unique_ptr<owned>> strangers;
    for (int i = 0; i < 3; ++i) strangers.push_back(std::make_unique<owned>(connected_to(*other)));
    const owned too_many{connected_to(*other)};

    EXPECT_EQ(too_many.hear(1), "");
    EXPECT_EQ(other.probe.turned_away.Value(), 1);
  }
  // Their places are free once they are gone.
  for (bool welcome = false; !welcome;) {
    (*one).call((*other).address(), "");
    welcome = one.next(one.replies).welcome;
  }
}

/// What somebody heard of a stream of frames.
class heard_frames {
public:
  gate::frame_user user() {
    return {[this](const std::string& text) { add("opened " + text); },
            [this](const std::string& frame) { add(frame); },
            [this](const std::string& reason) { add("ended " + reason); }};
  }
  std::string next() {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, limit, [this] { return !all_.empty(); })) return "nothing";
    auto one = std::move(all_.front());
    all_.erase(all_.begin());
    return one;
  }

private:
  void add(std::string what) {
    const std::lock_guard lock{mutex_};
    all_.push_back(std::move(what));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

TEST_F(gate_test, frames_flow_both_ways_in_order) {
  heard_frames caller, called;
  const std::string large(1 << 20, 'x');
  {
    heard_gate one{book}, other{book};
    other.frames = called.user();

    const auto pipe = (*one).call((*other).address(), "a disk", caller.user());
    const auto visit = other.next(other.visits);
    EXPECT_EQ(visit.text, "a disk");
    EXPECT_EQ(caller.next(), "opened come in");
    pipe->carry("first");
    pipe->carry(large);
    pipe->carry("");
    visit.pipe->carry("back");

    EXPECT_EQ(called.next(), "first");
    EXPECT_TRUE(called.next() == large);
    EXPECT_EQ(called.next(), "");
    EXPECT_EQ(caller.next(), "back");
    pipe->end("enough");
    EXPECT_EQ(caller.next(), "ended enough");
    EXPECT_THAT(called.next(), HasSubstr("ended the connection ended"));
    pipe->carry("too late");
  }
}

TEST_F(gate_test, who_gets_no_frames_hears_why) {
  heard_frames caller;
  heard_gate one{book}, other{book};
  other.welcomes = false;

  const auto refused = (*one).call((*other).address(), "a disk", caller.user());
  EXPECT_EQ(caller.next(), "ended stay out");
  const auto nobody = (*one).call("127.0.0.1:1", "a disk", caller.user());
  EXPECT_THAT(caller.next(), HasSubstr("ended failed to connect"));
}

TEST_F(gate_test, the_end_of_a_gate_ends_its_frames) {
  heard_frames caller, called;
  heard_gate one{book};
  {
    heard_gate other{book};
    other.frames = called.user();
    (*one).call((*other).address(), "a disk", caller.user());
    EXPECT_EQ(caller.next(), "opened come in");
  }

  EXPECT_EQ(called.next(), "ended this node ends");
  EXPECT_THAT(caller.next(), HasSubstr("ended the connection ended"));
}

TEST_F(gate_test, a_frame_of_absurd_length_is_cut_off) {
  heard_frames called;
  heard_gate other{book};
  other.frames = called.user();
  tls_client insider{*other};
  insider.prove_it();

  insider.say(std::string("\0\0\0\1x", 5));
  EXPECT_EQ(insider.hear(4).size(), 4u);
  EXPECT_EQ(insider.hear(8), "+come in");
  insider.say(std::string(4, '\xff'));

  EXPECT_EQ(called.next(), "ended it sends more than any node has to send");
  EXPECT_EQ(insider.hear(1), "");
}

TEST_F(gate_test, an_address_in_use_is_an_error_that_names_it) {
  heard_gate one{book};
  auto given = settings();
  given.listen = (*one).address();

  try {
    heard_gate other{book, given};
    FAIL();
  } catch (const failure& f) {
    EXPECT_THAT(f.what(), HasSubstr(given.listen));
    EXPECT_THAT(f.what(), HasSubstr("in use"));
  }
}

} // namespace
} // namespace argosy
