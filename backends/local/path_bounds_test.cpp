#include "backends/local/path_bounds.hpp"

#include <atomic>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/stat.h>

#include "backends/local/local_storage.hpp"
#include "backends/testing.hpp"

// A folder that nothing leads out of, as a local storage is confined by it.
namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
namespace fs = std::filesystem;

class PathBounds : public ::testing::Test {
protected:
  void SetUp() override {
    if (!path_bounds::supported()) GTEST_SKIP() << "this kernel has no openat2(2)";
    write_file(folder / "in/file", "inside");
    write_file(folder / "in/sub/deep", "deep");
    write_file(folder / "out/secret", "secret");
    fs::create_symlink("file", folder / "in/to-file");
    fs::create_symlink("../in/sub", folder / "in/round"); // leaves and comes back
    fs::create_symlink("../file", folder / "in/sub/up");
    fs::create_symlink("sub", folder / "in/to-sub");
    fs::create_symlink("../out", folder / "in/away");
    fs::create_symlink(folder / "out/secret", folder / "in/absolute");
    fs::create_symlink("../out/secret", folder / "in/leak");
    fs::create_symlink("../out/new", folder / "in/dangling");
  }
  void TearDown() override { EXPECT_EQ(bench.book.live(resource::descriptor), 0U); }

  std::shared_ptr<storage> confined(const std::string& below = {}, bool writable = true) {
    const auto root = folder / "in";
    return std::make_shared<local_storage>("local", "", below.empty() ? root : root + "/" + below,
                                           local_options{}, bench.log,
                                           std::make_shared<const path_bounds>(root, writable));
  }
  template <class Work>
  auto with(const std::shared_ptr<storage>& made, Work work) {
    return bench.run([&](const may_block& on) {
      const auto s = made->connect(on);
      return work(on, *s);
    });
  }
  template <class Work>
  void refused(const std::string& what, Work work) {
    const auto f = failure_of(work);
    EXPECT_EQ(f.kind, failure_kind::permission_denied) << what << ": " << f.text;
  }

  scratch_folder folder;
  bench_of_storages bench;
};

TEST_F(PathBounds, LinksThatStayInsideAreFollowed) {
  with(confined(), [&](const may_block& on, session& s) {
    EXPECT_EQ(read_object(on, s, "to-file"), "inside");
    EXPECT_EQ(read_object(on, s, "to-sub/deep"), "deep");
    EXPECT_EQ(read_object(on, s, "sub/up"), "inside");
    EXPECT_EQ(s.stat(on, "to-file")->size, 6);
    EXPECT_THAT(names_in(on, s, "to-sub"), ElementsAre("deep"));
    put_object(on, s, "to-sub/new", "1");
    EXPECT_EQ(read_object(on, s, "sub/new"), "1");
  });
}

TEST_F(PathBounds, ARootBelowReachesWhatIsInTheBounds) {
  with(confined("sub"), [&](const may_block& on, session& s) {
    EXPECT_EQ(read_object(on, s, "up"), "inside");
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("deep"));
  });
}

TEST_F(PathBounds, NothingIsReadThroughALinkThatLeadsOut) {
  with(confined(), [&](const may_block& on, session& s) {
    for (const auto* path : {"away/secret", "absolute", "leak", "round/deep"}) {
      refused(path, [&] { s.open(on, path); });
      refused(path, [&] { s.stat(on, path); });
      refused(path, [&] { s.hash(on, path, hash_type::md5); });
      refused(path, [&] { s.metadata(on, path); });
      refused(path, [&] { s.require_unchanged(on, {path, path, 1, 1}); });
    }
    refused("away", [&] { list_all(on, s, "away"); });
    refused("away/", [&] { s.stat(on, "away/secret"); });
  });
  refused("root",
          [&] { with(confined("away"), [](const may_block& on, session& s) { list_all(on, s, ""); }); });
}

TEST_F(PathBounds, NothingIsChangedThroughALinkThatLeadsOut) {
  write_file(folder / "in/mine", "mine");
  with(confined(), [&](const may_block& on, session& s) {
    refused("put", [&] { put_object(on, s, "away/new", "x"); });
    refused("make", [&] { s.make_directory(on, "away/new"); });
    refused("remove", [&] { s.remove(on, "away/secret"); });
    refused("time", [&] { s.set_modified(on, "leak", 1); });
    refused("directory time", [&] { s.set_directory_modified(on, "away", 1); });
    refused("directory metadata", [&] { s.set_directory_metadata(on, "away/new", {}); });
    refused("move", [&] { s.move_from(on, s, "mine", "away/mine"); });
    refused("move from", [&] { s.move_from(on, s, "away/secret", "mine"); });
    refused("move directory", [&] { s.move_directory_from(on, s, "sub", "away/sub"); });
    refused("adopt", [&] { s.adopt(on, s, {"mine", "away/mine", 4, 0}, {}); });
    refused("adopt from", [&] { s.adopt(on, s, {"away/secret", "mine", 6, 0}, {}); });
    refused("chunks", [&] {
      put_request request;
      request.path = "away/new";
      request.size = 1;
      s.create_chunked(on, request, 1);
    });
  });

  EXPECT_THAT(tree_of(folder / "out"), ElementsAre("secret"));
  EXPECT_EQ(read_file(folder / "out/secret"), "secret");
  EXPECT_EQ(read_file(folder / "in/mine"), "mine");
}

TEST_F(PathBounds, NothingIsWrittenThroughALinkInThePlaceOfAFile) {
  with(confined(), [&](const may_block& on, session& s) {
    put_object(on, s, "to-file", "new");
    put_request request;
    request.in_place = true;

    for (const auto* path : {"leak", "dangling", "sub/up"}) {
      request.path = path;
      EXPECT_NE(failure_of([&] { s.create(on, request); }).text, "") << path;
    }
  });

  EXPECT_EQ(read_file(folder / "in/to-file"), "new");
  EXPECT_EQ(read_file(folder / "in/file"), "inside");
  EXPECT_EQ(read_file(folder / "out/secret"), "secret");
  EXPECT_THAT(tree_of(folder / "out"), ElementsAre("secret"));
}

TEST_F(PathBounds, DotsNameFilesAndLeadNowhere) {
  with(confined("sub"), [&](const may_block& on, session& s) {
    EXPECT_EQ(failure_of([&] { s.open(on, "../file"); }).kind, failure_kind::object_not_found);
    EXPECT_EQ(failure_of([&] { s.open(on, "../../out/secret"); }).kind, failure_kind::object_not_found);
  });
}

TEST_F(PathBounds, APathAboveTheRootIsRefused) {
  const path_bounds bounds{folder / "in", true};

  refused("parent", [&] { bounds.open(folder.path(), O_PATH); });
  refused("beside", [&] { bounds.open(folder / "inside", O_PATH); });
  refused("dots", [&] { bounds.open(folder / "in/../out/secret", O_PATH); });
  EXPECT_TRUE(bounds.open(folder / "in/sub/../file", O_PATH));
  EXPECT_FALSE(bounds.open(folder / "in/none", O_PATH));
}

TEST_F(PathBounds, WhatIsReadOnlyIsOnlyRead) {
  with(confined({}, false), [&](const may_block& on, session& s) {
    EXPECT_EQ(read_object(on, s, "file"), "inside");
    refused("put", [&] { put_object(on, s, "new", "x"); });
    refused("make", [&] { s.make_directory(on, "new"); });
    refused("remove", [&] { s.remove(on, "file"); });
    refused("remove directory", [&] { s.remove_directory(on, "sub"); });
    refused("time", [&] { s.set_modified(on, "file", 1); });
    refused("directory time", [&] { s.set_directory_modified(on, "sub", 1); });
    refused("metadata", [&] { s.set_directory_metadata(on, "sub", {}); });
    refused("move", [&] { s.move_from(on, s, "file", "new"); });
    refused("move directory", [&] { s.move_directory_from(on, s, "sub", "new"); });
    refused("adopt", [&] { s.adopt(on, s, {"file", "new", 6, 0}, {}); });
    refused("chunks", [&] {
      put_request request;
      request.path = "new";
      request.size = 1;
      s.create_chunked(on, request, 1);
    });
  });

  EXPECT_EQ(read_file(folder / "in/file"), "inside");
}

TEST_F(PathBounds, DeepTreesAreReached) {
  std::string deep = "sub";
  for (int i = 0; i < 60; ++i) deep += "/" + std::string(100, 'd');

  with(confined(), [&](const may_block& on, session& s) {
    put_object(on, s, deep + "/file", "at the bottom");
    EXPECT_EQ(read_object(on, s, deep + "/file"), "at the bottom");
    s.remove(on, deep + "/file");
  });
}

// A folder and a link to the outside change places all the time, as fast as the system does it.
TEST_F(PathBounds, WhoSwapsAFolderForALinkGainsNothing) {
  fs::create_symlink("../out", folder / "in/other");
  write_file(folder / "in/swapped/secret", "inside");
  std::atomic<bool> stop{false};
  const auto swapped = folder / "in/swapped", other = folder / "in/other";
  bench.io.post({}, [&](const may_block&) {
    while (!stop) ::renameat2(AT_FDCWD, swapped.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
  });

  int read = 0;
  with(confined(), [&](const may_block& on, session& s) {
    for (int i = 0; i < 1500; ++i) {
      failure_of([&] {
        EXPECT_EQ(read_object(on, s, "swapped/secret"), "inside");
        ++read;
      });
      failure_of([&] { put_object(on, s, "swapped/new" + std::to_string(i % 4), "x"); });
      failure_of([&] { s.make_directory(on, "swapped/made"); });
      failure_of([&] { s.remove(on, "swapped/new" + std::to_string(i % 4)); });
    }
  });
  stop = true;
  bench.io.wait_until_idle();

  EXPECT_GT(read, 0);
  EXPECT_THAT(tree_of(folder / "out"), ElementsAre("secret"));
  EXPECT_EQ(read_file(folder / "out/secret"), "secret");
}

} // namespace
} // namespace argosy
