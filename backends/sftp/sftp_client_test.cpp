#include "backends/sftp/sftp_client.hpp"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// A server that says what a test tells it to. A wait hands over one piece of it, or ends the waiting.
struct script {
  std::string received;                      // from the client
  std::deque<std::string> to_say;            // one piece a wait
  std::function<void()> when_silent = [] {}; // nothing is left to say
  bool ended = false;
  std::string complaint;
  std::size_t takes = SIZE_MAX; // bytes of each write
};

class scripted_channel final : public byte_channel {
public:
  explicit scripted_channel(script& s) : script_(s) {}
  void on_output(consumer use) override { use_ = std::move(use); }
  std::size_t write(std::string_view data) override {
    const auto taken = std::min(script_.takes, data.size());
    script_.received += data.substr(0, taken);
    return taken;
  }
  void end_input() override {}
  void wait(std::chrono::milliseconds) override {
    if (script_.to_say.empty()) return script_.when_silent();
    left_ += script_.to_say.front();
    script_.to_say.pop_front();
    left_.erase(0, use_(left_));
  }
  bool ended() const override { return script_.ended; }
  std::optional<int> exit_code() const override { return std::nullopt; }
  std::string complaint() const override { return script_.complaint; }

private:
  script& script_;
  consumer use_;
  std::string left_;
};

std::string reply(sftp_message type, std::uint32_t number,
                  const std::function<void(sftp_packet_writer&)>& fill) {
  std::string out;
  {
    sftp_packet_writer packet{out, type};
    packet.put(number);
    fill(packet);
  }
  return out;
}

std::string status(std::uint32_t number, sftp_status code) {
  return reply(sftp_message::status, number, [&](auto& p) {
    p.put(static_cast<std::uint32_t>(code));
    p.put("said by the server");
    p.put("en");
  });
}

std::string data(std::uint32_t number, std::string_view content) {
  return reply(sftp_message::data, number, [&](auto& p) { p.put(content); });
}

class SftpClient : public ::testing::Test {
protected:
  template <class Work>
  auto run(Work work, const cancellation& stop = {}) {
    return bench.run(std::move(work), {stop, nullptr, nullptr});
  }
  std::unique_ptr<sftp_client> client(std::chrono::nanoseconds silence = 0ns) {
    return std::make_unique<sftp_client>(std::make_unique<scripted_channel>(server), silence);
  }
  bench_of_storages bench;
  script server;
};

TEST_F(SftpClient, LearnsWhatTheServerOffers) {
  std::string version;
  {
    sftp_packet_writer packet{version, sftp_message::version};
    packet.put(std::uint32_t{3});
    packet.put("posix-rename@openssh.com");
    packet.put("1");
  }
  server.to_say = {version};
  const auto c = client();

  run([&](const may_block& on) { c->start(on); });

  EXPECT_TRUE(c->offers("posix-rename@openssh.com"));
  EXPECT_FALSE(c->offers("hardlink@openssh.com"));
  EXPECT_EQ(server.received, std::string("\0\0\0\5\1\0\0\0\3", 9));
}

TEST_F(SftpClient, ANewerServerIsSpokenToInVersionThreeAndAnOlderOneRefused) {
  for (const auto& [version, accepted] : {std::pair{6U, true}, {2U, false}}) {
    std::string said;
    {
      sftp_packet_writer packet{said, sftp_message::version};
      packet.put(std::uint32_t{version});
    }
    server.to_say = {said};
    const auto c = client();

    const auto f = failure_of([&] { run([&](const may_block& on) { c->start(on); }); });

    EXPECT_EQ(f.text.empty(), accepted) << f.text;
  }
}

TEST_F(SftpClient, RepliesFindTheirRequestsInAnyOrderAndInAnyPieces) {
  const auto c = client();
  const auto all = data(1, "second") + data(0, "first") + status(2, sftp_status::end_of_file);
  for (const char byte : all) server.to_say.emplace_back(1, byte);

  run([&](const may_block& on) {
    const auto first = c->send(sftp_message::read, "h", std::uint64_t{0}, std::uint32_t{5});
    const auto second = c->send(sftp_message::read, "h", std::uint64_t{5}, std::uint32_t{5});
    const auto end = c->send(sftp_message::read, "h", std::uint64_t{10}, std::uint32_t{5});

    EXPECT_EQ(c->data(on, first)->bytes(), "first");
    EXPECT_EQ(c->data(on, second)->bytes(), "second");
    EXPECT_FALSE(c->data(on, end));
  });
}

TEST_F(SftpClient, WhatTheServerRefusesIsAFailureOfItsKind) {
  const auto c = client();
  server.to_say = {status(0, sftp_status::permission_denied)};

  run([&](const may_block& on) {
    const auto f = failure_of([&] { c->done(on, c->send(sftp_message::remove, "x")); });
    EXPECT_EQ(f.kind, failure_kind::permission_denied);
  });
}

TEST_F(SftpClient, AReplyThatNobodyWantsIsDropped) {
  const auto c = client();
  c->send(sftp_message::close, "h");
  server.to_say = {status(0, sftp_status::failure), data(1, "wanted")};

  run([&](const may_block& on) {
    const auto wanted = c->send(sftp_message::read, "h", std::uint64_t{0}, std::uint32_t{5});
    EXPECT_EQ(c->data(on, wanted)->bytes(), "wanted");
  });

  EXPECT_TRUE(c->settle(1ms));
}

TEST_F(SftpClient, ATicketMayOutliveTheClient) {
  auto c = client();
  auto ticket = c->send(sftp_message::stat, "x");
  const auto replies = c->replies();

  c.reset();

  EXPECT_TRUE(replies->ended());
  EXPECT_FALSE(ticket.arrived());
}

TEST_F(SftpClient, RequestsAreSentAsTheServerTakesThem) {
  server.takes = 3;
  const auto c = client();
  server.to_say = {"", "", status(0, sftp_status::ok)};

  run([&](const may_block& on) { c->done(on, c->send(sftp_message::mkdir, "a folder", sftp_attributes{})); });

  EXPECT_EQ(server.received.size(), 4U + 1 + 4 + 4 + 8 + 4);
}

TEST_F(SftpClient, ASilentServerIsGivenUp) {
  const auto c = client(1ns);

  run([&](const may_block& on) {
    EXPECT_THROW(c->done(on, c->send(sftp_message::remove, "x")), connection_lost);
    EXPECT_THROW(c->start(on), connection_lost);
  });
}

TEST_F(SftpClient, WaitingEndsWhenItIsCancelled) {
  const auto c = client();
  cancellation stop;
  server.when_silent = [&] { stop.cancel(); };

  const auto f = failure_of(
      [&] { run([&](const may_block& on) { c->done(on, c->send(sftp_message::remove, "x")); }, stop); });

  EXPECT_EQ(f.kind, failure_kind::cancelled);
}

TEST_F(SftpClient, TheEndOfTheServerIsAnErrorWithWhatItComplainedOf) {
  const auto c = client();
  server.when_silent = [&] { server.ended = true; };
  server.complaint = "sh: sftp-server: not found\n";

  run([&](const may_block& on) {
    const auto f = failure_of([&] { c->done(on, c->send(sftp_message::remove, "x")); });
    EXPECT_EQ(f.text, "sftp: connection lost: sh: sftp-server: not found");
    EXPECT_EQ(f.kind, failure_kind::retryable);
  });
}

TEST_F(SftpClient, WhatIsNoSftpEndsTheConnection) {
  for (const auto& said :
       {std::string{"Welcome to example.com"}, data(99, "not asked for"),
        status(0, sftp_status::ok).substr(0, 9) + status(1, sftp_status::ok), std::string(8, '\0')}) {
    server.to_say = {said};
    server.when_silent = [&] { server.ended = true; };
    server.ended = false;
    const auto c = client();

    run([&](const may_block& on) {
      EXPECT_THROW(c->done(on, c->send(sftp_message::remove, "x")), connection_lost);
    });
  }
}

TEST_F(SftpClient, NamesComeWithTheirAttributes) {
  const auto c = client();
  server.to_say = {reply(sftp_message::name, 0,
                         [](auto& p) {
                           p.put(std::uint32_t{2});
                           for (const char* name : {"a", "b"}) {
                             p.put(name);
                             p.put("-rw-r--r-- as ls shows it");
                             sftp_attributes a;
                             a.size = 5;
                             p.put(a);
                           }
                         }),
                   status(1, sftp_status::end_of_file)};
  std::string names;
  const auto use = [&](const sftp_client::name& n) {
    names.append(n.text).append(std::to_string(*n.attributes.size));
  };

  run([&](const may_block& on) {
    EXPECT_TRUE(c->names(on, c->send(sftp_message::readdir, "h"), use));
    EXPECT_FALSE(c->names(on, c->send(sftp_message::readdir, "h"), use));
  });

  EXPECT_EQ(names, "a5b5");
}

} // namespace
} // namespace argosy
