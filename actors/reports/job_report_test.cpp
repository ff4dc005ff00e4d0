#include "actors/reports/job_report.hpp"

#include <string>
#include <vector>

#include "actors/reports/report_writer.hpp"
#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

class job_report_test : public testing::actor_test {
protected:
  void TearDown() override {
    report.reset();
    actor_test::TearDown();
  }
  void record(const std::string& directory, const std::string& name, outcome_kind how,
              failure_kind kind = failure_kind::other) {
    on_io([&](const may_block& on) {
      file_outcome one;
      one.name = name;
      one.how = how;
      one.kind = kind;
      one.error = how == outcome_kind::failed ? "bad" : "";
      report->found(1);
      report_writer{on, *report, {directory}}.add(one);
    });
  }
  void record_many(std::size_t count) {
    on_io([&](const may_block& on) {
      report_writer writer{on, *report, {"many"}};
      report->found(count);
      file_outcome one;
      for (std::size_t i = 0; i < count; ++i) {
        const auto name = "file " + std::to_string(i);
        one.name = name;
        writer.add(one);
      }
    });
  }
  std::vector<std::string> names(const job_report::query& wanted, const job_report::region& of) {
    std::vector<std::string> found;
    on_io([&](const may_block& on) {
      report->read(on, of, wanted, [&](const report_place&, const file_outcome& one, std::uint32_t) {
        found.emplace_back(one.name);
        return true;
      });
    });
    return found;
  }
  std::vector<std::string> names(const job_report::query& wanted = {}) {
    return names(wanted, report->all());
  }
  static job_report::query only(outcome_kind how) {
    job_report::query wanted;
    wanted.only(how);
    return wanted;
  }
  /// Page by page.
  std::vector<std::string> paged(std::size_t limit) {
    std::vector<std::string> found;
    auto rest = report->all();
    on_io([&](const may_block& on) {
      while (rest.from.byte < rest.to) {
        std::size_t count = 0;
        rest.from =
            report->read(on, rest, {}, [&](const report_place&, const file_outcome& one, std::uint32_t) {
              if (count == limit) return false;
              ++count;
              found.emplace_back(one.name);
              return true;
            });
      }
    });
    return found;
  }

  std::shared_ptr<job_report> report =
      std::make_shared<job_report>(with(), 7, job_report::call{"sync/copy", "{}"});
};

TEST_F(job_report_test, keeps_what_was_recorded_in_its_order) {
  record("d", "b", outcome_kind::copied);
  record("", "a", outcome_kind::skipped);
  record("e", "c", outcome_kind::failed);

  EXPECT_EQ(names(), (std::vector<std::string>{"b", "a", "c"}));
}

TEST_F(job_report_test, its_account_is_the_sum) {
  record("", "a", outcome_kind::copied);
  record("", "b", outcome_kind::copied);
  record("", "c", outcome_kind::skipped);
  record("", "d", outcome_kind::failed);
  record("", "e", outcome_kind::deleted);
  record("", "f", outcome_kind::renamed);
  report->found(1);

  const auto account = report->account();

  EXPECT_EQ(account.copied, 2u);
  EXPECT_EQ(account.skipped, 1u);
  EXPECT_EQ(account.failed, 1u);
  EXPECT_EQ(account.deleted, 1u);
  EXPECT_EQ(account.renamed, 1u);
  EXPECT_EQ(account.found, 7u);
  EXPECT_FALSE(account.adds_up()) << "one was found and nothing became of it";
}

TEST_F(job_report_test, is_read_by_outcome) {
  record("", "a", outcome_kind::copied);
  record("", "b", outcome_kind::failed);
  record("", "c", outcome_kind::copied);

  EXPECT_EQ(names(only(outcome_kind::copied)), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(names(only(outcome_kind::failed)), (std::vector<std::string>{"b"}));
  EXPECT_TRUE(names(only(outcome_kind::renamed)).empty());
}

TEST_F(job_report_test, grows_on_disk_and_not_in_memory) {
  record_many(100'000);

  EXPECT_LT(report->memory(), 200'000u);
  EXPECT_GT(with().spill.used(), 500'000u);
  EXPECT_EQ(book().live(resource::temporary_file), 1u);
  const auto all = names();
  ASSERT_EQ(all.size(), 100'000u);
  EXPECT_EQ(all[0], "file 0");
  EXPECT_EQ(all[77'777], "file 77777");
}

TEST_F(job_report_test, leaves_nothing_on_disk) {
  record_many(50'000);

  report.reset();
  settle();

  EXPECT_EQ(with().spill.used(), 0u);
  EXPECT_EQ(book().live(resource::temporary_file), 0u);
  EXPECT_EQ(book().live(resource::descriptor), 0u);
}

TEST_F(job_report_test, is_read_page_by_page_from_disk_and_from_memory) {
  record_many(10'000);
  const auto all = names();

  for (const std::size_t limit : {1'000, 1'024, 3'333}) EXPECT_EQ(paged(limit), all) << limit;
}

TEST_F(job_report_test, settled_it_holds_little_in_memory) {
  record_many(2'000);
  EXPECT_FALSE(report->settled());

  on_io([&](const may_block& on) { report->settle(on); });

  EXPECT_TRUE(report->settled());
  EXPECT_LT(report->memory(), 1'000u);
  EXPECT_EQ(names().size(), 2'000u);
}

TEST_F(job_report_test, a_small_one_needs_no_disk) {
  record("", "a", outcome_kind::copied);
  EXPECT_TRUE(report->settled());
  on_io([&](const may_block& on) { report->settle(on); });
  EXPECT_EQ(with().spill.used(), 0u);
}

TEST_F(job_report_test, a_place_where_no_record_begins_is_refused) {
  record("directory", "name", outcome_kind::copied);
  auto records = report->all();
  records.from = {3, 0};
  try {
    names({}, records);
    FAIL() << "read from the middle of a record";
  } catch (const failure& why) {
    EXPECT_EQ(why.kind(), failure_kind::bad_parameter);
    EXPECT_STREQ(why.what(), "no record of the report begins there");
  }
}

TEST_F(job_report_test, its_first_attempt_has_none_before_it) {
  EXPECT_FALSE(report->begun());
  EXPECT_FALSE(report->begin_attempt(1));
  EXPECT_TRUE(report->begun());
}

TEST_F(job_report_test, what_another_attempt_may_mend_leaves_the_account) {
  report->begin_attempt(1);
  record("", "a", outcome_kind::copied);
  record("", "b", outcome_kind::failed, failure_kind::retryable);
  record("", "c", outcome_kind::failed, failure_kind::no_retry);

  const auto before = report->begin_attempt(2);

  ASSERT_TRUE(before);
  EXPECT_FALSE(before->whole);
  auto wanted = only(outcome_kind::failed);
  wanted.superseded = wanted.worth_another = true;
  EXPECT_EQ(names(wanted, *before), (std::vector<std::string>{"b"}));
  const auto account = report->account();
  EXPECT_EQ(account.found, 2u);
  EXPECT_EQ(account.failed, 1u);
  EXPECT_EQ(account.attempt, 2u);
  EXPECT_TRUE(account.adds_up());
}

TEST_F(job_report_test, what_was_tried_again_is_shown_as_it_ended) {
  report->begin_attempt(1);
  record("", "a", outcome_kind::failed);
  record("", "b", outcome_kind::failed);
  report->begin_attempt(2);
  record("", "b", outcome_kind::copied);
  record("", "a", outcome_kind::failed);

  EXPECT_EQ(names(), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(names(only(outcome_kind::failed)), (std::vector<std::string>{"a"}));
  job_report::query all;
  all.superseded = true;
  EXPECT_EQ(names(all), (std::vector<std::string>{"a", "b", "b", "a"}));
}

TEST_F(job_report_test, a_third_attempt_reads_the_failures_of_the_second_alone) {
  report->begin_attempt(1);
  record("", "a", outcome_kind::failed);
  record("", "b", outcome_kind::failed);
  report->begin_attempt(2);
  record("", "a", outcome_kind::copied);
  record("", "b", outcome_kind::failed);

  const auto before = report->begin_attempt(3);

  auto wanted = only(outcome_kind::failed);
  wanted.superseded = wanted.worth_another = true;
  EXPECT_EQ(names(wanted, *before), (std::vector<std::string>{"b"}));
}

TEST_F(job_report_test, a_root_that_was_not_listed_means_everything_again) {
  report->begin_attempt(1);
  record("", "a", outcome_kind::deleted);
  on_io([&](const may_block& on) {
    file_outcome root;
    root.how = outcome_kind::failed;
    root.what = work_kind::listing;
    root.is_directory = true;
    root.error = "bad";
    report_writer{on, *report, {}}.add(root);
  });
  EXPECT_TRUE(report->all().whole);

  const auto before = report->begin_attempt(2);

  ASSERT_TRUE(before);
  EXPECT_TRUE(before->whole);
  EXPECT_EQ(report->account().found, 0u);
  EXPECT_EQ(report->account().failed_directories, 0u);
  EXPECT_TRUE(names().empty());
}

TEST_F(job_report_test, a_failure_that_no_record_tells_means_everything_again) {
  report->begin_attempt(1);
  record("", "a", outcome_kind::copied);
  EXPECT_TRUE(report->begin_attempt(2)->whole);
}

TEST_F(job_report_test, what_the_disk_does_not_take_is_lost_and_said) {
  testing::scratch_folder nowhere;
  testing::write_file(nowhere / "a file", "");
  spill_store full{{nowhere / "a file/below"}};
  services here{book(),        with().metrics,  with().io,  log(), options(),
                with().upload, with().download, with().net, full,  "execute-id"};
  report = std::make_shared<job_report>(here, 7, job_report::call{});

  record_many(20'000);

  EXPECT_FALSE(report->complete());
  EXPECT_EQ(report->account().copied, 20'000u);
  EXPECT_LT(report->memory(), 200'000u);
  EXPECT_LT(names().size(), 20'000u);
  ASSERT_EQ(log().lines().size(), 1u);
  EXPECT_EQ(log().lines()[0].second.rfind("the report of job 7 is not complete: temporary file in ", 0), 0u);
  report.reset();
}

} // namespace
} // namespace argosy
