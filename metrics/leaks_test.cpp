#include "metrics/leaks.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr nanoseconds minute = nanoseconds{60} * 1'000'000'000;

symbol_map names_of(const std::vector<leak>& leaks) {
  symbol_map names;
  for (const auto& stack : stacks_of(leaks))
    for (const auto address : stack) {
      frame f;
      f.function = "f" + std::to_string(address);
      f.file = "a.cpp";
      f.line = 7;
      names[address] = {f};
    }
  return names;
}

TEST(Leaks, WhatAJobLeavesBehindIsAnOrphanAfterTheGrace) {
  ledger book;
  auto job = book.enter(resource::job, "job", 7);
  auto file = book.enter(resource::descriptor, "file", 7);
  EXPECT_THAT(find_leaks(book, now() + 10 * minute), IsEmpty()) << "the job lives";

  job = {};

  EXPECT_THAT(find_leaks(book, now()), IsEmpty());
  const auto found = find_leaks(book, now() + 2 * minute);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].why, leak_reason::orphan);
  EXPECT_EQ(found[0].what.id, file.id());
  EXPECT_EQ(found[0].since, *book.job_ended(7));
}

TEST(Leaks, GraceIsWhatIsAskedFor) {
  ledger book;
  book.enter(resource::job, "job", 7);
  const auto file = book.enter(resource::descriptor, "file", 7);

  EXPECT_THAT(find_leaks(book, now() + minute, 5 * minute), IsEmpty());
  EXPECT_THAT(find_leaks(book, now() + minute, 1), SizeIs(1));
}

TEST(Leaks, WhatBelongsToNoJobIsNoOrphan) {
  ledger book;
  book.enter(resource::job, "job", 7);
  const auto pooled = book.enter(resource::connection, "sftp");

  EXPECT_THAT(find_leaks(book, now() + 100 * minute), IsEmpty());
}

TEST(Leaks, WhatBelongsToAJobThatWasNeverSeenIsNoOrphan) {
  ledger book;
  // An actor is entered a moment before its job.
  const auto actor = book.enter(resource::actor, "job", 7);

  EXPECT_THAT(find_leaks(book, now() + 100 * minute), IsEmpty());
}

TEST(Leaks, ConnectionGivenBackIsNoOrphan) {
  ledger book;
  book.enter(resource::job, "job", 7);
  auto pooled = book.enter(resource::connection, "sftp");
  pooled.owner(7);
  EXPECT_THAT(find_leaks(book, now() + 2 * minute), SizeIs(1));

  pooled.owner(0);

  EXPECT_THAT(find_leaks(book, now() + 2 * minute), IsEmpty());
}

TEST(Leaks, WaitBeyondItsTimeOutIsOverdue) {
  ledger book;
  auto c = book.enter(resource::connection, "sftp");
  c.waits("http response", std::chrono::minutes(1));

  EXPECT_THAT(find_leaks(book, now() + minute), IsEmpty()) << "whoever ends it needs a moment";
  const auto found = find_leaks(book, now() + 2 * minute);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].why, leak_reason::overdue);
  EXPECT_EQ(found[0].since, book.records().at(0).due);

  c.state("idle");
  EXPECT_THAT(find_leaks(book, now() + 2 * minute), IsEmpty());
}

TEST(Leaks, GroupsTellHowManyComeFromOnePlace) {
  ledger book;
  for (const std::uint64_t job : {7, 8, 9}) book.enter(resource::job, "job", job);
  std::vector<ledger::entry> left;
  for (int i = 0; i < 8; ++i) left.push_back(book.enter(resource::descriptor, "file", 7));
  const auto actor = book.enter(resource::actor, "transfer", 9);
  const auto leaks = find_leaks(book, now() + 2 * minute);

  auto names = names_of(leaks);
  for (auto& [address, found] : names) found[0].function = "f"; // however the compiler unrolls the loop
  const auto groups = group_leaks(leaks, names);

  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups[0].count, 8U);
  EXPECT_EQ(groups[0].kind, "file");
  EXPECT_EQ(groups[0].site, "f a.cpp:7");
  EXPECT_THAT(groups[0].examples, SizeIs(5));
  EXPECT_THAT(groups[0].next, HasSubstr("job 7"));
  EXPECT_EQ(groups[1].what, resource::actor);
  EXPECT_THAT(groups[1].next, HasSubstr("goroutine " + std::to_string(actor.id())));
}

TEST(Leaks, SiteOfAnActorIsWhereItWasSpawned) {
  ledger book;
  book.enter(resource::job, "job", 7);
  const void* here = __builtin_return_address(0);
  const auto actor =
      book.enter(resource::actor, "transfer", 7, {}, {reinterpret_cast<const void*>(&names_of), here});
  const auto leaks = find_leaks(book, now() + 2 * minute);

  const auto groups = group_leaks(leaks, names_of(leaks));

  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_EQ(groups[0].site, "f" + std::to_string(reinterpret_cast<std::uintptr_t>(here)) + " a.cpp:7");
}

} // namespace
} // namespace argosy
