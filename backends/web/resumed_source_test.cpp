#include "backends/web/resumed_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"
#include "backends/web/scripted_server.hpp"

namespace argosy::web {
namespace {

using namespace argosy::testing;
using ::testing::HasSubstr;
using ending = reaction::ending;

constexpr std::int64_t tries = 4;

/// A server of one object that understands ranges, if it is to, and cuts answers short.
class ResumedSource : public ::testing::Test {
protected:
  reaction part(const served_request& r) const {
    std::size_t from = 0, last = content.size() - 1;
    const auto& range = r.field("range");
    if (ranges && !range.empty()) {
      from = std::stoul(range.substr(6));
      const auto dash = range.find('-');
      if (dash + 1 < range.size()) last = std::min(last, std::stoul(range.substr(dash + 1)));
      if (from >= content.size()) return reply(416);
      return reply(206, content.substr(from, last - from + 1),
                   "ETag: \"" + tag + "\"\r\nContent-Range: bytes " + std::to_string(from) + "-" +
                       std::to_string(last) + "/" + std::to_string(content.size()) + "\r\n");
    }
    return reply(200, content, "ETag: \"" + tag + "\"\r\n");
  }
  /// The same, of which `bytes` bytes are sent.
  static reaction cut(reaction whole, std::size_t bytes) {
    whole.bytes.resize(std::min(whole.bytes.size(), whole.bytes.find("\r\n\r\n") + 4 + bytes));
    whole.then = ending::close;
    return whole;
  }

  std::string read(scripted_server& server, std::int64_t offset = 0, std::int64_t length = -1) {
    return bench.run([&](const may_block& on) {
      connection over{make_client(on, bench.net, bench.main, "remote")};
      resumed_source::order what;
      what.get = {"GET", server.url("/x")};
      what.offset = offset;
      what.length = length;
      what.refuse = [](const may_block&, exchange&, const answer& head) { fail_with(head, "refused"); };
      resumed_source source{on, over, paced, tries, what};
      std::string out;
      char block[999];
      while (const auto got = source.read(on, block, sizeof(block))) out.append(block, got);
      sockets = over.sockets();
      return out;
    });
  }

  bench_of_storages bench;
  pacer paced{quick_pace(tries), bench.clock, bench.log};
  std::string content = noise(100'000), tag = "one";
  bool ranges = true;
  std::size_t sockets = 0; // that stayed open
};

TEST_F(ResumedSource, ReadsAnyRange) {
  scripted_server server{[&](const served_request& r) { return part(r); }};

  EXPECT_TRUE(read(server) == content);
  EXPECT_TRUE(read(server, 5) == content.substr(5));
  EXPECT_TRUE(read(server, 5, 1000) == content.substr(5, 1000));
  EXPECT_EQ(sockets, 1U);
  EXPECT_EQ(read(server, 0, 0), "");
  EXPECT_EQ(read(server, 99'999, 50), content.substr(99'999));
  EXPECT_EQ(read(server, 100'000), "");
  EXPECT_EQ(read(server, 200'000, 5), "");
  EXPECT_EQ(server.requests().at(0).field("range"), "");
  EXPECT_EQ(server.requests().at(2).field("range"), "bytes=5-1004");
}

TEST_F(ResumedSource, GoesOnWhereTheConnectionBroke) {
  scripted_server server{
      [&](const served_request& r) { return r.number < 4 ? cut(part(r), 10'000) : part(r); }};

  EXPECT_TRUE(read(server, 100, 80'000) == content.substr(100, 80'000));

  EXPECT_EQ(server.requests().at(3).field("range"), "bytes=30100-80099");
}

TEST_F(ResumedSource, GoesOnAfterErrorsOfTheServer) {
  scripted_server server{[&](const served_request& r) {
    if (r.number == 1) return reply(503);
    if (r.number == 2) return cut(part(r), 10'000);
    if (r.number == 3) return reaction{"", ending::reset};
    return part(r);
  }};

  EXPECT_TRUE(read(server) == content);
}

TEST_F(ResumedSource, ReadsFromTheBeginningWhereRangesAreIgnored) {
  ranges = false;
  scripted_server server{
      [&](const served_request& r) { return r.number == 1 ? cut(part(r), 50'000) : part(r); }};

  EXPECT_TRUE(read(server, 100, 70'000) == content.substr(100, 70'000));
}

TEST_F(ResumedSource, GivesUpAfterSomeTries) {
  scripted_server server{[&](const served_request& r) { return cut(part(r), 10); }};

  const auto f = failure_of([&] { read(server); });

  EXPECT_EQ(f.kind, failure_kind::retryable);
  EXPECT_THAT(f.text, HasSubstr("unexpected EOF"));
  EXPECT_EQ(server.requests().size(), 4U);
}

TEST_F(ResumedSource, RefusesToGoOnWithAnotherObject) {
  scripted_server server{[&](const served_request& r) {
    if (r.number == 1) return cut(part(r), 10'000);
    tag = "two";
    return part(r);
  }};

  EXPECT_EQ(failure_of([&] { read(server); }).text, "object changed while it was read");
}

TEST_F(ResumedSource, AnAnswerWithoutALengthIsReadToItsEnd) {
  scripted_server server{[&](const served_request&) {
    return reaction{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"};
  }};

  EXPECT_EQ(read(server), "hello");
  EXPECT_EQ(read(server, 2), "llo");
  EXPECT_EQ(read(server, 1, 2), "el");
}

TEST_F(ResumedSource, SaysWhatTheStorageMakesOfARefusal) {
  scripted_server server{[&](const served_request&) { return reply(404); }};

  const auto f = failure_of([&] { read(server); });

  EXPECT_EQ(f.kind, failure_kind::object_not_found);
  EXPECT_EQ(f.text, "refused");
}

} // namespace
} // namespace argosy::web
