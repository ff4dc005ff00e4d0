#include "backends/node/node_storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/node/testing_node.hpp"

// What the conformance suite does not ask of a node: rights, windows, and what happens when it goes.
namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NodeStorage : public ::testing::Test {
protected:
  void SetUp() override {
    std::filesystem::create_directories(folder / "rw");
    write_file(folder / "ro/file", "content");
    node = std::make_shared<neighbour>(
        bench, "eu1", std::vector<disk_export>{{folder / "rw", true}, {folder / "ro", false}});
    join_cluster(bench.table, node);
  }
  void TearDown() override {
    EXPECT_EQ(bench.book.live(resource::descriptor), 0U);
    EXPECT_EQ(bench.book.live(resource::temporary_file), 0U);
  }

  made_storage make(const std::string& path, const std::string& name = "eu1") {
    return bench.make("node", path, {{"name", name}});
  }
  template <class Work>
  auto with(const std::string& path, Work work, const io_pool::scope& scope = {}) {
    const auto made = make(path).made;
    return bench.run(
        [&](const may_block& on) {
          const auto s = made->connect(on);
          return work(on, *s);
        },
        scope);
  }

  scratch_folder folder;
  bench_of_storages bench;
  std::shared_ptr<neighbour> node;
};

TEST_F(NodeStorage, OnlyExportedFoldersAreWithinReach) {
  const auto f = failure_of([&] { make("/etc"); });

  EXPECT_EQ(f.kind, failure_kind::permission_denied);
  EXPECT_EQ(f.text, "\"/etc\" is not exported; what is: " + folder / "rw" + ":rw, " + folder / "ro" + ":ro");
  EXPECT_EQ(failure_of([&] { make(folder / "rw-beside"); }).kind, failure_kind::permission_denied);
  EXPECT_THAT(failure_of([&] { make(folder / "rw/../ro"); }).text, HasSubstr("has an element \"..\""));
  EXPECT_THAT(failure_of([&] { make("rw"); }).text, HasSubstr("is no absolute path"));
}

TEST_F(NodeStorage, AnUnknownNodeOrNoneIsAClearError) {
  EXPECT_EQ(failure_of([&] { make(folder / "rw", "eu9"); }).text, "no node \"eu9\" is known");
  EXPECT_THAT(failure_of([&] { make(folder / "rw", ""); }).text, HasSubstr("needs the name of a node"));
  join_cluster(bench.table, nullptr);
  EXPECT_THAT(failure_of([&] { make(folder / "rw"); }).text, HasSubstr("started without --cluster-listen"));
}

TEST_F(NodeStorage, AReadOnlyExportRefusesToChangeAnything) {
  with(folder / "ro", [&](const may_block& on, session& s) {
    EXPECT_EQ(read_object(on, s, "file"), "content");
    const auto put = failure_of([&] { put_object(on, s, "new", "x"); });
    EXPECT_EQ(put.kind, failure_kind::permission_denied);
    EXPECT_EQ(put.text, folder / "ro: read-only file system");
    EXPECT_EQ(failure_of([&] { s.remove(on, "file"); }).kind, failure_kind::permission_denied);
    EXPECT_EQ(failure_of([&] { s.make_directory(on, "d"); }).kind, failure_kind::permission_denied);
  });

  EXPECT_THAT(tree_of(folder / "ro"), ElementsAre("file"));
}

TEST_F(NodeStorage, ARootThatIsAFileIsShownThroughItsFolder) {
  const auto made = make(folder / "ro/file");

  EXPECT_EQ(made.file, "file");
  EXPECT_EQ(made.made->info().root, folder / "ro");
}

TEST_F(NodeStorage, AListingComesInPages) {
  for (int i = 0; i < 20'000; ++i)
    write_file(folder / "rw/many/" + std::string(40, 'n') + std::to_string(i), "");

  with(folder / "rw", [&](const may_block& on, session& s) {
    int pages = 0;
    std::size_t entries = 0;
    s.list(on, "many", [&](listing&& page) {
      ++pages;
      entries += page.size();
    });
    EXPECT_EQ(entries, 20'000U);
    EXPECT_GT(pages, 4);
  });
}

TEST_F(NodeStorage, ACopyOnTheNodeMovesNoByteHere) {
  const auto content = noise(700'000);
  write_file(folder / "ro/big", content);
  const auto from = make(folder / "ro").made, to = make(folder / "rw/deep").made;

  bench.run([&](const may_block& on) {
    const auto source = from->connect(on), target = to->connect(on);
    const auto there = source->stat(on, "big");
    EXPECT_TRUE(target->copy_from(on, *source, {"big", "d/copy", there->size, there->modified}, {}));
    EXPECT_TRUE(target->move_from(on, *target, "d/copy", "moved"));
    EXPECT_EQ(failure_of([&] { target->move_from(on, *source, "big", "stolen"); }).kind,
              failure_kind::permission_denied);
  });

  EXPECT_EQ(read_file(folder / "rw/deep/moved"), content);
}

TEST_F(NodeStorage, WhatIsUnderWayStaysWithinTheWindow) {
  const auto content = noise(20 << 20);

  with(folder / "rw", [&](const may_block& on, session& s) {
    put_object(on, s, "big", content);
    EXPECT_TRUE(read_object(on, s, "big") == content);
  });

  EXPECT_LE(node->most_in_flight(), most_unanswered);
}

TEST_F(NodeStorage, ANodeThatGoesDuringAnUploadLeavesNothingAndSaysSo) {
  with(folder / "rw", [&](const may_block& on, session& s) {
    put_request request;
    request.path = "x";
    const auto sink = s.create(on, request);
    sink->write(on, "begun", 5);
    node->vanish();

    const auto f = failure_of([&] { sink->commit(on, {}); });
    EXPECT_EQ(f.kind, failure_kind::retryable);
    EXPECT_THAT(f.text, HasSubstr("eu1"));
    EXPECT_TRUE(s.closed_by_peer());
    put_object(on, s, "y", "by a new connection");
  });

  EXPECT_THAT(tree_of(folder / "rw"), ElementsAre("y"));
}

TEST_F(NodeStorage, ASlowWriterHearsOfItWithTheNextBlock) {
  with(folder / "rw", [&](const may_block& on, session& s) {
    put_request request;
    request.path = "x";
    const auto sink = s.create(on, request);
    sink->write(on, "begun", 5);
    node->vanish();

    EXPECT_THAT(failure_of([&] { sink->write(on, "more", 4); }).text, HasSubstr("eu1"));
  });
}

TEST_F(NodeStorage, ACancelledReadingEndsAndTheSessionGoesOn) {
  write_file(folder / "ro/big", noise(3 << 20));
  with(folder / "ro", [&](const may_block& on, session& s) {
    const auto source = s.open(on, "big", 0, -1);
    char block[10];
    source->read(on, block, sizeof block);
    on.stop().cancel();
    EXPECT_EQ(failure_of([&] { source->read(on, block, sizeof block); }).kind, failure_kind::cancelled);
    EXPECT_EQ(read_object(on.for_cleaning(), s, "file"), "content");
  });
}

TEST_F(NodeStorage, TwoReadersOfOneSessionDoNotMixTheirBytes) {
  write_file(folder / "ro/a", std::string(3 << 20, 'a'));
  write_file(folder / "ro/b", std::string(3 << 20, 'b'));
  with(folder / "ro", [&](const may_block& on, session& s) {
    const auto a = s.open(on, "a"), b = s.open(on, "b");
    std::string all_a, all_b, block(300'000, '\0');
    while (const auto got = a->read(on, block.data(), block.size())) {
      all_a.append(block, 0, got);
      all_b.append(block, 0, b->read(on, block.data(), block.size()));
    }
    while (const auto got = b->read(on, block.data(), block.size())) all_b.append(block, 0, got);
    EXPECT_TRUE(all_a == std::string(3 << 20, 'a'));
    EXPECT_TRUE(all_b == std::string(3 << 20, 'b'));
  });
}

TEST_F(NodeStorage, ANodeIsItsOwnRemoteByTheSameRules) {
  node->offers_itself({{folder / "ro", false}});
  const auto own = bench.make("node", folder / "ro", {{"name", "here"}}).made;

  bench.run([&](const may_block& on) {
    const auto s = own->connect(on);
    EXPECT_EQ(read_object(on, *s, "file"), "content");
    EXPECT_EQ(failure_of([&] { s->remove(on, "file"); }).kind, failure_kind::permission_denied);
  });
  EXPECT_EQ(own->info().type, "local");
  EXPECT_EQ(failure_of([&] { make(folder / "rw", "here"); }).kind, failure_kind::permission_denied);
  EXPECT_EQ(make(folder / "ro/file", "here").file, "file");
}

TEST(DiskExports, AreReadWithTheirRights) {
  EXPECT_EQ(to_text(parse_disk_export("/data")), "/data:ro");
  EXPECT_EQ(to_text(parse_disk_export("/data:ro")), "/data:ro");
  EXPECT_EQ(to_text(parse_disk_export("/data/:rw")), "/data:rw");
  EXPECT_EQ(to_text(parse_disk_export("/a:b")), "/a:b:ro");
  EXPECT_EQ(failure_of([] { parse_disk_export("data:rw"); }).kind, failure_kind::bad_parameter);
  EXPECT_EQ(failure_of([] { parse_disk_export("/a/../b"); }).kind, failure_kind::bad_parameter);
  EXPECT_THAT(failure_of([] {
                disk_exports{{{"/no/such/folder", true}}};
              }).text,
              HasSubstr("--cluster-export \"/no/such/folder\""));
}

TEST(DiskExports, TheInnermostFolderDecides) {
  scratch_folder folder;
  std::filesystem::create_directories(folder / "data/in");
  const disk_exports all{{{folder / "data", false}, {folder / "data/in", true}}};

  EXPECT_TRUE(all.bounds_of(folder / "data/in/x")->writable());
  EXPECT_FALSE(all.bounds_of(folder / "data/inner")->writable());
  EXPECT_EQ(all.bounds_of(folder / "data")->root(), folder / "data");
}

TEST(Frames, ThatAreCutOffAreRefused) {
  put_request request;
  request.path = "a/b";
  request.metadata = {{"key", std::string("va\0lue", 6)}};
  request.hashes = hash_set{hash_type::md5} | hash_set{hash_type::sha256};
  frame_writer to{frame_kind::create};
  write(to, request);
  const auto whole = to.take();

  frame_reader from{whole};
  const auto read = read_put_request(from);
  EXPECT_EQ(read.path, request.path);
  EXPECT_EQ(read.metadata, request.metadata);
  EXPECT_EQ(read.hashes.list(), request.hashes.list());
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(failure_of([&] {
                frame_reader cut{std::string_view{whole}.substr(0, length)};
                read_put_request(cut);
              }).text,
              "")
        << length;
}

TEST(Frames, AFailureArrivesAsItWent) {
  const auto arrived = [](const failure& why) {
    const auto frame = failed_frame(why);
    frame_reader from{frame};
    return failure_of([&] { throw_failed(from); });
  };

  EXPECT_EQ(arrived({failure_kind::object_not_found, "object not found"}).kind,
            failure_kind::object_not_found);
  EXPECT_EQ(arrived({failure_kind::other, "text"}).text, "text");
  const auto frame = failed_frame(corruption{"differs"});
  frame_reader from{frame};
  EXPECT_THROW(throw_failed(from), corruption);
}

} // namespace
} // namespace argosy
