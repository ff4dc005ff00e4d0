#include "backends/walk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class walks : public ::testing::Test {
protected:
  walks() {
    write_file(folder / "b/two", "22");
    write_file(folder / "b/deep/three", "333");
    write_file(folder / "a.txt", "1");
    write_file(folder / "z/last.txt", "4444");
    std::filesystem::create_directories(folder / "empty");
  }

  // Paths in the order in which the walk shows them, directories with a slash at their end.
  std::vector<std::string> paths(walk_request request) {
    std::vector<std::string> found;
    const auto made = storages.make("local", folder.path());
    storages.run([&](const may_block& on) {
      const auto s = made.made->connect(on);
      walk_visitor visit;
      visit.entries = [&](const std::string& directory, const listing& entries) {
        if (on_entries) on_entries(directory);
        for (std::size_t i = 0; i < entries.size(); ++i)
          found.push_back(path_below(directory, entries[i].name) +
                          (entries[i].kind == entry_kind::directory ? "/" : ""));
      };
      visit.failed = [&](const std::string& directory, const failure& why) {
        failures.push_back(directory + ": " + why.what());
      };
      visit.listed = [&](std::size_t count) { listed += count; };
      last = walk(on, *s, request, visit);
    });
    return found;
  }

  static filter rules_of(filter_options options) {
    return filter{options, 0, [](const std::string&) { return std::string{}; }};
  }

  scratch_folder folder;
  bench_of_storages storages;
  std::function<void(const std::string& directory)> on_entries;
  std::vector<std::string> failures;
  std::size_t listed = 0;
  std::optional<failure> last;
};

TEST_F(walks, ShowADirectoryBeforeWhatIsInItInByteOrder) {
  EXPECT_THAT(paths({}),
              ElementsAre("a.txt", "b/", "empty/", "z/", "b/deep/", "b/two", "b/deep/three", "z/last.txt"));
  EXPECT_EQ(listed, 8U);
  EXPECT_FALSE(last);
}

TEST_F(walks, ShowPathsRelativeToTheRootOfTheStorage) {
  EXPECT_THAT(paths({"b"}), ElementsAre("b/deep/", "b/two", "b/deep/three"));
}

TEST_F(walks, StopAtTheirDepth) {
  EXPECT_THAT(paths({"", 1}), ElementsAre("a.txt", "b/", "empty/", "z/"));
  EXPECT_THAT(paths({"", 2}), ElementsAre("a.txt", "b/", "empty/", "z/", "b/deep/", "b/two", "z/last.txt"));
}

TEST_F(walks, HaveNoBoundWhenTheDepthIsZero) { EXPECT_EQ(paths({"", 0}).size(), 8U); }

TEST_F(walks, LookAtMetadataWhenTheRulesDo) {
  std::filesystem::permissions(folder.path() + "/b/two", std::filesystem::perms::owner_read);
  filter_options options;
  options.metadata_include = {"mode=*400"};
  const auto rules = rules_of(options);

  EXPECT_THAT(paths({"", -1, &rules}), ElementsAre("b/", "empty/", "z/", "b/deep/", "b/two"));
}

TEST_F(walks, CountWhatTheRulesHide) {
  filter_options options;
  options.include = {"*.txt"};
  const auto rules = rules_of(options);

  EXPECT_THAT(paths({"", -1, &rules}), ElementsAre("a.txt", "b/", "empty/", "z/", "b/deep/", "z/last.txt"));
  EXPECT_EQ(listed, 8U);
}

TEST_F(walks, DoNotEnterExcludedDirectories) {
  filter_options options;
  options.exclude = {"b/**"};
  const auto rules = rules_of(options);

  EXPECT_THAT(paths({"", -1, &rules}), ElementsAre("a.txt", "empty/", "z/", "z/last.txt"));
  EXPECT_EQ(listed, 5U);
}

TEST_F(walks, NeitherShowNorEnterDirectoriesThatHoldAMarkerFile) {
  write_file(folder / "b/deep/.ignore", "");
  filter_options options;
  options.exclude_if_present = {".ignore"};
  const auto rules = rules_of(options);

  EXPECT_THAT(paths({"", -1, &rules}), ElementsAre("a.txt", "b/", "empty/", "z/", "b/two", "z/last.txt"));
}

TEST_F(walks, FindNothingWhereTheFirstDirectoryHoldsAMarkerFile) {
  filter_options options;
  options.exclude_if_present = {"a.txt"};
  const auto rules = rules_of(options);

  EXPECT_THAT(paths({"", -1, &rules}), IsEmpty());
}

TEST_F(walks, GiveTheFailureOfAMissingDirectory) {
  EXPECT_THAT(paths({"none"}), IsEmpty());

  ASSERT_TRUE(last);
  EXPECT_EQ(last->kind(), failure_kind::directory_not_found);
  EXPECT_THAT(failures, ElementsAre("none: directory not found"));
}

TEST_F(walks, GoOnBehindADirectoryThatCannotBeListed) {
  on_entries = [&](const std::string& directory) {
    if (directory.empty()) std::filesystem::remove_all(folder / "b");
  };

  EXPECT_THAT(paths({}), ElementsAre("a.txt", "b/", "empty/", "z/", "z/last.txt"));
  EXPECT_THAT(failures, ElementsAre("b: directory not found"));
  ASSERT_TRUE(last);
  EXPECT_EQ(last->kind(), failure_kind::directory_not_found);
}

TEST_F(walks, EndAtOnceWhenCancelled) {
  cancellation stop;
  const auto made = storages.make("local", folder.path());
  std::size_t directories = 0;

  const auto why = failure_of([&] {
    storages.run(
        [&](const may_block& on) {
          const auto s = made.made->connect(on);
          walk_visitor visit;
          visit.entries = [&](const std::string&, const listing&) {
            ++directories;
            stop.cancel();
          };
          (void)walk(on, *s, {}, visit);
        },
        {stop, nullptr, nullptr});
  });

  EXPECT_EQ(why.kind, failure_kind::cancelled);
  EXPECT_EQ(directories, 1U);
}

TEST_F(walks, GoThroughBucketsToo) {
  const auto made = storages.make("memory", "bucket");
  std::vector<std::string> found;
  storages.run([&](const may_block& on) {
    const auto s = made.made->connect(on);
    put_object(on, *s, "x/y/z", "1");
    put_object(on, *s, "x/a", "2");
    walk_visitor visit;
    visit.entries = [&](const std::string& directory, const listing& entries) {
      for (std::size_t i = 0; i < entries.size(); ++i)
        found.push_back(path_below(directory, entries[i].name));
    };
    EXPECT_FALSE(walk(on, *s, {}, visit));
  });

  EXPECT_THAT(found, ElementsAre("x", "x/a", "x/y", "x/y/z"));
}

} // namespace
} // namespace argosy::testing
