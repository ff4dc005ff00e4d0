#include "metrics/ledger_page.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metrics/activity.hpp"
#include "metrics/mailbox_gauge.hpp"
#include "metrics/profile/trace.hpp"

namespace argosy {
namespace {

using testing::HasSubstr;
using testing::Not;

class LedgerPage : public testing::Test {
protected:
  std::string text() {
    metrics_page p{{}};
    add_ledger(p, book, labels);
    return std::move(p).text();
  }
  label_memory labels{100};
  ledger book;
};

TEST_F(LedgerPage, SumsMailboxesByKind) {
  mailbox_gauge first, second;
  auto a = book.enter(resource::actor, "job");
  auto b = book.enter(resource::actor, "job");
  a.mailbox(first);
  b.mailbox(second);
  for (int i = 0; i < 3; ++i) first.arrived();
  second.arrived();

  EXPECT_THAT(text(), HasSubstr("argosy_mailbox_messages{kind=\"job\"} 4\n"));
}

TEST_F(LedgerPage, ShowsTheOldestMessageOfAKind) {
  mailbox_gauge first, second;
  auto a = book.enter(resource::actor, "job");
  auto b = book.enter(resource::actor, "job");
  a.mailbox(first);
  b.mailbox(second);
  first.arrived();
  first.mark(trace_recorder::clock() - 70'000'000'000);
  second.arrived();
  second.mark(trace_recorder::clock());

  EXPECT_THAT(text(), testing::ContainsRegex("argosy_mailbox_oldest_seconds\\{kind=\"job\"\\} (7|8|9)[0-9]"));
}

TEST_F(LedgerPage, IdleTimesAreAHistogram) {
  const auto a = book.enter(resource::actor, "job");

  const auto page = text();

  EXPECT_THAT(page, HasSubstr("argosy_actor_idle_seconds_bucket{le=\"86400\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("argosy_actor_idle_seconds_bucket{le=\"+Inf\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("argosy_actor_idle_seconds_count 1\n"));
}

TEST_F(LedgerPage, SocketsAreCountedByTheirStateInTheNetwork) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
  const int server = ::accept(listener, nullptr, nullptr);
  auto entry = book.enter(resource::descriptor, "socket", 0, "backup");
  entry.socket(client);

  EXPECT_THAT(text(), HasSubstr("argosy_sockets{remote=\"backup\",state=\"ESTABLISHED\"} 1\n"));
  // The other side closes; as long as we do not, this is CLOSE_WAIT.
  ::close(server);
  char byte = 0;
  EXPECT_EQ(::recv(client, &byte, 1, 0), 0);
  EXPECT_THAT(text(), HasSubstr("argosy_sockets{remote=\"backup\",state=\"CLOSE_WAIT\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("argosy_sockets{remote=\"backup\",state=\"ESTABLISHED\"} 0\n"));

  entry.socket(-1);
  EXPECT_THAT(text(), Not(HasSubstr("state=\"CLOSE_WAIT\"} 1")));
  ::close(client);
  ::close(listener);
}

TEST_F(LedgerPage, LeaksAreCountedByResource) {
  const auto page = text();

  EXPECT_THAT(page, HasSubstr("argosy_orphaned_resources{resource=\"descriptor\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("argosy_overdue_resources{resource=\"connection\"} 0\n"));
}

TEST_F(LedgerPage, WhatWaitsFarBeyondItsTimeOutIsOverdue) {
  auto c = book.enter(resource::connection, "s3");
  c.waits("http response", std::chrono::minutes(-1));

  EXPECT_THAT(text(), HasSubstr("argosy_overdue_resources{resource=\"connection\"} 1\n"));
}

} // namespace
} // namespace argosy
