#include "actors/messages.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/error.hpp>
#include <caf/message.hpp>

#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

class messages_test : public testing::actor_test {
protected:
  /// Through bytes and back, as between two nodes.
  template <class T>
  T travelled(const T& x) {
    std::vector<char> bytes;
    caf::binary_serializer sink{sys(), bytes};
    auto out = caf::make_message(x);
    EXPECT_FALSE(sink(out)) << "type not registered?";
    caf::message in;
    caf::binary_deserializer source{sys(), bytes};
    EXPECT_FALSE(source(in));
    EXPECT_TRUE(in.match_elements<T>());
    return in.match_elements<T>() ? in.get_as<T>(0) : T{};
  }
  /// The whole value shown as text, so that a member that is forgotten in inspect() is seen by its own line.
  template <class T>
  void expect_travels(const T& x) {
    EXPECT_EQ(caf::deep_to_string(travelled(x)), caf::deep_to_string(x));
    EXPECT_NE(caf::deep_to_string(x), caf::deep_to_string(T{})) << "an empty value shows nothing";
  }
};

transfer_record a_record() {
  transfer_record x;
  x.name = "dir/caf\xc3\xa9";
  x.size = 1;
  x.bytes = 2;
  x.checked = true;
  x.what = work_kind::renaming;
  x.error = "bad";
  x.started = 3;
  x.completed = 4;
  x.source_fs = "/a";
  x.destination_fs = "/b";
  x.group = "g";
  return x;
}

TEST_F(messages_test, a_transfer_record_travels) {
  const auto x = a_record();
  expect_travels(x);
  const auto y = travelled(x);
  EXPECT_EQ(std::tie(y.name, y.size, y.bytes, y.checked, y.what, y.error, y.started, y.completed, y.source_fs,
                     y.destination_fs, y.group),
            std::tie(x.name, x.size, x.bytes, x.checked, x.what, x.error, x.started, x.completed, x.source_fs,
                     x.destination_fs, x.group));
}

TEST_F(messages_test, transfer_records_travel) {
  expect_travels(std::vector<transfer_record>{a_record(), transfer_record{}, a_record()});
}

TEST_F(messages_test, a_stats_delta_travels) {
  stats_delta x;
  x.bytes = 1, x.checks = 2, x.transfers = 3, x.deletes = 4, x.deleted_dirs = 5, x.renames = 6, x.listed = 7;
  x.errors = 8, x.queued_transfers = -9, x.queued_bytes = -10, x.queued_checks = -11;
  x.server_side_copies = 12, x.server_side_copy_bytes = 13, x.server_side_moves = 14;
  x.server_side_move_bytes = 15;
  x.fatal_error = x.retry_error = true;
  x.last_error = "bad";
  x.completed = {a_record()};
  expect_travels(x);
  const auto y = travelled(x);
  EXPECT_EQ(std::tie(y.bytes, y.checks, y.transfers, y.deletes, y.deleted_dirs, y.renames, y.listed, y.errors,
                     y.queued_transfers, y.queued_bytes, y.queued_checks, y.server_side_copies,
                     y.server_side_copy_bytes, y.server_side_moves, y.server_side_move_bytes, y.fatal_error,
                     y.retry_error, y.last_error),
            std::tie(x.bytes, x.checks, x.transfers, x.deletes, x.deleted_dirs, x.renames, x.listed, x.errors,
                     x.queued_transfers, x.queued_bytes, x.queued_checks, x.server_side_copies,
                     x.server_side_copy_bytes, x.server_side_moves, x.server_side_move_bytes, x.fatal_error,
                     x.retry_error, x.last_error));
  EXPECT_EQ(y.completed.size(), 1u);
}

running_transfer a_running_transfer() {
  running_transfer x;
  x.name = "n";
  x.group = "g";
  x.source_fs = "/a";
  x.destination_fs = "/b";
  x.size = 1;
  x.bytes = 2;
  x.opened = true;
  x.speed = 0.5;
  x.speed_average = 1.5;
  x.started = 7;
  return x;
}

TEST_F(messages_test, a_running_transfer_travels) {
  const auto x = a_running_transfer();
  expect_travels(x);
  const auto y = travelled(x);
  EXPECT_EQ(std::tie(y.name, y.group, y.source_fs, y.destination_fs, y.size, y.bytes, y.opened, y.speed,
                     y.speed_average, y.started),
            std::tie(x.name, x.group, x.source_fs, x.destination_fs, x.size, x.bytes, x.opened, x.speed,
                     x.speed_average, x.started));
}

TEST_F(messages_test, a_stats_snapshot_travels) {
  stats_snapshot x;
  x.bytes = 1, x.checks = 2, x.transfers = 3, x.deletes = 4, x.deleted_dirs = 5, x.renames = 6, x.listed = 7;
  x.errors = 8, x.total_bytes = 9, x.total_checks = 10, x.total_transfers = 11, x.server_side_copies = 12;
  x.server_side_copy_bytes = 13, x.server_side_moves = 14, x.server_side_move_bytes = 15;
  x.fatal_error = x.retry_error = true;
  x.last_error = "bad";
  x.speed = 0.25;
  x.elapsed = 0.75;
  x.transfer_time = 0.125;
  x.transferring = {a_running_transfer()};
  x.checking = {"c"};
  expect_travels(x);
  const auto y = travelled(x);
  EXPECT_EQ(std::tie(y.bytes, y.checks, y.transfers, y.deletes, y.deleted_dirs, y.renames, y.listed, y.errors,
                     y.total_bytes, y.total_checks, y.total_transfers, y.server_side_copies,
                     y.server_side_copy_bytes, y.server_side_moves, y.server_side_move_bytes, y.fatal_error,
                     y.retry_error, y.last_error, y.speed, y.elapsed, y.transfer_time, y.checking),
            std::tie(x.bytes, x.checks, x.transfers, x.deletes, x.deleted_dirs, x.renames, x.listed, x.errors,
                     x.total_bytes, x.total_checks, x.total_transfers, x.server_side_copies,
                     x.server_side_copy_bytes, x.server_side_moves, x.server_side_move_bytes, x.fatal_error,
                     x.retry_error, x.last_error, x.speed, x.elapsed, x.transfer_time, x.checking));
  EXPECT_EQ(y.transferring.size(), 1u);
}

job_status a_status() {
  job_status x;
  x.id = 1;
  x.group = "g";
  x.started = 2;
  x.ended = 3;
  x.finished = true;
  x.error = {failure_kind::fatal, "bad"};
  x.output = "{\"a\": 1}";
  return x;
}

TEST_F(messages_test, a_job_status_travels) {
  const auto x = a_status();
  expect_travels(x);
  const auto y = travelled(x);
  EXPECT_EQ(std::tie(y.id, y.group, y.started, y.ended, y.finished, y.error.kind, y.error.text, y.output),
            std::tie(x.id, x.group, x.started, x.ended, x.finished, x.error.kind, x.error.text, x.output));
}

TEST_F(messages_test, job_statuses_travel) {
  expect_travels(std::vector<job_status>{a_status(), a_status()});
}

TEST_F(messages_test, job_lists_travel) {
  job_lists x;
  x.running = {1, 2};
  x.finished = {3};
  expect_travels(x);
  EXPECT_EQ(travelled(x).running, x.running);
  EXPECT_EQ(travelled(x).finished, x.finished);
}

file_run a_run() {
  file_run x;
  x.job = 1;
  x.number = 2;
  x.kind = run_kind::remove_source;
  x.directory = "d";
  x.files.resize(2);
  x.files[1].name = "n";
  x.files[1].size = 5;
  x.files[1].modified = 6;
  x.files[1].destination_name = "N";
  x.destination_directory = "D";
  x.moves = true;
  x.source_directory = "s";
  x.in_source = false;
  return x;
}

TEST_F(messages_test, a_file_action_travels) {
  const auto x = a_run().files[1];
  expect_travels(x);
  const auto y = travelled(x);
  EXPECT_EQ(std::tie(y.name, y.size, y.modified, y.destination_name),
            std::tie(x.name, x.size, x.modified, x.destination_name));
}

TEST_F(messages_test, a_file_run_travels) {
  const auto x = a_run();
  expect_travels(x);
  const auto y = travelled(x);
  EXPECT_EQ(std::tie(y.job, y.number, y.kind, y.directory, y.destination_directory, y.moves,
                     y.source_directory, y.in_source),
            std::tie(x.job, x.number, x.kind, x.directory, x.destination_directory, x.moves,
                     x.source_directory, x.in_source));
  EXPECT_EQ(y.files.size(), 2u);
}

TEST_F(messages_test, a_run_report_travels) {
  run_report x;
  x.number = 1, x.copied = 2, x.skipped = 3, x.removed = 4, x.bytes = 5;
  x.failed = {{6, {failure_kind::retryable, "bad"}}};
  expect_travels(x);
  const auto y = travelled(x);
  EXPECT_EQ(std::tie(y.number, y.copied, y.skipped, y.removed, y.bytes),
            std::tie(x.number, x.copied, x.skipped, x.removed, x.bytes));
  ASSERT_EQ(y.failed.size(), 1u);
  EXPECT_EQ(y.failed[0].index, 6u);
  EXPECT_EQ(y.failed[0].error.kind, failure_kind::retryable);
  EXPECT_EQ(y.failed[0].error.text, "bad");
}

TEST_F(messages_test, a_failure_travels_as_an_error) {
  const auto back = travelled(to_error({failure_kind::object_not_found, "object not found"}));
  EXPECT_EQ(to_failure(back).kind, failure_kind::object_not_found);
  EXPECT_EQ(to_failure(back).text, "object not found");
}

TEST_F(messages_test, every_kind_of_failure_survives_as_an_error) {
  for (int kind = 0; kind <= static_cast<int>(failure_kind::fatal); ++kind) {
    const auto back = to_failure(to_error({static_cast<failure_kind>(kind), "text"}));
    EXPECT_EQ(static_cast<int>(back.kind), kind);
    EXPECT_EQ(back.text, "text");
  }
}

TEST_F(messages_test, an_actor_that_ended_is_a_cancellation) {
  for (const caf::error& error :
       {caf::make_error(ec::stopping), caf::make_error(caf::sec::request_receiver_down),
        caf::make_error(caf::exit_reason::user_shutdown), caf::make_error(caf::exit_reason::kill)}) {
    EXPECT_EQ(to_failure(error).kind, failure_kind::cancelled);
    EXPECT_EQ(to_failure(error).text, "context canceled");
  }
}

TEST_F(messages_test, any_other_error_of_an_actor_has_a_text) {
  EXPECT_EQ(to_failure(caf::make_error(caf::sec::request_timeout)).text,
            "no answer in time from another actor");
  EXPECT_EQ(to_failure(caf::make_error(caf::sec::unexpected_message)).text.rfind("internal error: ", 0), 0u);
}

} // namespace
} // namespace argosy
