#include "metrics/mailbox_gauge.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

void arrive(mailbox_gauge& gauge, std::int64_t time) {
  if (gauge.arrived()) gauge.mark(time);
}

TEST(MailboxGauge, CountsWhatHasComeAndIsNotHandled) {
  mailbox_gauge gauge;
  EXPECT_EQ(gauge.depth(), 0U);
  EXPECT_EQ(gauge.waiting_since(), 0);

  for (int i = 1; i <= 3; ++i) arrive(gauge, i);
  gauge.handled(10);

  EXPECT_EQ(gauge.depth(), 2U);
}

TEST(MailboxGauge, TimesAMessageFromItsArrivalToItsHandling) {
  mailbox_gauge gauge;
  arrive(gauge, 100);

  EXPECT_EQ(gauge.waiting_since(), 100);
  const auto end = gauge.handled(150);

  EXPECT_EQ(end.since, 100);
  EXPECT_EQ(gauge.waiting_since(), 0);
}

TEST(MailboxGauge, ALoneMessageWaitsSinceItsOwnArrival) {
  mailbox_gauge gauge;
  arrive(gauge, 100);
  gauge.handled(110);

  arrive(gauge, 900);

  EXPECT_EQ(gauge.waiting_since(), 900);
}

TEST(MailboxGauge, MessagesBehindTheTimedOneAreNotForgotten) {
  mailbox_gauge gauge;
  for (const int time : {100, 101, 102}) arrive(gauge, time);

  gauge.handled(200); // the timed one; the others wait since then at least

  EXPECT_EQ(gauge.waiting_since(), 200);
  EXPECT_EQ(gauge.handled(300).since, 0) << "the second of three is not timed";
  EXPECT_EQ(gauge.waiting_since(), 200);
  EXPECT_EQ(gauge.handled(400).since, 200);
  EXPECT_EQ(gauge.waiting_since(), 0);
}

TEST(MailboxGauge, OnlyOneArrivalIsToBeMarked) {
  mailbox_gauge gauge;

  EXPECT_TRUE(gauge.arrived());
  EXPECT_FALSE(gauge.arrived());
  gauge.mark(5);
  EXPECT_FALSE(gauge.arrived());
}

} // namespace
} // namespace argosy
