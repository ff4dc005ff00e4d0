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

TEST(look_up, finds_what_is_there) {
  scratch_folder folder;
  for (const auto* name : {"d/a", "d/b", "d/c", "d/e/x"}) write_file(folder / name, name);
  bench_of_storages bench;
  const auto made = bench.make("local", folder.path()).made;
  listing found;

  bench.run([&](const may_block& on) {
    const auto s = made->connect(on);
    look_up(on, *s, "d", {{"b", "c", "e", "f"}, {"a", "e", "g"}}, found);
  });

  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].name, "b");
  EXPECT_EQ(found[0].size, 3);
  EXPECT_EQ(found[1].name, "c");
  EXPECT_EQ(found[2].name, "e");
  EXPECT_EQ(found[2].kind, entry_kind::directory);
}

} // namespace
} // namespace argosy
