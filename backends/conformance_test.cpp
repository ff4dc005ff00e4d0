#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/ftp/testing_ftp.hpp"
#include "backends/node/node_storage.hpp"
#include "backends/node/testing_node.hpp"
#include "backends/s3/testing_s3rver.hpp"
#include "backends/sftp/testing_sshd.hpp"
#include "backends/testing.hpp"
#include "backends/web/testing_servers.hpp"
#include "core/obscure.hpp"

// What every storage must do. A new storage is added to the list at the end.
namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct subject {
  std::string name;
  /// Path of an empty place in that storage, made in `folder` where it needs a disk.
  std::string type;
  std::function<std::string(const scratch_folder&)> path;
  /// Options of the remote.
  std::function<bench_of_storages::option_map(const scratch_folder&)> options = [](const scratch_folder&) {
    return bench_of_storages::option_map{};
  };
  std::size_t longest_name = 200; ///< bytes, as far as they are tested
  /// Why it cannot be tested here; nothing: it can.
  std::function<std::optional<std::string>()> missing = [] { return std::nullopt; };
  /// Starts the server that the options name, for the time of one test.
  std::function<std::unique_ptr<real_server>(const scratch_folder&)> server = {};
  /// What the storage finds around it.
  std::function<void(bench_of_storages&, const scratch_folder&)> surround = {};
};

void PrintTo(const subject& one, std::ostream* out) { *out << one.name; }

class Conformance : public ::testing::TestWithParam<subject> {
protected:
  template <class Work>
  std::invoke_result_t<Work&, const may_block&> run(Work work, const io_pool::scope& scope = {}) {
    return bench->run(std::move(work), scope);
  }

  void SetUp() override {
    if (const auto why = GetParam().missing()) GTEST_SKIP() << *why;
    if (GetParam().server) server = GetParam().server(folder);
    if (GetParam().surround) GetParam().surround(*bench, folder);
    made = open_storage();
    run([&](const may_block& on) {
      s = made->connect(on);
      s->make_directory(on, "");
    });
  }

  void TearDown() override {
    s.reset();
    other.reset();
    made.reset();
    EXPECT_EQ(bench->book.live(resource::descriptor), 0U);
    EXPECT_EQ(bench->book.live(resource::connection), 0U);
    auto& book = bench->book;
    EXPECT_EQ(book.live(), book.live(resource::thread));
    bench.reset();
  }

  std::shared_ptr<storage> open_storage() { return open_at(GetParam().path(folder)); }
  std::shared_ptr<storage> open_at(const std::string& path) {
    auto options = GetParam().options(folder);
    if (server) options.emplace("url", server->url());
    return bench->make(GetParam().type, path, options).made;
  }
  /// What remains of a time.
  nanoseconds kept(nanoseconds modified) const { return modified - modified % made->info().precision; }
  bool keeps_times() const { return made->info().precision != INT64_MAX; }
  void expect_time(nanoseconds found, nanoseconds put) const {
    if (keeps_times()) {
      EXPECT_EQ(found, kept(put));
    }
  }
  bool bucket_based() const { return made->info().features.BucketBased; }

  scratch_folder folder;
  std::unique_ptr<real_server> server;
  std::unique_ptr<bench_of_storages> bench = std::make_unique<bench_of_storages>();
  std::shared_ptr<storage> made;
  std::unique_ptr<session> s;
  std::unique_ptr<session> other;
};

TEST_P(Conformance, AnEmptyPlaceHasNoEntries) {
  run([&](const may_block& on) { EXPECT_THAT(names_in(on, *s, ""), IsEmpty()); });
}

TEST_P(Conformance, AMissingPlaceIsDirectoryNotFound) {
  const auto missing = open_at(GetParam().path(folder) + "-missing");

  run([&](const may_block& on) {
    const auto there = missing->connect(on);
    const auto f = failure_of([&] { list_all(on, *there, ""); });
    EXPECT_EQ(f.kind, failure_kind::directory_not_found);
    EXPECT_EQ(f.text, "directory not found");
  });
}

TEST_P(Conformance, AnObjectIsListedWithSizeAndTime) {
  run([&](const may_block& on) {
    put_object(on, *s, "dir/hello.txt", "hello", 1'111'111'111'123'456'789);

    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("dir/"));
    const auto all = list_all(on, *s, "dir");
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].name, "hello.txt");
    EXPECT_EQ(all[0].size, 5);
    expect_time(all[0].modified, 1'111'111'111'123'456'789);
  });
}

TEST_P(Conformance, StatTellsObjectsDirectoriesAndNothingApart) {
  run([&](const may_block& on) {
    put_object(on, *s, "d/e/f", "12345", 42'000'000'001);

    const auto file = s->stat(on, "d/e/f");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->kind, entry_kind::file);
    EXPECT_EQ(file->size, 5);
    expect_time(file->modified, 42'000'000'001);
    const auto directory = s->stat(on, "d/e");
    ASSERT_TRUE(directory);
    EXPECT_EQ(directory->kind, entry_kind::directory);
    EXPECT_EQ(directory->size, -1);
    EXPECT_EQ(s->stat(on, "")->kind, entry_kind::directory);
    EXPECT_FALSE(s->stat(on, "d/x"));
    EXPECT_FALSE(s->stat(on, "no/such/thing"));
  });
}

TEST_P(Conformance, WhatWasPutIsRead) {
  const auto content = noise(3'000'001);

  run([&](const may_block& on) {
    put_object(on, *s, "big", content);

    EXPECT_TRUE(read_object(on, *s, "big") == content);
  });
}

TEST_P(Conformance, AnyRangeCanBeRead) {
  run([&](const may_block& on) {
    put_object(on, *s, "x", "0123456789");

    EXPECT_EQ(read_object(on, *s, "x", 3), "3456789");
    EXPECT_EQ(read_object(on, *s, "x", 3, 4), "3456");
    EXPECT_EQ(read_object(on, *s, "x", 0, 0), "");
    EXPECT_EQ(read_object(on, *s, "x", 8, 100), "89");
    EXPECT_EQ(read_object(on, *s, "x", 10), "");
    EXPECT_EQ(read_object(on, *s, "x", 11), "");
  });
}

TEST_P(Conformance, AnObjectOfUnknownSizeCanBePut) {
  run([&](const may_block& on) {
    const auto put = put_object(on, *s, "stream", noise(250'000), 7, -1);

    EXPECT_EQ(put.info.size, 250'000);
    EXPECT_TRUE(read_object(on, *s, "stream") == noise(250'000));
  });
}

TEST_P(Conformance, AnEmptyObjectIsAnObject) {
  run([&](const may_block& on) {
    put_object(on, *s, "empty", "");

    EXPECT_EQ(s->stat(on, "empty")->size, 0);
    EXPECT_EQ(read_object(on, *s, "empty"), "");
  });
}

TEST_P(Conformance, APutReplacesWhatIsThere) {
  run([&](const may_block& on) {
    put_object(on, *s, "x", "long content", 1'000'000'000);
    put_object(on, *s, "x", "new", 2'000'000'000);

    EXPECT_EQ(read_object(on, *s, "x"), "new");
    expect_time(s->stat(on, "x")->modified, 2'000'000'000);
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("x"));
  });
}

TEST_P(Conformance, OddNamesComeBackAsTheyWent) {
  const std::vector<std::string> odd{" lead",
                                     "trail ",
                                     "caf\xc3\xa9",
                                     "cafe\xcc\x81",
                                     "\xe6\x97\xa5\xe6\x9c\xac",
                                     "quote\"'`",
                                     "back\\slash",
                                     "%41",
                                     "-dash",
                                     "~",
                                     "a:b",
                                     "*?<>|",
                                     "...",
                                     ".hidden",
                                     "new\xe2\x90\x8aline",
                                     "\xf0\x9f\x98\x80",
                                     "x.partial",
                                     std::string(GetParam().longest_name, 'n')};
  run([&](const may_block& on) {
    auto sorted = odd;
    std::sort(sorted.begin(), sorted.end());

    for (const auto& name : odd) {
      put_object(on, *s, name, name);
      EXPECT_EQ(read_object(on, *s, name), name);
      put_object(on, *s, "in/" + name + "/f", "1");
    }

    auto listed = names_in(on, *s, "");
    listed.erase(std::remove(listed.begin(), listed.end(), "in/"), listed.end());
    EXPECT_EQ(listed, sorted);
    EXPECT_EQ(names_in(on, *s, "in").size(), odd.size());
    for (const auto& name : odd) EXPECT_THAT(names_in(on, *s, "in/" + name), ElementsAre("f"));
  });
}

TEST_P(Conformance, HashesAreThoseOfTheContent) {
  if (!made->info().hashes.has(hash_type::md5)) GTEST_SKIP() << "keeps no MD5";
  run([&](const may_block& on) {
    const auto put = put_object(on, *s, "f", "file1 contents");

    EXPECT_EQ(put.hashes.at(hash_type::md5), "0ef726ce9b1a7692357ff70dd321d595");
    EXPECT_EQ(s->hash(on, "f", hash_type::md5), "0ef726ce9b1a7692357ff70dd321d595");
  });
}

TEST_P(Conformance, TheTimeOfAnObjectCanBeSet) {
  if (!keeps_times()) GTEST_SKIP() << "keeps no times";
  run([&](const may_block& on) {
    put_object(on, *s, "x", "content");
    s->set_modified(on, "x", 999'999'999);

    expect_time(s->stat(on, "x")->modified, 999'999'999);
    EXPECT_EQ(failure_of([&] { s->set_modified(on, "none", 1); }).kind, failure_kind::object_not_found);
  });
}

TEST_P(Conformance, ARemovedObjectIsGone) {
  run([&](const may_block& on) {
    put_object(on, *s, "d/x", "1");
    s->remove(on, "d/x");

    EXPECT_FALSE(s->stat(on, "d/x"));
  });
}

TEST_P(Conformance, WhatIsMissingCannotBeRemovedOrOpened) {
  run([&](const may_block& on) {
    const auto removed = failure_of([&] { s->remove(on, "none"); });
    EXPECT_EQ(removed.kind, failure_kind::object_not_found);
    EXPECT_EQ(removed.text, "object not found");
    EXPECT_EQ(failure_of([&] { s->remove(on, "no/dir/none"); }).kind, failure_kind::object_not_found);
    EXPECT_EQ(failure_of([&] { s->open(on, "none"); }).kind, failure_kind::object_not_found);
    EXPECT_EQ(failure_of([&] { s->hash(on, "none", hash_type::md5); }).kind, failure_kind::object_not_found);
  });
}

TEST_P(Conformance, ADirectoryIsNotAnObject) {
  if (bucket_based()) GTEST_SKIP() << "has no directories";
  run([&](const may_block& on) {
    s->make_directory(on, "d");

    const auto removed = failure_of([&] { s->remove(on, "d"); });
    EXPECT_EQ(removed.kind, failure_kind::is_a_directory);
    EXPECT_EQ(removed.text, "is a directory not a file");
    EXPECT_EQ(failure_of([&] { s->open(on, "d"); }).kind, failure_kind::is_a_directory);
    EXPECT_EQ(failure_of([&] { put_object(on, *s, "d", "x"); }).kind, failure_kind::is_a_directory);
  });
}

TEST_P(Conformance, DirectoriesAreMadeWithTheirParentsAndRemovedWhenEmpty) {
  if (!made->info().features.CanHaveEmptyDirectories) GTEST_SKIP() << "has no empty directories";
  run([&](const may_block& on) {
    s->make_directory(on, "a/b/c");
    s->make_directory(on, "a/b/c");
    EXPECT_THAT(names_in(on, *s, "a/b"), ElementsAre("c/"));

    EXPECT_THAT(failure_of([&] { s->remove_directory(on, "a/b"); }).text, HasSubstr("directory not empty"));
    s->remove_directory(on, "a/b/c");
    EXPECT_THAT(names_in(on, *s, "a/b"), IsEmpty());
    EXPECT_NE(failure_of([&] { s->remove_directory(on, "a/b/c"); }).text, "");
  });
}

TEST_P(Conformance, AnAbandonedPutLeavesNothing) {
  run([&](const may_block& on) {
    {
      put_request request;
      request.path = "dropped";
      request.size = 10;
      const auto sink = s->create(on, request);
      sink->write(on, "01234", 5);
    }

    EXPECT_THAT(names_in(on, *s, ""), IsEmpty());
  });
}

TEST_P(Conformance, APutUnderWayIsNotSeenUnderItsName) {
  run([&](const may_block& on) {
    put_object(on, *s, "x", "old");
    put_request request;
    request.path = "x";
    request.size = 3;
    const auto sink = s->create(on, request);
    sink->write(on, "new", 3);

    EXPECT_EQ(read_object(on, *s, "x"), "old");
    sink->commit(on, {});
    EXPECT_EQ(read_object(on, *s, "x"), "new");
  });
}

TEST_P(Conformance, APutThatFailsVerificationLeavesWhatWasThere) {
  run([&](const may_block& on) {
    put_object(on, *s, "x", "old");
    put_request request;
    request.path = "x";
    request.size = 3;
    auto sink = s->create(on, request);
    sink->write(on, "new", 3);

    const auto f = failure_of(
        [&] { sink->commit(on, [](const put_result&) { fail(failure_kind::retryable, "corrupted"); }); });
    sink.reset();

    EXPECT_EQ(f.text, "corrupted");
    EXPECT_EQ(read_object(on, *s, "x"), "old");
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("x"));
  });
}

/// Writes an object in chunks of the storage's choice; `content` is filled to two whole chunks and a bit.
class Chunks : public Conformance {
protected:
  std::unique_ptr<chunked_object> begin(const may_block& on, const std::string& path) {
    constexpr std::int64_t wish = 1 << 20;
    put_request request;
    request.path = path;
    request.size = 2 * wish + 12'345;
    request.modified = 1'333'333'333'000'000'001;
    request.hashes = made->info().hashes & hash_set{hash_type::md5};
    auto object = s->create_chunked(on, request, wish);
    if (object && object->chunk_size() != wish) {
      object->abandon(on, *s);
      request.size = 2 * object->chunk_size() + 12'345;
      object = s->create_chunked(on, request, wish);
    }
    if (object) content = noise(static_cast<std::size_t>(request.size));
    return object;
  }
  void write(const may_block& on, session& by, chunked_object& object, std::size_t number) const {
    const auto sink = begin_chunk(on, by, object, number);
    const auto range = range_of(object, number);
    const auto* data = content.data() + range.offset;
    const auto half = static_cast<std::size_t>(range.size / 2);
    sink->write(on, data, half);
    sink->write(on, data + half, static_cast<std::size_t>(range.size) - half);
    sink->finish(on);
  }
  std::unique_ptr<chunk_sink> begin_chunk(const may_block& on, session& by, chunked_object& object,
                                          std::size_t number) const {
    return object.open(on, by, range_of(object, number));
  }
  chunk_range range_of(const chunked_object& object, std::size_t number) const {
    const auto offset = static_cast<std::int64_t>(number) * object.chunk_size();
    return {number, offset,
            std::min(object.chunk_size(), static_cast<std::int64_t>(content.size()) - offset)};
  }
  std::string content;
};

TEST_P(Chunks, InAnyOrderMakeOneObject) {
  bool possible = true;
  run([&](const may_block& on) {
    put_object(on, *s, "dir/x", "old");
    const auto object = begin(on, "dir/x");
    possible = object != nullptr;
    if (!possible) return;
    for (const std::size_t number : {2, 0, 1}) write(on, *s, *object, number);

    EXPECT_EQ(read_object(on, *s, "dir/x"), "old");
    put_result told;
    object->commit(on, *s, [&](const put_result& result) { told = result; });

    EXPECT_TRUE(read_object(on, *s, "dir/x") == content);
    EXPECT_EQ(told.info.size, static_cast<std::int64_t>(content.size()));
    EXPECT_EQ(s->stat(on, "dir/x")->size, static_cast<std::int64_t>(content.size()));
    EXPECT_EQ(s->stat(on, "dir/x")->modified, told.info.modified);
    EXPECT_THAT(names_in(on, *s, "dir"), ElementsAre("x"));
    if (const auto md5 = told.hashes.find(hash_type::md5); md5 != told.hashes.end()) {
      hasher whole{hash_type::md5};
      whole.update(content.data(), content.size());
      EXPECT_EQ(md5->second, whole.hex(hash_type::md5));
    }
  });
  const auto& features = made->info().features;
  EXPECT_EQ(possible, features.OpenChunkWriter || features.OpenWriterAt);
}

TEST_P(Chunks, ComeFromSeveralSessionsAtOnce) {
  std::unique_ptr<chunked_object> object;
  run([&](const may_block& on) { object = begin(on, "x"); });
  if (!object) GTEST_SKIP() << "writes no chunks";

  std::vector<std::string> troubles(3);
  for (std::size_t number = 0; number < troubles.size(); ++number)
    bench->io.post({}, [&, number](const may_block& on) {
      troubles[number] = failure_of([&] { write(on, *made->connect(on), *object, number); }).text;
    });
  bench->io.wait_until_idle();

  EXPECT_THAT(troubles, ::testing::Each(""));
  run([&](const may_block& on) {
    object->commit(on, *s, {});
    EXPECT_TRUE(read_object(on, *s, "x") == content);
  });
}

TEST_P(Chunks, MayBeBegunAgain) {
  run([&](const may_block& on) {
    const auto object = begin(on, "x");
    if (!object) GTEST_SKIP() << "writes no chunks";
    write(on, *s, *object, 0);
    begin_chunk(on, *s, *object, 1)->write(on, "broken off", 10);
    write(on, *s, *object, 2);
    write(on, *s, *object, 1);

    object->commit(on, *s, {});

    EXPECT_TRUE(read_object(on, *s, "x") == content);
  });
}

TEST_P(Chunks, ThatAreAbandonedLeaveNothing) {
  run([&](const may_block& on) {
    const auto object = begin(on, "x");
    if (!object) GTEST_SKIP() << "writes no chunks";
    write(on, *s, *object, 1);

    object->abandon(on.for_cleaning(), *s);

    EXPECT_THAT(names_in(on, *s, ""), IsEmpty());
  });
}

TEST_P(Chunks, ThatFailVerificationLeaveWhatWasThere) {
  run([&](const may_block& on) {
    put_object(on, *s, "x", "old");
    const auto object = begin(on, "x");
    if (!object) GTEST_SKIP() << "writes no chunks";
    for (const std::size_t number : {0, 1, 2}) write(on, *s, *object, number);

    const auto f = failure_of([&] {
      object->commit(on, *s, [](const put_result&) { fail(failure_kind::retryable, "corrupted"); });
    });
    object->abandon(on.for_cleaning(), *s);

    EXPECT_EQ(f.text, "corrupted");
    EXPECT_EQ(read_object(on, *s, "x"), "old");
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("x"));
  });
}

TEST_P(Conformance, ACopyHasContentAndTimeOfItsSource) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{262'144}, std::size_t{262'145}, std::size_t{3'333'333}}) {
    const auto content = noise(size, size + 1);
    run([&](const may_block& on) {
      other = made->connect(on);
      put_object(on, *s, "from/x", content, 1'222'333'444'555'666'777);
      copy_object(on, *s, *other,
                  {"from/x", "to/deep/y", static_cast<std::int64_t>(size), 1'222'333'444'555'666'777}, {});

      EXPECT_TRUE(read_object(on, *s, "to/deep/y") == content) << size;
      expect_time(s->stat(on, "to/deep/y")->modified, 1'222'333'444'555'666'777);
      EXPECT_THAT(names_in(on, *s, "to/deep"), ElementsAre("y"));
    });
  }
}

TEST_P(Conformance, ACopyIsAccountedToTheByte) {
  const auto content = noise(1'234'567);
  cancel_after counted{{}, UINT64_MAX};
  run(
      [&](const may_block& on) {
        put_object(on, *s, "x", content);
        copy_object(on, *s, *s, {"x", "y", 1'234'567, 0}, {});
      },
      {{}, nullptr, &counted});

  EXPECT_EQ(counted.seen, 1'234'567U);
}

TEST_P(Conformance, ACancelledCopyLeavesNothing) {
  run([&](const may_block& on) { put_object(on, *s, "x", noise(5'000'000)); });
  if (made->info().features.Copy) GTEST_SKIP() << "copies without passing the bytes";
  cancellation stop;
  cancel_after listener{stop, 2'000'000};

  const auto f = failure_of([&] {
    run(
        [&](const may_block& on) {
          copy_object(on, *s, *s, {"x", "to/y", 5'000'000, 0}, {});
        },
        {stop, nullptr, &listener});
  });

  EXPECT_EQ(f.kind, failure_kind::cancelled);
  EXPECT_EQ(f.text, "context canceled");
  run([&](const may_block& on) {
    EXPECT_THAT(names_in(on, *s, "to"), IsEmpty());
    EXPECT_EQ(s->stat(on, "x")->size, 5'000'000);
  });
}

TEST_P(Conformance, ACopyOntoItselfChangesNothing) {
  run([&](const may_block& on) {
    put_object(on, *s, "x", "content");
    copy_object(on, *s, *s, {"x", "x", 7, 0}, {});
    EXPECT_TRUE(move_object(on, *s, *s, {"x", "x", 7, 0}, {}));

    EXPECT_EQ(read_object(on, *s, "x"), "content");
  });
}

TEST_P(Conformance, ACopyOfNothingFails) {
  run([&](const may_block& on) {
    const auto f = failure_of([&] { copy_object(on, *s, *s, {"none", "y", 5, 0}, {}); });

    EXPECT_EQ(f.kind, failure_kind::object_not_found);
    EXPECT_FALSE(s->stat(on, "y"));
  });
}

TEST_P(Conformance, AMoveTakesTheSourceAway) {
  run([&](const may_block& on) {
    put_object(on, *s, "a/x", "content", 1'000'000'007);
    put_object(on, *s, "b/y", "overwritten");
    const auto renamed = move_object(on, *s, *s, {"a/x", "b/y", 7, 1'000'000'007}, {});

    EXPECT_EQ(renamed, made->info().features.Move);
    EXPECT_FALSE(s->stat(on, "a/x"));
    EXPECT_EQ(read_object(on, *s, "b/y"), "content");
    expect_time(s->stat(on, "b/y")->modified, 1'000'000'007);
  });
}

TEST_P(Conformance, OverwritingCopiesLeaveOneObject) {
  run([&](const may_block& on) {
    put_object(on, *s, "a", "first");
    put_object(on, *s, "b", "second one");
    copy_object(on, *s, *s, {"b", "a", 10, 0}, {});

    EXPECT_EQ(read_object(on, *s, "a"), "second one");
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("a", "b"));
  });
}

TEST_P(Conformance, ACancelledCallFailsAtOnce) {
  cancellation stop;
  stop.cancel();

  const auto f = failure_of([&] {
    run([&](const may_block& on) { list_all(on, *s, ""); }, {stop, nullptr, nullptr});
  });

  EXPECT_EQ(f.kind, failure_kind::cancelled);
}

TEST_P(Conformance, WhatIsUnsupportedSaysSo) {
  run([&](const may_block& on) {
    const auto& what = made->info().description;
    const auto& features = made->info().features;
    if (!features.PublicLink) {
      EXPECT_EQ(failure_of([&] { s->public_link(on, "x", -1, false); }).text,
                what + " doesn't support public links");
    }
    if (!features.CleanUp) {
      EXPECT_EQ(failure_of([&] { s->clean_up(on); }).text, what + " doesn't support cleanup");
    }
    if (!features.About) {
      EXPECT_EQ(failure_of([&] { s->about(on); }).text, what + " doesn't support about");
    }
    EXPECT_EQ(failure_of([&] { s->command(on, "nothing", {}, {}); }).text,
              features.Command ? "command not found" : what + ": doesn't support backend commands");
  });
}

TEST_P(Conformance, BytesGoToAndFromOtherStoragesUnchanged) {
  const auto content = noise(2'500'000);
  const auto memory = bench->make("memory", "elsewhere/place").made;

  run([&](const may_block& on) {
    const auto there = memory->connect(on);
    put_object(on, *s, "x", content, 1'000'000'001);
    copy_object(on, *s, *there, {"x", "in/y", 2'500'000, 1'000'000'001}, {});
    copy_object(on, *there, *s, {"in/y", "back/z", 2'500'000, 1'000'000'001}, {});

    EXPECT_TRUE(read_object(on, *s, "back/z") == content);
    expect_time(s->stat(on, "back/z")->modified, 1'000'000'001);
  });
}

/// A crypt remote over another place, with all names and contents encrypted.
subject crypt_over(const std::string& name, const std::string& path,
                   const std::function<std::string(const scratch_folder&)>& remote) {
  return {name, "crypt", [path](const scratch_folder&) { return path; },
          [remote](const scratch_folder& f) {
            return bench_of_storages::option_map{{"remote", remote(f)}, {"password", obscure("potato")}};
          },
          143}; // grows to 255 bytes
}

/// Shows several folders as one.
subject over_folders(const std::string& name, const std::string& type, const std::string& path,
                     const std::function<std::string(const scratch_folder&)>& upstreams) {
  return {name, type, [path](const scratch_folder&) { return path; },
          [upstreams](const scratch_folder& f) {
            return bench_of_storages::option_map{{"upstreams", upstreams(f)}};
          }};
}

/// A folder behind a server of the machine.
subject webdav_on(const std::string& name, const char* program,
                  std::function<std::unique_ptr<real_server>(const scratch_folder&)> server) {
  return {name,
          "webdav",
          [](const scratch_folder&) { return "root"; },
          [](const scratch_folder&) {
            return bench_of_storages::option_map{{"pacer_min_sleep", "0"}};
          },
          200,
          [program]() -> std::optional<std::string> {
            if (is_program(program)) return std::nullopt;
            return std::string{program} + " is not installed";
          },
          std::move(server)};
}

/// A folder on a server that all tests of this process share.
bench_of_storages::option_map sshd_options(bench_of_storages::option_map further) {
  static const test_sshd server;
  further.merge(server.options());
  return further;
}

subject on_sshd(const std::string& name, const bench_of_storages::option_map& further = {}) {
  return {name,
          "sftp",
          [](const scratch_folder& f) { return f / "root"; },
          [further](const scratch_folder&) { return sshd_options(further); },
          200,
          test_sshd::missing};
}

/// The server's program without ssh, and so with neither shell nor hashes. What follows `-c` and the command
/// is of no effect.
subject on_sftp_server(const std::string& name, const std::string& arguments) {
  return {name,
          "sftp",
          [](const scratch_folder& f) { return f / "root"; },
          [arguments](const scratch_folder&) {
            return bench_of_storages::option_map{
                {"ssh", "sh -c \"exec /usr/lib/openssh/sftp-server" + arguments + "\""},
                {"shell_type", "none"}};
          },
          200,
          test_sshd::missing};
}

/// A bucket of its own on a server that all tests of this process share.
subject on_s3(const std::string& name, const std::string& provider, const std::string& key,
              const std::string& secret, std::function<const real_server&()> server,
              std::function<std::optional<std::string>()> missing) {
  return {name,
          "s3",
          bucket_for,
          [=](const scratch_folder&) {
            return bench_of_storages::option_map{{"provider", provider},
                                                 {"access_key_id", key},
                                                 {"secret_access_key", secret},
                                                 {"endpoint", server().url()}};
          },
          200,
          std::move(missing)};
}

subject on_s3rver() {
  return on_s3(
      "s3_on_s3rver", "Other", "S3RVER", "S3RVER",
      []() -> const real_server& { return shared_s3rver(ARGOSY_SOURCES); },
      []() -> std::optional<std::string> {
        if (is_s3rver_installed(ARGOSY_SOURCES)) return std::nullopt;
        return "s3rver is not installed: scripts/test installs it";
      });
}

subject on_minio() {
  return on_s3("s3_on_minio", "Minio", "MINIO", "MINIOSECRET", shared_minio,
               []() -> std::optional<std::string> {
                 if (is_program("minio")) return std::nullopt;
                 return "minio is not installed";
               });
}

/// A folder of another node, without a network between.
subject on_node() {
  subject made{"node", "node", [](const scratch_folder& f) { return f / "root"; },
               [](const scratch_folder&) {
                 return bench_of_storages::option_map{{"name", "eu1"}};
               }};
  made.surround = [](bench_of_storages& bench, const scratch_folder& f) {
    join_cluster(bench.table,
                 std::make_shared<neighbour>(bench, "eu1", std::vector<disk_export>{{f.path(), true}}));
  };
  return made;
}

/// A folder on an FTP server that all tests of this process share.
subject on_ftp(const std::string& name, const real_server& (*server)(),
               const bench_of_storages::option_map& further = {}) {
  return {
      name,
      "ftp",
      [](const scratch_folder& f) { return std::filesystem::path{f.path()}.filename().string() + "/root"; },
      [further, server](const scratch_folder&) {
        auto options = ftp_login(server().port());
        options.insert(further.begin(), further.end());
        return options;
      },
      200,
      ftp_server_missing};
}

const auto subjects = ::testing::Values(
    subject{"local", "local", [](const scratch_folder& f) { return f / "root"; }},
    subject{"memory", "memory", [](const scratch_folder&) { return "bucket"; }}, on_node(),
    crypt_over("crypt_over_local", "root", [](const scratch_folder& f) { return f / "encrypted"; }),
    crypt_over("crypt_over_memory", "bucket", [](const scratch_folder&) { return "memory:"; }),
    over_folders("union_of_folders", "union", "root",
                 [](const scratch_folder& f) { return f / "a" + " " + f / "b"; }),
    webdav_on("webdav_on_apache", "apache2",
              [](const scratch_folder& f) { return apache_webdav(f / "served", f / "apache"); }),
    webdav_on("webdav_on_rclone", "rclone",
              [](const scratch_folder& f) { return rclone_webdav(f / "served"); }),
    on_ftp("ftp_on_vsftpd", shared_vsftpd, {{"force_list_hidden", "true"}, {"writing_mdtm", "true"}}),
    on_ftp("ftp_on_pyftpdlib", shared_pyftpd),
    on_ftp("ftp_without_times", shared_vsftpd, {{"force_list_hidden", "true"}}), on_s3rver(), on_minio(),
    on_sshd("sftp"), on_sshd("sftp_with_hard_links", {{"copy_is_hardlink", "true"}}),
    on_sftp_server("sftp_by_program", ""),
    on_sftp_server("sftp_of_a_plain_server", " -P posix-rename,hardlink,fsync,statvfs,fstatvfs,limits"),
    over_folders("combine", "combine", "one/root",
                 [](const scratch_folder& f) { return "one=" + f / "a" + " two=" + f / "b"; }));
const auto name_of_subject = [](const auto& tested) { return tested.param.name; };

INSTANTIATE_TEST_SUITE_P(Storages, Conformance, subjects, name_of_subject);
INSTANTIATE_TEST_SUITE_P(Storages, Chunks, subjects, name_of_subject);

} // namespace
} // namespace argosy
