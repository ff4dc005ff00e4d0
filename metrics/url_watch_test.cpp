#include "metrics/url_watch.hpp"

#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/failure.hpp"
#include "metrics/instruments.hpp"
#include "metrics/ledger.hpp"

namespace argosy {
namespace {

TEST(ShownUrl, LeavesOutWhereSecretsStand) {
  const std::vector<std::pair<const char*, const char*>> rows{
      {"https://host/path", "https://host/path"},
      {"https://user:pass@host/path", "https://host/path"},
      {"https://user@host", "https://host"},
      {"https://host/path?X-Amz-Signature=1", "https://host/path"},
      {"https://host?token=1", "https://host"},
      {"https://host/a@b", "https://host/a@b"},
      {"https://u:p@ss@host/a", "https://host/a"},
      {"/rc/noop?password=1", "/rc/noop"},
      {"dir/file#part", "dir/file"},
      {"", ""}};
  for (const auto& [url, shown] : rows) EXPECT_EQ(shown_url(url), shown) << url;
}

TEST(UrlWatch, KeepsRequestsThatMatchWithTheirOrigin) {
  ledger book;
  auto& watch = book.tools().urls;
  watch.add("^PUT .*/backup/");
  auto e = book.enter(resource::connection, "s3", 7, "remote");

  e.request("GET", "https://host/backup/a");
  e.request("PUT", "https://key:secret@host/backup/b?sign=1");

  const auto found = watch.matches();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].method, "PUT");
  EXPECT_EQ(found[0].url, "https://host/backup/b");
  EXPECT_EQ(found[0].pattern, "^PUT .*/backup/");
  EXPECT_EQ(found[0].kind, "s3");
  EXPECT_EQ(found[0].label, "remote");
  EXPECT_EQ(found[0].job, 7U);
  EXPECT_GT(found[0].stack.size(), 1U);
  EXPECT_THAT(watch.patterns(), testing::ElementsAre(testing::Pair("^PUT .*/backup/", 1U)));
}

TEST(UrlWatch, MatchesTheWholeUrlAlsoWhereItIsNotShown) {
  url_watch watch;
  watch.add("versionId=3");

  watch.look_at("GET", "https://host/a?versionId=3", {});

  ASSERT_EQ(watch.matches().size(), 1U);
  EXPECT_EQ(watch.matches()[0].url, "https://host/a");
}

TEST(UrlWatch, IsOffWithoutPatterns) {
  url_watch watch;
  EXPECT_FALSE(watch.on());

  watch.add("a");
  EXPECT_TRUE(watch.on());

  EXPECT_TRUE(watch.remove("a"));
  EXPECT_FALSE(watch.remove("a"));
  EXPECT_FALSE(watch.on());
}

TEST(UrlWatch, KeepsTheLatestMatches) {
  url_watch watch;
  watch.add("x");
  for (std::size_t i = 0; i < url_watch::most_matches + 3; ++i)
    watch.look_at("GET", "/x" + std::to_string(i), {});

  const auto found = watch.matches();

  ASSERT_EQ(found.size(), url_watch::most_matches);
  EXPECT_EQ(found.front().url, "/x3");
}

TEST(UrlWatch, TellsOfEachMatch) {
  url_watch watch;
  std::vector<std::string> told;
  watch.tell([&](const url_watch::match& m) { told.push_back(m.url); });
  watch.add("x");

  watch.look_at("GET", "/x", {});
  watch.look_at("GET", "/y", {});

  EXPECT_THAT(told, testing::ElementsAre("/x"));
}

TEST(UrlWatch, RefusesWhatIsNoExpressionAndTooMany) {
  url_watch watch;
  const auto text = [&](const std::string& pattern) {
    try {
      watch.add(pattern);
    } catch (const failure& f) {
      return std::string{f.what()};
    }
    return std::string{};
  };

  EXPECT_THAT(text("a(b"), testing::HasSubstr("pattern \"a(b\" is no regular expression"));
  EXPECT_THAT(text(""), testing::HasSubstr("it is empty"));
  for (std::size_t i = 0; i < url_watch::most_patterns; ++i) EXPECT_EQ(text("p" + std::to_string(i)), "");
  EXPECT_EQ(text("p0"), "") << "known already";
  EXPECT_THAT(text("more"), testing::HasSubstr("16 patterns already"));
}

} // namespace
} // namespace argosy
