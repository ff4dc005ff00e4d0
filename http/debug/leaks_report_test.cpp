#include "http/debug/leaks_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/run_and_wait.hpp"
#include "metrics/instruments.hpp"
#include "tests/fixtures/own_symbols.hpp"

namespace argosy {
namespace {

using testing::HasSubstr;
using testing::Not;

class LeaksReport : public testing::Test {
protected:
  json report(nanoseconds grace) {
    return run_and_wait(io, [&](const may_block& on) { return leaks_report(on, grace, own_symbols); });
  }
  ledger book;
  io_pool io{book, {}};
};

TEST_F(LeaksReport, OfAHealthyDaemonIsEmpty) {
  const auto job = book.enter(resource::job, "job", 7);
  const auto file = book.enter(resource::descriptor, "file", 7);

  const auto found = report(1);

  EXPECT_EQ(found["orphans"], 0);
  EXPECT_EQ(found["overdue"], 0);
  EXPECT_TRUE(found["groups"].empty());
  EXPECT_EQ(found["live"]["descriptor"], 1);
}

TEST_F(LeaksReport, TellsWhatLeaksFromWhereAndWhatToDo) {
  book.enter(resource::job, "job", 7);
  auto file = book.enter(resource::descriptor, "source file", 7, "remote");
  file.detail("dir/a <b>");

  const auto found = report(1);

  EXPECT_EQ(found["orphans"], 1);
  ASSERT_EQ(found["groups"].size(), 1U);
  const auto& g = found["groups"][0];
  EXPECT_EQ(g["reason"], "orphan");
  EXPECT_EQ(g["resource"], "descriptor");
  EXPECT_EQ(g["kind"], "source file");
  EXPECT_EQ(g["label"], "remote");
  EXPECT_EQ(g["count"], 1);
  EXPECT_FALSE(g["stack"].empty());
  EXPECT_EQ(g["examples"][0]["job"], 7);
  EXPECT_EQ(g["examples"][0]["detail"], "dir/a <b>");
  EXPECT_FALSE(g["next"].get<std::string>().empty());
}

TEST_F(LeaksReport, PageShowsTextAsText) {
  book.enter(resource::job, "job", 7);
  auto file = book.enter(resource::descriptor, "source file", 7);
  file.detail("<script>alert(1)</script>");

  const auto page = leaks_page(report(1));

  EXPECT_THAT(page, HasSubstr("1 descriptor source file"));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
}

TEST_F(LeaksReport, HasTheRequestsThatWereLookedFor) {
  book.tools().urls.add("secret-file");
  auto c = book.enter(resource::connection, "webdav", 7, "remote");
  c.request("GET", "https://user:pw@host/secret-file?sign=1");

  const auto found = report(1)["watched"];

  EXPECT_EQ(found["patterns"]["secret-file"], 1);
  ASSERT_EQ(found["requests"].size(), 1U);
  EXPECT_EQ(found["requests"][0]["url"], "https://host/secret-file");
  EXPECT_EQ(found["requests"][0]["label"], "remote");
  EXPECT_THAT(leaks_page(report(1)), HasSubstr("GET https://host/secret-file"));
}

} // namespace
} // namespace argosy
