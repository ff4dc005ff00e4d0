#include "actors/sync/look_up.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(listed_below, gives_files_and_directories_of_one_directory) {
  const std::set<std::string, std::less<>> listed{"a", "a b", "a/x", "a/y/z", "a/y/zz", "a0", "b/c"};

  EXPECT_THAT(listed_below(listed, "").files, ElementsAre("a", "a b", "a0"));
  EXPECT_THAT(listed_below(listed, "").directories, ElementsAre("a", "b"));
  EXPECT_THAT(listed_below(listed, "a").files, ElementsAre("x"));
  EXPECT_THAT(listed_below(listed, "a").directories, ElementsAre("y"));
  EXPECT_THAT(listed_below(listed, "a/y").files, ElementsAre("z", "zz"));
  EXPECT_THAT(listed_below(listed, "nothing").files, IsEmpty());
}

TEST(look_up, finds_the_files_of_its_part_of_the_names) {
  scratch_folder folder;
  for (const auto* name : {"d/a", "d/b", "d/c", "d/e/x"}) write_file(folder / name, name);
  bench_of_storages bench;
  const auto made = bench.make("local", folder.path()).made;
  listing found;

  bench.run([&](const may_block& on) {
    const auto s = made->connect(on);
    look_up(on, *s, "d", {"a", "b", "c", "e", "f"}, 1, 10, found);
  });

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "b");
  EXPECT_EQ(found[0].size, 3);
  EXPECT_EQ(found[1].name, "c");
}

TEST(passing, goes_by_the_metadata_of_files) {
  scratch_folder folder;
  write_file(folder / "private", "");
  write_file(folder / "public", "");
  std::filesystem::create_directory(folder / "directory");
  std::filesystem::permissions(folder / "private", std::filesystem::perms{0600});
  std::filesystem::permissions(folder / "public", std::filesystem::perms{0644});
  filter_options options;
  options.metadata_include = {"mode=100644"};
  const filter rules{options, 0, [](const std::string&) { return std::string{}; }};
  bench_of_storages bench;
  const auto made = bench.make("local", folder.path()).made;

  const auto left = bench.run([&](const may_block& on) {
    const auto s = made->connect(on);
    return passing(on, *s, "", rules, list_all(on, *s, ""));
  });

  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].name, "directory");
  EXPECT_EQ(left[1].name, "public");
}

} // namespace
} // namespace argosy
