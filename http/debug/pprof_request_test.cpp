#include "http/debug/pprof_request.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/debug/pprof_index.hpp"

namespace argosy {
namespace {

using std::chrono::seconds;
using what = pprof_request::what;

parsed_pprof_request parse(const std::string& target, const std::string& method = "GET",
                           std::string body = {}) {
  http_request http;
  http.method = method;
  const auto question = target.find('?');
  http.path = "debug/pprof/" + target.substr(0, question);
  if (question != std::string::npos) http.query = target.substr(question + 1);
  http.body = std::move(body);
  return parse_pprof_request(http, seconds(3600));
}

std::string refusal(const std::string& target) {
  const auto parsed = parse(target);
  if (!parsed.refusal) return "none";
  return std::to_string(parsed.refusal->status) + " " + *parsed.refusal->body.at(0);
}

TEST(PprofRequest, PathSaysWhatIsWanted) {
  const std::vector<std::pair<const char*, what>> rows{{"", what::index},
                                                       {"cmdline", what::cmdline},
                                                       {"symbol?0x12", what::symbol},
                                                       {"profile", what::cpu},
                                                       {"trace", what::trace},
                                                       {"heap", what::snapshot},
                                                       {"allocs", what::snapshot},
                                                       {"block", what::snapshot},
                                                       {"mutex", what::snapshot},
                                                       {"goroutine", what::snapshot}};
  for (const auto& [target, kind] : rows) EXPECT_EQ(parse(target).request.kind, kind) << target;
}

TEST(PprofRequest, TimesWithoutSenseAreTheUsualOnes) {
  for (const char* target : {"profile", "profile?seconds=0", "profile?seconds=-3", "profile?seconds=x",
                             "profile?seconds=1.5", "profile?seconds=99999999999999999999"})
    EXPECT_EQ(parse(target).request.time, seconds(30)) << target;
  for (const char* target : {"trace", "trace?seconds=0", "trace?seconds=x", "trace?seconds=nan"})
    EXPECT_EQ(parse(target).request.time, seconds(1)) << target;
  EXPECT_EQ(parse("profile?seconds=5").request.time, seconds(5));
  EXPECT_EQ(parse("trace?seconds=2.5").request.time, std::chrono::milliseconds(2500));
}

TEST(PprofRequest, DebugAndCollectAreNumbers) {
  EXPECT_EQ(parse("goroutine?debug=2").request.debug, 2);
  EXPECT_EQ(parse("goroutine?debug=7").request.debug, 2);
  EXPECT_EQ(parse("goroutine?debug=x").request.debug, 0);
  EXPECT_TRUE(parse("heap?gc=1").request.collect);
  EXPECT_FALSE(parse("heap?gc=0").request.collect);
  EXPECT_FALSE(parse("allocs?gc=1").request.collect) << "as Go: only of the heap";
}

TEST(PprofRequest, FormCountsAsQuery) { EXPECT_EQ(parse("goroutine", "POST", "debug=1").request.debug, 1); }

TEST(PprofRequest, SnapshotWithATimeIsAChange) {
  EXPECT_EQ(parse("heap?seconds=5").request.time, seconds(5));
  EXPECT_EQ(parse("heap").request.time, seconds(0));
}

TEST(PprofRequest, RefusalsAreGos) {
  EXPECT_EQ(refusal("nothing"), "404 Unknown profile\n");
  EXPECT_EQ(refusal("heap/"), "404 Unknown profile\n");
  EXPECT_EQ(refusal("heap?seconds=x"), "400 invalid value for \"seconds\" - must be a positive integer\n");
  EXPECT_EQ(refusal("heap?seconds=1&debug=1"), "400 seconds and debug params are incompatible\n");
  EXPECT_EQ(refusal("profile?seconds=3600"), "400 profile duration exceeds server's WriteTimeout\n");
  EXPECT_EQ(refusal("trace?seconds=1e300"), "400 profile duration exceeds server's WriteTimeout\n");
  EXPECT_EQ(refusal("profile?seconds=3599"), "none");
}

TEST(PprofIndex, HasARowForEach) {
  const auto page = pprof_index_page({{"heap", 12}});

  EXPECT_THAT(page, testing::HasSubstr("Types of profiles available"));
  EXPECT_THAT(page, testing::HasSubstr("<td>12</td><td><a href='heap?debug=1'>heap</a>"));
  EXPECT_THAT(page, testing::HasSubstr("<td>0</td><td><a href='profile'>profile</a>"));
}

} // namespace
} // namespace argosy
