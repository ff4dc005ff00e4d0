#include "actors/bisync/bisync.hpp"

#include <fstream>

#include "actors/bisync/session_name.hpp"
#include "tests/fixtures/sync_test.hpp"

namespace argosy {
namespace {

using testing::sync_fixture;
using testing::then;
using testing::tree;

constexpr nanoseconds later = then + 1'000'000'000, latest = then + 2'000'000'000;

/// `from` is path1, `to` is path2.
class bisync_between : public sync_fixture,
                       public ::testing::WithParamInterface<std::pair<const char*, const char*>> {
protected:
  void SetUp() override {
    sync_fixture::SetUp();
    use(GetParam().first, GetParam().second, connections);
    make_directory(from, "");
    make_directory(to, "");
    order.work_folder = folder / "work";
  }
  /// Runs it to its end; the result of it.
  bisync_result sync() {
    start();
    settle();
    return told();
  }
  void start() {
    ended.clear();
    spawn_bisync(sys(), environments(), order, [this](const bisync_result& r) { ended.push_back(r); });
  }
  std::array<std::shared_ptr<const run_environment>, 2> environments() {
    const auto into2 = environment();
    auto into1 = std::make_shared<run_environment>(*into2);
    std::swap(into1->source, into1->destination);
    std::swap(into1->source_fs, into1->destination_fs);
    auto options = std::make_shared<main_options>(main);
    options->dry_run = order.dry_run;
    into1->options = into2->options = options;
    return {into1, into2};
  }
  /// Runs it until `operation` is done; the rest is for settle().
  void start_and_wait_for(const std::string& operation) {
    auto seen = false;
    on_operation = [&](const std::string& done, const std::string& path) {
      seen = seen || done + " " + path == operation;
    };
    start();
    do mail();
    while (!seen && io().run());
    on_operation = nullptr;
    EXPECT_TRUE(seen) << operation;
    EXPECT_TRUE(ended.empty()) << "it was too quick";
  }
  bisync_result told() {
    EXPECT_EQ(ended.size(), 1u) << "it told its end not once";
    if (ended.empty()) return {};
    EXPECT_FALSE(there(".lck")) << "the lock is left behind";
    const auto s = figures();
    EXPECT_TRUE(s.transferring.empty());
    EXPECT_EQ(s.total_checks, s.checks) << "a check is queued for ever";
    return ended[0];
  }
  void begin_with(const tree& files) {
    put_all(from, files);
    order.resync = true;
    EXPECT_FALSE(sync().error);
    order.resync = false;
  }
  std::string working_file(const std::string& ending) {
    const work_files files{order.work_folder, session_name(from.store->info(), to.store->info())};
    return files.base() + ending;
  }
  bool there(const std::string& ending) { return std::ifstream{working_file(ending)}.good(); }
  std::string content_of(const std::string& ending) {
    std::ifstream file{working_file(ending)};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  void remove(const remote& where, const std::string& path) {
    on_io([&](const may_block& on) { where.store->connect(on)->remove(on, path); });
  }
  std::string error() {
    const auto r = sync();
    return r.error.text;
  }

  std::size_t connections = 16;
  bisync_order order;
  std::vector<bisync_result> ended;
};

const tree start_files{{"a", "1"}, {"b", "22"}, {"d/c", "333"}, {"d/e/f", "4"}};
const tree start_tree{{"a", "1"}, {"b", "22"}, {"d/", ""}, {"d/c", "333"}, {"d/e/", ""}, {"d/e/f", "4"}};

TEST_P(bisync_between, a_resync_makes_both_sides_the_same) {
  put(to, "two", "only there");

  begin_with(start_files);

  auto expected = start_tree;
  expected["two"] = "only there";
  EXPECT_EQ(all(from), expected);
  EXPECT_EQ(all(to), expected);
  EXPECT_EQ(modified(from, "two"), then);
}

TEST_P(bisync_between, changes_go_both_ways_with_one_connection_each) {
  use(GetParam().first, GetParam().second, 1);
  begin_with(start_files);
  put(from, "a", "changed", later);
  put(to, "b", "changed too", later);
  put(to, "x/new", "n", later);
  remove(from, "d/c");

  EXPECT_EQ(error(), "");

  tree expected{{"a", "changed"}, {"b", "changed too"}, {"d/", ""},    {"d/e/", ""},
                {"d/e/f", "4"},   {"x/", ""},           {"x/new", "n"}};
  EXPECT_EQ(all(from), expected);
  EXPECT_EQ(all(to), expected);
  EXPECT_EQ(figures().deletes, 1);
  EXPECT_EQ(figures().errors, 0);
}

TEST_P(bisync_between, nothing_is_done_twice) {
  begin_with(start_files);
  put(from, "a", "changed", later);
  EXPECT_EQ(error(), "");
  const auto transfers = figures().transfers;

  EXPECT_EQ(error(), "");

  EXPECT_EQ(figures().transfers, transfers);
}

TEST_P(bisync_between, a_change_made_while_it_runs_is_found_by_the_next_run) {
  begin_with(start_files);
  put(from, "a", "changed", later);
  start_and_wait_for("from open a");
  put(to, "b", "meanwhile", latest);
  settle();

  EXPECT_EQ(told().error.text, "");
  EXPECT_EQ(all(from)["b"], "22");
  EXPECT_EQ(error(), "");

  EXPECT_EQ(all(from)["b"], "meanwhile");
  EXPECT_EQ(all(to)["a"], "changed");
}

TEST_P(bisync_between, a_file_that_vanishes_while_it_runs_is_gone_on_both_sides_after_the_next) {
  begin_with(start_files);
  order.resilient = true;
  put(to, "b", "changed", later);
  put(to, "new", "n", later);
  start_and_wait_for("to open b");
  remove(to, "new");
  settle();
  EXPECT_EQ(error(), "");
  EXPECT_EQ(error(), "");

  EXPECT_EQ(all(from), all(to));
}

TEST_P(bisync_between, an_error_locks_out_unless_it_is_resilient) {
  begin_with(start_files);
  put(from, "a", "changed", later);
  failures.emplace("to create a", failure{failure_kind::other, "no"});
  failures.emplace("to copy_from a", failure{failure_kind::other, "no"});
  order.resilient = true;

  EXPECT_EQ(error(), "bisync aborted");
  EXPECT_TRUE(there(".path1.lst") && there(".path2.lst"));
  order.resilient = false;
  EXPECT_EQ(error(), "bisync aborted");
  EXPECT_TRUE(there(".path1.lst-err") && there(".path2.lst-err"));
  EXPECT_FALSE(there(".path1.lst") || there(".path2.lst"));
  failures.clear();
  EXPECT_EQ(error(), "bisync aborted");
  order.resync = true;
  EXPECT_EQ(error(), "");

  EXPECT_EQ(all(to)["a"], "changed");
}

TEST_P(bisync_between, after_a_lock_out_it_recovers_from_the_last_whole_run) {
  order.recover = true;
  begin_with(start_files);
  put(from, "a", "changed", later);
  remove(to, "b");
  failures.emplace("to create a", failure{failure_kind::other, "no"});
  EXPECT_EQ(error(), "bisync aborted");
  EXPECT_FALSE(there(".path1.lst"));
  failures.clear();

  EXPECT_EQ(error(), "");

  EXPECT_EQ(all(from), all(to));
  EXPECT_EQ(all(from).count("b"), 0u);
}

TEST_P(bisync_between, a_side_that_cannot_be_listed_changes_nothing) {
  begin_with(start_files);
  remove(from, "a");
  failures.emplace("to list d", failure{failure_kind::other, "no listing"});

  EXPECT_EQ(error(), "no listing");

  failures.clear();
  EXPECT_EQ(all(to), start_tree);
  EXPECT_EQ(error(), "");
}

TEST_P(bisync_between, a_stop_in_the_middle_ends_it_and_gives_the_lock_back) {
  begin_with(start_files);
  put(from, "a", "changed", later);
  on_operation = [&](const std::string& operation, const std::string&) {
    if (operation == "from open") stop.cancel();
  };

  EXPECT_EQ(error(), "context canceled");

  on_operation = nullptr;
  stop = {};
  order.resync = true;
  EXPECT_EQ(error(), "");
  EXPECT_EQ(all(to)["a"], "changed");
}

TEST_P(bisync_between, a_dry_run_only_tells) {
  begin_with(start_files);
  put(from, "a", "changed", later);
  put(to, "a", "changed there", latest);
  put(from, "new", "n", later);
  remove(to, "b");
  const auto before = std::make_pair(all(from), all(to));
  order.dry_run = true;

  EXPECT_EQ(error(), "");

  EXPECT_EQ(std::make_pair(all(from), all(to)), before);
  EXPECT_TRUE(there(".path1.lst-dry"));
}

TEST_P(bisync_between, the_lock_is_renewed_and_not_left_behind) {
  begin_with(start_files);
  put(from, "a", "changed", later);
  constexpr std::int64_t minutes = std::int64_t{60} * 1'000'000'000;
  order.max_lock = 2 * minutes;
  start_and_wait_for("from open a");
  const auto first = content_of(".lck");
  sched().advance_time(std::chrono::seconds(20));
  auto renewed = false;
  do {
    mail();
    const auto lock = content_of(".lck");
    renewed = renewed || (!lock.empty() && lock != first);
  } while (io().run());

  EXPECT_TRUE(renewed);
  EXPECT_EQ(told().error.text, "");
}

TEST_P(bisync_between, a_second_run_meanwhile_is_refused) {
  begin_with(start_files);
  put(from, "a", "changed", later);
  start_and_wait_for("from open a");
  std::vector<bisync_result> second;

  spawn_bisync(sys(), environments(), order, [&](const bisync_result& r) { second.push_back(r); });
  settle();

  EXPECT_EQ(told().error.text, "");
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].error.text, "prior lock file found: " + working_file(".lck"));
}

INSTANTIATE_TEST_SUITE_P(Storages, bisync_between,
                         ::testing::Values(std::make_pair("local", "local"),
                                           std::make_pair("local", "memory"),
                                           std::make_pair("memory", "memory")));

} // namespace
} // namespace argosy
