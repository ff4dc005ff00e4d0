#include "backends/web/url.hpp"

#include <gtest/gtest.h>

#include "backends/testing.hpp"
#include "backends/web/message.hpp"

namespace argosy::web {
namespace {

using namespace std::chrono_literals;

TEST(Url, HasItsParts) {
  const auto url = require_url("HTTPS://us%40er:p%3Ass@Example.COM:8443/a%20b/c;d?x=1&y=%2F#frag");

  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.user, "us@er");
  EXPECT_EQ(url.password, "p:ss");
  EXPECT_EQ(url.host, "example.com");
  EXPECT_EQ(url.port, "8443");
  EXPECT_EQ(url.authority(), "example.com:8443");
  EXPECT_EQ(url.path, "/a%20b/c;d");
  EXPECT_EQ(url.query, "x=1&y=%2F");
}

TEST(Url, APathIsThereEvenIfNotWritten) { EXPECT_EQ(require_url("http://[::1]").path, "/"); }

TEST(Url, WhatGoRefusesIsRefused) {
  EXPECT_EQ(testing::failure_of([] { require_url("http://h/%zz"); }).text,
            "parse \"http://h/%zz\": invalid URL escape \"%zz\"");
  EXPECT_EQ(testing::failure_of([] { require_url("no url"); }).text, "parse \"no url\": invalid URL");
}

TEST(Url, IsShownWithoutSecrets) {
  EXPECT_EQ(shown_url("https://user:secret@example.com:1/a%20b?signature=secret#x"),
            "https://example.com:1/a%20b");
}

TEST(Url, ReferencesAreResolvedAgainstTheirPage) {
  const std::string base = "http://user:pw@h:1/dir/page?x=1";

  EXPECT_EQ(join_url(base, "name"), "http://user:pw@h:1/dir/name");
  EXPECT_EQ(join_url(base, "/abs/x%2Fy"), "http://user:pw@h:1/abs/x%2Fy");
  EXPECT_EQ(join_url(base, "../up"), "http://user:pw@h:1/up");
  EXPECT_EQ(join_url(base, "?q=2"), "http://user:pw@h:1/dir/page?q=2");
  EXPECT_EQ(join_url(base, "https://other/x"), "https://other/x");
  EXPECT_EQ(join_url(base, "a b"), "http://user:pw@h:1/dir/a%20b");
  EXPECT_EQ(join_url("http://h/d/", "./x"), "http://h/d/x");
}

TEST(Url, PathsAreEscapedAsGoDoes) {
  EXPECT_EQ(escape_path("a b/c:d;e=f@g$h&i+j,k"), "a%20b/c:d;e=f@g$h&i+j,k");
  EXPECT_EQ(escape_path("!'()*[]?#%\"<>\\^`{|}\x7f\xc3\xa9"),
            "%21%27%28%29%2A%5B%5D%3F%23%25%22%3C%3E%5C%5E%60%7B%7C%7D%7F%C3%A9");
  EXPECT_EQ(escape_path_strictly("a b/c:d-._~"), "a%20b/c%3Ad-._~");
}

TEST(Url, EscapesAreUndoneAndTheRestStays) {
  EXPECT_EQ(unescape("a%20b%2Fc%c3%A9"), "a b/c\xc3\xa9");
  EXPECT_EQ(unescape("100% %4 %zz %"), "100% %4 %zz %");
}

TEST(Message, FieldsAreFoundInAnyCase) {
  field_list fields;
  fields.add("Content-Type", "text/plain");
  fields.add("X", "1");
  fields.add("x", "2");

  EXPECT_EQ(fields.get("content-type"), "text/plain");
  EXPECT_EQ(fields.get("X"), "1");
  EXPECT_EQ(fields.get("none"), "");
  EXPECT_TRUE(fields.has("x"));
  EXPECT_FALSE(fields.has("none"));
}

TEST(Message, RetryAfterIsSecondsOrADate) {
  const auto of = [](const char* text) {
    field_list fields;
    fields.add("Retry-After", text);
    return retry_after(fields);
  };

  EXPECT_EQ(of("120"), wait_clock::duration{120s});
  EXPECT_EQ(of("-5"), wait_clock::duration{0});
  EXPECT_EQ(of("Wed, 21 Oct 2015 07:28:00 GMT"), wait_clock::duration{0});
  EXPECT_GT(of("Wed, 21 Oct 2115 07:28:00 GMT"), wait_clock::duration{24h});
  EXPECT_GT(of("99999999999999"), wait_clock::duration{24h});
  EXPECT_EQ(of("soon"), std::nullopt);
  EXPECT_EQ(retry_after({}), std::nullopt);
}

TEST(Message, AStatusSaysWhatKindOfFailureItIs) {
  const auto kind = [](int status) {
    answer a;
    a.status = status;
    return testing::failure_of([&] { fail_with(a, "text"); }).kind;
  };

  EXPECT_EQ(kind(401), failure_kind::permission_denied);
  EXPECT_EQ(kind(404), failure_kind::object_not_found);
  EXPECT_EQ(kind(400), failure_kind::other);
  for (const int busy : {423, 425, 429, 500, 502, 503, 504, 509})
    EXPECT_EQ(kind(busy), failure_kind::retryable);
  EXPECT_EQ(kind(501), failure_kind::other);
}

TEST(Message, ABusyServerSaysWhenToComeBack) {
  answer busy;
  busy.status = 429;
  busy.fields.add("Retry-After", "3");

  try {
    fail_with(busy, "slow down");
  } catch (const transient_failure& f) {
    EXPECT_EQ(f.retry_after(), wait_clock::duration{3s});
    EXPECT_STREQ(f.what(), "slow down");
    return;
  }
  FAIL() << "no transient_failure";
}

} // namespace
} // namespace argosy::web
