#include "http/request_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

using argosy::look_at_method;
using argosy::method_start;
using argosy::request_reader;
using progress = argosy::request_reader::progress;

namespace {

constexpr std::size_t max_head = 8192;
constexpr std::size_t max_body = 1000;

struct reading {
  progress state;
  std::size_t used;
  request_reader::result result;
  std::string refusal;
};

// Feeds `bytes` in pieces of `step`.
reading read(const std::string& bytes, std::size_t step = std::string::npos) {
  request_reader reader{max_head, max_body};
  std::size_t used = 0;
  while (used < bytes.size()) {
    const auto size = std::min(step, bytes.size() - used);
    used += reader.feed(bytes.data() + used, size);
    if (reader.state() == progress::refused || reader.state() == progress::complete) break;
  }
  reading r{reader.state(), used, {}, std::string{reader.refusal()}};
  if (r.state == progress::complete) r.result = reader.take();
  return r;
}

const std::string posted =
    "POST /rc/no%6Fp?a=1&b=%20 HTTP/1.1\r\nHost: x\r\nContent-Type:  application/json  \r\n"
    "Content-Length: 7\r\n\r\n{\"a\":1}";

TEST(request_reader, gives_what_was_sent) {
  const auto r = read(posted);
  ASSERT_EQ(r.state, progress::complete);
  EXPECT_EQ(r.used, posted.size());
  EXPECT_EQ(r.result.request.method, "POST");
  EXPECT_EQ(r.result.request.path, "rc/noop");
  EXPECT_EQ(r.result.request.query, "a=1&b=%20");
  EXPECT_EQ(r.result.request.header("content-type"), "application/json");
  EXPECT_EQ(r.result.request.body, "{\"a\":1}");
  EXPECT_TRUE(r.result.keep_alive);
  EXPECT_FALSE(r.result.http_1_0);
}

TEST(request_reader, does_not_mind_how_the_bytes_are_cut) {
  for (std::size_t step = 1; step < posted.size(); ++step) {
    const auto r = read(posted, step);
    ASSERT_EQ(r.state, progress::complete) << step;
    EXPECT_EQ(r.used, posted.size()) << step;
    EXPECT_EQ(r.result.request.path, "rc/noop") << step;
    EXPECT_EQ(r.result.request.headers.size(), 3u) << step;
    EXPECT_EQ(r.result.request.header("Content-Type"), "application/json") << step;
    EXPECT_EQ(r.result.request.body, "{\"a\":1}") << step;
  }
}

TEST(request_reader, stops_at_the_end_of_a_request_and_reads_the_next) {
  request_reader reader{max_head, max_body};
  const auto both = posted + "GET /two HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(reader.feed(both.data(), both.size()), posted.size());
  EXPECT_EQ(reader.take().request.path, "rc/noop");
  EXPECT_TRUE(reader.untouched());
  EXPECT_EQ(reader.feed(both.data() + posted.size(), both.size() - posted.size()),
            both.size() - posted.size());
  const auto second = reader.take();
  EXPECT_EQ(second.request.path, "two");
  EXPECT_EQ(second.request.body, "");
  EXPECT_EQ(second.request.headers.size(), 1u);
}

TEST(request_reader, joins_chunks_and_leaves_trailers_out) {
  const std::string chunked = "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n";
  for (const std::size_t step : {std::string::npos, std::size_t{1}, std::size_t{5}}) {
    const auto r = read(chunked, step);
    ASSERT_EQ(r.state, progress::complete);
    EXPECT_EQ(r.used, chunked.size());
    EXPECT_EQ(r.result.request.body, "abcdefg");
    EXPECT_FALSE(r.result.request.has_header("Trailer"));
  }
}

TEST(request_reader, strips_authority_and_leading_slashes_from_the_target) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"/", ""},
      {"//rc/noop", "rc/noop"},
      {"/rc/noop/", "rc/noop/"},
      {"/a//b", "a//b"},
      {"*", "*"},
      {"http://h/rc/noop?x=1", "rc/noop"},
      {"http://h", ""},
      {"/%2Frc%2Fnoop", "rc/noop"},
      {"/a+b#c", "a+b#c"},
  };
  for (const auto& [target, path] : cases) {
    const auto r = read("OPTIONS " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_EQ(r.state, progress::complete) << target;
    EXPECT_EQ(r.result.request.path, path) << target;
  }
}

TEST(request_reader, refuses_as_go_does) {
  const std::string host = " HTTP/1.1\r\nHost: x\r\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"garbage\r\n\r\n", "400 Bad Request"},
      {std::string{"\x16\x03\x01\x00\xee", 5}, "400 Bad Request"},
      {"GET x" + host + "\r\n", "400 Bad Request"},
      {"GET /a b" + host + "\r\n", "400 Bad Request"},
      {"GET /%zz" + host + "\r\n", "400 Bad Request"},
      {"GET /%4" + host + "\r\n", "400 Bad Request"},
      {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header"},
      {"GET /" + host + "Host: y\r\n\r\n", "400 Bad Request"},
      {"GET /" + host + "Bad Name: y\r\n\r\n", "400 Bad Request: invalid header name"},
      {"GET /" + host + "X: a\001b\r\n\r\n", "400 Bad Request"},
      {"POST /" + host + "Content-Length: x\r\n\r\n", "400 Bad Request"},
      {"POST /" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "400 Bad Request"},
      {"POST /" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400 Bad Request"},
      {"POST /" + host + "Transfer-Encoding: gzip\r\n\r\n", "501 Not Implemented"},
      {"POST /" + host + "Expect: something\r\n\r\n", "417 Expectation Failed"},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported: unsupported protocol version"},
      {"GET / HTTP/3.1\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported: unsupported protocol version"},
  };
  for (const auto& [bytes, refusal] : cases) {
    const auto r = read(bytes);
    ASSERT_EQ(r.state, progress::refused) << bytes;
    EXPECT_EQ(r.refusal, refusal) << bytes;
  }
}

TEST(request_reader, wants_no_host_of_http_1_0) {
  const auto r = read("GET / HTTP/1.0\r\n\r\n");
  ASSERT_EQ(r.state, progress::complete);
  EXPECT_TRUE(r.result.http_1_0);
  EXPECT_FALSE(r.result.keep_alive);
  EXPECT_TRUE(read("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").result.keep_alive);
  EXPECT_FALSE(read("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").result.keep_alive);
}

TEST(request_reader, refuses_a_head_beyond_its_limit_however_it_is_made) {
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\n";
  const auto long_value = read(start + "A: " + std::string(max_head, 'a'));
  EXPECT_EQ(long_value.refusal, "431 Request Header Fields Too Large");
  EXPECT_EQ(read(start + std::string(max_head + 1, 'a')).refusal, "431 Request Header Fields Too Large");
  EXPECT_EQ(read("GET /" + std::string(max_head, 'a')).refusal, "431 Request Header Fields Too Large");
  std::string many = start;
  for (std::size_t i = 0; i < max_head / 5; ++i) many += "a:b\r\n";
  EXPECT_EQ(read(many).refusal, "431 Request Header Fields Too Large");
  std::string trailers = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  EXPECT_EQ(read(trailers + "A: " + std::string(max_head, 'a')).refusal,
            "431 Request Header Fields Too Large");
  EXPECT_EQ(read(start + "A: " + std::string(max_head - 200, 'a') + "\r\n\r\n").state, progress::complete);
}

TEST(request_reader, refuses_a_body_beyond_its_limit_before_it_comes) {
  const std::string start = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(read(start + "Content-Length: 1001\r\n\r\n").refusal, "413 Request Entity Too Large");
  EXPECT_EQ(read(start + "Content-Length: 99999999999999\r\n\r\n").refusal, "413 Request Entity Too Large");
  EXPECT_EQ(read(start + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'b')).state, progress::complete);
  EXPECT_EQ(read(start + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'b')).refusal,
            "413 Request Entity Too Large");
}

TEST(request_reader, takes_an_offered_upgrade_for_an_ordinary_request) {
  const auto r = read(
      "POST /x HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\n{}");
  ASSERT_EQ(r.state, progress::complete);
  EXPECT_EQ(r.result.request.body, "{}");
}

TEST(request_reader, says_once_that_the_client_waits_for_100_continue) {
  request_reader reader{max_head, max_body};
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  reader.feed(head.data(), head.size());
  EXPECT_TRUE(reader.wants_continue());
  EXPECT_FALSE(reader.wants_continue());
  reader.feed("{}", 2);
  EXPECT_EQ(reader.state(), progress::complete);
}

TEST(request_reader, calls_a_foreign_method_by_its_name) {
  request_reader reader{max_head, max_body};
  reader.foreign_method("FOO");
  const std::string bytes = "PUT / HTTP/1.1\r\nHost: x\r\n\r\n";
  reader.feed(bytes.data(), bytes.size());
  EXPECT_EQ(reader.take().request.method, "FOO");
  reader.feed(bytes.data(), bytes.size());
  EXPECT_EQ(reader.take().request.method, "PUT");
}

TEST(look_at_method, tells_methods_that_the_parser_lacks) {
  using kind = method_start::kind;
  for (const auto* known : {"GET /", "POST / ", "HEAD /", "PROPFIND /", "M-SEARCH *", "SOURCE /"})
    EXPECT_EQ(look_at_method(known).what, kind::known) << known;
  for (const auto* incomplete : {"", "P", "POST", "FOO", "PROPFIN"})
    EXPECT_EQ(look_at_method(incomplete).what, kind::incomplete) << incomplete;
  EXPECT_EQ(look_at_method("FOO /").what, kind::foreign);
  EXPECT_EQ(look_at_method("FOO /").length, 3u);
  EXPECT_EQ(look_at_method("posted /").what, kind::foreign);
  for (const auto* nonsense : {"\r\n", " GET /", "\x16\x03", "a:b", "(x) /"})
    EXPECT_EQ(look_at_method(nonsense).what, kind::known) << nonsense;
  EXPECT_EQ(look_at_method(std::string(40, 'A')).what, kind::known);
}

} // namespace
