#include <future>

#include <gtest/gtest.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include "actors/jobs/job_table.hpp"
#include "actors/links/remotes.hpp"
#include "actors/sync/sync_job.hpp"
#include "backends/testing.hpp"

/// The actors on real threads, as in the daemon: for what only several of them can get wrong. Everything else
/// is tested with a scheduler that the test drives.
namespace argosy {
namespace {

constexpr std::chrono::seconds patience{45};

class threads_test : public ::testing::Test {
protected:
  struct caf_config : caf::actor_system_config {
    caf_config() {
      add_message_types<caf::id_block::argosy>();
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-throughput", std::size_t{3});
      set("scheduler.max-threads", std::size_t{4});
    }
  };
  struct world {
    explicit world(ledger& b) : book(b) {}
    ~world() {
      for (const auto& root :
           {caf::actor_cast<caf::actor>(around.jobs), caf::actor_cast<caf::actor>(around.remotes),
            caf::actor_cast<caf::actor>(around.stats)})
        caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
      io.wait_until_idle(); // tasks under way answer to actors
    }
    ledger& book;
    metrics_registry metrics{book};
    testing::log_lines log;
    settings options{main_options{}};
    rate_limiter upload, download;
    steady_wait_clock clock;
    network net{log, metrics.answers(), clock};
    storage_table storages;
    configuration remotes_file{"", {}};
    remote_maker maker{remotes_file, storages, {}, log, net};
    testing::scratch_folder folder;
    spill_store spill{{folder.path()}};
    io_pool io{book, {}}; // its threads use what stands above
    services with{book, metrics, io, log, options, upload, download, net, spill, "execute-id"};
    caf_config config;
    caf::actor_system system{config};
    directory around{spawn_stats(system, with, 10), spawn_remotes(system, with, maker),
                     spawn_job_table(system, with, {})};
  };

  void TearDown() override {
    here.reset();
    for (const auto& one : book.records())
      ADD_FAILURE() << "still there: " << resource_name(one.what) << " " << one.kind << " (" << one.state
                    << ")";
  }
  job_actor begin(job_id id, job_work work) {
    job_request request;
    request.id = id;
    request.group = "g" + std::to_string(id % 20); // more than there may be
    auto told = std::make_shared<std::promise<job_status>>();
    ends.push_back(told->get_future());
    return spawn_job(
        here->system, here->with, here->around, request, [told](job_status& s) { told->set_value(s); },
        std::move(work));
  }
  job_actor begin_sync(job_id id, sync_kind kind, const std::string& from, const std::string& to) {
    sync_order order;
    order.kind = kind;
    return begin(id, [=](job_context& job) { run_sync(job, from, to, order); });
  }
  /// The texts of the errors, in the order of the jobs; "" for those that succeeded.
  std::vector<std::string> errors() {
    std::vector<std::string> texts;
    for (auto& end : ends)
      texts.push_back(end.wait_for(patience) == std::future_status::ready ? end.get().error.text
                                                                          : "did not end");
    ends.clear();
    return texts;
  }

  testing::scratch_folder folder;
  ledger book;
  std::optional<world> here{std::in_place, book};
  std::vector<std::future<job_status>> ends;
};

TEST_F(threads_test, many_calls_at_once_copy_what_they_should) {
  for (int i = 0; i < 60; ++i)
    testing::write_file(folder / ("from/d" + std::to_string(i % 9) + "/f" + std::to_string(i)),
                        testing::noise(1000, i));

  for (job_id id = 1; id <= 30; ++id)
    begin_sync(id, id % 2 ? sync_kind::sync : sync_kind::copy, folder / "from",
               folder / ("to" + std::to_string(id)));

  for (const auto& error : errors()) EXPECT_EQ(error, "");
  for (int i = 1; i <= 30; ++i)
    EXPECT_EQ(testing::tree_of(folder / ("to" + std::to_string(i))), testing::tree_of(folder / "from"));
}

TEST_F(threads_test, calls_that_are_cancelled_at_any_moment_end) {
  for (int i = 0; i < 200; ++i)
    testing::write_file(folder / ("from/d" + std::to_string(i % 20) + "/f" + std::to_string(i)), "x");

  for (job_id id = 1; id <= 40; ++id) {
    const auto job = begin_sync(id, sync_kind::copy, folder / "from", folder / ("to" + std::to_string(id)));
    if (id % 4 == 0) tell(job, stop_atom_v);
    // Later ones are cancelled while those before are at work.
    if (id % 4 == 1 && id > 8) tell(here->around.jobs, stop_atom_v, "g" + std::to_string((id - 8) % 20));
  }

  for (const auto& error : errors()) EXPECT_TRUE(error.empty() || error == "context canceled") << error;
}

TEST_F(threads_test, a_shutdown_in_the_middle_of_everything_leaves_nothing_behind) {
  for (int i = 0; i < 100; ++i)
    testing::write_file(folder / ("from/d" + std::to_string(i) + "/f"), testing::noise(10'000));
  for (job_id id = 1; id <= 20; ++id)
    begin_sync(id, sync_kind::copy, folder / "from", folder / ("to" + std::to_string(id)));

  caf::anon_send(here->around.jobs, drain_atom_v);

  EXPECT_EQ(errors().size(), 20u);
  for (const auto& path : testing::tree_of(folder.path()))
    EXPECT_EQ(path.find(".partial"), std::string::npos) << path;
}

TEST_F(threads_test, copies_within_one_remote_share_its_connections) {
  testing::write_file(folder / "one", "content");
  const auto fs = folder.path();
  for (job_id id = 1; id <= 150; ++id)
    begin(id, [fs, id](job_context& job) {
      job.open_remotes({fs, fs}, [&job, id](const std::vector<remote>& opened) {
        job.lease(opened, [&job, id](std::vector<session_loan> loans) {
          job.block(
              [loans = std::move(loans), id](const may_block& on) {
                copy_object(
                    on, loans[0].open(on), loans[1].open(on),
                    {"one", "copy" + std::to_string(id), 7, loans[0].open(on).stat(on, "one")->modified}, {});
              },
              [&job] { job.succeed(); });
        });
      });
    });

  for (const auto& error : errors()) EXPECT_EQ(error, "");
  EXPECT_EQ(testing::tree_of(folder.path()).size(), 151u);
}

} // namespace
} // namespace argosy
