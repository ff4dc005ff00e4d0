#include "actors/sync/sync.hpp"

#include <map>
#include <random>
#include <set>

#include "actors/jobs/job_table.hpp"
#include "actors/links/remotes.hpp"
#include "actors/sync/sync_job.hpp"
#include "tests/fixtures/sync_test.hpp"

namespace argosy {
namespace {

using testing::sync_fixture;
using testing::then;
using testing::tree;

class sync_between : public sync_fixture,
                     public ::testing::WithParamInterface<std::pair<const char*, const char*>> {
protected:
  void SetUp() override {
    sync_fixture::SetUp();
    use(GetParam().first, GetParam().second);
    make_directory(from, "");
    make_directory(to, "");
  }
};

bool keeps_empty_directories(const remote& at) { return at.store->info().features.CanHaveEmptyDirectories; }

const tree some_files{{"a", "1"}, {"d/b", "22"}, {"d/e/c", "333"}, {"f/\xc3\xa9", ""}};
const tree some_tree{{"a", "1"},       {"d/", ""}, {"d/b", "22"},     {"d/e/", ""},
                     {"d/e/c", "333"}, {"f/", ""}, {"f/\xc3\xa9", ""}};

TEST_P(sync_between, copies_a_tree) {
  put_all(from, some_files);

  const auto r = run(sync_kind::copy);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.copied, 4u);
  EXPECT_EQ(all(to), some_tree);
  EXPECT_EQ(modified(to, "d/b"), then);
  const auto s = figures();
  EXPECT_EQ(s.transfers, 4);
  EXPECT_EQ(s.bytes, 6);
  EXPECT_EQ(s.total_bytes, 6);
  EXPECT_EQ(s.errors, 0);
}

TEST_P(sync_between, copies_nothing_twice) {
  put_all(from, some_files);
  run(sync_kind::copy);

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.copied, 0u);
  EXPECT_EQ(r.skipped, 4u);
  EXPECT_EQ(figures().transfers, 4);
  EXPECT_EQ(figures().checks, 4);
}

TEST_P(sync_between, a_copy_leaves_what_only_the_destination_has) {
  put_all(from, {{"a", "new"}});
  put_all(to, {{"a", "old!"}, {"b", "kept"}, {"d/c", "kept"}});

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.copied, 1u);
  EXPECT_EQ(all(to), (tree{{"a", "new"}, {"b", "kept"}, {"d/", ""}, {"d/c", "kept"}}));
}

TEST_P(sync_between, a_sync_removes_what_the_source_has_not) {
  put_all(from, some_files);
  put_all(to, {{"a", "1"}, {"x", "gone"}, {"d/y", "gone"}, {"z/zz/q", "gone"}});

  const auto r = run(sync_kind::sync);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.removed, 3u);
  EXPECT_EQ(all(to), some_tree);
  EXPECT_EQ(figures().deletes, 3);
}

TEST_P(sync_between, deletes_in_every_mode) {
  for (const int mode : {1, 2, 3}) {
    main.delete_mode = mode;
    put_all(from, {{"a", "1"}, {"d/b", "2"}});
    put_all(to, {{"x", "gone"}, {"d/y", "gone"}, {"e/z", "gone"}});

    const auto r = run(sync_kind::sync);

    EXPECT_FALSE(r.error) << r.error.text;
    EXPECT_EQ(r.removed, 3u) << mode;
    EXPECT_EQ(all(to), (tree{{"a", "1"}, {"d/", ""}, {"d/b", "2"}})) << mode;
  }
}

TEST_P(sync_between, deletes_nothing_in_mode_off) {
  main.delete_mode = 0;
  make_directory(from, "");
  put(to, "x");
  EXPECT_EQ(run(sync_kind::sync).removed, 0u);
  EXPECT_EQ(all(to), (tree{{"x", "x"}}));
}

TEST_P(sync_between, a_move_leaves_no_file_at_the_source) {
  put_all(from, some_files);
  put_all(to, {{"a", "1"}, {"d/b", "other"}});

  const auto r = run(sync_kind::move);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.found, 4u);
  EXPECT_EQ(r.skipped, 1u) << "the equal one is not copied but removed at the source";
  EXPECT_EQ(all(to), some_tree);
  for (const auto& [path, content] : all(from)) EXPECT_EQ(path.back(), '/') << path;
}

TEST_P(sync_between, a_dry_run_changes_nothing_and_counts) {
  main.dry_run = true;
  put_all(from, some_files);
  put_all(to, {{"x", "kept"}});

  const auto r = run(sync_kind::sync);

  EXPECT_EQ(r.copied, 4u);
  EXPECT_EQ(all(to), (tree{{"x", "kept"}}));
  EXPECT_EQ(figures().transfers, 4);
  EXPECT_EQ(figures().bytes, 6);
}

TEST_P(sync_between, max_delete_stops_at_its_number) {
  main.max_delete = 2;
  put_all(to, {{"a", ""}, {"b", ""}, {"c", ""}, {"d/e", ""}});

  const auto r = run(sync_kind::sync);

  EXPECT_EQ(r.error.text, "--max-delete threshold reached");
  EXPECT_EQ(r.error.kind, failure_kind::fatal);
  EXPECT_EQ(r.removed, 2u);
  EXPECT_EQ(figures().deletes, 2);
}

TEST_P(sync_between, max_delete_of_zero_forbids_all) {
  main.max_delete = 0;
  put_all(to, {{"a", ""}});
  EXPECT_EQ(run(sync_kind::sync).error.text, "--max-delete threshold reached");
  EXPECT_EQ(all(to), (tree{{"a", ""}}));
}

TEST_P(sync_between, max_delete_that_suffices_is_no_error) {
  main.max_delete = 2;
  put_all(to, {{"a", ""}, {"b", ""}});
  EXPECT_FALSE(run(sync_kind::sync).error);
}

TEST_P(sync_between, max_delete_counts_over_the_life_of_the_group) {
  main.max_delete = 3;
  put_all(to, {{"a", ""}, {"b", ""}});
  sync_order order;
  order.kind = sync_kind::sync;
  order.deletes_before = 2;
  const auto r = run(order);
  EXPECT_EQ(r.removed, 1u);
  EXPECT_EQ(r.error.text, "--max-delete threshold reached");
}

TEST_P(sync_between, a_failing_file_keeps_deletes_back_and_lets_the_others_pass) {
  put_all(from, {{"a", "1"}, {"bad", "2"}, {"d/c", "3"}});
  put_all(to, {{"x", "kept"}, {"e/y", "kept"}});
  failures.emplace("from open bad", failure{failure_kind::retryable, "no luck"});

  const auto r = run(sync_kind::sync);

  EXPECT_EQ(r.error.text, "failed to open source object: no luck");
  EXPECT_EQ(r.copied, 2u);
  EXPECT_EQ(r.failed, 1u);
  EXPECT_EQ(r.removed, 0u);
  EXPECT_EQ(all(to),
            (tree{{"a", "1"}, {"d/", ""}, {"d/c", "3"}, {"e/", ""}, {"e/y", "kept"}, {"x", "kept"}}));
}

TEST_P(sync_between, ignore_errors_deletes_nevertheless) {
  main.ignore_errors = true;
  put_all(from, {{"a", "1"}, {"bad", "2"}});
  put_all(to, {{"x", "gone"}});
  failures.emplace("from open bad", failure{failure_kind::retryable, "no luck"});

  const auto r = run(sync_kind::sync);

  EXPECT_EQ(r.error.text, "failed to open source object: no luck");
  EXPECT_EQ(all(to), (tree{{"a", "1"}}));
}

TEST_P(sync_between, errors_of_the_group_keep_deletes_back_and_are_the_error) {
  put_all(from, {{"a", "1"}});
  put_all(to, {{"x", "kept"}});
  sync_order order;
  order.kind = sync_kind::sync;
  order.errors_before = 1;

  const auto r = run(order);

  EXPECT_EQ(r.error.text, "not deleting files as there were IO errors");
  EXPECT_EQ(all(to), (tree{{"a", "1"}, {"x", "kept"}}));
}

TEST_P(sync_between, errors_of_the_group_do_not_matter_when_nothing_is_to_be_deleted) {
  put_all(from, {{"a", "1"}});
  sync_order order;
  order.kind = sync_kind::sync;
  order.errors_before = 1;
  EXPECT_FALSE(run(order).error);
}

TEST_P(sync_between, another_time_with_the_same_content_mends_the_time) {
  put(from, "a", "same", then);
  put(to, "a", "same", then - 5'000'000'000);

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.skipped, 1u);
  EXPECT_EQ(modified(to, "a"), then);
  EXPECT_EQ(figures().transfers, 0);
}

TEST_P(sync_between, another_time_with_other_content_is_copied) {
  put(from, "a", "new!", then);
  put(to, "a", "old!", then - 5'000'000'000);

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.copied, 1u);
  EXPECT_EQ(all(to), (tree{{"a", "new!"}}));
}

TEST_P(sync_between, immutable_files_are_errors_and_stay) {
  main.immutable = true;
  put_all(from, {{"a", "longer"}, {"b", "1"}});
  put_all(to, {{"a", "old"}});

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.error.text, "immutable file modified");
  EXPECT_EQ(r.failed, 1u);
  EXPECT_EQ(r.copied, 1u);
  EXPECT_EQ(all(to), (tree{{"a", "old"}, {"b", "1"}}));
}

TEST_P(sync_between, directories_beyond_max_depth_are_not_entered) {
  main.max_depth = 2;
  put_all(from, some_files);
  run(sync_kind::copy);
  EXPECT_EQ(all(to), (tree{{"a", "1"}, {"d/", ""}, {"d/b", "22"}, {"f/", ""}, {"f/\xc3\xa9", ""}}));
}

TEST_P(sync_between, excluded_files_stay_where_they_are) {
  filter_options rules;
  rules.exclude = {"*.tmp", "/no/**"};
  sync_order order;
  order.kind = sync_kind::sync;
  order.rules = std::make_shared<filter>(rules, 0, [](const std::string&) { return std::string{}; });
  put_all(from, {{"a", "1"}, {"b.tmp", "2"}, {"no/c", "3"}});
  put_all(to, {{"c.tmp", "kept"}, {"no/d", "kept"}});

  const auto r = run(order);

  EXPECT_EQ(r.found, 1u);
  EXPECT_EQ(all(to), (tree{{"a", "1"}, {"c.tmp", "kept"}, {"no/", ""}, {"no/d", "kept"}}));
}

TEST_P(sync_between, each_side_is_filtered_by_its_own_files) {
  filter_options rules;
  rules.max_size = 3;
  sync_order order;
  order.kind = sync_kind::sync;
  order.rules = std::make_shared<filter>(rules, 0, [](const std::string&) { return std::string{}; });
  put_all(from, {{"grown", "12345"}, {"shrunk", "1"}});
  put_all(to, {{"grown", "1"}, {"shrunk", "12345"}, {"other", "12345"}});

  const auto r = run(order);

  EXPECT_EQ(r.found, 1u);
  EXPECT_EQ(all(to), (tree{{"other", "12345"}, {"shrunk", "1"}}));
}

TEST_P(sync_between, with_delete_excluded_nothing_that_is_excluded_stays) {
  filter_options rules;
  rules.exclude = {"*.tmp", "/no/**"};
  sync_order order;
  order.kind = sync_kind::sync;
  order.delete_excluded = true;
  order.rules = std::make_shared<filter>(rules, 0, [](const std::string&) { return std::string{}; });
  put_all(from, {{"a", "1"}, {"b.tmp", "2"}, {"no/c", "3"}});
  put_all(to, {{"b.tmp", "2"}, {"c.tmp", "4"}, {"no/c", "3"}, {"no/d/e", "5"}});

  run(order);

  EXPECT_EQ(all(to), (tree{{"a", "1"}}));
}

TEST_P(sync_between, a_move_leaves_nothing_behind_whatever_the_destination_has) {
  put(from, "same", "11", then);
  put(from, "other time", "22", then + 5'000'000'000);
  put(from, "other content", "33", then + 5'000'000'000);
  put(from, "other size", "444", then);
  put(from, "d/new", "5", then);
  put_all(to, {{"same", "11"}, {"other time", "22"}, {"other content", "xx"}, {"other size", "x"}});

  const auto r = run(sync_kind::move);

  EXPECT_FALSE(r.error);
  EXPECT_EQ(all(from), (keeps_empty_directories(from) ? tree{{"d/", ""}} : tree{}));
  EXPECT_EQ(all(to), (tree{{"d/", ""},
                           {"d/new", "5"},
                           {"other content", "33"},
                           {"other size", "444"},
                           {"other time", "22"},
                           {"same", "11"}}));
}

TEST_P(sync_between, a_move_with_ignore_existing_leaves_what_was_not_looked_at) {
  main.ignore_existing = true;
  put_all(from, {{"a", "1"}, {"b", "2"}});
  put_all(to, {{"a", "other"}});

  run(sync_kind::move);

  EXPECT_EQ(all(from), (tree{{"a", "1"}}));
  EXPECT_EQ(all(to), (tree{{"a", "other"}, {"b", "2"}}));
}

TEST_P(sync_between, only_directories_without_files_are_made_on_demand) {
  put_all(from, {{"kept back/a", "1"}});
  make_directory(from, "empty/deep");
  failures.emplace("from open kept back/a", failure{failure_kind::other, "no"});
  sync_order order;
  order.create_empty_directories = true;

  run(order);

  const auto both = keeps_empty_directories(from) && keeps_empty_directories(to);
  EXPECT_EQ(all(to), (both ? tree{{"empty/", ""}, {"empty/deep/", ""}} : tree{}));
}

TEST_P(sync_between, directories_at_max_depth_are_made_but_not_entered) {
  main.max_depth = 1;
  put_all(from, {{"a", "1"}, {"d/b", "2"}});
  sync_order order;
  order.create_empty_directories = true;

  run(order);

  EXPECT_EQ(all(to), (keeps_empty_directories(to) ? tree{{"a", "1"}, {"d/", ""}} : tree{{"a", "1"}}));
}

TEST_P(sync_between, delete_excluded_looks_deeper_than_max_depth) {
  main.max_depth = 1;
  put_all(from, {{"a", "1"}, {"both/x", "2"}});
  put_all(to, {{"gone/deep/b", "3"}, {"both/kept", "4"}});
  sync_order order;
  order.kind = sync_kind::sync;
  order.delete_excluded = true;

  run(order);

  EXPECT_EQ(all(to), (tree{{"a", "1"}, {"both/", ""}, {"both/kept", "4"}}));
}

TEST_P(sync_between, cancelled_before_it_begins_it_changes_nothing) {
  put_all(from, some_files);
  stop.cancel();

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.error.kind, failure_kind::cancelled);
  EXPECT_EQ(r.error.text, "context canceled");
  EXPECT_EQ(all(to), tree{});
}

TEST_P(sync_between, cancelled_in_the_middle_of_a_file_it_leaves_no_part_of_it) {
  put_all(from, {{"a", "1"}, {"big", testing::noise(5 << 20)}, {"c", "3"}, {"d/e", "4"}});
  on_operation = [this, blocks = 0](const std::string& operation, const std::string& path) mutable {
    if (operation == "from read" && path == "big" && ++blocks == 3) stop.cancel();
  };

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.error.text, "context canceled");
  EXPECT_GE(r.failed, 1u);
  for (const auto& [path, content] : all(to)) {
    EXPECT_EQ(path.find("big"), std::string::npos) << path;
    EXPECT_EQ(path.find("partial"), std::string::npos) << path;
  }
}

TEST_P(sync_between, cancelled_while_files_wait_it_counts_them_as_failed) {
  main.transfers = 1;
  tree files;
  for (int i = 0; i < 300; ++i) files["f" + std::to_string(i)] = "x";
  put_all(from, files);
  on_operation = [this, opened = 0](const std::string& operation, const std::string&) mutable {
    if (operation == "from open" && ++opened == 3) stop.cancel();
  };

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.found, 300u);
  EXPECT_EQ(r.copied, 2u);
  EXPECT_EQ(r.failed, 298u);
}

TEST_P(sync_between, a_directory_that_cannot_be_listed_is_an_error_and_left_alone) {
  put_all(from, {{"a", "1"}, {"d/b", "2"}, {"e/c", "3"}});
  put_all(to, {{"d/x", "kept"}, {"y", "kept"}});
  failures.emplace("from list d", failure{failure_kind::permission_denied, "permission denied"});

  const auto r = run(sync_kind::sync);

  EXPECT_EQ(r.error.text, "permission denied");
  EXPECT_EQ(all(to),
            (tree{{"a", "1"}, {"d/", ""}, {"d/x", "kept"}, {"e/", ""}, {"e/c", "3"}, {"y", "kept"}}));
  EXPECT_EQ(figures().errors, 1);
}

TEST_P(sync_between, a_root_that_cannot_be_listed_ends_it) {
  put_all(from, {{"a", "1"}});
  failures.emplace("to list ", failure{failure_kind::permission_denied, "permission denied"});
  EXPECT_EQ(run(sync_kind::copy).error.text, "permission denied");
}

TEST_P(sync_between, one_connection_a_side_is_enough) {
  use(GetParam().first, GetParam().second, 1);
  put_all(from, some_files);
  put_all(to, {{"x", "gone"}, {"y/z", "gone"}});

  const auto r = run(sync_kind::sync);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(all(to), some_tree);
}

TEST_P(sync_between, many_at_once_share_few_connections) {
  use(GetParam().first, GetParam().second, 2);
  main.checkers = 4;
  put_all(from, some_files);
  for (int i = 0; i < 10; ++i) begin({});
  settle();

  EXPECT_EQ(results.size(), 10u);
  for (const auto& r : results) EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(all(to), some_tree);
}

TEST_P(sync_between, ends_although_a_pool_is_gone) {
  for (auto* side : {&from, &to}) {
    put_all(from, some_files);
    const auto kept = *side;
    kill(side->pool);

    const auto r = run(sync_kind::sync);

    EXPECT_EQ(r.error.text, "context canceled");
    *side = remote_of(kept.store);
  }
}

TEST_P(sync_between, destroyed_it_still_tells_its_end) {
  put_all(from, some_files);
  const auto one = begin({});
  mail();
  kill(one);
  settle();

  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].error.text, "context canceled");
  EXPECT_EQ(results[0].found, results[0].copied + results[0].skipped + results[0].failed);
}

TEST_P(sync_between, makes_any_tree_equal) {
  std::mt19937 random{7};
  const auto any_path = [&] {
    std::string path;
    for (auto depth = random() % 4; depth > 0; --depth) path += "d" + std::to_string(random() % 4) + "/";
    return path + "f" + std::to_string(random() % 20);
  };
  for (int round = 0; round < 6; ++round) {
    main.delete_mode = 1 + round % 3;
    main.transfers = 1 + round % 2 * 3;
    main.checkers = 1 + round % 3;
    main.max_backlog = round < 3 ? 3 : 10'000;
    tree files;
    for (int i = 0; i < 150; ++i) {
      const auto path = any_path();
      put(from, path, std::string(random() % 3, 'a'), then + static_cast<nanoseconds>(random() % 3) * 1000);
      put(to, any_path(), std::string(random() % 3, 'b'), then - 5'000'000'000);
    }

    const auto r = run(sync_kind::sync);

    EXPECT_FALSE(r.error) << r.error.text;
    EXPECT_TRUE(all(to) == all(from)) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(storages, sync_between,
                         ::testing::Values(std::pair{"memory", "memory"}, std::pair{"local", "local"},
                                           std::pair{"local", "memory"}, std::pair{"memory", "local"}),
                         [](const auto& types) {
                           return std::string{types.param.first} + "_to_" + types.param.second;
                         });

class sync_test : public sync_fixture {};

TEST_F(sync_test, a_missing_source_is_not_found) {
  use("local", "local");
  const auto r = run(sync_kind::copy);
  EXPECT_EQ(r.error.kind, failure_kind::directory_not_found);
  EXPECT_EQ(r.error.text, "directory not found");
}

TEST_F(sync_test, a_missing_source_deletes_nothing) {
  use("local", "local");
  put(to, "a");
  for (const int mode : {1, 2, 3}) {
    main.delete_mode = mode;
    EXPECT_EQ(run(sync_kind::sync).error.text, "directory not found");
    EXPECT_EQ(all(to), (tree{{"a", "x"}})) << mode;
  }
}

TEST_F(sync_test, a_missing_destination_is_made) {
  use("local", "local");
  put_all(from, some_files);
  EXPECT_FALSE(run(sync_kind::sync).error);
  EXPECT_EQ(all(to), some_tree);
}

TEST_F(sync_test, empty_directories_are_made_on_demand) {
  use("local", "local");
  put(from, "a");
  make_directory(from, "e/f/g");
  run(sync_kind::copy);
  EXPECT_EQ(all(to), (tree{{"a", "x"}}));

  sync_order order;
  order.create_empty_directories = true;
  run(order);

  EXPECT_EQ(all(to), (tree{{"a", "x"}, {"e/", ""}, {"e/f/", ""}, {"e/f/g/", ""}}));
}

TEST_F(sync_test, directories_that_the_source_has_not_go_when_they_are_empty) {
  use("local", "local");
  put_all(from, {{"a", "1"}});
  put_all(to, {{"d/e/f", "gone"}});
  make_directory(to, "g/h");
  for (const int mode : {1, 2, 3}) {
    main.delete_mode = mode;
    put_all(to, {{"d/e/f", "gone"}});
    make_directory(to, "g/h");
    tell(group, caf::reset_atom_v);
    EXPECT_FALSE(run(sync_kind::sync).error);
    EXPECT_EQ(all(to), (tree{{"a", "1"}})) << mode;
    EXPECT_EQ(figures().deleted_dirs, 4) << mode;
  }
}

TEST_F(sync_test, a_directory_that_keeps_an_excluded_file_stays) {
  use("local", "local");
  put_all(from, {{"a", "1"}});
  put_all(to, {{"d/x.tmp", "kept"}, {"d/y", "gone"}});
  filter_options rules;
  rules.exclude = {"*.tmp"};
  sync_order order;
  order.kind = sync_kind::sync;
  order.rules = std::make_shared<filter>(rules, 0, [](const std::string&) { return std::string{}; });

  EXPECT_FALSE(run(order).error);

  EXPECT_EQ(all(to), (tree{{"a", "1"}, {"d/", ""}, {"d/x.tmp", "kept"}}));
}

TEST_F(sync_test, a_move_removes_emptied_directories_on_demand_but_never_the_root) {
  use("local", "memory");
  put_all(from, some_files);
  run(sync_kind::move);
  EXPECT_EQ(all(from), (tree{{"d/", ""}, {"d/e/", ""}, {"f/", ""}}));

  sync_order order;
  order.kind = sync_kind::move;
  order.delete_empty_directories = true;
  run(order);

  EXPECT_EQ(all(from), tree{});
  EXPECT_TRUE(std::filesystem::exists(folder / "from"));
}

TEST_F(sync_test, a_file_over_a_directory_fails_and_deletes_nothing) {
  use("local", "local");
  put_all(from, {{"x", "file"}, {"ok", "1"}});
  put_all(to, {{"x/inner", "kept"}, {"other", "kept"}});

  const auto r = run(sync_kind::sync);

  EXPECT_TRUE(r.error);
  EXPECT_EQ(r.failed, 1u);
  EXPECT_EQ(all(to), (tree{{"ok", "1"}, {"other", "kept"}, {"x/", ""}, {"x/inner", "kept"}}));
}

TEST_F(sync_test, a_directory_over_a_file_fails_and_deletes_nothing) {
  use("local", "local");
  put_all(from, {{"y/inner", "1"}, {"ok", "1"}});
  put_all(to, {{"y", "kept"}});

  const auto r = run(sync_kind::sync);

  EXPECT_TRUE(r.error);
  EXPECT_EQ(r.failed, 1u);
  EXPECT_EQ(all(to), (tree{{"ok", "1"}, {"y", "kept"}}));
}

TEST_F(sync_test, listings_do_not_run_ahead_of_the_backlog) {
  use("memory", "memory");
  main.max_backlog = 5;
  main.transfers = 1;
  main.checkers = 1;
  tree files;
  for (int d = 0; d < 40; ++d)
    for (int f = 0; f < 4; ++f) files["d" + std::to_string(d) + "/f" + std::to_string(f)] = "x";
  put_all(from, files);
  make_directory(to, "");
  int listed = 0, opened = 0, most = 0;
  on_operation = [&](const std::string& operation, const std::string& path) {
    if (operation == "from list" && !path.empty()) listed += 4;
    if (operation == "from open") ++opened;
    most = std::max(most, listed - opened);
  };

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.copied, 160u);
  // The bound, the directory that reaches it, and the run that is under way.
  EXPECT_LE(most, 5 + 4 + 1);
}

TEST_F(sync_test, deleting_during_many_directories_keeps_the_account_of_the_backlog) {
  use("memory", "memory");
  main.delete_mode = 2;
  main.max_backlog = 4;
  main.transfers = 1;
  main.checkers = 2;
  tree files, surplus;
  for (int d = 0; d < 30; ++d)
    for (int f = 0; f < 3; ++f) {
      // Directories with and without files, so that listings come back with much and with nothing.
      files["d" + std::to_string(d) + "/e/f" + std::to_string(f)] = "x";
      surplus["d" + std::to_string(d) + "/e/s" + std::to_string(f)] = "x";
    }
  put_all(from, files);
  put_all(to, surplus);

  const auto r = run(sync_kind::sync);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.copied, 90u);
  EXPECT_EQ(r.removed, 90u);
}

TEST_F(sync_test, deep_and_wide_trees_come_to_an_end) {
  use("memory", "memory");
  main.transfers = 3;
  tree files;
  for (int d = 0; d < 500; ++d) files["a" + std::to_string(d % 7) + "/b" + std::to_string(d) + "/f"] = "x";
  put_all(from, files);
  make_directory(to, "");
  EXPECT_EQ(run(sync_kind::sync).copied, 500u);
  EXPECT_EQ(run(sync_kind::sync).skipped, 500u);
}

TEST_F(sync_test, names_that_differ_in_their_composition_are_one_file) {
  use("local", "local");
  put(from, "caf\xc3\xa9", "new!", then);
  put(to, "cafe\xcc\x81", "old!", then - 5'000'000'000);

  const auto r = run(sync_kind::sync);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.copied, 1u);
  EXPECT_EQ(all(to), (tree{{"cafe\xcc\x81", "new!"}}));
}

TEST_F(sync_test, directories_that_differ_in_their_composition_are_one) {
  use("local", "local");
  put_all(from, {{"caf\xc3\xa9/a", "1"}, {"caf\xc3\xa9/b", "2"}});
  put_all(to, {{"cafe\xcc\x81/a", "1"}, {"cafe\xcc\x81/x", "gone"}});

  const auto r = run(sync_kind::sync);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.skipped, 1u);
  EXPECT_EQ(all(to), (tree{{"cafe\xcc\x81/", ""}, {"cafe\xcc\x81/a", "1"}, {"cafe\xcc\x81/b", "2"}}));
}

TEST_F(sync_test, names_of_another_case_are_one_file_when_case_is_ignored) {
  use("local", "local");
  main.ignore_case_sync = true;
  put_all(from, {{"Dir/File", "new"}, {"Dir/Same", "1"}, {"Dir/Sub/x", "2"}});
  put_all(to, {{"dir/file", "older"}, {"dir/same", "1"}, {"dir/gone", "3"}, {"dir/empty/y", "4"}});

  const auto r = run(sync_kind::sync);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(
      all(to),
      (tree{{"dir/", ""}, {"dir/file", "new"}, {"dir/same", "1"}, {"dir/Sub/", ""}, {"dir/Sub/x", "2"}}));
}

TEST_F(sync_test, the_time_of_a_file_of_another_case_is_mended) {
  use("local", "local");
  main.ignore_case_sync = true;
  put(from, "A", "same", then);
  put(to, "a", "same", then - 5'000'000'000);

  EXPECT_EQ(run(sync_kind::move).skipped, 1u);

  EXPECT_EQ(modified(to, "a"), then);
}

/// From the two fs texts on, as a job.
class sync_job_test : public testing::actor_test {
protected:
  void SetUp() override {
    around.stats = root(spawn_stats(sys(), with(), 1000));
    around.remotes = root(spawn_remotes(sys(), with(), maker()));
    around.jobs = root(spawn_job_table(sys(), with(), {}));
  }
  void TearDown() override {
    around = {};
    actor_test::TearDown();
  }
  job_actor begin(const std::string& source, const std::string& destination, sync_order order,
                  const std::string& group = "g") {
    job_request request;
    request.id = ++last;
    request.group = group;
    return spawn_job(
        sys(), with(), around, request, [this](job_status& s) { answers.push_back(s); },
        [=](job_context& job) { run_sync(job, source, destination, order); });
  }
  /// The error of the job; "" when it succeeded.
  std::string run(sync_kind kind, const std::string& source, const std::string& destination,
                  std::shared_ptr<filter> rules = {}) {
    answers.clear();
    sync_order order;
    order.kind = kind;
    order.rules = std::move(rules);
    begin(source, destination, order);
    settle();
    if (answers.size() != 1) return "answered " + std::to_string(answers.size()) + " times";
    return answers[0].error.text;
  }
  stats_snapshot figures() { return *ask<stats_snapshot>(around.stats, caf::get_atom_v, "g"); }

  testing::scratch_folder folder;
  directory around;
  std::vector<job_status> answers;
  job_id last = 0;
};

const char* const overlapping =
    "can't sync or move files on overlapping remotes (try excluding the destination with a filter rule)";

TEST_F(sync_job_test, copies) {
  testing::write_file(folder / "a/x", "1");
  EXPECT_EQ(run(sync_kind::copy, folder / "a", folder / "b"), "");
  EXPECT_EQ(testing::read_file(folder / "b/x"), "1");
  EXPECT_EQ(figures().transfers, 1);
}

TEST_F(sync_job_test, one_root_is_nothing_to_do_for_copy_and_move_and_an_error_for_sync) {
  testing::write_file(folder / "a/x", "1");
  EXPECT_EQ(run(sync_kind::copy, folder / "a", folder / "a"), "");
  EXPECT_EQ(run(sync_kind::move, folder / "a", (folder / "a") + "/"), "");
  EXPECT_EQ(run(sync_kind::sync, folder / "a", folder / "a"), overlapping);
  EXPECT_EQ(testing::tree_of(folder.path()), (std::vector<std::string>{"a/", "a/x"}));
}

TEST_F(sync_job_test, roots_within_each_other_are_fine_for_copy_only) {
  testing::write_file(folder / "a/x", "1");
  EXPECT_EQ(run(sync_kind::move, folder / "a", folder / "a/in"), overlapping);
  EXPECT_EQ(run(sync_kind::sync, folder / "a", folder / "a/in"), overlapping);
  EXPECT_EQ(run(sync_kind::sync, folder / "a/in", folder / "a"), overlapping);
  EXPECT_EQ(run(sync_kind::copy, folder / "a", folder / "a/in"), "");
  EXPECT_EQ(testing::read_file(folder / "a/in/x"), "1");
}

TEST_F(sync_job_test, a_filter_that_excludes_the_inner_root_allows_it) {
  testing::write_file(folder / "a/x", "1");
  filter_options o;
  o.exclude = {"/in/**"};
  const auto rules = std::make_shared<filter>(o, 0, [](const std::string&) { return std::string{}; });
  EXPECT_EQ(run(sync_kind::sync, folder / "a", folder / "a/in", rules), "");
  EXPECT_EQ(testing::tree_of(folder / "a"), (std::vector<std::string>{"in/", "in/x", "x"}));
}

TEST_F(sync_job_test, a_file_is_not_a_directory) {
  testing::write_file(folder / "a/x", "1");
  EXPECT_EQ(run(sync_kind::copy, folder / "a/x", folder / "b"), "is a file not a directory");
  EXPECT_EQ(run(sync_kind::copy, folder / "a", folder / "a/x"), "is a file not a directory");
}

TEST_F(sync_job_test, a_missing_source_is_not_found) {
  EXPECT_EQ(run(sync_kind::copy, folder / "absent", folder / "b"), "directory not found");
  EXPECT_EQ(answers[0].error.kind, failure_kind::directory_not_found);
  EXPECT_EQ(run(sync_kind::move, folder / "absent", folder / "b"), "directory not found");
}

TEST_F(sync_job_test, a_move_to_a_place_that_does_not_exist_renames_the_directory) {
  testing::write_file(folder / "a/d/x", "1");
  EXPECT_EQ(run(sync_kind::move, folder / "a", folder / "b"), "");
  EXPECT_EQ(testing::tree_of(folder.path()), (std::vector<std::string>{"b/", "b/d/", "b/d/x"}));
  EXPECT_EQ(figures().renames, 1);
  EXPECT_EQ(figures().transfers, 0);
}

TEST_F(sync_job_test, a_move_to_a_place_that_exists_moves_file_by_file) {
  testing::write_file(folder / "a/d/x", "1");
  testing::write_file(folder / "b/y", "2");
  EXPECT_EQ(run(sync_kind::move, folder / "a", folder / "b"), "");
  EXPECT_EQ(testing::tree_of(folder.path()),
            (std::vector<std::string>{"a/", "a/d/", "b/", "b/d/", "b/d/x", "b/y"}));
}

TEST_F(sync_job_test, a_move_with_a_filter_leaves_what_is_excluded) {
  testing::write_file(folder / "a/x", "1");
  testing::write_file(folder / "a/y.tmp", "2");
  filter_options o;
  o.exclude = {"*.tmp"};
  const auto rules = std::make_shared<filter>(o, 0, [](const std::string&) { return std::string{}; });
  EXPECT_EQ(run(sync_kind::move, folder / "a", folder / "b", rules), "");
  EXPECT_EQ(testing::tree_of(folder.path()), (std::vector<std::string>{"a/", "a/y.tmp", "b/", "b/x"}));
}

TEST_F(sync_job_test, errors_of_the_group_keep_the_next_sync_from_deleting) {
  testing::write_file(folder / "a/x", "1");
  testing::write_file(folder / "b/y", "2");
  stats_delta bad;
  bad.errors = 1;
  tell(*ask<stats_group_actor>(around.stats, group_atom_v, "g"), caf::add_atom_v, bad);
  EXPECT_EQ(run(sync_kind::sync, folder / "a", folder / "b"), "not deleting files as there were IO errors");
  EXPECT_EQ(testing::tree_of(folder / "b"), (std::vector<std::string>{"x", "y"}));
}

TEST_F(sync_job_test, cancelled_it_ends_as_cancelled) {
  testing::write_file(folder / "a/x", "1");
  const auto job = begin(folder / "a", folder / "b", {});
  for (int i = 0; i < 3; ++i) {
    mail();
    io().run();
  }
  tell(job, stop_atom_v);
  settle();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].error.text, "context canceled");
}

TEST_F(sync_job_test, destroyed_it_takes_its_plan_with_it) {
  for (int i = 0; i < 100; ++i) testing::write_file(folder / ("a/d" + std::to_string(i) + "/x"), "1");
  const auto job = begin(folder / "a", folder / "b", {});
  for (int i = 0; i < 4; ++i) {
    mail();
    io().run();
  }
  kill(job);
  settle();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].error.text, "context canceled");
}

} // namespace
} // namespace argosy
