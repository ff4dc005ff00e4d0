#include "http/exchange.hpp"

#include <gtest/gtest.h>

using argosy::http_reply;
using argosy::http_request;

namespace {

TEST(http_request, finds_the_first_header_of_a_name_in_any_case) {
  http_request request;
  request.headers = {{"Prefer", "one"}, {"prefer", "two"}, {"X-Empty", ""}};
  EXPECT_EQ(request.header("PREFER"), "one");
  EXPECT_EQ(request.header("Missing"), "");
  EXPECT_TRUE(request.has_header("x-empty"));
  EXPECT_FALSE(request.has_header("x-emp"));
}

TEST(http_reply, makes_one_block_of_a_text_and_none_of_nothing) {
  const auto reply = http_reply::text(404, "text/plain", "gone");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.content_type, "text/plain");
  ASSERT_EQ(reply.body.size(), 1u);
  EXPECT_EQ(*reply.body.front(), "gone");
  EXPECT_TRUE(http_reply::text(200, "", "").body.empty());
}

TEST(http_reply, writes_plain_errors_as_go_does) {
  const auto reply = http_reply::plain_error(405, "Method Not Allowed");
  EXPECT_EQ(*reply.body.front(), "Method Not Allowed\n");
  EXPECT_EQ(reply.content_type, "text/plain; charset=utf-8");
  ASSERT_EQ(reply.headers.size(), 1u);
  EXPECT_EQ(reply.headers.front().first, "X-Content-Type-Options");
  EXPECT_EQ(reply.headers.front().second, "nosniff");
}

} // namespace
