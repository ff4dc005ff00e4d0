#include "metrics/ledger.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/activity.hpp"
#include "metrics/instruments.hpp"
#include "metrics/mailbox_gauge.hpp"

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> lines(const std::vector<ledger::count>& counts) {
  std::vector<std::string> result;
  for (const auto& c : counts)
    result.push_back(std::string{resource_name(c.what)} + '/' + c.kind + '/' + c.label + '/' + c.state + '=' +
                     std::to_string(c.live));
  return result;
}

TEST(Ledger, KnowsWhatLivesFromEnteringToDestruction) {
  ledger book;
  EXPECT_EQ(book.live(), 0U);
  {
    const auto a = book.enter(resource::actor, "job");
    const auto b = book.enter(resource::connection, "sftp");
    EXPECT_EQ(book.live(), 2U);
    EXPECT_EQ(book.live(resource::actor), 1U);
    EXPECT_EQ(book.live(resource::connection), 1U);
    EXPECT_EQ(book.live(resource::thread), 0U);
  }
  EXPECT_EQ(book.live(), 0U);
  EXPECT_THAT(book.records(), IsEmpty());
  EXPECT_THAT(book.counts(), IsEmpty());
}

TEST(Ledger, EnteredNeverFalls) {
  ledger book;
  for (int i = 0; i < 40; ++i) book.enter(resource::buffer, "chunk");
  const auto kept = book.enter(resource::actor, "job");

  EXPECT_EQ(book.entered(resource::buffer), 40U);
  EXPECT_EQ(book.live(resource::buffer), 0U);
  EXPECT_EQ(book.entered(resource::actor), 1U);
  EXPECT_EQ(book.entered(resource::job), 0U);
}

TEST(Ledger, RecordTellsEverythingThatWasEntered) {
  ledger book;
  const auto before = now();
  auto e = book.enter(resource::connection, "s3", 7, "backup");
  e.state("http response");
  e.detail("/bucket/key");
  const auto after = now();

  const auto records = book.records();

  ASSERT_THAT(records, SizeIs(1));
  const auto& r = records.front();
  EXPECT_EQ(r.id, e.id());
  EXPECT_EQ(r.what, resource::connection);
  EXPECT_STREQ(r.kind, "s3");
  EXPECT_EQ(r.label, "backup");
  EXPECT_EQ(r.owner_job, 7U);
  EXPECT_STREQ(r.state, "http response");
  EXPECT_EQ(r.detail, "/bucket/key");
  EXPECT_GE(r.born, before);
  EXPECT_GE(r.last_activity, r.born);
  EXPECT_LE(r.last_activity, after);
}

TEST(Ledger, EntryIsIdleUntilItSaysOtherwise) {
  ledger book;
  const auto e = book.enter(resource::actor, "job");

  EXPECT_STREQ(book.records().at(0).state, "idle");
  EXPECT_EQ(book.records().at(0).last_activity, book.records().at(0).born);
}

TEST(Ledger, ActivityIsMarkedByTouchStateAndDetail) {
  ledger book;
  auto e = book.enter(resource::actor, "job");
  const auto last = [&] { return book.records().at(0).last_activity; };
  // The clock of activity moves by ticks of milliseconds.
  const auto moves = [&](auto mark) {
    const auto old = last();
    for (const auto end = now() + 10'000'000'000; last() == old && now() < end;) mark();
    return last() > old;
  };

  EXPECT_TRUE(moves([&] { e.touch(); }));
  EXPECT_TRUE(moves([&] { e.state("disk"); }));
  EXPECT_TRUE(moves([&] { e.detail("/path"); }));
}

TEST(Ledger, RecordsAreOrderedByAge) {
  ledger book;
  std::vector<ledger::entry> entries;
  std::vector<std::uint64_t> expected;
  for (int i = 0; i < 200; ++i) entries.push_back(book.enter(resource::actor, "job"));
  entries.erase(entries.begin() + 10, entries.begin() + 20);
  for (const auto& e : entries) expected.push_back(e.id());

  std::vector<std::uint64_t> found;
  for (const auto& r : book.records()) found.push_back(r.id);

  EXPECT_EQ(found, expected);
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
}

TEST(Ledger, IdsAreUniqueAndNeverReused) {
  ledger book;
  std::set<std::uint64_t> ids;
  for (int i = 0; i < 3000; ++i) ids.insert(book.enter(resource::actor, "job").id());

  EXPECT_THAT(ids, SizeIs(3000));
  EXPECT_GE(*ids.begin(), 1U);
}

TEST(Ledger, EntriesMayLeaveInAnyOrder) {
  ledger book;
  std::vector<ledger::entry> entries;
  for (int i = 0; i < 48; ++i) entries.push_back(book.enter(resource::actor, "job"));
  std::set<std::uint64_t> left;
  for (const auto& e : entries) left.insert(e.id());

  for (std::size_t i : {20U, 36U, 4U, 5U, 21U, 37U, 38U, 22U, 6U}) {
    left.erase(entries[i].id());
    entries[i] = ledger::entry{};
    std::set<std::uint64_t> found;
    for (const auto& r : book.records()) found.insert(r.id);
    EXPECT_EQ(found, left);
  }
}

TEST(Ledger, MovedFromEntryIsEmptyAndHarmless) {
  ledger book;
  auto a = book.enter(resource::actor, "job");
  const auto id = a.id();

  auto b = std::move(a);
  // NOLINTBEGIN(bugprone-use-after-move): what a moved-from entry does is the subject
  a.state("running");
  a.touch();
  a.detail("x");

  EXPECT_FALSE(a);
  EXPECT_EQ(a.id(), 0U);
  // NOLINTEND(bugprone-use-after-move)
  EXPECT_TRUE(b);
  EXPECT_EQ(b.id(), id);
  EXPECT_EQ(book.live(), 1U);
  EXPECT_STREQ(book.records().at(0).state, "idle");
}

TEST(Ledger, AssigningOverAnEntryEndsTheOldOneOnly) {
  ledger book;
  auto a = book.enter(resource::actor, "old");
  auto b = book.enter(resource::actor, "new");

  a = std::move(b);

  EXPECT_EQ(book.live(), 1U);
  EXPECT_STREQ(book.records().at(0).kind, "new");
}

TEST(Ledger, AssigningAnEntryToItselfKeepsIt) {
  ledger book;
  auto a = book.enter(resource::actor, "job");
  auto& same = a;

  a = std::move(same);

  EXPECT_TRUE(a);
  EXPECT_EQ(book.live(), 1U);
}

TEST(Ledger, CountsGroupByResourceKindAndLabelInOrder) {
  ledger book;
  std::vector<ledger::entry> entries;
  for (const char* remote : {"web", "backup", "web", "web"})
    entries.push_back(book.enter(resource::connection, "s3", 0, remote));
  entries.push_back(book.enter(resource::actor, "transfer"));
  entries.push_back(book.enter(resource::actor, "job"));
  entries[0].state("running");

  EXPECT_THAT(lines(book.counts()), ElementsAre("actor/job//=1", "actor/transfer//=1",
                                                "connection/s3/backup/=1", "connection/s3/web/=3"));
  EXPECT_THAT(lines(book.counts(true)),
              ElementsAre("actor/job//idle=1", "actor/transfer//idle=1", "connection/s3/backup/idle=1",
                          "connection/s3/web/idle=2", "connection/s3/web/running=1"));
}

TEST(Ledger, EqualTextsAtDifferentAddressesAreOneKind) {
  static const char first[] = "job";
  static const char second[] = "job";
  ledger book;
  const auto a = book.enter(resource::actor, first);
  const auto b = book.enter(resource::actor, second);

  EXPECT_THAT(lines(book.counts()), ElementsAre("actor/job//=2"));
}

__attribute__((noinline)) ledger::entry spawn(ledger& book, resource what) {
  auto e = book.enter(what, "job");
  e.touch(); // keeps the call above from becoming a jump, which would leave no frame
  return e;
}

bool is_in_spawn(std::uintptr_t pc) {
  const auto begin = reinterpret_cast<std::uintptr_t>(&spawn);
  return pc > begin && pc < begin + 4096;
}

TEST(Ledger, StackBeginsAtTheCallerAndGoesUp) {
  ledger book;
  const auto e = spawn(book, resource::actor);

  const auto stack = book.records().at(0).stack;

  ASSERT_GT(stack.size(), 2U);
  EXPECT_LE(stack.size(), ledger::stack_depth);
  EXPECT_TRUE(is_in_spawn(stack[0]));
  EXPECT_FALSE(is_in_spawn(stack[2]));
}

TEST(Ledger, StackBeginsWhereItIsToldWithTheFunctionBefore) {
  ledger book;
  const auto caller = [&] { return book.records().back().stack.at(0); };
  const auto e = spawn(book, resource::actor);
  const ledger::origin from{reinterpret_cast<const void*>(&spawn), __builtin_return_address(0)};

  const auto of_actor = book.enter(resource::actor, "job", 0, {}, from);

  const auto r = book.records().back();
  EXPECT_TRUE(r.has_body);
  EXPECT_TRUE(is_in_spawn(caller()));
  ASSERT_GT(r.stack.size(), 1U);
  EXPECT_EQ(r.stack[1], reinterpret_cast<std::uintptr_t>(from.caller));
  EXPECT_FALSE(book.records().front().has_body);
}

__attribute__((noinline)) ledger::entry spawn_deep(ledger& book, resource what, int depth) {
  auto e = depth == 0 ? book.enter(what, "job") : spawn_deep(book, what, depth - 1);
  e.touch();
  return e;
}

TEST(Ledger, DeepStacksAreCutAtTheOuterEnd) {
  ledger book;
  const auto actor = spawn_deep(book, resource::actor, 60);
  const auto descriptor = spawn_deep(book, resource::descriptor, 60);

  EXPECT_THAT(book.records(resource::actor).at(0).stack, SizeIs(ledger::stack_depth));
  EXPECT_THAT(book.records(resource::descriptor).at(0).stack, SizeIs(ledger::brief_stack_depth));
}

TEST(Ledger, AThousandThingsFromOnePlaceKeepOneStack) {
  ledger book;
  std::vector<ledger::entry> all;
  for (int i = 0; i < 1000; ++i) all.push_back(book.enter(resource::actor, "job"));

  const auto* kept = book.kept_stack();

  std::set<call_stack> stacks;
  for (const auto& r : book.records()) stacks.insert(r.stack);
  EXPECT_LE(stacks.size(), 2U); // the compiler may unroll the loop
  EXPECT_GT(stack_of(kept).size(), 1U);
}

TEST(Ledger, LabelsBeyondTheBoundAreOthers) {
  ledger book;
  const auto known = book.enter(resource::connection, "s3", 0, "first");
  for (std::size_t i = 0; i < ledger::most_labels + 10; ++i)
    book.enter(resource::connection, "s3", 0, "remote" + std::to_string(i));

  const auto late = book.enter(resource::connection, "s3", 0, "one more");
  const auto again = book.enter(resource::connection, "s3", 0, "first");

  EXPECT_THAT(lines(book.counts()), ElementsAre("connection/s3/first/=2", "connection/s3/other/=1"));
}

TEST(Ledger, LongDetailsKeepBothEndsAndTheirCharacters) {
  ledger book;
  auto e = book.enter(resource::connection, "s3");
  std::string text = "https://host/";
  while (text.size() < 500) text += "\xC3\xA4";

  e.detail(text + "/end");

  const auto kept = book.records().at(0).detail;
  EXPECT_LE(kept.size(), ledger::most_detail);
  EXPECT_EQ(kept.substr(0, 13), "https://host/");
  EXPECT_EQ(kept.substr(kept.size() - 4), "/end");
  EXPECT_NE(kept.find("\xE2\x80\xA6\xC3\xA4"), std::string::npos) << "an ellipsis, then a whole character";
}

TEST(Ledger, RequestIsShownWithoutSecrets) {
  ledger book;
  auto e = book.enter(resource::connection, "s3");

  e.request("GET", "https://user:pass@host:9000/bucket/key?X-Amz-Signature=secret#part");

  EXPECT_EQ(book.records().at(0).detail, "GET https://host:9000/bucket/key");
}

TEST(Ledger, WaitHasATimeByWhichItShouldEnd) {
  ledger book;
  auto e = book.enter(resource::connection, "s3");

  e.waits("http response", std::chrono::seconds(5));
  const auto waiting = book.records().at(0);
  e.state("idle");

  EXPECT_STREQ(waiting.state, "http response");
  EXPECT_EQ(waiting.due, waiting.last_activity + 5'000'000'000);
  EXPECT_EQ(book.records().at(0).due, 0);
}

TEST(Ledger, OwnerMayChange) {
  ledger book;
  auto e = book.enter(resource::connection, "s3");

  e.owner(7);

  EXPECT_EQ(book.records().at(0).owner_job, 7U);
}

TEST(Ledger, ThingsOfATaskBelongToItsJobAndItsActor) {
  ledger book;
  const activity_scope here{{"transfer", 7, 42}};

  const auto of_job = book.enter(resource::descriptor, "file", ledger::of_this_job);
  const auto of_none = book.enter(resource::descriptor, "directory");

  EXPECT_EQ(book.records().at(0).owner_job, 7U);
  EXPECT_EQ(book.records().at(0).parent, 42U);
  EXPECT_EQ(book.records().at(1).owner_job, 0U);
}

TEST(Ledger, OutsideOfTasksThingsBelongToNobody) {
  ledger book;
  const auto e = book.enter(resource::descriptor, "file", ledger::of_this_job);

  EXPECT_EQ(book.records().at(0).owner_job, 0U);
  EXPECT_EQ(book.records().at(0).parent, 0U);
}

TEST(Ledger, KnowsWhenAJobEnded) {
  ledger book;
  auto e = book.enter(resource::job, "job", 7);
  EXPECT_EQ(book.job_ended(7), std::nullopt);
  const auto before = now();

  e = {};

  ASSERT_TRUE(book.job_ended(7).has_value());
  EXPECT_GE(*book.job_ended(7), before);
  EXPECT_LE(*book.job_ended(7), now());
  EXPECT_EQ(book.job_ended(8), std::nullopt);
}

TEST(Ledger, JobsLongGoneEndedWithTheLastThatWasForgotten) {
  ledger book;
  book.enter(resource::job, "job", 1);
  const auto first = book.job_ended(1);
  for (std::uint64_t job = 2; job < 5000; ++job) book.enter(resource::job, "job", job);

  const auto present = now();

  ASSERT_TRUE(book.job_ended(1).has_value());
  EXPECT_GE(*book.job_ended(1), *first);
  EXPECT_LE(*book.job_ended(1), *book.job_ended(4999));
  EXPECT_LE(*book.job_ended(4999), present);
}

TEST(Ledger, ShowsTheMailboxOfAnActor) {
  ledger book;
  mailbox_gauge gauge;
  auto e = book.enter(resource::actor, "job");
  e.mailbox(gauge);
  EXPECT_EQ(book.records().at(0).mailbox, 0U);
  EXPECT_EQ(book.records().at(0).waiting, 0);

  gauge.arrived();
  gauge.mark(trace_recorder::clock() - 5'000'000'000);
  gauge.arrived();

  EXPECT_EQ(book.records().at(0).mailbox, 2U);
  EXPECT_GE(book.records().at(0).waiting, 5'000'000'000);
}

TEST(Ledger, EveryResourceHasItsOwnName) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < resource_count; ++i) names.insert(resource_name(static_cast<resource>(i)));

  EXPECT_THAT(names, SizeIs(resource_count));
  EXPECT_EQ(names.count("unknown"), 0U);
  EXPECT_STREQ(resource_name(resource::job), "job");
  EXPECT_STREQ(resource_name(resource::temporary_file), "temporary_file");
}

TEST(Ledger, StaysConsistentWhileOthersEnterAndLeave) {
  constexpr int threads = 4;
  constexpr int rounds = 3000;
  ledger book;
  const auto resident = book.enter(resource::thread, "resident");
  std::atomic<int> working{threads};
  std::vector<std::thread> crowd;
  for (int t = 0; t < threads; ++t)
    crowd.emplace_back([&book, &working] {
      for (int i = 0; i < rounds; ++i) {
        auto a = book.enter(resource::actor, "job", 1, "label");
        auto b = book.enter(resource::connection, "s3", 1, "a label longer than any small string");
        a.state("running");
        b.detail("/some/path/" + std::to_string(i));
        auto c = std::move(a);
        c.touch();
      }
      --working;
    });
  bool resident_seen = true;
  bool unique = true;
  std::set<std::string> states;
  do {
    std::set<std::uint64_t> ids;
    for (const auto& r : book.records()) {
      unique = ids.insert(r.id).second && unique;
      states.insert(r.state);
    }
    resident_seen = resident_seen && ids.count(resident.id()) == 1;
    const auto counts = book.counts(true);
    resident_seen = resident_seen && std::count_if(counts.begin(), counts.end(), [](const ledger::count& c) {
                                       return c.what == resource::thread && c.live == 1;
                                     }) == 1;
  } while (working != 0);
  for (auto& t : crowd) t.join();

  EXPECT_TRUE(resident_seen);
  EXPECT_TRUE(unique);
  EXPECT_THAT(states, testing::IsSubsetOf({"idle", "running"}));
  EXPECT_EQ(book.live(), 1U);
  EXPECT_EQ(book.entered(resource::actor), std::uint64_t{threads} * rounds);
  EXPECT_EQ(book.entered(resource::connection), std::uint64_t{threads} * rounds);
}

TEST(Ledger, EntryMayLeaveOnAnotherThread) {
  ledger book;
  std::optional<ledger::entry> e{book.enter(resource::timer, "expiry")};

  std::thread{[&] { e.reset(); }}.join();

  EXPECT_EQ(book.live(), 0U);
}

} // namespace
} // namespace argosy
