#include "backends/webdav/webdav_storage.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"
#include "backends/web/scripted_server.hpp"
#include "core/obscure.hpp"

// What real servers do not show on demand. What they do is in conformance_test.cpp and in tests/e2e.
namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ending = reaction::ending;

constexpr const char* xml = "Content-Type: application/xml\r\n";

std::string file_item(const std::string& href, std::int64_t size, const std::string& further = {}) {
  return "<d:response><d:href>" + href +
         "</d:href><d:propstat><d:prop><d:resourcetype/><d:getcontentlength>" + std::to_string(size) +
         "</d:getcontentlength>" + further +
         "</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>";
}

std::string folder_item(const std::string& href, const std::string& further = {}) {
  return "<d:response><d:href>" + href +
         "</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype>" + further +
         "</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>";
}

reaction multistatus(const std::string& items) {
  return reply(207,
               "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\" xmlns:oc=\"http://owncloud.org/ns\">" +
                   items + "</d:multistatus>",
               xml);
}

class WebDav : public ::testing::Test {
protected:
  using option_map = bench_of_storages::option_map;

  std::shared_ptr<storage> make(option_map options = {}, const std::string& path = "") {
    options.emplace("url", server.url("/dav"));
    options.emplace("pacer_min_sleep", "0");
    return bench.make("webdav", path, options).made;
  }
  template <class Work>
  auto on_session(const option_map& options, Work work) {
    const auto made = make(options);
    return bench.run([&](const may_block& on) {
      const auto s = made->connect(on);
      return work(on, *s);
    });
  }
  /// `METHOD /path` of all requests so far.
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (const auto& r : server.requests()) out.push_back(r.method + " " + r.target);
    return out;
  }
  void TearDown() override { EXPECT_EQ(bench.book.live(resource::descriptor), 0U); }

  std::function<reaction(const served_request&)> answers = [](const served_request&) { return reply(404); };
  std::function<std::optional<reaction>(const served_request&)> early;
  scripted_server server{[this](const served_request& r) { return answers(r); },
                         [this](const served_request& r) { return early ? early(r) : std::nullopt; }};
  bench_of_storages bench;
};

TEST_F(WebDav, NamesAreWhatStandsBehindTheFolderWhereverTheLinksPoint) {
  answers = [](const served_request&) {
    return multistatus(folder_item("/dav/f/") + file_item("/dav/f/a%20b", 1) +
                       file_item("http://inside.example.com/dav/f/full", 2) + folder_item("/dav/f/sub") +
                       file_item("/dav/f/sub/deeper", 3) + file_item("/elsewhere/x", 4) +
                       file_item("/dav/f/caf%C3%A9", 5));
  };
  on_session({}, [&](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, "f"), ElementsAre("a b", "caf\xc3\xa9", "full", "sub/"));
  });
  const auto asked = server.requests().at(0);
  EXPECT_EQ(asked.target, "/dav/f/");
  EXPECT_EQ(asked.field("depth"), "1");
  EXPECT_THAT(asked.body, HasSubstr("<d:getcontentlength/>"));
}

TEST_F(WebDav, AListingThatIsCutOffIsAskedForAgain) {
  answers = [](const served_request& r) {
    auto whole = multistatus(folder_item("/dav/") + file_item("/dav/a", 1) + file_item("/dav/b", 2));
    if (r.number == 1) {
      whole.bytes.resize(whole.bytes.size() - 40);
      whole.then = ending::close;
    }
    return whole;
  };
  on_session(
      {}, [&](const may_block& on, session& s) { EXPECT_THAT(names_in(on, s, ""), ElementsAre("a", "b")); });
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(WebDav, APageInsteadOfAListingIsAnErrorAndNotAnEmptyFolder) {
  answers = [](const served_request&) { return reply(200, "<html><body>Log in</body></html>"); };
  on_session({}, [&](const may_block& on, session& s) {
    EXPECT_EQ(failure_of([&] { list_all(on, s, ""); }).text,
              "couldn't list files: expected element type <multistatus> but have <html>");
  });
}

TEST_F(WebDav, SharesAndMountsCanBeLeftOut) {
  answers = [](const served_request&) {
    return multistatus(folder_item("/dav/") +
                       file_item("/dav/mine", 1, "<oc:permissions>RDNVW</oc:permissions>") +
                       file_item("/dav/shared", 1, "<oc:permissions>SRDNVW</oc:permissions>") +
                       folder_item("/dav/mounted", "<oc:permissions>RDNVCKM</oc:permissions>"));
  };
  on_session({{"vendor", "owncloud"}}, [&](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("mine", "mounted/", "shared"));
  });
  on_session(
      {{"vendor", "owncloud"}, {"owncloud_exclude_shares", "true"}, {"owncloud_exclude_mounts", "true"}},
      [&](const may_block& on, session& s) { EXPECT_THAT(names_in(on, s, ""), ElementsAre("mine")); });
}

TEST_F(WebDav, AFileNeverReplacesADirectory) {
  answers = [](const served_request& r) {
    if (r.method == "PROPFIND" && r.target == "/dav/d") return multistatus(folder_item("/dav/d/"));
    if (r.method == "PROPFIND") return multistatus(file_item(r.target, 3));
    if (r.method == "MOVE") return reply(r.field("overwrite") == "F" ? 412 : 204);
    return reply(201);
  };
  on_session({}, [&](const may_block& on, session& s) {
    EXPECT_EQ(failure_of([&] { put_object(on, s, "d", "new"); }).kind, failure_kind::is_a_directory);
  });
  const auto all = asked();
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const auto& one) { return one.rfind("MOVE", 0) == 0; }),
            1);
  EXPECT_THAT(all.back(), StartsWith("DELETE /dav/d.")) << "the upload is removed";
}

TEST_F(WebDav, AnUploadThatEndsEarlyIsToldWithTheServersWords) {
  early = [](const served_request& r) -> std::optional<reaction> {
    if (r.method != "PUT") return std::nullopt;
    return reply(507, "<d:error xmlns:d='DAV:' xmlns:s='s'><s:message>no space</s:message></d:error>", xml);
  };
  on_session({}, [&](const may_block& on, session& s) {
    const auto f = failure_of([&] { put_object(on, s, "x", noise(5'000'000)); });
    EXPECT_EQ(f.text, "unchunked simple update failed: no space: 507 Insufficient Storage");
    EXPECT_EQ(f.kind, failure_kind::other);
  });
  EXPECT_THAT(asked().back(), StartsWith("DELETE /dav/x."));
}

TEST_F(WebDav, AMoveWhoseAnswerIsLostHasHappened) {
  bool moved = false;
  answers = [&](const served_request& r) {
    if (r.method == "MOVE" && !std::exchange(moved, true)) return reaction{"", ending::reset};
    if (r.method == "MOVE") return reply(404);
    if (r.method == "PROPFIND") return multistatus(file_item(r.target, 3));
    return reply(201);
  };
  on_session({},
             [&](const may_block& on, session& s) { EXPECT_EQ(put_object(on, s, "x", "new").info.size, 3); });
}

TEST_F(WebDav, InPlaceTheFinalNameIsWrittenAtOnce) {
  bool there = false;
  answers = [&](const served_request& r) {
    if (r.method == "PUT") there = true;
    if (r.method == "PROPFIND") return there ? multistatus(file_item(r.target, 3)) : reply(404);
    return reply(201);
  };
  on_session({}, [&](const may_block& on, session& s) {
    put_request request;
    request.path = "x";
    request.size = 3;
    request.in_place = true;
    const auto sink = s.create(on, request);
    sink->write(on, "new", 3);
    sink->commit(on, {});
  });
  EXPECT_THAT(asked(), ElementsAre("PROPFIND /dav/x", "PUT /dav/x", "PROPFIND /dav/x"));
}

TEST_F(WebDav, AFailureInsideAMultistatusIsOne) {
  answers = [](const served_request& r) {
    if (r.method == "DELETE")
      return multistatus("<d:response><d:href>/dav/d/locked</d:href><d:status>HTTP/1.1 423 Locked</d:status>"
                         "</d:response>");
    return multistatus(folder_item("/dav/d/"));
  };
  on_session({}, [&](const may_block& on, session& s) {
    EXPECT_EQ(failure_of([&] { s.purge(on, "d"); }).text, "rmdir failed: /dav/d/locked: 423");
  });
}

TEST_F(WebDav, DirectoriesAreMadeFromTheTopWhereTheyAreMissing) {
  std::vector<std::string> made;
  answers = [&](const served_request& r) {
    const auto parent = r.target.substr(0, r.target.rfind('/', r.target.size() - 2) + 1);
    if (parent != "/dav/" && std::find(made.begin(), made.end(), parent) == made.end()) return reply(409);
    made.push_back(r.target);
    return reply(201);
  };
  on_session({}, [&](const may_block& on, session& s) { s.make_directory(on, "a/b/c"); });

  EXPECT_THAT(made, ElementsAre("/dav/a/", "/dav/a/b/", "/dav/a/b/c/"));
}

TEST_F(WebDav, ADirectoryThatAnotherMakesAtTheMomentIsThere) {
  answers = [](const served_request& r) {
    return r.method == "MKCOL" ? reply(423) : multistatus(folder_item("/dav/d/"));
  };
  on_session({}, [&](const may_block& on, session& s) { s.make_directory(on, "d"); });
}

TEST_F(WebDav, AServerThatIsBusyIsWaitedForAndThenNot) {
  bench.main.low_level_retries = 3;
  answers = [](const served_request&) { return reply(429, "", "Retry-After: 0\r\n"); };
  on_session({}, [&](const may_block& on, session& s) {
    const auto f = failure_of([&] { s.stat(on, "x"); });
    EXPECT_EQ(f.kind, failure_kind::retryable);
    EXPECT_EQ(f.text, "read metadata failed: 429 Too Many Requests");
  });
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(WebDav, RequestsCarryCredentialsHeadersAndReferer) {
  answers = [](const served_request& r) { return multistatus(folder_item(r.target)); };
  on_session({{"user", "me"}, {"pass", obscure("secret")}, {"headers", "X-One,1"}},
             [&](const may_block& on, session& s) { s.stat(on, ""); });
  on_session({{"bearer_token", "abc"}, {"headers", "Referer,mine"}},
             [&](const may_block& on, session& s) { s.stat(on, ""); });
  on_session({{"url", "http://you:pw@" + server.authority()}},
             [&](const may_block& on, session& s) { s.stat(on, ""); });

  const auto all = server.requests();
  EXPECT_EQ(all.at(0).field("authorization"), "Basic bWU6c2VjcmV0");
  EXPECT_EQ(all.at(0).field("x-one"), "1");
  EXPECT_EQ(all.at(0).field("referer"), server.url("/dav/"));
  EXPECT_EQ(all.at(1).field("authorization"), "Bearer abc");
  EXPECT_EQ(all.at(1).field("referer"), "mine");
  EXPECT_EQ(all.at(2).field("authorization"), "Basic eW91OnB3");
}

TEST_F(WebDav, CredentialsFollowARedirectionOnlyWhenToldTo) {
  scripted_server other{[](const served_request&) { return reply(200, "content"); }};
  answers = [&](const served_request&) {
    return reply(302, "", "Location: http://localhost:" + std::to_string(other.port()) + "/x\r\n");
  };
  for (const auto* told : {"false", "true"})
    on_session({{"user", "me"}, {"auth_redirect", told}},
               [&](const may_block& on, session& s) { EXPECT_EQ(read_object(on, s, "x"), "content"); });

  EXPECT_EQ(other.requests().at(0).field("authorization"), "");
  EXPECT_EQ(other.requests().at(1).field("authorization"), "Basic bWU6");
}

TEST_F(WebDav, ARootMayBeAFile) {
  answers = [](const served_request& r) {
    return r.target == "/dav/d/file" ? multistatus(file_item(r.target, 1)) : reply(404);
  };
  const option_map options{{"url", server.url("/dav")}, {"pacer_min_sleep", "0"}};
  const auto file = bench.make("webdav", "d/file", options);
  EXPECT_EQ(file.file, "file");
  EXPECT_EQ(file.made->info().root, "d");
  EXPECT_EQ(bench.make("webdav", "d/none", options).file, std::nullopt);
  EXPECT_EQ(bench.make("webdav", "d/file/", options).file, std::nullopt);
}

TEST_F(WebDav, WhatIsNoOptionIsRefused) {
  const auto refused = [&](const option_map& options) { return failure_of([&] { make(options); }).text; };
  EXPECT_EQ(refused({{"headers", "odd"}}), "odd number of headers supplied");
  EXPECT_THAT(refused({{"vendor", "sharepoint"}}), HasSubstr("\"sharepoint\" is not supported"));
  EXPECT_THAT(refused({{"vendor", "nextcloud"}}), HasSubstr("the remote url looks incorrect"));
  EXPECT_EQ(refused({{"vendor", "nextcloud"}, {"nextcloud_chunk_size", "0"}}), "");
  EXPECT_THAT(refused({{"pass", "not obscured"}}), StartsWith("failed to decrypt pass"));
  EXPECT_THAT(refused({{"url", "no url"}}), HasSubstr("invalid URL"));
}

TEST_F(WebDav, NamesDoNotClimbOutOfTheRemote) {
  on_session({}, [&](const may_block& on, session& s) { s.stat(on, "../x/./y"); });
  EXPECT_EQ(asked().at(0), "PROPFIND /dav/%EF%BC%8E%EF%BC%8E/x/%EF%BC%8E/y");
}

TEST_F(WebDav, NamesAreEncodedAsTheOptionSays) {
  answers = [](const served_request&) {
    return multistatus(folder_item("/dav/") + file_item("/dav/a%EF%BC%9Ab", 1));
  };
  on_session({{"encoding", "Slash,Colon"}}, [&](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("a:b"));
    s.stat(on, "a:b");
  });
  EXPECT_EQ(asked().at(1), "PROPFIND /dav/a%EF%BC%9Ab");
}

/// A server that has folders, and whatever was put into them.
class WebDavFolders : public WebDav {
protected:
  WebDavFolders() {
    answers = [this](const served_request& r) {
      const auto folder = r.target.substr(0, r.target.find_last_of('/', r.target.size() - 2) + 1);
      if (r.method == "MKCOL") return reply(folders.insert(r.target).second ? 201 : 405);
      if (r.method == "PROPFIND") return multistatus(file_item(r.target, 7));
      return reply(r.method == "PUT" && folders.count(folder) == 0 ? missing : 201);
    };
  }
  void put(const may_block& on, session& s, const std::string& path) { put_object(on, s, path, "content"); }
  std::size_t count(const std::string& method) const {
    const auto all = server.requests();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& r) { return r.method == method; }));
  }
  std::set<std::string> folders{"/dav/"};
  int missing = 409;
};

TEST_F(WebDavFolders, AFolderIsMadeOnceForAllThatGoesThereBySeveralTasks) {
  const auto made = make();
  std::unique_ptr<session> s;
  bench.run([&](const may_block& on) { s = made->connect(on); });
  for (const char* name : {"d/a", "d/b", "d/c"}) bench.run([&](const may_block& on) { put(on, *s, name); });
  s.reset();

  EXPECT_EQ(count("MKCOL"), 1U);
  EXPECT_EQ(server.requests().size(), 1 + 3 * 3U);
}

TEST_F(WebDavFolders, AFolderThatHasGoneMeanwhileIsMadeAgain) {
  for (const int status : {409, 404}) {
    missing = status;
    const auto made = make();
    std::unique_ptr<session> s;
    bench.run([&](const may_block& on) {
      s = made->connect(on);
      put(on, *s, "d/a");
      folders.erase("/dav/d/");

      put(on, *s, "d/b");
    });
    s.reset();
    EXPECT_EQ(folders.count("/dav/d/"), 1U);
  }
}

} // namespace
} // namespace argosy
