#include "backends/walk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/lists_trees.hpp"
#include "backends/testing.hpp"

namespace argosy::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Lists everything at once, or says that it cannot.
class tree_storage final : public storage {
public:
  tree_storage() : storage({}) {}
  std::unique_ptr<session> connect(const may_block&) const override;
  bool fails = false;
  mutable int trees = 0, directories = 0; // that were listed
};

class tree_session final : public session, public lists_trees {
public:
  explicit tree_session(const tree_storage& of) : session(of), of_(of) {}
  void list_tree(const may_block&, const std::string& directory, const tree_sink& page) override {
    ++of_.trees;
    page(directory, entries({{"z", entry_kind::directory}, {"b", entry_kind::file}}));
    page(path_below(directory, "z"), entries({{"y", entry_kind::file}}));
    if (of_.fails) fail(failure_kind::other, "it broke");
    page(directory, entries({{"a", entry_kind::file}}));
  }
  void list(const may_block&, const std::string&, const page_sink& page) override {
    ++of_.directories;
    page(entries({{"listed", entry_kind::file}}));
  }
  std::optional<object_info> stat(const may_block&, const std::string&) override { return std::nullopt; }
  std::unique_ptr<object_source> open(const may_block&, const std::string&, std::int64_t,
                                      std::int64_t) override {
    return nullptr;
  }
  std::unique_ptr<object_sink> create(const may_block&, const put_request&) override { return nullptr; }
  void remove(const may_block&, const std::string&) override {}
  void make_directory(const may_block&, const std::string&) override {}
  void remove_directory(const may_block&, const std::string&) override {}
  void set_modified(const may_block&, const std::string&, nanoseconds) override {}
  std::string hash(const may_block&, const std::string&, hash_type) override { return {}; }

private:
  static listing entries(std::initializer_list<std::pair<const char*, entry_kind>> of) {
    listing out;
    for (const auto& [name, kind] : of) out.add(name, kind, 1, 0);
    return out;
  }
  const tree_storage& of_;
};

std::unique_ptr<session> tree_storage::connect(const may_block&) const {
  return std::make_unique<tree_session>(*this);
}

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
    return paths_of(*storages.make("local", folder.path()).made, request);
  }

  std::vector<std::string> paths_of(const storage& where, const walk_request& request) {
    std::vector<std::string> found;
    storages.run([&](const may_block& on) {
      const auto s = where.connect(on);
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

TEST_F(walks, ListATreeAtOnceWhereTheStorageCan) {
  const tree_storage trees;

  EXPECT_THAT(paths_of(trees, {}), ElementsAre("a", "b", "z/", "z/y"));
  EXPECT_EQ(trees.trees, 1);
  EXPECT_EQ(trees.directories, 0);
  EXPECT_EQ(listed, 4U);

  EXPECT_THAT(paths_of(trees, {"d"}), ElementsAre("d/a", "d/b", "d/z/", "d/z/y"));
}

TEST_F(walks, ListDirectoryByDirectoryWhereSomeAreLeftOut) {
  const tree_storage trees;
  filter_options options;
  options.exclude = {"z/**"};
  const auto rules = rules_of(options);

  EXPECT_THAT(paths_of(trees, {"", -1, &rules}), ElementsAre("listed"));
  EXPECT_THAT(paths_of(trees, {"", 1}), ElementsAre("listed"));
  EXPECT_EQ(trees.trees, 0);
}

TEST_F(walks, ShowWhatWasListedOfATreeThatBroke) {
  tree_storage trees;
  trees.fails = true;

  EXPECT_THAT(paths_of(trees, {}), ElementsAre("b", "z/", "z/y"));
  EXPECT_THAT(failures, ElementsAre(": it broke"));
  ASSERT_TRUE(last);
  EXPECT_STREQ(last->what(), "it broke");
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
