#include "backends/http/http_storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/http/page_names.hpp"
#include "backends/testing.hpp"
#include "backends/web/scripted_server.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(PageNames, OnlyWhatLiesDirectlyInTheDirectoryIsAName) {
  const std::string page = "http://example.com/nick/pub%20lic/";

  EXPECT_EQ(name_of_link(page, "one.txt"), "one.txt");
  EXPECT_EQ(name_of_link(page, "./one%20%25.txt"), "one %.txt");
  EXPECT_EQ(name_of_link(page, "dir/"), "dir/");
  EXPECT_EQ(name_of_link(page, "/nick/pub%20lic/abs"), "abs");
  EXPECT_EQ(name_of_link(page, "http://example.com/nick/pub%20lic/full"), "full");
  EXPECT_EQ(name_of_link(page, "caf%C3%A9"), "caf\xc3\xa9");
  EXPECT_EQ(name_of_link(page, "b:c"), std::nullopt) << "another scheme";
  EXPECT_EQ(name_of_link(page, "./b:c"), "b:c");
  for (const auto* elsewhere :
       {"", "/", "..", "../", "../other", "/nick/", "?C=N;O=D", "one.txt?x=1", "dir/deeper", "#top",
        "http://example.org/nick/pub%20lic/x", "https://example.com/nick/pub%20lic/x", "mailto:a@b", "."})
    EXPECT_EQ(name_of_link(page, elsewhere), std::nullopt) << elsewhere;
}

/// A site with two directories and some files, in the manner of nginx.
reaction site(const served_request& r) {
  const std::string html = "Content-Type: text/html; charset=utf-8\r\n";
  const std::string file = "Content-Type: text/plain\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  const auto page = [&](const std::string& links) {
    return reply(200, "<html><head><title>Index</title></head><body><pre>" + links + "</pre></body></html>",
                 html);
  };
  const auto object = [&](const std::string& content) {
    auto out = reply(200, content, file);
    if (r.method == "HEAD") out.bytes.resize(out.bytes.find("\r\n\r\n") + 4);
    return out;
  };
  if (r.target == "/pub/")
    return page("<a href=\"../\">../</a><a href=\"sub/\">sub/</a><a href=\"a%20b.txt\">a b.txt</a>"
                "<a href=\"a%20b.txt\">again</a><a href=\"gone\">gone</a><a href=\"?C=M;O=A\">sort</a>"
                "<a href=\"page\">page</a>");
  if (r.target == "/pub/sub/") return page("<a href=\"../\">..</a><a href=\"x\">x</a>");
  if (r.target == "/pub/sub") return reply(301, "", "Location: /pub/sub/\r\n");
  if (r.target == "/pub/a%20b.txt") return object("hello world");
  if (r.target == "/pub/sub/x") return object("x");
  if (r.target == "/pub/page") {
    auto out = reply(200, "<html>", html);
    if (r.method == "HEAD") out.bytes.resize(out.bytes.find("\r\n\r\n") + 4);
    return out;
  }
  if (r.target == "/pub/text/") return reply(200, "not a page", "Content-Type: text/plain\r\n");
  if (r.target == "/pub/secret/") return reply(403);
  return reply(404);
}

class HttpStorage : public ::testing::Test {
protected:
  using option_map = bench_of_storages::option_map;
  made_storage make(const std::string& path, option_map options = {}) {
    options.emplace("url", server.url("/pub/"));
    return bench.make("http", path, options);
  }
  template <class Work>
  auto on_session(const std::string& path, const option_map& options, Work work) {
    const auto made = make(path, options).made;
    return bench.run([&](const may_block& on) {
      const auto s = made->connect(on);
      return work(on, *s);
    });
  }
  void TearDown() override { EXPECT_EQ(bench.book.live(resource::descriptor), 0U); }
  std::size_t asked(const std::string& method) const {
    const auto all = server.requests();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& r) { return r.method == method; }));
  }

  std::function<reaction(const served_request&)> answers = site;
  scripted_server server{[this](const served_request& r) { return answers(r); }};
  bench_of_storages bench;
};

TEST_F(HttpStorage, ListsWhatAPageLinksTo) {
  on_session("", {}, [&](const may_block& on, session& s) {
    const auto all = list_all(on, s, "");

    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].name, "a b.txt");
    EXPECT_EQ(all[0].size, 11);
    EXPECT_EQ(all[0].modified, 784'111'777'000'000'000);
    EXPECT_EQ(all[1].name, "page");
    EXPECT_EQ(all[2].name, "sub");
    EXPECT_EQ(all[2].kind, entry_kind::directory);
    EXPECT_THAT(names_in(on, s, "sub"), ElementsAre("x"));
  });
}

TEST_F(HttpStorage, WithoutHeadsNothingIsKnownButNames) {
  on_session("", {{"no_head", "true"}}, [&](const may_block& on, session& s) {
    const auto all = list_all(on, s, "");

    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[1].name, "gone");
    EXPECT_EQ(all[0].size, -1);
    EXPECT_EQ(s.stat(on, "a b.txt")->size, -1);
    EXPECT_EQ(s.stat(on, "sub")->kind, entry_kind::directory);
    EXPECT_FALSE(s.stat(on, "none"));
    EXPECT_FALSE(s.stat(on, "none/none"));
  });
  EXPECT_EQ(asked("HEAD"), 0U);
}

TEST_F(HttpStorage, WithNoSlashPagesAreDirectories) {
  on_session("", {{"no_slash", "true"}}, [&](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("a b.txt", "page/", "sub/"));
    EXPECT_EQ(s.stat(on, "page")->kind, entry_kind::directory);
    EXPECT_EQ(failure_of([&] { s.open(on, "page"); }).kind, failure_kind::is_a_directory);
  });
}

TEST_F(HttpStorage, StatTellsFilesDirectoriesAndNothingApart) {
  on_session("", {}, [&](const may_block& on, session& s) {
    const auto file = s.stat(on, "a b.txt");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->size, 11);
    EXPECT_EQ(file->mime_type, "text/plain");
    EXPECT_EQ(s.stat(on, "sub")->kind, entry_kind::directory);
    EXPECT_EQ(s.stat(on, "")->kind, entry_kind::directory);
    EXPECT_FALSE(s.stat(on, "none"));
  });
}

TEST_F(HttpStorage, ReadsFilesAndRanges) {
  on_session("", {}, [&](const may_block& on, session& s) {
    EXPECT_EQ(read_object(on, s, "a b.txt"), "hello world");
    EXPECT_EQ(read_object(on, s, "a b.txt", 6, 3), "wor") << "though this server ignores ranges";
    EXPECT_EQ(failure_of([&] { s.open(on, "none"); }).kind, failure_kind::object_not_found);
    EXPECT_EQ(failure_of([&] { s.open(on, "sub"); }).kind, failure_kind::is_a_directory);
  });
}

TEST_F(HttpStorage, ErrorsSayWhatRcloneSays) {
  on_session("", {}, [&](const may_block& on, session& s) {
    const auto missing = failure_of([&] { list_all(on, s, "none"); });
    EXPECT_EQ(missing.kind, failure_kind::directory_not_found);
    EXPECT_EQ(missing.text, "error listing \"none/\": directory not found");
    EXPECT_EQ(failure_of([&] { list_all(on, s, "secret"); }).text,
              "error listing \"secret/\": failed to readDir: HTTP Error: 403 Forbidden");
    EXPECT_EQ(failure_of([&] { list_all(on, s, "text"); }).text,
              "error listing \"text/\": can't parse content type \"text/plain\"");
    EXPECT_EQ(failure_of([&] { put_object(on, s, "x", "y"); }).text, "http remotes are read only");
    EXPECT_EQ(failure_of([&] { s.remove(on, "a b.txt"); }).text, "http remotes are read only");
  });
}

TEST_F(HttpStorage, AFileThatCannotBeAskedForNowIsNotLeftOutOfAListing) {
  bench.main.low_level_retries = 2;
  answers = [](const served_request& r) {
    return r.method == "HEAD" && r.target == "/pub/page" ? reply(503) : site(r);
  };
  on_session("", {}, [&](const may_block& on, session& s) {
    const auto f = failure_of([&] { list_all(on, s, ""); });
    EXPECT_EQ(f.kind, failure_kind::retryable);
    EXPECT_EQ(f.text, "failed to stat: HTTP Error: 503 Service Unavailable");
  });
}

TEST_F(HttpStorage, ARootWithoutASlashMayBeAFile) {
  const auto file = make("sub/x");
  EXPECT_EQ(file.file, "x");
  EXPECT_EQ(file.made->info().root, "sub");
  EXPECT_EQ(file.made->info().description, server.url("/pub/sub/"));
  const auto directory = make("sub");
  EXPECT_EQ(directory.file, std::nullopt);
  EXPECT_EQ(directory.made->info().description, server.url("/pub/sub/"));
  EXPECT_EQ(make("none").file, std::nullopt);
  EXPECT_EQ(make("sub/").file, std::nullopt);
  EXPECT_EQ(make("sub", {{"no_head", "true"}}).file, "sub");
}

TEST_F(HttpStorage, HeadersGoWithEveryRequest) {
  on_session("sub", {{"headers", "X-One,1,\"X-Two\",\"a,b\""}}, [&](const may_block& on, session& s) {
    list_all(on, s, "");
    read_object(on, s, "x");
  });

  ASSERT_GE(server.requests().size(), 4U);
  for (const auto& r : server.requests()) {
    EXPECT_EQ(r.field("x-one"), "1");
    EXPECT_EQ(r.field("x-two"), "a,b");
  }
  EXPECT_EQ(failure_of([&] { make("", {{"headers", "one"}}); }).text, "odd number of headers supplied");
}

TEST_F(HttpStorage, PathsAreEscapedUnlessToldNotTo) {
  on_session("", {}, [&](const may_block& on, session& s) { s.stat(on, "q?x=1&y#z"); });
  on_session("", {{"no_escape", "true"}}, [&](const may_block& on, session& s) { s.stat(on, "q?x=1"); });

  EXPECT_EQ(server.requests().at(0).target, "/pub/q%3Fx=1&y%23z");
  EXPECT_EQ(server.requests().at(1).target, "/pub/q?x=1");
}

TEST_F(HttpStorage, CredentialsAreUsedAndNotShown) {
  const auto made =
      bench.make("http", "", {{"url", "http://user:secret@" + server.authority() + "/pub/"}}).made;
  bench.run([&](const may_block& on) { list_all(on, *made->connect(on), ""); });

  EXPECT_EQ(made->info().description, server.url("/pub/"));
  EXPECT_EQ(server.requests().at(0).field("authorization"), "Basic dXNlcjpzZWNyZXQ=");
}

TEST_F(HttpStorage, MetadataIsWhatTheHeadersSay) {
  answers = [](const served_request&) {
    return reply(200, "",
                 "Content-Type: text/x\r\nCache-Control: no-cache\r\nContent-Language: en\r\n"
                 "Content-Disposition: attachment; filename=\"f.txt\"\r\n");
  };
  on_session("", {}, [&](const may_block& on, session& s) {
    EXPECT_THAT(s.metadata(on, "x"),
                ElementsAre(Pair("cache-control", "no-cache"),
                            Pair("content-disposition", "attachment; filename=\"f.txt\""),
                            Pair("content-disposition-filename", "f.txt"), Pair("content-language", "en"),
                            Pair("content-type", "text/x")));
  });
}

TEST_F(HttpStorage, SetChangesTheRemoteWhileItIsInUse) {
  on_session("", {}, [&](const may_block& on, session& s) {
    EXPECT_EQ(s.command(on, "set", {{"url", server.url("/pub/sub")}, {"headers", "X-New,1"}}, {}), nullptr);

    EXPECT_THAT(names_in(on, s, ""), ElementsAre("x"));
    EXPECT_EQ(failure_of([&] { s.command(on, "other", {}, {}); }).text, "command not found");
    EXPECT_EQ(failure_of([&] {
                s.command(on, "set", {{"headers", "odd"}}, {});
              }).text,
              "reading config: odd number of headers supplied");
  });
  EXPECT_EQ(server.requests().back().field("x-new"), "1");
}

TEST_F(HttpStorage, ListsOverOneSocketWhereConnectionsAreBounded) {
  bench.main.max_connections = 1;
  on_session("", {}, [&](const may_block& on, session& s) {
    EXPECT_EQ(s.of().connection_limit(), 1U);
    list_all(on, s, "");
    list_all(on, s, "sub");
  });

  EXPECT_EQ(server.connections(), 1U);
}

} // namespace
} // namespace argosy
