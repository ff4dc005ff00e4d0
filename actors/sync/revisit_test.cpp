#include "actors/sync/revisit.hpp"

#include "actors/reports/report_writer.hpp"
#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

using name_list = std::vector<std::string>;

/// A merged plan of these names; files of 10 bytes.
directory_plan plan_of(const name_list& copy, const name_list& equal, const name_list& surplus,
                       const name_list& below = {}) {
  directory_plan plan;
  plan.path = "d";
  const auto add = [](listing& to, std::vector<std::uint32_t>& chosen, const std::string& name) {
    chosen.push_back(static_cast<std::uint32_t>(to.size()));
    to.add(name, entry_kind::file, 10, 0);
  };
  for (const auto& name : copy) add(plan.source, plan.copy, name);
  for (const auto& name : equal) add(plan.source, plan.equal, name);
  for (const auto& name : surplus) add(plan.destination, plan.surplus, name);
  for (const auto& name : below) plan.below.push_back({"d/" + name, true, true, 2});
  plan.copy_bytes = 10 * copy.size();
  return plan;
}

name_list kept(const std::vector<std::uint32_t>& chosen, const listing& from) {
  name_list found;
  for (const auto index : chosen) found.emplace_back(from[index].name);
  return found;
}

TEST(keep_only, keeps_what_is_to_be_looked_at_again) {
  auto plan = plan_of({"a", "b", "c"}, {"e", "f"}, {"s", "t"});

  const auto vanished = keep_only(plan, {{"b", "f"}, {"t"}, {}});

  EXPECT_EQ(kept(plan.copy, plan.source), (name_list{"b"}));
  EXPECT_EQ(kept(plan.equal, plan.source), (name_list{"f"}));
  EXPECT_EQ(kept(plan.surplus, plan.destination), (name_list{"t"}));
  EXPECT_EQ(plan.copy_bytes, 10u);
  EXPECT_TRUE(vanished.empty());
}

TEST(keep_only, tells_what_is_not_there_any_more) {
  auto plan = plan_of({"a"}, {}, {});

  const auto vanished = keep_only(plan, {{"a", "gone"}, {"gone too"}, {}});

  ASSERT_EQ(vanished.size(), 2u);
  EXPECT_EQ(vanished[0].name, "gone");
  EXPECT_FALSE(vanished[0].surplus);
  EXPECT_EQ(vanished[1].name, "gone too");
  EXPECT_TRUE(vanished[1].surplus);
}

TEST(keep_only, a_file_that_vanished_from_the_source_is_not_removed_at_the_destination) {
  auto plan = plan_of({}, {}, {"a"});
  keep_only(plan, {{"a"}, {}, {}});
  EXPECT_TRUE(plan.surplus.empty());
}

TEST(keep_only, a_surplus_file_that_came_back_to_the_source_is_left_alone) {
  auto plan = plan_of({}, {"a"}, {});
  EXPECT_EQ(keep_only(plan, {{}, {"a"}, {}}).size(), 1u);
  EXPECT_TRUE(plan.equal.empty());
}

TEST(keep_only, keeps_directories_that_concern_themselves) {
  auto plan = plan_of({}, {}, {}, {"x", "y"});
  keep_only(plan, {{}, {}, {"y"}});
  ASSERT_EQ(plan.below.size(), 1u);
  EXPECT_EQ(plan.below[0].path, "d/y");
}

class retry_scope_test : public testing::actor_test {
protected:
  void TearDown() override {
    report.reset();
    actor_test::TearDown();
  }
  void failed(const report_place& place, const std::string& name, work_kind what = work_kind::transferring,
              failure_kind kind = failure_kind::retryable) {
    add(place, name, what, kind, name.empty());
  }
  void add(const report_place& place, const std::string& name, work_kind what, failure_kind kind,
           bool directory) {
    on_io([&](const may_block& on) {
      file_outcome one;
      one.name = name;
      one.how = outcome_kind::failed;
      one.what = what;
      one.kind = kind;
      one.error = "bad";
      one.is_directory = directory;
      report_writer{on, *report, place}.add(one);
    });
  }
  retry_scope::batch all(bool worth_another = true) {
    retry_scope scope{report, report->all(), worth_another};
    auto batch = on_io([&](const may_block& on) { return scope.next(on); });
    EXPECT_TRUE(scope.exhausted());
    return batch;
  }

  std::shared_ptr<job_report> report = std::make_shared<job_report>(with(), 7, job_report::call{});
};

TEST_F(retry_scope_test, gathers_files_by_their_directory) {
  failed({"d/e"}, "a");
  failed({""}, "b");
  failed({"d/e"}, "c");
  failed({"d/e"}, "s", work_kind::deleting);

  const auto batch = all();

  ASSERT_EQ(batch.directories.size(), 2u);
  const auto &root = batch.directories[0], &deep = batch.directories[1];
  EXPECT_EQ(root.path, "");
  EXPECT_EQ(root.depth, 0);
  EXPECT_EQ(root.only->files.size(), 1u);
  EXPECT_EQ(deep.path, "d/e");
  EXPECT_EQ(deep.depth, 2);
  EXPECT_TRUE(deep.alone);
  EXPECT_EQ(deep.only->files, (std::set<std::string, std::less<>>{"a", "c"}));
  EXPECT_EQ(deep.only->surplus, (std::set<std::string, std::less<>>{"s"}));
}

TEST_F(retry_scope_test, a_directory_that_was_not_listed_is_listed_whole) {
  failed({"d"}, "", work_kind::listing);
  const auto batch = all();
  ASSERT_EQ(batch.directories.size(), 1u);
  EXPECT_EQ(batch.directories[0].path, "d");
  EXPECT_FALSE(batch.directories[0].only);
}

TEST_F(retry_scope_test, a_directory_that_was_not_made_is_found_in_its_parent) {
  failed({"d/e", true, "D/e"}, "");
  const auto batch = all();
  ASSERT_EQ(batch.directories.size(), 1u);
  EXPECT_EQ(batch.directories[0].path, "d");
  EXPECT_EQ(batch.directories[0].other_path, "D");
  EXPECT_EQ(batch.directories[0].only->directories, (std::set<std::string, std::less<>>{"e"}));
}

TEST_F(retry_scope_test, a_directory_that_was_kept_is_to_go) {
  failed({"old"}, "", work_kind::deleting);
  const auto batch = all();
  EXPECT_TRUE(batch.directories.empty());
  EXPECT_EQ(batch.surplus_directories, (name_list{"old"}));
}

TEST_F(retry_scope_test, what_only_the_destination_has_is_looked_for_there) {
  failed({"old", false}, "s", work_kind::deleting);
  EXPECT_FALSE(all().directories.at(0).in_source);
}

TEST_F(retry_scope_test, leaves_out_what_cannot_be_mended_unless_it_is_told) {
  failed({""}, "a", work_kind::transferring, failure_kind::no_retry);
  EXPECT_TRUE(all(true).directories.empty());
  EXPECT_EQ(all(false).directories.size(), 1u);
}

TEST_F(retry_scope_test, reads_many_failures_piece_by_piece) {
  on_io([&](const may_block& on) {
    report_writer writer{on, *report, {"d"}};
    file_outcome one;
    one.how = outcome_kind::failed;
    one.error = "bad";
    for (int i = 0; i < 25'000; ++i) {
      const auto name = std::to_string(i);
      one.name = name;
      writer.add(one);
    }
  });
  retry_scope scope{report, report->all(), true};

  std::size_t found = 0, batches = 0;
  while (!scope.exhausted()) {
    const auto batch = on_io([&](const may_block& on) { return scope.next(on); });
    for (const auto& one : batch.directories) found += one.only->files.size();
    ++batches;
  }

  EXPECT_EQ(found, 25'000u);
  EXPECT_EQ(batches, 3u);
}

TEST_F(retry_scope_test, tells_the_rest) {
  failed({"d"}, "a");
  failed({"d"}, "b");
  retry_scope scope{report, report->all(), true};
  name_list rest;

  on_io([&](const may_block& on) {
    scope.rest(on, [&](const report_place& place, const file_outcome& one) {
      rest.push_back(place.directory + "/" + std::string{one.name});
    });
  });

  EXPECT_EQ(rest, (name_list{"d/a", "d/b"}));
  EXPECT_TRUE(scope.exhausted());
}

} // namespace
} // namespace argosy
