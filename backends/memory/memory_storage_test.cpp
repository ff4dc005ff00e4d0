#include "backends/memory/memory_storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MemoryStorage : public ::testing::Test {
protected:
  template <class Work>
  auto with(const std::string& path, Work work) {
    const auto made = bench.make("memory", path).made;
    return bench.run([&](const may_block& on) {
      const auto s = made->connect(on);
      return work(on, *s);
    });
  }
  bench_of_storages bench;
};

TEST_F(MemoryStorage, DescribesItselfAsRcloneDoes) {
  const auto made = bench.make("memory", "/b/c/").made;
  const auto& info = made->info();

  EXPECT_EQ(info.name, ":memory");
  EXPECT_EQ(info.root, "b/c");
  EXPECT_EQ(info.description, "Memory root 'b/c'");
  EXPECT_EQ(info.precision, 1);
  EXPECT_TRUE(info.features.BucketBased && info.features.Copy && !info.features.Move && !info.features.About);
  EXPECT_EQ(info.hashes.list(), std::vector<hash_type>{hash_type::md5});
}

TEST_F(MemoryStorage, TheRootShowsBuckets) {
  with("", [&](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, ""), IsEmpty());
    s.make_directory(on, "b/c/d");
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("b/"));
    EXPECT_THAT(names_in(on, s, "b"), IsEmpty());
    EXPECT_TRUE(s.stat(on, "b")->is_bucket);
  });
}

TEST_F(MemoryStorage, AMissingBucketIsAnErrorAndAMissingPrefixIsEmpty) {
  with("", [&](const may_block& on, session& s) {
    s.make_directory(on, "b");
    EXPECT_EQ(failure_of([&] { list_all(on, s, "none"); }).kind, failure_kind::directory_not_found);
    EXPECT_THAT(names_in(on, s, "b/none"), IsEmpty());
    EXPECT_FALSE(s.stat(on, "b/none"));
    EXPECT_FALSE(s.stat(on, "none"));
  });
}

TEST_F(MemoryStorage, ADirectoryExistsWhileSomethingIsBelowIt) {
  with("b", [&](const may_block& on, session& s) {
    put_object(on, s, "p/q/a", "1");
    put_object(on, s, "p-1", "2");
    put_object(on, s, "p0", "3");
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("p/", "p-1", "p0"));
    EXPECT_EQ(s.stat(on, "p/q")->kind, entry_kind::directory);
    s.remove(on, "p/q/a");
    EXPECT_FALSE(s.stat(on, "p/q"));
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("p-1", "p0"));
  });
}

TEST_F(MemoryStorage, OnlyEmptyBucketsAreRemoved) {
  with("", [&](const may_block& on, session& s) {
    put_object(on, s, "b/f", "1");
    EXPECT_EQ(failure_of([&] { s.remove_directory(on, "b"); }).text, "directory not empty");
    EXPECT_EQ(failure_of([&] { s.remove_directory(on, "none"); }).kind, failure_kind::directory_not_found);
    s.remove_directory(on, "b/any");
    s.remove(on, "b/f");
    s.remove_directory(on, "b");
    EXPECT_THAT(names_in(on, s, ""), IsEmpty());
  });
}

TEST_F(MemoryStorage, AnObjectIsShownThroughItsPrefix) {
  with("b", [&](const may_block& on, session& s) { put_object(on, s, "p/q/a", "1"); });

  const auto made = bench.make("memory", "b/p/q/a");

  EXPECT_EQ(made.made->info().root, "b/p/q");
  EXPECT_EQ(made.file, "a");
}

TEST_F(MemoryStorage, AllRemotesOfOneTableShowTheSameBuckets) {
  with("b", [&](const may_block& on, session& s) { put_object(on, s, "x", "1"); });

  const auto other = bench.make("memory", "b", {}, "mem").made;
  bench.run(
      [&](const may_block& on) { EXPECT_THAT(names_in(on, *other->connect(on), ""), ElementsAre("x")); });
}

TEST_F(MemoryStorage, AnotherTableHasBucketsOfItsOwn) {
  with("b", [&](const may_block& on, session& s) { put_object(on, s, "x", "1"); });
  bench_of_storages second;

  const auto made = second.make("memory", "").made;
  second.run([&](const may_block& on) { EXPECT_THAT(names_in(on, *made->connect(on), ""), IsEmpty()); });
}

TEST_F(MemoryStorage, ObjectsNeedABucket) {
  with("", [&](const may_block& on, session& s) {
    EXPECT_EQ(failure_of([&] { put_object(on, s, "rootfile", "1"); }).text,
              "can't store \"rootfile\": the first part of its path must be a bucket");
  });
}

TEST_F(MemoryStorage, AnOpenObjectSurvivesItsReplacement) {
  with("b", [&](const may_block& on, session& s) {
    put_object(on, s, "x", "old content");
    const auto source = s.open(on, "x");
    put_object(on, s, "x", "new");
    char text[20];
    EXPECT_EQ(std::string(text, source->read(on, text, sizeof(text))), "old content");
  });
}

TEST_F(MemoryStorage, ALargeBucketComesInPages) {
  with("b", [&](const may_block& on, session& s) {
    for (int i = 0; i < 20'000; ++i) put_object(on, s, std::to_string(i), "");
    std::size_t entries = 0;
    int pages = 0;
    s.list(on, "", [&](listing&& page) {
      ++pages;
      entries += page.size();
    });
    EXPECT_EQ(entries, 20'000U);
    EXPECT_GT(pages, 1);
  });
}

} // namespace
} // namespace argosy
