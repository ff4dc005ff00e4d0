#include <algorithm>

#include "actors/jobs/job_table.hpp"
#include "actors/links/remotes.hpp"
#include "actors/sync/sync_job.hpp"
#include "tests/fixtures/sync_test.hpp"

namespace argosy {
namespace {

using testing::sync_fixture;
using testing::then;
using testing::tree;

class sync_options : public sync_fixture, public ::testing::WithParamInterface<const char*> {
protected:
  void SetUp() override {
    sync_fixture::SetUp();
    copies_on_server = true;
    use(GetParam(), GetParam());
    make_directory(from, "");
    make_directory(to, "");
  }
  remote another(const std::string& name) { return remote_of(hooked(GetParam(), name)); }
  /// Names of what was done, in the order it was begun; checks with "?" before them.
  std::vector<std::string> done() {
    std::vector<std::string> names;
    const auto records = *ask<std::vector<transfer_record>>(group, caf::flush_atom_v);
    for (const auto& one : records) names.push_back((one.checked ? "?" : "") + one.name);
    return names;
  }
  sync_order tracking(const std::string& strategies = "hash") {
    sync_order order;
    order.kind = sync_kind::sync;
    order.renames.emplace(strategies, 1);
    return order;
  }
  /// Operations of the two sides as they happen, such as "from open".
  std::vector<std::string> recorded;
  void record(const std::vector<std::string>& wanted) {
    on_operation = [this, wanted](const std::string& operation, const std::string& path) {
      if (std::find(wanted.begin(), wanted.end(), operation) != wanted.end())
        recorded.push_back(operation + " " + path);
    };
  }
};
INSTANTIATE_TEST_SUITE_P(storages, sync_options, ::testing::Values("local", "memory"));

// -- how much at once
// ------------------------------------------------------------------------------------------------------------

TEST_F(sync_fixture, options_set_changes_how_many_transfers_of_a_running_plan_are_at_work) {
  const auto most_at_once = [this](bool follows) {
    use("memory", "memory");
    options().replace(main);
    tree files;
    for (int f = 0; f < 30; ++f) files[(follows ? "a" : "b") + std::to_string(f)] = "x";
    put_all(from, files);
    int opened = 0;
    std::ptrdiff_t most = 0;
    on_operation = [&](const std::string& operation, const std::string&) {
      if (operation != "from open") return;
      const auto all = book().records();
      most = std::max(most, std::count_if(all.begin(), all.end(), [](const auto& one) {
                        return one.what == resource::actor && std::string_view{one.kind} == "transfer";
                      }));
      auto more = main;
      more.transfers = 3;
      if (++opened == 10) options().replace(more);
    };
    sync_order order;
    order.kind = sync_kind::copy;
    order.follows_transfers = follows;
    EXPECT_EQ(run(order).copied, 30u);
    on_operation = nullptr;
    return most;
  };
  main.transfers = 1;
  EXPECT_EQ(most_at_once(false), 1);
  EXPECT_EQ(most_at_once(true), 3);
}

// -- order
// ------------------------------------------------------------------------------------------------------------

TEST_P(sync_options, order_by_decides_what_is_copied_first) {
  put_all(from, {{"a", "333"}, {"b", "1"}, {"d/c", "22"}, {"d/e", "55555"}});
  main.transfers = 1;
  main.check_first = true; // everything is known before the first is copied
  sync_order order;
  order.order = transfer_order{"size,desc"};

  const auto r = run(order);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(all(to), (tree{{"a", "333"}, {"b", "1"}, {"d/", ""}, {"d/c", "22"}, {"d/e", "55555"}}));
  EXPECT_EQ(done(), (std::vector<std::string>{"d/e", "a", "d/c", "b"}));
}

TEST_P(sync_options, mixed_order_takes_from_both_ends) {
  put_all(from, {{"a", "1"}, {"b", "22"}, {"c", "333"}});
  main.transfers = 2;
  main.check_first = true;
  sync_order order;
  order.order = transfer_order{"size,mixed"};
  EXPECT_EQ(run(order).copied, 3u);
  EXPECT_EQ(all(to).size(), 3u);
}

TEST_P(sync_options, check_first_copies_nothing_before_all_is_checked) {
  put_all(from, {{"new", "n"}, {"same", "s"}, {"other", "o"}});
  put(to, "same", "s", then - 5'000'000'000);
  put(to, "other", "p", then - 5'000'000'000);
  main.check_first = true;
  main.transfers = 1;

  const auto r = run(sync_kind::copy);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.copied, 2u);
  EXPECT_EQ(r.skipped, 1u);
  EXPECT_EQ(all(to), (tree{{"new", "n"}, {"same", "s"}, {"other", "o"}}));
  const auto names = done();
  EXPECT_TRUE(std::is_partitioned(names.begin(), names.end(), [](const auto& name) {
    return name[0] == '?';
  })) << ::testing::PrintToString(names);
}

// -- renames
// ------------------------------------------------------------------------------------------------------------

TEST_P(sync_options, track_renames_moves_what_is_there_under_another_name) {
  put_all(from, {{"new/name", "content"}, {"fresh", "another"}, {"kept", "k"}});
  put_all(to, {{"old", "content"}, {"kept", "k"}, {"gone", "g"}});

  const auto r = run(tracking());

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.renamed, 1u);
  EXPECT_EQ(r.copied, 1u);
  EXPECT_EQ(r.removed, 1u);
  EXPECT_EQ(all(to), (tree{{"fresh", "another"}, {"kept", "k"}, {"new/", ""}, {"new/name", "content"}}));
  EXPECT_EQ(figures().renames, 1);
  EXPECT_EQ(figures().transfers, 1);
}

TEST_P(sync_options, a_rename_that_fails_is_copied_instead) {
  put_all(from, {{"new", "content"}});
  put_all(to, {{"old", "content"}});
  bool once = false;
  on_operation = [&](const std::string& operation, const std::string&) {
    const auto rename = operation == "to move_from" || operation == "to copy_from";
    if (rename && !std::exchange(once, true)) fail(failure_kind::other, "no");
  };

  const auto r = run(tracking());

  EXPECT_EQ(r.renamed, 0u);
  EXPECT_EQ(r.copied, 1u);
  EXPECT_EQ(all(to), (tree{{"new", "content"}}));
}

TEST_P(sync_options, track_renames_by_time_reads_no_content) {
  put_all(from, {{"new", "content"}});
  put_all(to, {{"old", "content"}});
  record({"from hash", "to hash", "from open"});

  const auto r = run(tracking("modtime"));

  EXPECT_EQ(r.renamed, 1u);
  EXPECT_TRUE(recorded.empty()) << recorded.front();
  EXPECT_EQ(all(to), (tree{{"new", "content"}}));
}

TEST_P(sync_options, a_dry_run_renames_nothing) {
  put_all(from, {{"new", "content"}});
  put_all(to, {{"old", "content"}});
  main.dry_run = true;
  EXPECT_EQ(run(tracking()).renamed, 1u);
  EXPECT_EQ(all(to), (tree{{"old", "content"}}));
}

TEST_P(sync_options, cancelled_before_its_renames_it_counts_them_as_failed) {
  put_all(from, {{"new", "content"}});
  put_all(to, {{"old", "content"}});
  on_operation = [this](const std::string& operation, const std::string&) {
    if (operation == "from hash") stop.cancel();
  };
  const auto r = run(tracking());
  EXPECT_EQ(r.error.kind, failure_kind::cancelled);
  EXPECT_EQ(r.failed, 1u);
  EXPECT_EQ(all(to), (tree{{"old", "content"}}));
}

// -- backups
// ------------------------------------------------------------------------------------------------------------

TEST_P(sync_options, backup_dir_keeps_what_is_overwritten_or_deleted) {
  put_all(from, {{"changed", "new content"}, {"same", "s"}, {"fresh", "f"}});
  put_all(to, {{"changed", "old"}, {"same", "s"}, {"d/gone", "g"}});
  beside.backup = another("backup");

  const auto r = run(sync_kind::sync);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.removed, 1u);
  EXPECT_EQ(all(to), (tree{{"changed", "new content"}, {"same", "s"}, {"fresh", "f"}}));
  EXPECT_EQ(all(beside.backup), (tree{{"changed", "old"}, {"d/", ""}, {"d/gone", "g"}}));
}

TEST_P(sync_options, a_suffix_alone_keeps_backups_at_the_destination) {
  put_all(from, {{"d/changed.txt", "new content"}});
  put_all(to, {{"d/changed.txt", "old"}, {"gone", "g"}});
  beside.backup = to;
  main.suffix = ".bak";

  EXPECT_FALSE(run(sync_kind::sync).error);

  EXPECT_EQ(
      all(to),
      (tree{{"d/", ""}, {"d/changed.txt", "new content"}, {"d/changed.txt.bak", "old"}, {"gone.bak", "g"}}));
}

TEST_P(sync_options, a_file_that_cannot_be_backed_up_is_neither_overwritten_nor_deleted) {
  put_all(from, {{"changed", "new content"}});
  put_all(to, {{"changed", "old"}});
  beside.backup = another("backup");
  for (const auto* operation : {"backup move_from changed", "backup copy_from changed"})
    failures.emplace(operation, failure{failure_kind::permission_denied, "no"});

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.error.text, "no");
  EXPECT_EQ(r.failed, 1u);
  EXPECT_EQ(all(to), (tree{{"changed", "old"}}));
}

TEST_P(sync_options, a_dry_run_backs_nothing_up) {
  put_all(from, {{"changed", "new content"}});
  put_all(to, {{"changed", "old"}, {"gone", "g"}});
  beside.backup = another("backup");
  make_directory(beside.backup, "");
  main.dry_run = true;

  EXPECT_FALSE(run(sync_kind::sync).error);

  EXPECT_EQ(all(to), (tree{{"changed", "old"}, {"gone", "g"}}));
  EXPECT_EQ(all(beside.backup), tree{});
}

TEST(backup_name, puts_the_suffix_at_the_end_or_before_the_extensions) {
  main_options options;
  options.suffix = "-1";
  EXPECT_EQ(backup_name("d.x/a.tar.gz", options, nullptr), "d.x/a.tar.gz-1");
  const mime_types types{{{}, {}}};
  EXPECT_EQ(backup_name("d.x/a", options, &types), "d.x/a-1");
  EXPECT_EQ(backup_name("d.x/a.txt", options, &types), "d.x/a-1.txt");
  EXPECT_EQ(backup_name("d.x/a.unknown.txt", options, &types), "d.x/a.unknown-1.txt");
  EXPECT_EQ(backup_name("a.html.gz", options, &types), "a-1.html.gz");
  EXPECT_EQ(backup_name("", options, &types), "-1");
}

// -- other places
// ------------------------------------------------------------------------------------------------------------

TEST_P(sync_options, compare_dest_leaves_out_what_is_there) {
  put_all(from, {{"same", "s"}, {"other", "x"}, {"fresh", "f"}});
  beside.others = {another("none"), another("compared")};
  make_directory(beside.others[0], "");
  put_all(beside.others[1], {{"same", "s"}, {"other", "yy"}});

  const auto r = run(sync_kind::copy);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.skipped, 1u);
  EXPECT_EQ(r.copied, 2u);
  EXPECT_EQ(all(to), (tree{{"other", "x"}, {"fresh", "f"}}));
  EXPECT_EQ(figures().transfers, 2);
}

TEST_F(sync_fixture, copy_dest_copies_on_the_server_and_keeps_a_backup) {
  copies_on_server = true;
  use("memory", "memory");
  put_all(from, {{"same", "new content"}, {"other", "x"}});
  put_all(to, {{"same", "old"}});
  beside.others = {remote_of(hooked("memory", "copied"))};
  beside.backup = remote_of(hooked("memory", "backup"));
  put_all(beside.others[0], {{"same", "new content"}});
  main.copy_dest = {"copied:"};

  const auto r = run(sync_kind::copy);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(r.copied, 2u);
  EXPECT_EQ(figures().server_side_copies, 1);
  EXPECT_EQ(figures().transfers, 1);
  EXPECT_EQ(all(to), (tree{{"same", "new content"}, {"other", "x"}}));
  EXPECT_EQ(all(beside.backup), (tree{{"same", "old"}}));
}

TEST_P(sync_options, no_check_dest_does_not_look_at_the_destination) {
  put_all(from, {{"a", "1"}, {"d/b", "2"}});
  put_all(to, {{"a", "1"}});
  main.no_check_dest = true;
  record({"to list", "to stat"});

  EXPECT_EQ(run(sync_kind::copy).copied, 2u);

  EXPECT_TRUE(recorded.empty()) << recorded.front();
}

TEST_P(sync_options, refresh_times_mends_times_where_no_hash_tells) {
  put(from, "a", "same", then);
  put(to, "a", "same", then - 5'000'000'000);
  main.refresh_times = true;
  EXPECT_EQ(run(sync_kind::copy).skipped, 1u);
  EXPECT_EQ(modified(to, "a"), then);
}

// -- limits
// ------------------------------------------------------------------------------------------------------------

TEST_P(sync_options, a_hard_limit_of_bytes_ends_it_at_once) {
  copies_on_server = false;
  use(GetParam(), GetParam());
  put(from, "large", std::string(5000, 'x'));
  main.max_transfer = 1000;

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.error.text, "max transfer limit reached as set by --max-transfer");
  EXPECT_EQ(r.error.kind, failure_kind::fatal);
  EXPECT_EQ(r.failed, 1u);
  EXPECT_EQ(all(to), tree{});
  EXPECT_EQ(figures().errors, 1);
}

TEST_P(sync_options, a_soft_limit_of_bytes_begins_nothing_more) {
  copies_on_server = false;
  use(GetParam(), GetParam());
  put_all(from, {{"1", "xxx"}, {"2", "xxx"}, {"3", "xxx"}, {"4", "xxx"}});
  main.max_transfer = 4;
  main.cutoff_mode = cutoff_soft;
  main.transfers = 1;

  const auto r = run(sync_kind::copy);

  EXPECT_EQ(r.error.text, "max transfer limit reached as set by --max-transfer");
  EXPECT_EQ(r.copied, 2u);
  EXPECT_EQ(r.failed, 2u);
  EXPECT_EQ(figures().errors, 1);
}

TEST_P(sync_options, a_limit_that_is_not_reached_is_no_error) {
  put(from, "a", "12345");
  main.max_transfer = 5;
  main.max_duration = 3'600'000'000'000;
  EXPECT_FALSE(run(sync_kind::copy).error);
}

TEST_P(sync_options, max_delete_size_stops_before_it_is_exceeded) {
  put_all(to, {{"a", "12345"}, {"b", "12345"}});
  main.max_delete_size = 9;

  const auto r = run(sync_kind::sync);

  EXPECT_EQ(r.error.text, "--max-delete-size threshold reached");
  EXPECT_EQ(r.removed, 1u);
  EXPECT_EQ(all(to).size(), 1u);
}

} // namespace
} // namespace argosy
