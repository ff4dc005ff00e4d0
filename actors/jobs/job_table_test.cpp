#include "actors/jobs/job_table.hpp"

#include <caf/typed_event_based_actor.hpp>

#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

using namespace std::chrono_literals;
using ids = std::vector<job_id>;

class job_table_test : public testing::actor_test {
protected:
  job_table_actor table(job_table_limits limits = {}) { return root(spawn_job_table(sys(), with(), limits)); }

  /// A job that only counts how often it was told to stop.
  job_actor stand_in() {
    return root(sys().spawn([this]() -> job_actor::behavior_type {
      return {
          [](caf::ok_atom) {},
          [this](stop_atom) { ++stopped; },
          [](resume_atom, const continuation&) {},
      };
    }));
  }
  static job_status begun(job_id id, const std::string& group = {}) {
    job_status status;
    status.id = id;
    status.group = group;
    status.started = 5;
    return status;
  }
  static job_status ended(job_id id, nanoseconds age = 0) {
    auto status = begun(id);
    status.ended = now() - age;
    status.finished = true;
    status.output = "{}";
    return status;
  }
  job_lists list(const job_table_actor& of) { return *ask<job_lists>(of, list_atom_v); }

  int stopped = 0;
};

TEST_F(job_table_test, shows_a_job_from_its_beginning_to_its_end) {
  const auto jobs = table();

  tell(jobs, started_atom_v, begun(3, "g"), stand_in(), true);
  const auto running = *ask<job_status>(jobs, status_atom_v, job_id{3});
  EXPECT_FALSE(running.finished);
  EXPECT_EQ(running.group, "g");
  EXPECT_EQ(list(jobs).running, ids{3});
  tell(jobs, finished_atom_v, ended(3));

  const auto over = *ask<job_status>(jobs, status_atom_v, job_id{3});
  EXPECT_TRUE(over.finished);
  EXPECT_EQ(over.output, "{}");
  EXPECT_TRUE(list(jobs).running.empty());
  EXPECT_EQ(list(jobs).finished, ids{3});
}

TEST_F(job_table_test, lists_ids_in_order) {
  const auto jobs = table();
  const auto job = stand_in();

  for (const job_id id : {9, 2, 30, 4}) tell(jobs, started_atom_v, begun(id), job, false);
  for (const job_id id : {30, 4}) tell(jobs, finished_atom_v, ended(id));

  EXPECT_EQ(list(jobs).running, (ids{2, 9}));
  EXPECT_EQ(list(jobs).finished, (ids{4, 30}));
}

TEST_F(job_table_test, calls_without_an_actor_are_entered_together) {
  const auto jobs = table();

  tell(jobs, caf::put_atom_v, std::vector<job_status>{ended(1), ended(2)});

  EXPECT_EQ(list(jobs).finished, (ids{1, 2}));
  EXPECT_TRUE(ask<job_status>(jobs, status_atom_v, job_id{2})->finished);
}

TEST_F(job_table_test, an_unknown_job_has_no_status_and_cannot_be_stopped) {
  const auto jobs = table();

  const auto status = ask<job_status>(jobs, status_atom_v, job_id{1});
  const auto stop = ask<void>(jobs, stop_atom_v, job_id{1});

  ASSERT_FALSE(status);
  EXPECT_EQ(text_of(status.error()), "job not found");
  ASSERT_FALSE(stop);
  EXPECT_EQ(text_of(stop.error()), "job not found");
}

TEST_F(job_table_test, stops_one_job) {
  const auto jobs = table();
  tell(jobs, started_atom_v, begun(1), stand_in(), true);
  tell(jobs, started_atom_v, begun(2), stand_in(), true);

  EXPECT_TRUE(ask<void>(jobs, stop_atom_v, job_id{1}));

  EXPECT_EQ(stopped, 1);
}

TEST_F(job_table_test, stopping_a_job_that_has_ended_is_fine) {
  const auto jobs = table();
  tell(jobs, started_atom_v, begun(1), stand_in(), true);
  tell(jobs, finished_atom_v, ended(1));

  EXPECT_TRUE(ask<void>(jobs, stop_atom_v, job_id{1}));

  EXPECT_EQ(stopped, 0);
}

TEST_F(job_table_test, stops_the_jobs_of_a_group_only) {
  const auto jobs = table();
  for (const job_id id : {1, 2, 3})
    tell(jobs, started_atom_v, begun(id, id == 2 ? "b" : "a"), stand_in(), true);

  EXPECT_TRUE(ask<void>(jobs, stop_atom_v, "a"));
  EXPECT_EQ(stopped, 2);
  EXPECT_TRUE(ask<void>(jobs, stop_atom_v, "nobody"));

  EXPECT_EQ(stopped, 2);
}

TEST_F(job_table_test, records_expire_after_their_time) {
  const auto jobs = table({10s, 2s, defaults::history_bytes});
  tell(jobs, caf::put_atom_v, std::vector<job_status>{ended(1, 20'000'000'000), ended(2)});
  tell(jobs, started_atom_v, begun(3), stand_in(), true);

  pass(1s);
  EXPECT_EQ(list(jobs).finished, (ids{1, 2}));
  pass(1s);

  EXPECT_EQ(list(jobs).finished, ids{2});
  EXPECT_EQ(list(jobs).running, ids{3});
}

TEST_F(job_table_test, looks_for_expired_records_again_after_it_had_none) {
  const auto jobs = table({10s, 2s, defaults::history_bytes});
  tell(jobs, caf::put_atom_v, std::vector<job_status>{ended(1, 20'000'000'000)});
  pass(2s);
  ASSERT_TRUE(list(jobs).finished.empty());
  EXPECT_FALSE(sched().has_pending_timeout());

  tell(jobs, caf::put_atom_v, std::vector<job_status>{ended(2, 20'000'000'000)});
  pass(2s);

  EXPECT_TRUE(list(jobs).finished.empty());
}

TEST_F(job_table_test, asynchronous_records_stay_when_there_is_no_room_for_synchronous_ones) {
  const auto jobs = table({60s, 10s, 0});

  tell(jobs, started_atom_v, begun(1), stand_in(), true);
  tell(jobs, started_atom_v, begun(2), stand_in(), false);
  tell(jobs, finished_atom_v, ended(1));
  tell(jobs, finished_atom_v, ended(2));

  EXPECT_EQ(list(jobs).finished, ids{1});
}

TEST_F(job_table_test, draining_stops_everything_and_answers_when_the_last_job_is_over) {
  const auto jobs = table();
  tell(jobs, started_atom_v, begun(1), stand_in(), true);
  tell(jobs, started_atom_v, begun(2), stand_in(), true);
  mail();

  auto drained = self()->request(jobs, caf::infinite, drain_atom_v);
  mail();
  EXPECT_EQ(stopped, 2);
  tell(jobs, finished_atom_v, ended(1));
  mail();
  EXPECT_FALSE(answered());
  tell(jobs, finished_atom_v, ended(2));
  mail();

  EXPECT_TRUE(answer_to<void>(drained));
}

TEST_F(job_table_test, a_job_that_begins_while_the_table_drains_is_stopped_too) {
  const auto jobs = table();
  tell(jobs, started_atom_v, begun(1), stand_in(), true);
  auto drained = self()->request(jobs, caf::infinite, drain_atom_v);
  mail();
  ASSERT_EQ(stopped, 1);

  tell(jobs, started_atom_v, begun(2), stand_in(), true);
  mail();
  EXPECT_EQ(stopped, 2);
  tell(jobs, finished_atom_v, ended(1));
  tell(jobs, finished_atom_v, ended(2));
  mail();

  EXPECT_TRUE(answer_to<void>(drained));
}

TEST_F(job_table_test, an_idle_table_is_drained_at_once) { EXPECT_TRUE(ask<void>(table(), drain_atom_v)); }

TEST_F(job_table_test, tells_the_metrics_how_jobs_ended) {
  const auto jobs = table();
  auto failed = ended(2), cancelled = ended(3);
  failed.error = {failure_kind::other, "bad"};
  cancelled.error = {failure_kind::cancelled, "context canceled"};

  tell(jobs, started_atom_v, begun(4), stand_in(), false);
  tell(jobs, caf::put_atom_v, std::vector<job_status>{ended(1), failed, cancelled});
  mail();

  auto& life = with().metrics.life();
  for (const auto* outcome : {"success", "error", "cancelled"})
    EXPECT_EQ(life.jobs.Add({{"outcome", outcome}}).Value(), 1) << outcome;
  EXPECT_EQ(life.jobs_running.Value(), 1);
  EXPECT_EQ(life.jobs_finished.Value(), 3);
}

} // namespace
} // namespace argosy
