#include "backends/operations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class operations : public ::testing::Test {
protected:
  template <class Work>
  auto at(const std::string& type, const std::string& path, Work work, io_pool::scope scope = {}) {
    const auto made = storages.make(type, path);
    return storages.run(
        [&](const may_block& on) {
          const auto s = made.made->connect(on);
          return work(on, *s);
        },
        std::move(scope));
  }

  std::vector<std::string> empty_ones(const std::string& directory, bool leave_root,
                                      const filter* rules = nullptr) {
    return at("local", folder.path(), [&](const may_block& on, session& s) {
      return empty_directories(on, s, {directory, -1, rules}, leave_root, {});
    });
  }

  scratch_folder folder;
  bench_of_storages storages;
};

TEST_F(operations, AddUpFilesAndTheirSizes) {
  listing entries;
  entries.add("a", entry_kind::file, 10, 0);
  entries.add("b", entry_kind::file, -1, 0);
  entries.add("c", entry_kind::directory, 4096, 0);
  entries.add("d", entry_kind::file, 0, 0);
  tree_size sum;

  add_sizes(sum, entries);

  EXPECT_EQ(sum.count, 3);
  EXPECT_EQ(sum.bytes, 10);
  EXPECT_EQ(sum.sizeless, 1);
}

TEST_F(operations, FindEmptyDirectoriesTheDeepestFirst) {
  std::filesystem::create_directories(folder / "a/1/2");
  std::filesystem::create_directories(folder / "a/3");

  EXPECT_THAT(empty_ones("a", false), ElementsAre("a/1/2", "a/1", "a/3", "a"));
  EXPECT_THAT(empty_ones("a", true), ElementsAre("a/1/2", "a/1", "a/3"));
  EXPECT_THAT(empty_ones("", false), ElementsAre("a/1/2", "a/1", "a/3", "a", ""));
}

TEST_F(operations, KeepDirectoriesAboveAFile) {
  write_file(folder / "full/deep/f", "f");
  std::filesystem::create_directories(folder / "full/void");

  EXPECT_THAT(empty_ones("", false), ElementsAre("full/void"));
  EXPECT_THAT(empty_ones("full/deep", false), IsEmpty());
}

TEST_F(operations, CallAMissingDirectoryEmpty) {
  EXPECT_THAT(empty_ones("none", false), ElementsAre("none"));
}

TEST_F(operations, LeaveExcludedDirectoriesAlone) {
  std::filesystem::create_directories(folder / "a/in");
  std::filesystem::create_directories(folder / "b");
  filter_options options;
  options.exclude = {"a/**"};
  const filter rules{options, 0, [](const std::string&) { return std::string{}; }};

  EXPECT_THAT(empty_ones("", true, &rules), ElementsAre("b"));
}

TEST_F(operations, KeepDirectoriesWhoseFilesTheRulesHide) {
  write_file(folder / "a/hidden.txt", "x");
  std::filesystem::create_directories(folder / "a/void");
  std::filesystem::create_directories(folder / "b");
  filter_options options;
  options.exclude = {"*.txt"};
  const filter rules{options, 0, [](const std::string&) { return std::string{}; }};

  EXPECT_THAT(empty_ones("", true, &rules), ElementsAre("a/void", "b"));
}

TEST_F(operations, TakeTheRulesOfFilesForDirectories) {
  std::filesystem::create_directories(folder / "a/b");
  filter_options options;
  options.include = {"*.txt", "/a/*/"};
  const filter rules{options, 0, [](const std::string&) { return std::string{}; }};

  EXPECT_THAT(empty_ones("", false, &rules), IsEmpty()) << "a pattern of directories includes no file";
}

TEST_F(operations, HashAFileOnceForAllTypes) {
  write_file(folder / "f", "abc");

  const auto hashes = at("local", folder.path(), [](const may_block& on, session& s) {
    return hashes_of(on, s, "f", hash_set{hash_type::md5} | hash_type::sha1 | hash_type::crc32);
  });

  EXPECT_EQ(hashes.size(), 3U);
  EXPECT_EQ(hashes.at(hash_type::md5), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hashes.at(hash_type::sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hashes.at(hash_type::crc32), "352441c2");
}

TEST_F(operations, LeaveOutHashesThatTheStorageDoesNotKnow) {
  const auto hashes = at("memory", "bucket", [](const may_block& on, session& s) {
    put_object(on, s, "f", "abc");
    return hashes_of(on, s, "f", hash_set{hash_type::md5} | hash_type::sha256);
  });

  EXPECT_EQ(hashes.size(), 1U);
  EXPECT_EQ(hashes.at(hash_type::md5), "900150983cd24fb0d6963f7d28e17f72");
}

TEST_F(operations, HashByReadingWhatTheStorageCannotHash) {
  cancel_after seen{cancellation{}, UINT64_MAX};

  const auto hex = at("memory", "bucket",
                      [](const may_block& on, session& s) {
                        put_object(on, s, "f", "abc");
                        return hash_by_reading(on, s, "f", hash_type::sha256);
                      },
                      {{}, nullptr, &seen});

  EXPECT_EQ(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(seen.seen, 3U);
}

// Hashes as rclone's `hashsum --base64` prints them.
TEST(Base64OfHex, UsesTheUrlAlphabetWithPadding) {
  EXPECT_EQ(base64_of_hex("d41d8cd98f00b204e9800998ecf8427e"), "1B2M2Y8AsgTpgAmY7PhCfg==");
  EXPECT_EQ(base64_of_hex("da39a3ee5e6b4b0d3255bfef95601890afd80709"), "2jmj7l5rSw0yVb_vlWAYkK_YBwk=");
  EXPECT_EQ(base64_of_hex("fbff"), "-_8=");
  EXPECT_EQ(base64_of_hex("FBFF"), "-_8=");
  EXPECT_EQ(base64_of_hex(""), "");
}

TEST_F(operations, StoreContentAndAccountIt) {
  const auto content = noise(700'000);
  cancel_after seen{cancellation{}, UINT64_MAX};

  at("local", folder.path(),
     [&](const may_block& on, session& s) {
       put_request put;
       put.path = "in/here";
       put.size = static_cast<std::int64_t>(content.size());
       put.modified = 1'234'567'890'000'000'000;
       store_object(on, s, put, content);
     },
     {{}, nullptr, &seen});

  EXPECT_EQ(read_file(folder / "in/here"), content);
  EXPECT_EQ(seen.seen, content.size());
}

TEST_F(operations, LeaveNothingOfAnUploadThatWasCancelled) {
  const auto content = noise(700'000);
  cancellation stop;
  cancel_after half{stop, 300'000};

  const auto why = failure_of([&] {
    at("local", folder.path(),
       [&](const may_block& on, session& s) {
         put_request put;
         put.path = "f";
         put.size = static_cast<std::int64_t>(content.size());
         store_object(on, s, put, content);
       },
       {stop, nullptr, &half});
  });

  EXPECT_EQ(why.kind, failure_kind::cancelled);
  EXPECT_THAT(tree_of(folder.path()), IsEmpty());
}

TEST(SamePlace, NeedsTheSameRemoteAndPath) {
  storage_info a, b;
  a.name = b.name = "local";
  a.root = "/x";
  b.root = "/x/d";

  EXPECT_TRUE(same_place(a, "d/f", b, "f"));
  EXPECT_FALSE(same_place(a, "f", b, "f"));
  b.name = "other";
  EXPECT_FALSE(same_place(a, "d/f", b, "f"));
}

TEST_F(operations, TellAMissingFileFromADirectory) {
  std::filesystem::create_directories(folder / "d");
  write_file(folder / "f", "12");
  const auto asked = [&](const std::string& path) {
    return failure_of([&] {
      at("local", folder.path(),
         [&](const may_block& on, session& s) { EXPECT_EQ(require_object(on, s, path).size, 2); });
    });
  };

  EXPECT_FALSE(asked("f"));
  EXPECT_EQ(asked("none").kind, failure_kind::object_not_found);
  EXPECT_EQ(asked("none").text, "object not found");
  EXPECT_EQ(asked("d").kind, failure_kind::is_a_directory);
  EXPECT_EQ(asked("d").text, "is a directory not a file");
}

} // namespace
} // namespace argosy::testing
