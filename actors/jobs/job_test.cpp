#include "actors/jobs/job.hpp"

#include "actors/jobs/job_table.hpp"
#include "actors/links/remotes.hpp"
#include "actors/stats/delta.hpp"
#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

class job_test : public testing::actor_test {
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

  job_actor run(job_work work, job_request request = {}) {
    if (request.id == 0) request.id = 7;
    return spawn_job(
        sys(), with(), around, std::move(request), [this](job_status& s) { answers.push_back(s); },
        std::move(work));
  }
  /// The text of the only answer's error.
  std::string error() const { return answers.size() == 1 ? answers[0].error.text : "not answered once"; }
  /// Delivers the message; what is on the I/O thread stays there.
  void stop(const job_actor& job) {
    tell(job, stop_atom_v);
    mail();
  }
  /// Status and report of job 7.
  void ask_two(const job_table_actor& table,
               std::function<void(const job_status&, const std::shared_ptr<job_report>&)> then) {
    auto pending = self()->request(table, caf::infinite, report_atom_v, job_id{7});
    settle();
    ASSERT_TRUE(answered());
    pending.receive([&](const job_status& status, const std::shared_ptr<job_report>& kept,
                        const std::shared_ptr<job_pace>&) { then(status, kept); },
                    [](caf::error& e) { FAIL() << text_of(e); });
  }
  bool in_table(job_id id) {
    const auto lists = *ask<job_lists>(around.jobs, list_atom_v);
    return std::count(lists.running.begin(), lists.running.end(), id) != 0;
  }

  directory around;
  std::vector<job_status> answers;
};

TEST_F(job_test, answers_with_its_output) {
  job_request request;
  request.id = 9;
  request.group = "g";
  run([](job_context& job) { job.succeed("{\"a\": 1}"); }, request);
  settle();

  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].id, 9u);
  EXPECT_EQ(answers[0].group, "g");
  EXPECT_EQ(answers[0].output, "{\"a\": 1}");
  EXPECT_TRUE(answers[0].finished);
  EXPECT_FALSE(answers[0].error);
  EXPECT_LE(answers[0].started, answers[0].ended);
  const auto kept = *ask<job_status>(around.jobs, status_atom_v, job_id{9});
  EXPECT_TRUE(kept.finished);
  EXPECT_EQ(kept.output, "{\"a\": 1}");
}

TEST_F(job_test, without_a_group_its_group_is_its_id) {
  run([](job_context& job) { job.succeed(); });
  settle();
  EXPECT_EQ(answers.at(0).group, "job/7");
}

TEST_F(job_test, a_failure_of_its_work_is_its_error) {
  run([](job_context&) { fail(failure_kind::directory_not_found, "directory not found"); });
  settle();

  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].error.kind, failure_kind::directory_not_found);
  EXPECT_EQ(answers[0].error.text, "directory not found");
  EXPECT_EQ(answers[0].output, "{}");
  EXPECT_EQ(ask<job_status>(around.jobs, status_atom_v, job_id{7})->error.text, "directory not found");
}

TEST_F(job_test, any_exception_is_its_error) {
  run([](job_context&) { throw std::out_of_range{"too far"}; });
  settle();
  EXPECT_EQ(error(), "panic received: too far");
}

TEST_F(job_test, is_in_the_table_while_it_runs) {
  run([](job_context& job) { job.block([](const may_block&) {}, [&job] { job.succeed(); }); });
  mail();
  ASSERT_TRUE(answers.empty());
  auto status = self()->request(around.jobs, caf::infinite, status_atom_v, job_id{7});
  mail();
  EXPECT_FALSE(answer_to<job_status>(status)->finished);
  settle();

  EXPECT_EQ(answers.size(), 1u);
  EXPECT_FALSE(in_table(7));
}

TEST_F(job_test, answers_once_whatever_else_its_work_says) {
  run([](job_context& job) {
    job.succeed("1");
    job.succeed("2");
    job.fail({failure_kind::other, "late"});
    throw std::runtime_error{"later"};
  });
  settle();

  EXPECT_EQ(error(), "");
  EXPECT_EQ(answers[0].output, "1");
  EXPECT_EQ(ask<job_status>(around.jobs, status_atom_v, job_id{7})->output, "1");
}

TEST_F(job_test, needs_no_answer) {
  job_request request;
  request.id = 8;
  spawn_job(sys(), with(), around, request, {}, [](job_context& job) { job.succeed(); });
  settle();
  EXPECT_TRUE(ask<job_status>(around.jobs, status_atom_v, job_id{8})->finished);
}

TEST_F(job_test, goes_on_with_the_result_of_blocking_work) {
  run([](job_context& job) {
    job.block([](const may_block&) { return std::make_unique<int>(42); },
              [&job](std::unique_ptr<int> n) { job.succeed(std::to_string(*n)); });
  });
  settle();
  EXPECT_EQ(answers.at(0).output, "42");
}

TEST_F(job_test, ends_with_the_text_of_blocking_work) {
  run([](job_context& job) { job.block_and_finish([](const may_block&) { return std::string{"[]"}; }); });
  settle();
  EXPECT_EQ(answers.at(0).output, "[]");
}

TEST_F(job_test, a_failure_of_blocking_work_is_its_error) {
  run([](job_context& job) {
    job.block([](const may_block&) { fail(failure_kind::object_not_found, "object not found"); },
              [&job] { job.succeed(); });
  });
  settle();
  EXPECT_EQ(error(), "object not found");
  EXPECT_EQ(answers[0].error.kind, failure_kind::object_not_found);
}

TEST_F(job_test, a_failure_after_blocking_work_is_its_error) {
  run([](job_context& job) {
    job.block([](const may_block&) {}, [] { fail(failure_kind::other, "second half"); });
  });
  settle();
  EXPECT_EQ(error(), "second half");
}

TEST_F(job_test, a_failure_in_an_answer_from_another_actor_is_its_error) {
  run([](job_context& job) { job.open_stats([](const stats_sink&) { throw std::runtime_error{"oops"}; }); });
  settle();
  EXPECT_EQ(error(), "panic received: oops");
}

TEST_F(job_test, an_error_from_another_actor_is_its_error) {
  run([](job_context& job) {
    job.ask(
        job.around().jobs, [&job](const job_status&) { job.succeed(); }, status_atom_v, job_id{99});
  });
  settle();
  EXPECT_EQ(error(), "job not found");
}

TEST_F(job_test, an_actor_that_is_gone_is_a_cancellation) {
  kill(around.remotes);
  run([](job_context& job) { job.open_remotes({":memory:"}, [&job](const auto&) { job.succeed(); }); });
  settle();
  EXPECT_EQ(error(), "context canceled");
}

TEST_F(job_test, opens_remotes_in_the_order_of_their_names) {
  run([](job_context& job) {
    job.open_remotes({":memory:b", ":memory:a", ":memory:b"}, [&job](const std::vector<remote>& opened) {
      std::string roots;
      for (const auto& one : opened) roots += one.store->info().root + " ";
      job.succeed(roots);
    });
  });
  settle();
  EXPECT_EQ(answers.at(0).output, "b a b ");
}

TEST_F(job_test, the_first_remote_that_cannot_be_opened_ends_it) {
  run([](job_context& job) {
    job.open_remotes({":memory:", "absent:", ":nonsense:"}, [&job](const auto&) { job.succeed(); });
  });
  settle();
  EXPECT_EQ(error(), "didn't find section in config file (\"absent\")");
}

TEST_F(job_test, leases_a_connection_of_each_remote_in_the_order_asked) {
  const auto a = remote_of(make_storage("memory", "a")), b = remote_of(make_storage("memory", "b"));
  for (const auto& both : {std::vector{a, b}, std::vector{b, a}}) {
    answers.clear();
    run([both](job_context& job) {
      job.lease(both, [&job](std::vector<session_loan> loans) {
        job.block(
            [loans](const may_block& on) {
              return loans[0].open(on).of().info().root + loans[1].open(on).of().info().root;
            },
            [&job](const std::string& roots) { job.succeed(roots); });
      });
    });
    settle();
    EXPECT_EQ(answers.at(0).output, both[0].store->info().root + both[1].store->info().root);
  }
}

TEST_F(job_test, two_jobs_with_the_same_remotes_in_opposite_order_do_not_lock_each_other_up) {
  const auto a = remote_of(make_storage("memory", "a"), 1), b = remote_of(make_storage("memory", "b"), 1);
  const auto work = [](std::vector<remote> remotes) {
    return [remotes](job_context& job) {
      job.lease(remotes, [&job](std::vector<session_loan> loans) {
        job.block([loans = std::move(loans)](const may_block&) {}, [&job] { job.succeed(); });
      });
    };
  };
  job_request one, two;
  one.id = 1;
  two.id = 2;

  run(work({a, b}), one);
  run(work({b, a}), two);
  settle();

  EXPECT_EQ(answers.size(), 2u);
}

TEST_F(job_test, jobs_that_need_two_connections_of_one_remote_do_not_lock_each_other_up) {
  const auto a = remote_of(make_storage("memory", "a"), 2);
  for (job_id id = 1; id <= 3; ++id) {
    job_request request;
    request.id = id;
    run(
        [a](job_context& job) {
          job.lease({a, a}, [&job](std::vector<session_loan> loans) {
            job.block([loans = std::move(loans)](const may_block&) {}, [&job] { job.succeed(); });
          });
        },
        request);
  }
  settle();

  EXPECT_EQ(answers.size(), 3u);
}

TEST_F(job_test, cancelled_while_it_waits_it_ends_at_once) {
  const auto only = remote_of(make_storage("memory", "a"), 1);
  const auto taken = ask<session_loan>(only.pool, lease_atom_v, job_id{1});
  const auto job = run(
      [only](job_context& j) { j.lease({only}, [&j](const std::vector<session_loan>&) { j.succeed(); }); });
  settle();
  ASSERT_TRUE(answers.empty());

  stop(job);

  EXPECT_EQ(error(), "context canceled");
  EXPECT_EQ(answers[0].error.kind, failure_kind::cancelled);
}

TEST_F(job_test, a_connection_that_comes_after_the_cancellation_goes_back) {
  const auto only = remote_of(make_storage("memory", "a"), 1);
  auto taken = ask<session_loan>(only.pool, lease_atom_v, job_id{1});
  const auto job = run(
      [only](job_context& j) { j.lease({only}, [&j](const std::vector<session_loan>&) { j.succeed(); }); });
  settle();
  stop(job);

  taken = session_loan{};
  settle();

  EXPECT_TRUE(ask<session_loan>(only.pool, lease_atom_v, job_id{2}));
}

TEST_F(job_test, cancelled_while_it_blocks_it_ends_when_the_work_notices) {
  const auto job =
      run([](job_context& j) { j.block([](const may_block& on) { on.check(); }, [&j] { j.succeed(); }); });
  mail();
  stop(job);
  EXPECT_TRUE(answers.empty());

  settle();

  EXPECT_EQ(error(), "context canceled");
}

TEST_F(job_test, cancelled_while_it_blocks_it_waits_for_nothing_more) {
  const auto only = remote_of(make_storage("memory", "a"), 1);
  const auto taken = ask<session_loan>(only.pool, lease_atom_v, job_id{1});
  const auto job = run([only](job_context& j) {
    // Work that is too short to notice, and then something that takes its time.
    j.block([](const may_block&) {},
            [&j, only] { j.lease({only}, [&j](const std::vector<session_loan>&) { j.succeed(); }); });
  });
  mail();
  stop(job);

  settle();

  EXPECT_EQ(error(), "context canceled");
}

TEST_F(job_test, work_that_was_done_before_it_noticed_the_cancellation_counts) {
  const auto job = run([](job_context& j) { j.block([](const may_block&) {}, [&j] { j.succeed("done"); }); });
  mail();
  stop(job);
  settle();
  EXPECT_EQ(answers.at(0).output, "done");
}

TEST_F(job_test, cancelled_with_a_child_at_work_it_leaves_the_end_to_it) {
  job_context* context = nullptr;
  const auto job = run([&](job_context& j) {
    context = &j;
    j.child_at_work(true);
  });
  mail();
  stop(job);
  EXPECT_TRUE(context->stop().cancelled());
  EXPECT_TRUE(answers.empty());

  const auto end = [&] { context->fail({failure_kind::cancelled, "context canceled"}); };
  tell(job, resume_atom_v, continuation{std::make_shared<std::function<void()>>(end)});
  settle();

  EXPECT_EQ(error(), "context canceled");
}

TEST_F(job_test, cancelling_it_twice_or_after_its_end_changes_nothing) {
  const auto job = run([](job_context& j) { j.child_at_work(false); });
  mail();
  stop(job);
  stop(job);
  EXPECT_EQ(error(), "context canceled");
}

TEST_F(job_test, destroyed_it_still_answers) {
  const auto job = run([](job_context&) {});
  mail();
  ASSERT_TRUE(answers.empty());

  kill(job);

  EXPECT_EQ(error(), "context canceled");
  EXPECT_FALSE(in_table(7));
}

TEST_F(job_test, that_nobody_holds_and_nothing_can_wake_still_answers) {
  run([](job_context&) {});
  mail();

  kill(around.jobs);
  settle();

  EXPECT_EQ(error(), "context canceled");
}

TEST_F(job_test, destroyed_while_its_work_blocks_it_drops_the_result) {
  bool went_on = false;
  const auto job = run([&](job_context& j) { j.block([](const may_block&) {}, [&] { went_on = true; }); });
  mail();
  kill(job);
  settle();

  EXPECT_EQ(error(), "context canceled");
  EXPECT_FALSE(went_on);
}

TEST_F(job_test, is_told_to_stop_by_the_table) {
  run([](job_context&) {});
  mail();
  EXPECT_TRUE(ask<void>(around.jobs, stop_atom_v, job_id{7}));
  EXPECT_EQ(error(), "context canceled");
}

TEST_F(job_test, asynchronous_ones_are_recorded_as_such) {
  around.jobs = root(spawn_job_table(sys(), with(), {std::chrono::seconds(60), std::chrono::seconds(10), 0}));
  job_request synchronous, asynchronous;
  synchronous.id = 1;
  asynchronous.id = 2;
  asynchronous.asynchronous = true;

  run([](job_context& j) { j.succeed(); }, synchronous);
  run([](job_context& j) { j.succeed(); }, asynchronous);
  settle();

  EXPECT_EQ(ask<job_lists>(around.jobs, list_atom_v)->finished, std::vector<job_id>{2});
}

TEST_F(job_test, works_under_the_options_of_its_call) {
  auto own = std::make_shared<main_options>();
  own->transfers = 33;
  job_request request;
  request.options = own;
  std::int64_t seen = 0, standing = 0;

  run(
      [&](job_context& j) {
        seen = j.options()->transfers;
        j.succeed();
      },
      request);
  run([&](job_context& j) {
    standing = j.options()->transfers;
    j.succeed();
  });
  settle();

  EXPECT_EQ(seen, 33);
  EXPECT_EQ(standing, options().current()->transfers);
}

TEST_F(job_test, opens_the_stats_group_of_its_call) {
  run([](job_context& j) {
    j.open_stats([&j](const stats_sink& stats) {
      stats_delta delta;
      delta.checks = 3;
      stats.add(delta);
      j.succeed();
    });
  });
  settle();
  EXPECT_EQ(ask<stats_snapshot>(around.stats, caf::get_atom_v, "job/7")->checks, 3);
}

TEST_F(job_test, its_work_is_in_the_book_while_it_runs) {
  job_request request;
  request.id = 5;
  request.path = "sync/copy";
  const auto job = run([](job_context&) {}, request);
  mail();
  const auto entries = book().records();
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [](const ledger::record& r) { return r.what == resource::job; });
  ASSERT_NE(found, entries.end());
  EXPECT_EQ(found->owner_job, 5u);
  EXPECT_EQ(found->detail, "sync/copy");

  stop(job);

  EXPECT_EQ(book().live(resource::job), 0u);
}

// -- attempts
// -----------------------------------------------------------------------------------------------------

class attempts_test : public job_test {
protected:
  /// Fails that often, then succeeds.
  job_work failing(std::uint32_t times, failure_kind kind = failure_kind::retryable) {
    return [=](job_context& job) {
      job.allow({most});
      ++begun;
      if (job.attempt() <= times) fail(kind, "no luck");
      job.succeed("done");
    };
  }

  std::int64_t most = 3;
  std::uint32_t begun = 0;
};

TEST_F(attempts_test, without_leave_there_is_one) {
  most = 1;
  run(failing(1));
  settle();
  EXPECT_EQ(error(), "no luck");
  EXPECT_EQ(begun, 1u);
}

TEST_F(attempts_test, a_failure_begins_the_work_anew_after_a_pause) {
  run(failing(1));
  settle();
  EXPECT_TRUE(answers.empty());
  EXPECT_TRUE(in_table(7));
  pass(std::chrono::milliseconds(999));
  EXPECT_EQ(begun, 1u);

  pass(std::chrono::milliseconds(1));

  EXPECT_EQ(answers.at(0).output, "done");
  EXPECT_EQ(begun, 2u);
}

TEST_F(attempts_test, pauses_grow_and_the_last_failure_is_its_error) {
  run(failing(9));
  settle();
  pass(std::chrono::seconds(1));
  EXPECT_EQ(begun, 2u);
  pass(std::chrono::seconds(1));
  EXPECT_EQ(begun, 2u);
  pass(std::chrono::seconds(1));

  EXPECT_EQ(error(), "no luck");
  EXPECT_EQ(begun, 3u);
  EXPECT_EQ(log().lines().at(1).second, "job 7: attempt 2/3 failed: no luck; the next one in 2s");
}

TEST_F(attempts_test, what_cannot_be_mended_is_not_tried_again) {
  for (const auto kind : {failure_kind::fatal, failure_kind::no_retry, failure_kind::bad_parameter,
                          failure_kind::unsupported, failure_kind::cancelled}) {
    answers.clear();
    begun = 0;
    run(failing(1, kind));
    settle();
    EXPECT_EQ(error(), "no luck");
    EXPECT_EQ(begun, 1u);
  }
}

TEST_F(attempts_test, cancelled_in_the_pause_it_ends_at_once) {
  const auto job = run(failing(1));
  settle();

  stop(job);

  EXPECT_EQ(error(), "context canceled");
  pass(std::chrono::seconds(5));
  EXPECT_EQ(begun, 1u);
}

TEST_F(attempts_test, an_answer_that_comes_after_its_attempt_is_dropped) {
  std::vector<std::uint32_t> went_on;
  run([&](job_context& job) {
    job.allow({2});
    const auto attempt = job.attempt();
    job.block([](const may_block&) {},
              [&, attempt] {
                went_on.push_back(attempt);
                job.succeed();
              });
    if (attempt == 1) fail(failure_kind::retryable, "no luck");
  });
  settle();
  pass(std::chrono::seconds(1));

  EXPECT_EQ(went_on, std::vector<std::uint32_t>{2});
  EXPECT_EQ(error(), "");
}

TEST_F(attempts_test, errors_of_an_attempt_that_was_made_good_leave_the_group) {
  run([](job_context& job) {
    job.allow({2});
    job.open_stats([&job](const stats_sink& stats) {
      if (job.attempt() == 2) return job.succeed();
      stats_delta delta;
      add_error(delta, {failure_kind::retryable, "no luck"});
      stats.add(delta);
      fail(failure_kind::retryable, "no luck");
    });
  });
  settle();
  EXPECT_EQ(ask<stats_snapshot>(around.stats, caf::get_atom_v, "job/7")->errors, 1);
  pass(std::chrono::seconds(1));

  const auto group = *ask<stats_snapshot>(around.stats, caf::get_atom_v, "job/7");
  EXPECT_EQ(group.errors, 0);
  EXPECT_FALSE(group.retry_error);
  EXPECT_EQ(group.last_error, "");
}

TEST_F(attempts_test, another_call_may_take_its_place) {
  std::string input, path;
  auto other = std::make_shared<main_options>();
  other->transfers = 33;
  run([&](job_context& job) {
    job_request call;
    call.path = "other/call";
    call.input = {{"a", 1}};
    call.options = other;
    job.take_over(call, job.report(), [&](job_context& same) {
      same.allow({2});
      path = same.request().path;
      EXPECT_EQ(same.options()->transfers, 33);
      EXPECT_NE(same.retried(), nullptr);
      if (same.attempt() == 1) fail(failure_kind::retryable, "no luck");
      same.succeed("taken over");
    });
  });
  settle();
  pass(std::chrono::seconds(1));

  EXPECT_EQ(path, "other/call");
  EXPECT_EQ(answers.at(0).output, "taken over");
  EXPECT_EQ(answers.at(0).group, "job/7");
}

TEST_F(job_test, its_report_is_known_to_the_table_while_it_runs_and_afterwards) {
  job_request request;
  request.path = "sync/copy";
  request.input = {{"srcFs", "a"}};
  request.overrides = R"({"_config":{"Transfers":1}})";
  const auto job = run([](job_context& j) { j.report()->found(3); }, request);
  settle();
  const auto report_of = [&] {
    std::shared_ptr<job_report> found;
    ask_two(around.jobs, [&](const job_status&, const std::shared_ptr<job_report>& kept) { found = kept; });
    return found;
  };
  ASSERT_NE(report_of(), nullptr);
  EXPECT_EQ(report_of()->account().found, 3u);
  EXPECT_EQ(report_of()->made_by().path, "sync/copy");
  EXPECT_EQ(report_of()->made_by().input, R"({"_config":{"Transfers":1},"srcFs":"a"})");

  stop(job);
  settle();

  EXPECT_EQ(report_of()->account().found, 3u);
}

TEST_F(job_test, without_a_report_the_table_has_none) {
  run([](job_context& job) { job.succeed(); });
  settle();
  bool told = false;
  ask_two(around.jobs, [&](const job_status& status, const std::shared_ptr<job_report>& kept) {
    told = status.id == 7 && kept == nullptr;
  });
  EXPECT_TRUE(told);
}

} // namespace
} // namespace argosy
