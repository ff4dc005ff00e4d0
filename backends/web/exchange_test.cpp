#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"
#include "backends/web/connection.hpp"
#include "backends/web/scripted_server.hpp"

namespace argosy::web {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ending = reaction::ending;

class Exchange : public ::testing::Test {
protected:
  template <class Work>
  auto run(Work work, const io_pool::scope& scope = {}) {
    return bench.run(std::move(work), scope);
  }
  std::shared_ptr<client> make(const may_block& on) {
    return make_client(on, bench.net, bench.main, "remote");
  }
  /// One request on a connection of its own.
  connection::whole_answer call(request what) {
    return run([&](const may_block& on) {
      connection wire{make(on)};
      return wire.call(on, std::move(what));
    });
  }
  void TearDown() override { EXPECT_EQ(bench.book.live(resource::descriptor), 0U); }

  bench_of_storages bench;
};

TEST_F(Exchange, AnAnswerHasStatusFieldsAndBody) {
  scripted_server server{
      [](const served_request&) { return reply(404, "no such thing", "X-Why: gone\r\n"); }};

  const auto got = call({"GET", server.url("/a%20b?q=1")});

  EXPECT_EQ(got.head.status, 404);
  EXPECT_EQ(got.head.status_text, "404 Not Found");
  EXPECT_EQ(got.head.fields.get("x-why"), "gone");
  EXPECT_EQ(got.head.content_length, 13);
  EXPECT_EQ(got.body, "no such thing");
  EXPECT_EQ(server.requests().at(0).target, "/a%20b?q=1");
}

TEST_F(Exchange, HeadersGoOutWithThoseOfTheOptionsAndNothingElse) {
  scripted_server server{[](const served_request&) { return reply(200); }};
  bench.main.headers = {{"X-Site", "main"}, {"X-Both", "main"}};
  bench.main.user_agent = "tester/1";
  request what{"PROPFIND", server.url()};
  what.headers = {{"Depth", "1"}, {"X-Both", "own"}, {"X-Empty", ""}};

  call(what);

  const auto seen = server.requests().at(0);
  EXPECT_EQ(seen.method, "PROPFIND");
  EXPECT_EQ(seen.fields, (std::map<std::string, std::string>{{"host", server.authority()},
                                                             {"user-agent", "tester/1"},
                                                             {"depth", "1"},
                                                             {"x-site", "main"},
                                                             {"x-both", "main"},
                                                             {"x-empty", ""}}));
}

TEST_F(Exchange, CredentialsOfTheUrlBecomeBasicAuthentication) {
  scripted_server server{[](const served_request&) { return reply(200); }};

  call({"GET", "http://us%40er:p%3Ass@" + server.authority() + "/"});

  EXPECT_EQ(server.requests().at(0).field("authorization"), "Basic dXNAZXI6cDpzcw==");
}

TEST_F(Exchange, AHeaderCannotSmuggleAnother) {
  request what{"GET", "http://127.0.0.1:1/"};
  what.headers = {{"X-A", "1\r\nX-B: 2"}};

  EXPECT_EQ(failure_of([&] { call(what); }).text, "net/http: invalid header field value for \"X-A\"");
}

TEST_F(Exchange, ABodyFromMemoryIsSentWithItsLength) {
  scripted_server server{[](const served_request&) { return reply(207); }};
  request what{"PROPFIND", server.url()};
  what.body = noise(300'000);

  call(what);

  const auto seen = server.requests().at(0);
  EXPECT_EQ(seen.field("content-length"), "300000");
  EXPECT_TRUE(seen.body == what.body);
}

TEST_F(Exchange, AnUploadIsWrittenPieceByPiece) {
  const auto content = noise(3'000'000);
  for (const bool known : {true, false}) {
    scripted_server server{[](const served_request&) { return reply(201); }};
    run([&](const may_block& on) {
      connection wire{make(on)};
      request what{"PUT", server.url("/x")};
      what.upload = known ? static_cast<std::int64_t>(content.size()) : -1;
      const auto put = wire.begin(on, what);
      for (std::size_t at = 0; at < content.size(); at += 70'000)
        ASSERT_TRUE(put->write(on, content.data() + at, std::min<std::size_t>(70'000, content.size() - at)));
      put->end_upload();
      EXPECT_EQ(put->head(on).status, 201);
      EXPECT_EQ(put->read_all(on, 100), "");
    });
    const auto seen = server.requests().at(0);
    EXPECT_TRUE(seen.body == content);
    EXPECT_EQ(seen.field("transfer-encoding"), known ? "" : "chunked");
    EXPECT_EQ(seen.field("expect"), "");
  }
}

TEST_F(Exchange, AnEmptyUploadSaysSo) {
  scripted_server server{[](const served_request&) { return reply(201); }};
  run([&](const may_block& on) {
    connection wire{make(on)};
    request what{"PUT", server.url("/x")};
    what.upload = 0;
    const auto put = wire.begin(on, what);
    put->end_upload();
    EXPECT_EQ(put->head(on).status, 201);
  });

  EXPECT_EQ(server.requests().at(0).field("content-length"), "0");
}

TEST_F(Exchange, OneSocketServesRequestAfterRequest) {
  scripted_server server{[](const served_request&) { return reply(200, "hello"); }};
  run([&](const may_block& on) {
    connection wire{make(on)};
    for (int i = 0; i < 100; ++i) EXPECT_EQ(wire.call(on, {"GET", server.url()}).body, "hello");
    EXPECT_EQ(wire.sockets(), 1U);
    EXPECT_EQ(on.book().live(resource::descriptor), 1U);
  });

  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(Exchange, TheLedgerShowsSocketsWithoutSecrets) {
  scripted_server server{[](const served_request&) { return reply(200, "hello"); }};
  run([&](const may_block& on) {
    connection wire{make(on)};
    wire.call(on, {"GET", "http://user:secret@" + server.authority() + "/a/b?signature=secret"});

    const auto all = on.book().records();
    const auto found =
        std::find_if(all.begin(), all.end(), [](const auto& r) { return r.what == resource::descriptor; });
    ASSERT_NE(found, all.end());
    EXPECT_STREQ(found->kind, "socket");
    EXPECT_EQ(found->label, "remote");
    EXPECT_STREQ(found->state, "idle");
    EXPECT_EQ(found->detail, "GET " + server.url("/a/b"));
  });
}

TEST_F(Exchange, AnAnswerThatIsNotReadToItsEndClosesItsSocket) {
  scripted_server server{[](const served_request&) { return reply(200, noise(4'000'000)); }};
  run([&](const may_block& on) {
    connection wire{make(on)};
    {
      const auto half = wire.begin(on, {"GET", server.url()});
      char block[1000];
      EXPECT_GT(half->read(on, block, sizeof(block)), 0U);
    }
    EXPECT_EQ(wire.sockets(), 0U);
  });
}

TEST_F(Exchange, TwoExchangesOfOneConnectionGoSideBySide) {
  const auto content = noise(5'000'000);
  scripted_server server{[&](const served_request&) { return reply(200, content); }};
  run([&](const may_block& on) {
    connection wire{make(on)};
    const auto a = wire.begin(on, {"GET", server.url("/a")});
    const auto b = wire.begin(on, {"GET", server.url("/b")});
    std::string from_a, from_b;
    const auto block = std::make_unique<char[]>(100'000);
    for (std::size_t got = 1; got > 0;) {
      got = a->read(on, block.get(), 100'000);
      from_a.append(block.get(), got);
      from_b.append(block.get() + got, 0);
      const auto more = b->read(on, block.get(), 50'000);
      from_b.append(block.get(), more);
      got += more;
    }
    EXPECT_TRUE(from_a == content);
    EXPECT_TRUE(from_b == content);
  });
}

TEST_F(Exchange, ABodyCutShortIsATransientFailure) {
  scripted_server server{[](const served_request&) {
    return reaction{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", ending::close};
  }};

  const auto f = failure_of([&] { call({"GET", server.url("/x?secret=1")}); });

  EXPECT_EQ(f.kind, failure_kind::retryable);
  EXPECT_EQ(f.text, "Get \"" + server.url("/x") + "\": unexpected EOF");
}

TEST_F(Exchange, AChunkedBodyCutShortIsATransientFailure) {
  scripted_server server{[](const served_request&) {
    return reaction{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", ending::close};
  }};

  EXPECT_EQ(failure_of([&] { call({"GET", server.url()}); }).kind, failure_kind::retryable);
}

TEST_F(Exchange, AResetConnectionIsATransientFailure) {
  scripted_server server{[](const served_request&) { return reaction{"", ending::reset}; }};

  const auto f = failure_of([&] { call({"DELETE", server.url()}); });

  EXPECT_EQ(f.kind, failure_kind::retryable);
  EXPECT_THAT(f.text, HasSubstr("Delete \"" + server.url() + "\": "));
  EXPECT_THAT(f.text, HasSubstr("onnection reset by peer"));
}

TEST_F(Exchange, NobodyThereIsATransientFailureInGosWords) {
  const auto f = failure_of([&] { call({"GET", "http://127.0.0.1:1/"}); });

  EXPECT_EQ(f.kind, failure_kind::retryable);
  EXPECT_EQ(f.text, "Get \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused");
}

TEST_F(Exchange, AServerThatSaysNothingTimesOut) {
  scripted_server server{[](const served_request&) { return reaction{"", ending::stall}; }};
  bench.main.timeout = 200'000'000;

  const auto f = failure_of([&] { call({"GET", server.url()}); });

  EXPECT_EQ(f.kind, failure_kind::retryable);
  EXPECT_EQ(f.text, "Get \"" + server.url() + "\": i/o timeout");
}

TEST_F(Exchange, ABodyThatStallsTimesOut) {
  scripted_server server{[](const served_request&) {
    return reaction{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", ending::stall};
  }};
  bench.main.timeout = 200'000'000;

  EXPECT_THAT(failure_of([&] { call({"GET", server.url()}); }).text, HasSubstr("i/o timeout"));
}

TEST_F(Exchange, TheWholeMayHaveABound) {
  scripted_server server{[](const served_request&) { return reaction{"", ending::stall}; }};
  request what{"GET", server.url()};
  what.longest = std::chrono::milliseconds{150};

  EXPECT_THAT(failure_of([&] { call(what); }).text, HasSubstr("i/o timeout"));
}

TEST_F(Exchange, ACancelledCallEndsAtOnce) {
  cancellation stop;
  scripted_server server{[&](const served_request&) {
    stop.cancel();
    return reaction{"", ending::stall};
  }};

  const auto f = failure_of([&] {
    run(
        [&](const may_block& on) {
          connection wire{make(on)};
          wire.call(on, {"GET", server.url()});
        },
        {stop, nullptr, nullptr});
  });

  EXPECT_EQ(f.kind, failure_kind::cancelled);
}

TEST_F(Exchange, AnUploadThatTheServerRefusesEndsEarly) {
  scripted_server server{[](const served_request&) { return reply(201); },
                         [](const served_request&) { return reply(507, "full"); }};
  request what{"PUT", server.url()};
  what.upload = 1'000'000'000;

  run([&](const may_block& on) {
    connection wire{make(on)};
    const auto put = wire.begin(on, what);
    const std::string block(100'000, 'x');
    std::size_t written = 0;
    while (written < 1'000'000'000 && put->write(on, block.data(), block.size())) written += block.size();
    EXPECT_LT(written, 1'000'000'000U);
    EXPECT_EQ(put->head(on).status, 507);
    EXPECT_EQ(put->read_all(on, 100), "full");
  });
}

TEST_F(Exchange, AnAbandonedUploadIsNeverWhole) {
  scripted_server server{[](const served_request&) { return reply(201); }};
  run([&](const may_block& on) {
    connection wire{make(on)};
    for (const std::int64_t size : {-1, 10}) {
      request what{"PUT", server.url()};
      what.upload = size;
      const auto put = wire.begin(on, what);
      EXPECT_TRUE(put->write(on, "01234", 5));
    }
    EXPECT_EQ(wire.sockets(), 0U);
  });

  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Exchange, RedirectionsAreFollowedAsGoDoes) {
  scripted_server server{[&](const served_request& r) {
    if (r.target == "/moved") return reply(302, "elsewhere", "Location: there?x=1\r\n");
    if (r.target == "/same") return reply(307, "", "Location: /moved-again\r\n");
    if (r.target == "/circle") return reply(301, "", "Location: /circle\r\n");
    return reply(200, r.method + " " + r.target + " " + r.body);
  }};
  request post{"POST", server.url("/moved")};
  post.body = "data";
  request kept = post;
  kept.redirects = redirection::keep_method;
  request same = post;
  same.url = server.url("/same");
  request not_followed{"GET", server.url("/moved")};
  not_followed.redirects = redirection::none;

  EXPECT_EQ(call(post).body, "GET /there?x=1 ");
  EXPECT_EQ(call(kept).body, "POST /there?x=1 data");
  EXPECT_EQ(call(same).body, "POST /moved-again data");
  EXPECT_EQ(call(not_followed).head.status, 302);
  EXPECT_EQ(call({"HEAD", server.url("/moved")}).head.url, server.url("/there?x=1"));
  EXPECT_EQ(failure_of([&] {
              call({"GET", server.url("/circle")});
            }).text,
            "Get \"" + server.url("/circle") + "\": stopped after 10 redirects");
}

TEST_F(Exchange, CredentialsDoNotFollowToAnotherHost) {
  scripted_server other{[](const served_request&) { return reply(200); }};
  scripted_server server{[&](const served_request&) {
    return reply(302, "", "Location: http://localhost:" + std::to_string(other.port()) + "/\r\n");
  }};
  request what{"GET", server.url()};
  what.headers = {{"Authorization", "Basic c2VjcmV0"}, {"Cookie", "a=b"}, {"X-Other", "1"}};
  request kept = what;
  kept.keep_credentials = true;

  call(what);
  call(kept);

  const auto seen = other.requests();
  EXPECT_EQ(seen.at(0).field("authorization"), "");
  EXPECT_EQ(seen.at(0).field("cookie"), "");
  EXPECT_EQ(seen.at(0).field("x-other"), "1");
  EXPECT_EQ(seen.at(1).field("authorization"), "Basic c2VjcmV0");
}

TEST_F(Exchange, OtherSchemesAreRefused) {
  EXPECT_EQ(failure_of([&] {
              call({"GET", "file:///etc/passwd"});
            }).text,
            "Get \"file:///etc/passwd\": unsupported protocol scheme \"file\"");
  scripted_server server{
      [](const served_request&) { return reply(302, "", "Location: ftp://127.0.0.1/x\r\n"); }};
  EXPECT_EQ(failure_of([&] {
              call({"GET", server.url()});
            }).text,
            "Get \"ftp://127.0.0.1/x\": unsupported protocol scheme \"ftp\"");
}

TEST_F(Exchange, AConnectionThatTheServerClosedIsNoticed) {
  scripted_server server{[](const served_request& r) {
    auto answer = reply(200);
    if (r.target == "/last") answer.then = ending::close;
    return answer;
  }};
  run([&](const may_block& on) {
    connection wire{make(on)};
    wire.call(on, {"GET", server.url()});
    EXPECT_FALSE(wire.closed_by_peer());
    wire.call(on, {"GET", server.url("/last")});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!wire.closed_by_peer() && std::chrono::steady_clock::now() < deadline)
      bench.clock.wait(on, std::chrono::milliseconds{1});
    EXPECT_TRUE(wire.closed_by_peer());
    // And does no harm.
    EXPECT_EQ(wire.call(on, {"GET", server.url()}).head.status, 200);
  });
}

TEST_F(Exchange, AnswersAreCountedByHostMethodAndStatus) {
  scripted_server server{[](const served_request&) { return reply(503); }};

  call({"GET", server.url()});
  failure_of([&] { call({"PUT", "http://127.0.0.1:1/"}); });

  const auto page = bench.metrics.text();
  EXPECT_THAT(page, HasSubstr("rclone_http_status_code{code=\"503\",host=\"" + server.authority() +
                              "\",method=\"GET\"} 1"));
  EXPECT_THAT(page, HasSubstr("rclone_http_status_code{code=\"0\",host=\"127.0.0.1:1\",method=\"PUT\"} 1"));
}

TEST_F(Exchange, DumpedHeadersHoldNoSecrets) {
  scripted_server server{
      [](const served_request&) { return reply(200, "the body", "Set-Cookie: s=secret\r\n"); }};
  bench.main.dump = dump_headers;
  request what{"GET", server.url("/x?signature=secret")};
  what.headers = {{"Authorization", "Bearer secret"}};

  call(what);

  std::string all;
  for (const auto& [level, text] : bench.log.lines()) all += text + "\n";
  EXPECT_THAT(all, HasSubstr("GET /x?XXXX HTTP/1.1\n"));
  EXPECT_THAT(all, HasSubstr("Authorization: XXXX"));
  EXPECT_THAT(all, HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_THAT(all, Not(HasSubstr("secret")));
  EXPECT_THAT(all, Not(HasSubstr("the body")));
}

TEST_F(Exchange, CookiesAreKeptWhereTheyAreWanted) {
  scripted_server server{[](const served_request&) { return reply(200, "", "Set-Cookie: a=1; Path=/\r\n"); }};
  for (const bool wanted : {false, true}) {
    bench.main.use_cookies = wanted;
    run([&](const may_block& on) {
      const auto by = make(on);
      connection{by}.call(on, {"GET", server.url()});
      connection{by}.call(on, {"GET", server.url()});
    });
  }

  const auto seen = server.requests();
  EXPECT_EQ(seen.at(1).field("cookie"), "");
  EXPECT_EQ(seen.at(3).field("cookie"), "a=1");
}

} // namespace
} // namespace argosy::web
