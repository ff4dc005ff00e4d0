#include <map>
#include <random>
#include <set>

#include "actors/sync/sync.hpp"
#include "tests/fixtures/sync_test.hpp"

/// The report of a plan, and what another attempt does with it.
namespace argosy {
namespace {

using testing::sync_fixture;
using testing::then;
using testing::tree;
using name_list = std::vector<std::string>;

class sync_report : public sync_fixture,
                    public ::testing::WithParamInterface<std::pair<const char*, const char*>> {
protected:
  void SetUp() override {
    sync_fixture::SetUp();
    use(GetParam().first, GetParam().second);
    make_directory(from, "");
    make_directory(to, "");
  }
  void fails(const std::string& operation, failure_kind kind = failure_kind::retryable) {
    failures.emplace(operation, failure{kind, "no luck"});
  }
  /// Operations from now on, as "side operation path".
  void watch() {
    seen.clear();
    on_operation = [this](const std::string& operation, const std::string& path) {
      seen.insert(operation + " " + path);
    };
  }
  std::size_t seen_of(const std::string& operation) const {
    std::size_t count = 0;
    for (const auto& one : seen) count += one.rfind(operation + " ", 0) == 0 ? 1 : 0;
    return count;
  }
  testing::recorded record_of(const std::string& path) {
    for (const auto& one : records())
      if (one.path == path) return one;
    ADD_FAILURE() << "no record of " << path;
    return {};
  }

  void clear(const remote& where) {
    on_io([&](const may_block& on) { clear(on, *where.store->connect(on), ""); });
  }
  static void clear(const may_block& on, session& at, const std::string& directory) {
    for (auto name : testing::names_in(on, at, directory)) {
      const auto path = directory.empty() ? name : directory + "/" + name;
      if (name.back() != '/') {
        at.remove(on, path);
        continue;
      }
      const auto below = path.substr(0, path.size() - 1);
      clear(on, at, below);
      at.remove_directory(on, below);
    }
  }

  std::set<std::string> seen;
};

TEST_P(sync_report, tells_what_became_of_each_file) {
  put_all(from, {{"new", "1"}, {"same", "2"}, {"d/other", "longer"}, {"d/bad", "3"}});
  put_all(to, {{"same", "2"}, {"d/other", "short"}, {"old", "4"}});
  main.ignore_errors = true;
  fails("from open d/bad");

  run(sync_kind::sync);

  EXPECT_EQ(paths(outcome_kind::copied), (name_list{"d/other", "new"}));
  EXPECT_EQ(paths(outcome_kind::skipped), (name_list{"same"}));
  EXPECT_EQ(paths(outcome_kind::failed), (name_list{"d/bad"}));
  EXPECT_EQ(paths(outcome_kind::deleted), (name_list{"old"}));
}

TEST_P(sync_report, a_record_tells_size_work_error_and_kind) {
  put_all(from, {{"d/bad", "333"}, {"good", "1"}});
  fails("from open d/bad", failure_kind::permission_denied);

  run(sync_kind::copy);

  const auto bad = record_of("d/bad");
  EXPECT_EQ(bad.how, outcome_kind::failed);
  EXPECT_EQ(bad.what, work_kind::transferring);
  EXPECT_EQ(bad.size, 3);
  EXPECT_EQ(bad.error.text, "failed to open source object: no luck");
  EXPECT_EQ(bad.error.kind, failure_kind::permission_denied);
  EXPECT_EQ(bad.attempt, 1u);
  EXPECT_EQ(record_of("good").error.text, "");
}

TEST_P(sync_report, a_copy_does_not_count_what_only_the_destination_has) {
  put_all(to, {{"old", "1"}});
  run(sync_kind::copy);
  EXPECT_EQ(report->account().found, 0u);
}

TEST_P(sync_report, what_is_kept_after_errors_has_failed) {
  put_all(from, {{"bad", "1"}});
  put_all(to, {{"old", "2"}, {"gone/x", "3"}});
  fails("from open bad");

  run(sync_kind::sync);

  EXPECT_EQ(paths(outcome_kind::failed), (name_list{"bad", "gone/", "gone/x", "old"}));
  EXPECT_EQ(record_of("old").error.text, "not deleting files as there were IO errors");
  EXPECT_EQ(record_of("old").what, work_kind::deleting);
  EXPECT_EQ(record_of("gone").error.text, "not deleting directories as there were IO errors");
}

TEST_P(sync_report, what_max_delete_does_not_allow_has_failed) {
  main.max_delete = 1;
  put_all(to, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d/e", "4"}});

  run(sync_kind::sync);

  EXPECT_EQ(report->account().deleted, 1u);
  EXPECT_EQ(report->account().failed, 3u);
  for (const auto& one : records())
    if (one.how == outcome_kind::failed && !one.is_directory) {
      EXPECT_EQ(one.error.text, "--max-delete threshold reached") << one.path;
    }
}

TEST_P(sync_report, a_directory_that_cannot_be_listed_is_told_and_is_no_file) {
  put_all(from, {{"d/a", "1"}});
  fails("from list d");

  run(sync_kind::copy);

  EXPECT_EQ(paths(outcome_kind::failed), (name_list{"d/"}));
  EXPECT_EQ(record_of("d").what, work_kind::listing);
  EXPECT_EQ(report->account().found, 0u);
  EXPECT_EQ(report->account().failed_directories, 1u);
}

TEST_P(sync_report, cancelled_it_tells_what_it_had_not_come_to) {
  main.transfers = 1;
  main.checkers = 1;
  put_all(from, {{"a", "1"}, {"b", "2"}, {"d/c", "3"}, {"e/f", "4"}});
  on_operation = [this](const std::string& operation, const std::string&) {
    if (operation == "from open") stop.cancel();
  };

  run(sync_kind::copy);

  EXPECT_TRUE(report->account().adds_up());
  EXPECT_EQ(report->account().copied, 0u);
  for (const auto& one : records()) {
    EXPECT_NE(one.error.text.find("context canceled"), std::string::npos) << one.path;
    EXPECT_EQ(one.error.kind, failure_kind::cancelled) << one.path;
  }
}

TEST_P(sync_report, a_move_that_cannot_remove_at_the_source_has_failed) {
  put_all(from, {{"a", "1"}});
  put_all(to, {{"a", "1"}});
  fails("from remove a");

  const auto r = run(sync_kind::move);

  EXPECT_EQ(r.failed, 1u);
  EXPECT_EQ(paths(outcome_kind::failed), (name_list{"a"}));
  EXPECT_EQ(record_of("a").what, work_kind::moving);
}

TEST_P(sync_report, a_move_removes_what_has_only_another_time_at_the_destination) {
  put(from, "same", "content", then);
  put(to, "same", "content", then - 5'000'000'000);
  put(from, "other", "new!", then);
  put(to, "other", "old!", then - 5'000'000'000);

  run(sync_kind::move);

  EXPECT_EQ(all(from), tree{});
  EXPECT_EQ(all(to), (tree{{"other", "new!"}, {"same", "content"}}));
  EXPECT_EQ(paths(outcome_kind::skipped), (name_list{"same"}));
  EXPECT_EQ(paths(outcome_kind::copied), (name_list{"other"}));
}

// -- another attempt
// ------------------------------------------------------------------------------------------------------

TEST_P(sync_report, another_attempt_does_what_failed_and_nothing_else) {
  put_all(from, {{"a", "1"}, {"bad", "2"}, {"d/bad too", "3"}, {"d/e/f", "4"}});
  fails("from open bad");
  fails("from open d/bad too");
  run(sync_kind::copy);
  failures.clear();
  watch();

  const auto r = run_again(sync_kind::copy);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(seen_of("from open"), 2u);
  EXPECT_EQ(seen.count("from list d/e"), 0u);
  EXPECT_EQ(report->account().found, 4u);
  EXPECT_EQ(report->account().copied, 4u);
  EXPECT_EQ(report->account().attempt, 2u);
  EXPECT_EQ(record_of("bad").attempt, 2u);
  EXPECT_EQ(record_of("a").attempt, 1u);
  on_operation = nullptr;
  EXPECT_EQ(all(to).at("d/bad too"), "3");
}

TEST_P(sync_report, another_attempt_lists_what_could_not_be_listed) {
  put_all(from, {{"a", "1"}, {"d/b", "2"}, {"d/e/f", "3"}});
  fails("from list d");
  run(sync_kind::copy);
  failures.clear();
  watch();

  const auto r = run_again(sync_kind::copy);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(seen.count("from list "), 0u);
  EXPECT_EQ(seen.count("from list d/e"), 1u);
  EXPECT_EQ(report->account().copied, 3u);
  EXPECT_EQ(report->account().failed_directories, 0u);
}

TEST_P(sync_report, another_attempt_deletes_what_the_errors_had_kept) {
  put_all(from, {{"bad", "1"}, {"d/a", "2"}});
  put_all(to, {{"old", "3"}, {"d/x", "4"}, {"gone/y/z", "5"}});
  fails("from open bad");
  run(sync_kind::sync);
  failures.clear();

  const auto r = run_again(sync_kind::sync);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(report->account().deleted, 3u);
  EXPECT_EQ(report->account().failed_directories, 0u);
  EXPECT_EQ(all(to), (tree{{"bad", "1"}, {"d/", ""}, {"d/a", "2"}}));
}

TEST_P(sync_report, deletions_stay_guarded_while_another_attempt_fails) {
  put_all(from, {{"bad", "1"}});
  put_all(to, {{"old", "2"}});
  fails("from open bad");
  run(sync_kind::sync);

  const auto r = run_again(sync_kind::sync);

  EXPECT_EQ(r.error.text, "failed to open source object: no luck");
  EXPECT_EQ(all(to), (tree{{"old", "2"}}));
  EXPECT_EQ(report->account().failed, 2u);
  EXPECT_EQ(record_of("old").attempt, 2u);
}

TEST_P(sync_report, another_attempt_that_cannot_list_fails_the_files_it_was_for) {
  put_all(from, {{"d/a", "1"}, {"d/bad", "2"}});
  fails("from open d/bad");
  run(sync_kind::copy);
  fails("from list d");

  run_again(sync_kind::copy);
  EXPECT_EQ(record_of("d/bad").error.text, "no luck");
  failures.clear();
  const auto r = run_again(sync_kind::copy);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(report->account().copied, 2u);
  EXPECT_EQ(report->account().found, 2u);
}

TEST_P(sync_report, a_file_that_vanished_from_the_source_is_skipped_and_stays_at_the_destination) {
  put_all(from, {{"a", "1"}, {"bad", "longer"}});
  put_all(to, {{"bad", "old"}});
  fails("from open bad");
  run(sync_kind::sync);
  failures.clear();
  on_io([&](const may_block& on) { from.store->connect(on)->remove(on, "bad"); });

  const auto r = run_again(sync_kind::sync);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(paths(outcome_kind::skipped), (name_list{"bad"}));
  EXPECT_EQ(all(to).at("bad"), "old");
}

TEST_P(sync_report, what_cannot_be_mended_is_left_alone) {
  put_all(from, {{"bad", "1"}, {"never", "2"}});
  fails("from open bad");
  fails("from open never", failure_kind::no_retry);
  run(sync_kind::copy);
  failures.clear();
  watch();

  run_again(sync_kind::copy);

  EXPECT_EQ(seen.count("from open never"), 0u);
  EXPECT_EQ(paths(outcome_kind::failed), (name_list{"never"}));
  EXPECT_EQ(report->account().found, 2u);
}

TEST_P(sync_report, an_error_that_can_be_mended_counts_more_than_one_that_cannot) {
  put_all(from, {{"a", "1"}, {"z", "2"}});
  main.transfers = 1;
  fails("from open a");
  fails("from open z", failure_kind::no_retry);
  EXPECT_EQ(run(sync_kind::copy).error.kind, failure_kind::retryable);
}

TEST_P(sync_report, another_attempt_at_a_move_removes_at_the_source) {
  put_all(from, {{"a", "1"}, {"d/b", "2"}, {"d/c", "3"}});
  put_all(to, {{"a", "1"}});
  fails("from remove a");
  fails("from open d/b");
  run(sync_kind::move);
  failures.clear();

  const auto r = run_again(sync_kind::move);

  EXPECT_FALSE(r.error) << r.error.text;
  for (const auto& [path, content] : all(from)) EXPECT_EQ(path.back(), '/') << path;
  EXPECT_EQ(report->account().copied, 2u);
  EXPECT_EQ(report->account().skipped, 1u);
}

TEST_P(sync_report, a_root_that_could_not_be_listed_is_begun_anew) {
  put_all(from, {{"a", "1"}});
  fails("from list ");
  run(sync_kind::copy);
  failures.clear();

  EXPECT_FALSE(run_again(sync_kind::copy).error);

  EXPECT_EQ(report->account().copied, 1u);
  EXPECT_EQ(report->account().failed_directories, 0u);
}

TEST_P(sync_report, a_first_pass_that_fails_is_begun_anew) {
  main.delete_mode = 1;
  put_all(from, {{"a", "1"}});
  put_all(to, {{"old", "2"}, {"older", "3"}});
  fails("to remove old");
  EXPECT_EQ(run(sync_kind::sync).error.text, "no luck");
  failures.clear();

  EXPECT_FALSE(run_again(sync_kind::sync).error);

  EXPECT_EQ(all(to), (tree{{"a", "1"}}));
  EXPECT_EQ(report->account().copied, 1u);
  EXPECT_EQ(report->account().deleted, 1u) << "the other one was gone already";
}

TEST_P(sync_report, cancelled_in_another_attempt_it_still_tells_of_every_file) {
  tree files;
  for (int i = 0; i < 50; ++i) files["d" + std::to_string(i) + "/bad"] = "x";
  put_all(from, files);
  for (const auto& [path, content] : files) fails("from open " + path);
  run(sync_kind::copy);
  failures.clear();
  on_operation = [this, opened = 0](const std::string& operation, const std::string&) mutable {
    if (operation == "from open" && ++opened == 5) stop.cancel();
  };

  run_again(sync_kind::copy);

  EXPECT_EQ(report->account().found, 50u);
  EXPECT_TRUE(report->account().adds_up());
}

// -- another job
// ------------------------------------------------------------------------------------------------------

TEST_P(sync_report, another_job_does_what_a_cancelled_one_had_not_come_to) {
  main.transfers = 1;
  main.checkers = 1;
  tree files, wanted;
  for (int d = 0; d < 20; ++d) {
    wanted["d" + std::to_string(d) + "/"];
    for (int f = 0; f < 5; ++f) files["d" + std::to_string(d) + "/f" + std::to_string(f)] = "x";
  }
  wanted.insert(files.begin(), files.end());
  put_all(from, files);
  put_all(to, {{"old", "1"}});
  on_operation = [this, opened = 0](const std::string& operation, const std::string&) mutable {
    if (operation == "from open" && ++opened == 30) stop.cancel();
  };
  run(sync_kind::sync);
  const auto done = report->account().copied;
  ASSERT_GT(done, 0u);
  stop = cancellation{};
  watch();

  const auto r = retry(sync_kind::sync);

  EXPECT_FALSE(r.error) << r.error.text;
  EXPECT_EQ(report->account().copied, files.size() - done);
  EXPECT_EQ(seen_of("from open"), files.size() - done);
  on_operation = nullptr;
  EXPECT_EQ(all(to), wanted);
}

TEST_P(sync_report, another_job_does_also_what_no_attempt_could_mend) {
  main.immutable = true;
  put_all(from, {{"a", "longer"}});
  put_all(to, {{"a", "old"}});
  run(sync_kind::copy);
  main.immutable = false;

  EXPECT_FALSE(retry(sync_kind::copy).error);

  EXPECT_EQ(all(to), (tree{{"a", "longer"}}));
}

/// Anything may fail at any time; in the end the destination is like the source, and no file was counted
/// twice or not at all.
TEST_P(sync_report, attempts_come_to_the_end_whatever_fails) {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    std::mt19937 random{seed};
    const auto any_of = [&](unsigned n) { return random() % n; };
    tree source, destination;
    const name_list directories{"", "a/", "a/b/", "c/", "d/e/"};
    for (int i = 0; i < 20; ++i) {
      const auto path = directories[any_of(5)] + "f" + std::to_string(any_of(12));
      source[path] = std::string(any_of(4), 'x');
      if (any_of(2) == 0) destination[path] = any_of(2) == 0 ? source[path] : "another";
      if (any_of(3) == 0) destination[directories[any_of(5)] + "s" + std::to_string(any_of(9))] = "z";
    }
    clear(from);
    clear(to);
    put_all(from, source);
    put_all(to, destination);
    main.checkers = 1 + any_of(3);
    main.transfers = 1 + any_of(3);
    auto left = 12; // failures
    on_operation = [&](const std::string& operation, const std::string&) {
      const auto may_fail = operation == "from list" || operation == "to list" || operation == "from open" ||
                            operation == "to create" || operation == "to remove";
      if (may_fail && left > 0 && any_of(4) == 0) {
        --left;
        fail(failure_kind::retryable, "no luck");
      }
    };

    auto error = run(sync_kind::sync).error;
    for (int attempt = 2; error && attempt < 20; ++attempt) error = run_again(sync_kind::sync).error;

    on_operation = nullptr;
    EXPECT_FALSE(error) << "seed " << seed << ": " << error.text;
    EXPECT_EQ(all(to), all(from)) << "seed " << seed;
    EXPECT_EQ(report->account().failed, 0u);
    EXPECT_EQ(report->account().failed_directories, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(storages, sync_report,
                         ::testing::Values(std::pair{"memory", "memory"}, std::pair{"local", "local"}),
                         [](const auto& types) {
                           return std::string{types.param.first} + "_to_" + types.param.second;
                         });

/// Directories that matter themselves: local to local.
class sync_directories : public sync_report {};

TEST_P(sync_directories, another_attempt_mends_the_times_of_directories) {
  put_all(from, {{"d/a", "1"}, {"d/bad", "2"}});
  on_io([&](const may_block& on) { from.store->connect(on)->set_directory_modified(on, "d", then); });
  fails("from open d/bad");
  run(sync_kind::copy);
  failures.clear();

  EXPECT_FALSE(run_again(sync_kind::copy).error);

  EXPECT_EQ(modified(to, "d"), then);
}

TEST_P(sync_directories, a_time_that_could_not_be_set_is_set_by_another_attempt) {
  put_all(from, {{"d/a", "1"}});
  on_io([&](const may_block& on) { from.store->connect(on)->set_directory_modified(on, "d", then); });
  fails("to set_directory_modified d");
  run(sync_kind::copy);
  EXPECT_EQ(paths(outcome_kind::failed), (name_list{"d/"}));
  failures.clear();
  watch();

  EXPECT_FALSE(run_again(sync_kind::copy).error);

  EXPECT_EQ(seen_of("from open"), 0u);
  on_operation = nullptr;
  EXPECT_EQ(modified(to, "d"), then);
}

TEST_P(sync_directories, a_directory_that_could_not_be_made_is_made_by_another_attempt) {
  make_directory(from, "x/empty");
  fails("to make_directory x/empty");
  sync_order order;
  order.create_empty_directories = true;
  EXPECT_TRUE(run(order).error);
  failures.clear();
  const auto before = report->begin_attempt(2);
  order.scope = std::make_shared<retry_scope>(report, *before, true);

  EXPECT_FALSE(go_through(order).error);

  EXPECT_EQ(all(to), (tree{{"x/", ""}, {"x/empty/", ""}}));
}

TEST_P(sync_directories, another_attempt_at_a_move_removes_directories_that_it_emptied) {
  put_all(from, {{"d/e/bad", "1"}, {"d/e/a", "2"}});
  fails("from open d/e/bad");
  sync_order order;
  order.kind = sync_kind::move;
  order.delete_empty_directories = true;
  run(order);
  failures.clear();
  const auto before = report->begin_attempt(2);
  order.scope = std::make_shared<retry_scope>(report, *before, true);

  EXPECT_FALSE(go_through(order).error);

  EXPECT_EQ(all(from), tree{});
}

INSTANTIATE_TEST_SUITE_P(storages, sync_directories, ::testing::Values(std::pair{"local", "local"}),
                         [](const auto&) { return std::string{"local_to_local"}; });

} // namespace
} // namespace argosy
