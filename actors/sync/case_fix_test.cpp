#include "actors/sync/case_fix.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;

class case_fix : public ::testing::Test {
protected:
  case_fix() {
    plan.path = "d";
    plan.other_path = "D";
    plan.source.add("File", entry_kind::file, 1, 1);
    plan.source.add("Dir", entry_kind::directory, -1, 1);
    plan.source.add("same", entry_kind::file, 1, 1);
    plan.destination.add("fILE", entry_kind::file, 1, 1);
    plan.destination.add("dIR", entry_kind::directory, -1, 1);
    plan.destination.add("same", entry_kind::file, 1, 1);
    merge_rules rules;
    rules.fold_case = true;
    const storage_info info;
    merge_listings(plan, rules, comparison{info, info, {}});
  }
  directory_plan plan;
};

TEST_F(case_fix, is_for_what_has_another_name) {
  const auto found = case_renames(plan);

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].from, "D/dIR");
  EXPECT_EQ(found[0].to, "D/Dir");
  EXPECT_TRUE(found[0].directory);
  EXPECT_EQ(found[1].from, "D/fILE");
  EXPECT_EQ(found[1].to, "D/File");
  EXPECT_FALSE(found[1].directory);
}

TEST_F(case_fix, is_known_to_the_plan_when_it_is_done) {
  for (const auto& one : case_renames(plan)) renamed_case(plan, one);

  EXPECT_TRUE(plan.renamed.empty());
  EXPECT_TRUE(case_renames(plan).empty());
  EXPECT_EQ(plan.below.at(0).destination_path(), "D/Dir");
}

TEST_F(case_fix, renames_files_and_directories) {
  for (const auto* folds : {"false", "true"}) {
    scratch_folder folder;
    write_file(folder / "D/fILE", "content");
    write_file(folder / "D/dIR/x", "content");
    bench_of_storages bench;
    const auto made = bench.make("local", folder.path(), {{"case_insensitive", folds}}).made;

    bench.run([&](const may_block& on) {
      const auto s = made->connect(on);
      for (const auto& one : case_renames(plan)) rename_case(on, *s, one);
    });

    EXPECT_THAT(tree_of(folder.path()), ElementsAre("D/", "D/Dir/", "D/Dir/x", "D/File"));
  }
}

TEST_F(case_fix, that_fails_gives_the_old_name_back) {
  scratch_folder folder;
  write_file(folder / "D/dIR/x", "content");
  write_file(folder / "D/Dir/y", "in the way");
  bench_of_storages bench;
  const auto made = bench.make("local", folder.path(), {{"case_insensitive", "true"}}).made;

  const auto why = failure_of([&] {
    bench.run([&](const may_block& on) { rename_case(on, *made->connect(on), case_renames(plan)[0]); });
  });

  EXPECT_NE(why.text, "");
  EXPECT_THAT(tree_of(folder.path()), ElementsAre("D/", "D/Dir/", "D/Dir/y", "D/dIR/", "D/dIR/x"));
}

} // namespace
} // namespace argosy
