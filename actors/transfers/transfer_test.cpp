#include "actors/transfers/transfer.hpp"

#include <map>

#include <caf/typed_event_based_actor.hpp>

#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

class transfer_test : public testing::actor_test {
protected:
  void SetUp() override {
    const auto hook = [this](const std::string& operation, const std::string& path) {
      const auto found = failures.find(operation + " " + path);
      if (found != failures.end()) throw found->second;
      if (on_operation) on_operation(operation, path);
    };
    source = std::make_shared<testing::hooked_storage>(make_storage("memory", "from"), hook);
    destination = std::make_shared<testing::hooked_storage>(make_storage("memory", "to"), hook);
    group = spawn_stats_group(sys(), with(), "g");
    around = std::make_shared<run_environment>(run_environment{with(),
                                                               7,
                                                               remote_of(source),
                                                               remote_of(destination),
                                                               std::make_shared<main_options>(),
                                                               copy_policy{},
                                                               hash_type::md5,
                                                               {},
                                                               stats_sink{group, with().metrics.transfers()},
                                                               "from:",
                                                               "to:"});
    around->report = std::make_shared<job_report>(with(), 7, job_report::call{});
    plan = root(sys().spawn([this]() -> sync_actor::behavior_type {
      return {
          [](caf::ok_atom) {},
          [](resume_atom, const continuation&) {},
          [this](finished_atom, const run_report& report) { reports.push_back(report); },
      };
    }));
  }
  void TearDown() override {
    on_operation = nullptr; // what it refers to is gone with the test
    around.reset();
    group = nullptr;
    plan = nullptr;
    source.reset();
    destination.reset();
    actor_test::TearDown();
  }

  void put(const std::shared_ptr<const storage>& where, const std::string& path, const std::string& content,
           nanoseconds modified = 5) {
    on_io(
        [&](const may_block& on) { testing::put_object(on, *where->connect(on), path, content, modified); });
  }
  std::string read(const std::shared_ptr<const storage>& where, const std::string& path) {
    return on_io([&](const may_block& on) {
      const auto session = where->connect(on);
      return session->stat(on, path) ? testing::read_object(on, *session, path) : std::string{"absent"};
    });
  }
  nanoseconds modified(const std::string& path) {
    return on_io([&](const may_block& on) { return destination->connect(on)->stat(on, path)->modified; });
  }
  static file_run run(run_kind kind, std::vector<file_action> files, const std::string& directory = "d") {
    file_run r;
    r.job = 7;
    r.number = 3;
    r.kind = kind;
    r.directory = directory;
    r.files = std::move(files);
    return r;
  }
  /// Lets a run go through and returns its only report.
  run_report finish(file_run what) {
    spawn_transfer(sys(), around, std::move(what), plan);
    settle();
    EXPECT_EQ(reports.size(), 1u);
    return reports.empty() ? run_report{} : reports[0];
  }
  stats_snapshot figures() { return *ask<stats_snapshot>(group, caf::get_atom_v); }
  std::vector<transfer_record> finished() {
    return *ask<std::vector<transfer_record>>(group, caf::flush_atom_v);
  }
  void with_options(std::function<void(main_options&)> change) {
    auto changed = *around->options;
    change(changed);
    around->options = std::make_shared<main_options>(changed);
  }

  std::shared_ptr<const storage> source, destination;
  std::shared_ptr<run_environment> around;
  stats_group_actor group;
  sync_actor plan;
  std::vector<run_report> reports;
  std::map<std::string, failure> failures; // by operation and path
  testing::storage_hook on_operation;
};

TEST_F(transfer_test, copies_the_files_of_its_run) {
  put(source, "d/a", "aaa", 11);
  put(source, "d/b", "b");

  const auto report = finish(run(run_kind::copy, {{"a", 3, 11}, {"b", 1, 5}}));

  EXPECT_EQ(report.number, 3u);
  EXPECT_EQ(report.copied, 2u);
  EXPECT_EQ(report.bytes, 4u);
  EXPECT_TRUE(report.failed.empty());
  EXPECT_EQ(read(destination, "d/a"), "aaa");
  EXPECT_EQ(read(destination, "d/b"), "b");
  EXPECT_EQ(modified("d/a"), 11);
}

TEST_F(transfer_test, a_run_at_the_root_has_no_directory) {
  put(source, "a", "x");
  EXPECT_EQ(finish(run(run_kind::copy, {{"a", 1, 5}}, "")).copied, 1u);
  EXPECT_EQ(read(destination, "a"), "x");
}

TEST_F(transfer_test, a_failing_file_does_not_stop_the_others) {
  for (const auto* name : {"d/a", "d/b", "d/c"}) put(source, name, "x");
  failures.emplace("open d/b", failure{failure_kind::retryable, "no luck"});

  const auto report = finish(run(run_kind::copy, {{"a", 1, 5}, {"b", 1, 5}, {"c", 1, 5}}));

  EXPECT_EQ(report.copied, 2u);
  ASSERT_EQ(report.failed.size(), 1u);
  EXPECT_EQ(report.failed[0].index, 1u);
  EXPECT_EQ(report.failed[0].error.kind, failure_kind::retryable);
  EXPECT_EQ(report.failed[0].error.text, "failed to open source object: no luck");
  EXPECT_EQ(read(destination, "d/b"), "absent");
  EXPECT_EQ(read(destination, "d/c"), "x");
}

TEST_F(transfer_test, its_figures_reach_the_group_together) {
  for (const auto* name : {"d/a", "d/b"}) put(source, name, "12345");
  failures.emplace("open d/b", failure{failure_kind::no_retry, "bad"});
  stats_delta queued;
  queued.queued_transfers = 2;
  queued.queued_bytes = 10;
  around->stats.add(queued);

  finish(run(run_kind::copy, {{"a", 5, 5}, {"b", 5, 5}}));

  const auto s = figures();
  EXPECT_EQ(s.transfers, 1);
  EXPECT_EQ(s.bytes, 5);
  EXPECT_EQ(s.errors, 1);
  EXPECT_EQ(s.last_error, "failed to open source object: bad");
  EXPECT_EQ(s.total_transfers, 1);
  EXPECT_EQ(s.total_bytes, 5);
  EXPECT_TRUE(s.transferring.empty());
  const auto items = finished();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].name, "d/a");
  EXPECT_EQ(items[0].bytes, 5);
  EXPECT_EQ(items[0].what, work_kind::transferring);
  EXPECT_EQ(items[0].error, "");
  EXPECT_EQ(items[0].source_fs, "from:");
  EXPECT_EQ(items[0].destination_fs, "to:");
  EXPECT_EQ(items[1].error, "failed to open source object: bad");
  EXPECT_FALSE(items[0].checked);
}

TEST_F(transfer_test, errors_set_the_flag_of_their_kind) {
  put(source, "d/a", "x");
  failures.emplace("open d/a", failure{failure_kind::retryable, "again"});
  finish(run(run_kind::copy, {{"a", 1, 5}}));
  EXPECT_TRUE(figures().retry_error);
  EXPECT_FALSE(figures().fatal_error);

  tell(group, caf::reset_atom_v);
  reports.clear();
  failures.clear();
  failures.emplace("remove d/a", failure{failure_kind::fatal, "stop"});
  finish(run(run_kind::remove, {{"a", 1, 5}}));

  EXPECT_TRUE(figures().fatal_error);
  EXPECT_FALSE(figures().retry_error);
}

TEST_F(transfer_test, the_group_shows_the_file_under_way) {
  put(source, "d/a", "12345");
  std::vector<running_transfer> shown;
  on_operation = [&](const std::string& operation, const std::string&) {
    if (operation != "read" || !shown.empty()) return;
    // The test waits for the I/O thread: this is the moment to look.
    auto pending = self()->request(group, caf::infinite, caf::get_atom_v);
    mail();
    shown = answer_to<stats_snapshot>(pending)->transferring;
  };

  finish(run(run_kind::copy, {{"a", 5, 5}}));

  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0].name, "d/a");
  EXPECT_EQ(shown[0].size, 5);
  EXPECT_EQ(shown[0].source_fs, "from:");
  EXPECT_TRUE(figures().transferring.empty());
}

TEST_F(transfer_test, a_move_takes_the_file_from_the_source) {
  put(source, "d/a", "x");

  const auto report = finish(run(run_kind::move, {{"a", 1, 5}}));

  EXPECT_EQ(report.copied, 1u);
  EXPECT_EQ(read(source, "d/a"), "absent");
  EXPECT_EQ(read(destination, "d/a"), "x");
  EXPECT_EQ(figures().deletes, 1);
}

TEST_F(transfer_test, a_move_that_fails_leaves_the_source) {
  put(source, "d/a", "x");
  failures.emplace("create d/a", failure{failure_kind::permission_denied, "permission denied"});

  const auto report = finish(run(run_kind::move, {{"a", 1, 5}}));

  ASSERT_EQ(report.failed.size(), 1u);
  EXPECT_EQ(read(source, "d/a"), "x");
}

TEST_F(transfer_test, a_move_within_one_local_storage_renames) {
  testing::scratch_folder folder;
  testing::write_file(folder / "from/d/a", "x");
  around->source = remote_of(make_storage("local", folder / "from"));
  around->destination = remote_of(make_storage("local", folder / "to"));

  const auto report = finish(run(run_kind::move, {{"a", 1, 5}}));

  EXPECT_EQ(report.copied, 1u);
  EXPECT_EQ(testing::read_file(folder / "to/d/a"), "x");
  const auto s = figures();
  EXPECT_EQ(s.renames, 1);
  EXPECT_EQ(s.transfers, 0);
  EXPECT_EQ(s.bytes, 1) << "as a lump";
}

TEST_F(transfer_test, a_check_of_the_same_content_mends_the_time) {
  put(source, "d/a", "same", 100);
  put(destination, "d/a", "same", 5);

  const auto report = finish(run(run_kind::check, {{"a", 4, 100}}));

  EXPECT_EQ(report.skipped, 1u);
  EXPECT_EQ(report.copied, 0u);
  EXPECT_EQ(modified("d/a"), 100);
  EXPECT_EQ(figures().checks, 1);
  EXPECT_EQ(figures().transfers, 0);
  ASSERT_EQ(finished().size(), 1u);
  EXPECT_TRUE(finished()[0].checked);
  EXPECT_EQ(finished()[0].what, work_kind::checking);
}

TEST_F(transfer_test, a_check_by_hash_leaves_the_time) {
  put(source, "d/a", "same", 100);
  put(destination, "d/a", "same", 5);
  EXPECT_EQ(finish(run(run_kind::check_hash, {{"a", 4, 100}})).skipped, 1u);
  EXPECT_EQ(modified("d/a"), 5);
}

TEST_F(transfer_test, no_update_modtime_leaves_the_time) {
  put(source, "d/a", "same", 100);
  put(destination, "d/a", "same", 5);
  with_options([](main_options& o) { o.no_update_modtime = true; });
  EXPECT_EQ(finish(run(run_kind::check, {{"a", 4, 100}})).skipped, 1u);
  EXPECT_EQ(modified("d/a"), 5);
}

TEST_F(transfer_test, a_check_of_other_content_copies) {
  put(source, "d/a", "new!", 100);
  put(destination, "d/a", "old!", 5);

  const auto report = finish(run(run_kind::check, {{"a", 4, 100}}));

  EXPECT_EQ(report.copied, 1u);
  EXPECT_EQ(report.skipped, 0u);
  EXPECT_EQ(read(destination, "d/a"), "new!");
  EXPECT_EQ(figures().checks, 1);
  EXPECT_EQ(figures().transfers, 1);
  ASSERT_EQ(finished().size(), 2u);
  EXPECT_EQ(finished()[0].what, work_kind::checking);
  EXPECT_EQ(finished()[1].what, work_kind::transferring);
}

TEST_F(transfer_test, immutable_files_do_not_change) {
  put(source, "d/a", "new!", 100);
  put(destination, "d/a", "old!", 5);
  with_options([](main_options& o) { o.immutable = true; });

  const auto report = finish(run(run_kind::check, {{"a", 4, 100}}));

  ASSERT_EQ(report.failed.size(), 1u);
  EXPECT_EQ(report.failed[0].error.text, "immutable file modified");
  EXPECT_FALSE(figures().retry_error);
  EXPECT_EQ(read(destination, "d/a"), "old!");
}

TEST_F(transfer_test, removes_at_the_side_it_is_told) {
  for (const auto& side : {source, destination}) put(side, "d/a", "x");

  EXPECT_EQ(finish(run(run_kind::remove, {{"a", 1, 5}})).removed, 1u);
  EXPECT_EQ(read(source, "d/a"), "x");
  EXPECT_EQ(read(destination, "d/a"), "absent");
  reports.clear();
  EXPECT_EQ(finish(run(run_kind::remove_source, {{"a", 1, 5}})).skipped, 1u);

  EXPECT_EQ(read(source, "d/a"), "absent");
  EXPECT_EQ(figures().deletes, 2);
  EXPECT_EQ(figures().checks, 2);
}

TEST_F(transfer_test, a_removal_needs_one_side_only) {
  put(destination, "d/a", "x");
  around->source = {};
  EXPECT_EQ(finish(run(run_kind::remove, {{"a", 1, 5}})).removed, 1u);
}

TEST_F(transfer_test, a_dry_run_only_tells) {
  for (const auto& side : {source, destination}) put(side, "d/a", "x");
  with_options([](main_options& o) { o.dry_run = true; });

  EXPECT_EQ(finish(run(run_kind::copy, {{"b", 1, 5}})).copied, 1u);
  reports.clear();
  EXPECT_EQ(finish(run(run_kind::move, {{"a", 1, 5}})).copied, 1u);
  reports.clear();
  EXPECT_EQ(finish(run(run_kind::remove, {{"a", 1, 5}})).removed, 1u);

  EXPECT_EQ(read(source, "d/a"), "x");
  EXPECT_EQ(read(destination, "d/a"), "x");
  EXPECT_EQ(read(destination, "d/b"), "absent");
  std::vector<std::string> notices;
  for (const auto& [level, text] : log().lines())
    if (level == log_level::notice) notices.push_back(text);
  EXPECT_EQ(notices, (std::vector<std::string>{"d/b: Skipped copy as --dry-run is set (size 1)",
                                               "d/a: Skipped move as --dry-run is set (size 1)",
                                               "d/a: Skipped delete as --dry-run is set (size 1)"}));
}

TEST_F(transfer_test, cancelled_in_the_middle_it_reports_what_it_did) {
  for (const auto* name : {"d/a", "d/b", "d/c"}) put(source, name, "x");
  on_operation = [this](const std::string& operation, const std::string& path) {
    if (operation == "open" && path == "d/b") around->stop.cancel();
  };

  const auto report = finish(run(run_kind::copy, {{"a", 1, 5}, {"b", 1, 5}, {"c", 1, 5}}));

  EXPECT_EQ(report.copied, 1u);
  ASSERT_EQ(report.failed.size(), 2u);
  for (const auto& one : report.failed) EXPECT_EQ(one.error.kind, failure_kind::cancelled);
  EXPECT_EQ(read(destination, "d/a"), "x");
  EXPECT_EQ(read(destination, "d/b"), "absent");
}

TEST_F(transfer_test, reports_although_no_connection_can_be_had) {
  for (const auto end : {&run_environment::source, &run_environment::destination}) {
    const auto kept = around.get()->*end;
    kill(kept.pool);
    stats_delta queued;
    queued.queued_transfers = 2;
    around->stats.add(queued);

    const auto report = finish(run(run_kind::copy, {{"a", 1, 5}, {"b", 1, 5}}));

    EXPECT_EQ(report.copied, 0u);
    ASSERT_EQ(report.failed.size(), 2u);
    EXPECT_EQ(report.failed[1].index, 1u);
    EXPECT_EQ(report.failed[1].error.text, "context canceled");
    EXPECT_EQ(figures().total_transfers, 0);
    reports.clear();
    (around.get()->*end).pool = remote_of(kept.store).pool;
  }
}

TEST_F(transfer_test, reports_although_connecting_fails) {
  failures.emplace("connect ", failure{failure_kind::retryable, "connection refused"});

  const auto report = finish(run(run_kind::copy, {{"a", 1, 5}, {"b", 1, 5}}));

  ASSERT_EQ(report.failed.size(), 2u);
  EXPECT_EQ(report.failed[0].error.text, "connection refused");
  EXPECT_EQ(figures().errors, 2);
}

TEST_F(transfer_test, reports_although_it_is_destroyed) {
  for (const bool blocking : {false, true}) {
    reports.clear();
    const auto one = spawn_transfer(sys(), around, run(run_kind::copy, {{"a", 1, 5}}), plan);
    if (blocking) mail();
    kill(one);
    settle();
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].failed.size(), 1u);
    EXPECT_FALSE(figures().transferring.size());
  }
}

TEST_F(transfer_test, gives_its_connections_back) {
  put(source, "d/a", "x");
  around->source = remote_of(source, 1);
  around->destination = remote_of(destination, 1);
  for (int i = 0; i < 3; ++i) {
    reports.clear();
    EXPECT_EQ(finish(run(run_kind::copy, {{"a", 1, 5}})).copied, 1u);
  }
}

TEST_F(transfer_test, many_share_few_connections) {
  put(source, "d/a", "x");
  around->source = remote_of(source, 1);
  around->destination = remote_of(destination, 2);
  for (int i = 0; i < 20; ++i) spawn_transfer(sys(), around, run(run_kind::copy, {{"a", 1, 5}}), plan);
  // The same the other way round: both take the pools in the same order.
  auto back = std::make_shared<run_environment>(*around);
  std::swap(back->source, back->destination);
  for (int i = 0; i < 20; ++i) spawn_transfer(sys(), back, run(run_kind::copy, {{"a", 1, 5}}), plan);
  settle();
  EXPECT_EQ(reports.size(), 40u);
}

TEST_F(transfer_test, of_a_long_run_the_last_hundred_files_are_listed) {
  std::vector<file_action> files;
  for (int i = 0; i < 150; ++i) files.push_back({"f" + std::to_string(i), 1, 5});

  const auto report = finish(run(run_kind::remove, files));

  EXPECT_EQ(report.failed.size(), 150u);
  ASSERT_EQ(finished().size(), 100u);
  EXPECT_EQ(finished().front().name, "d/f50");
  EXPECT_EQ(figures().errors, 150);
}

} // namespace
} // namespace argosy
