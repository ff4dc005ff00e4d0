#include "backends/webdav/multistatus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy::webdav {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

struct reading {
  std::vector<item> items;
  bool whole;
};

reading read(const std::string& document, std::size_t piece = 11) {
  reading out{};
  multistatus_reader reader{[&](item&& one) { out.items.push_back(std::move(one)); }};
  for (std::size_t at = 0; at < document.size(); at += piece)
    reader.feed(document.data() + at, std::min(piece, document.size() - at));
  out.whole = reader.finish();
  return out;
}

const std::string folder = R"(<?xml version="1.0" encoding="utf-8"?>
<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">
 <d:response>
  <d:href>/dav/</d:href>
  <d:propstat>
   <d:prop><d:resourcetype><d:collection/></d:resourcetype>
    <d:getlastmodified>Tue, 19 Dec 2017 22:02:36 GMT</d:getlastmodified></d:prop>
   <d:status>HTTP/1.1 200 OK</d:status>
  </d:propstat>
  <d:propstat>
   <d:prop><d:getcontentlength/><oc:checksums/></d:prop>
   <d:status>HTTP/1.1 404 Not Found</d:status>
  </d:propstat>
 </d:response>
 <d:response>
  <d:href>/dav/a%20file.txt</d:href>
  <d:propstat>
   <d:prop><d:resourcetype/><d:getcontentlength>41</d:getcontentlength>
    <d:getlastmodified>Tue, 19 Dec 2017 22:02:36 GMT</d:getlastmodified>
    <oc:permissions>RDNVW</oc:permissions>
    <oc:checksums><oc:checksum>SHA1:F572D396 MD5:b1946ac9 ADLER32:084b021f</oc:checksum></oc:checksums></d:prop>
   <d:status>HTTP/1.1 200 OK</d:status>
  </d:propstat>
 </d:response>
</d:multistatus>
)";

TEST(Multistatus, TellsWhatEachResourceHas) {
  const auto got = read(folder);

  EXPECT_TRUE(got.whole);
  ASSERT_EQ(got.items.size(), 2U);
  EXPECT_EQ(got.items[0].href, "/dav/");
  EXPECT_TRUE(got.items[0].collection);
  EXPECT_TRUE(got.items[0].good);
  EXPECT_EQ(got.items[0].size, -1);
  EXPECT_EQ(got.items[1].href, "/dav/a%20file.txt");
  EXPECT_FALSE(got.items[1].collection);
  EXPECT_EQ(got.items[1].size, 41);
  EXPECT_EQ(got.items[1].modified, 1'513'720'956'000'000'000);
  EXPECT_EQ(got.items[1].permissions, "RDNVW");
  EXPECT_THAT(got.items[1].hashes,
              ElementsAre(Pair(hash_type::md5, "b1946ac9"), Pair(hash_type::sha1, "f572d396")));
}

TEST(Multistatus, OneThatIsCutOffIsNotWhole) {
  EXPECT_FALSE(read(folder.substr(0, folder.size() - 20)).whole);
  EXPECT_FALSE(read(folder.substr(0, folder.size() / 2)).whole);
}

TEST(Multistatus, SomethingElseIsRefused) {
  EXPECT_EQ(testing::failure_of([] { read("<html><body>Login</body></html>"); }).text,
            "expected element type <multistatus> but have <html>");
}

TEST(Multistatus, ASharepointFolderIsOneByItsFlag) {
  const auto got = read(R"(<D:multistatus xmlns:D="DAV:"><D:response>
    <D:href>http://h/a</D:href><D:propstat><D:status>HTTP/1.1 200 OK</D:status>
    <D:prop><D:iscollection>1</D:iscollection></D:prop></D:propstat></D:response></D:multistatus>)");

  ASSERT_EQ(got.items.size(), 1U);
  EXPECT_TRUE(got.items[0].collection);
}

TEST(Multistatus, ResourcesWithoutSuccessAreMarked) {
  const auto got = read(R"(<multistatus xmlns="DAV:">
    <response><href>/a</href><propstat><prop/><status>HTTP/1.1 403 Forbidden</status></propstat></response>
    <response><href>/b</href><status>HTTP/1.1 423 Locked</status></response>
    <response><href>/c</href><propstat><prop/></propstat></response></multistatus>)");

  ASSERT_EQ(got.items.size(), 3U);
  EXPECT_FALSE(got.items[0].good);
  EXPECT_EQ(got.items[1].status, 423);
  EXPECT_TRUE(got.items[2].good);
}

TEST(Multistatus, TimesAreReadInTheFormsThatServersWrite) {
  constexpr nanoseconds time = 1'515'161'678'000'000'000;
  EXPECT_EQ(modified_time("Fri, 05 Jan 2018 14:14:38 GMT"), time);
  EXPECT_EQ(modified_time("Fri, 05 Jan 2018 14:14:38 +0000"), time);
  EXPECT_EQ(modified_time("Fri, 5 Jan 2018 14:14:38 GMT"), time);
  EXPECT_EQ(modified_time("Fri Jan  5 14:14:38 UTC 2018"), time);
  EXPECT_EQ(modified_time("2018-01-05T15:14:38+01:00"), time);
  EXPECT_EQ(modified_time("yesterday"), 0);
  EXPECT_EQ(modified_time(""), 0);
}

TEST(Multistatus, ErrorsSayWhatTheirBodySays) {
  EXPECT_EQ(error_message(R"(<?xml version="1.0"?><d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">
    <s:exception>Sabre\DAV\Exception\NotFound</s:exception><s:message>no Photo</s:message></d:error>)"),
            "no Photo: Sabre\\DAV\\Exception\\NotFound");
  EXPECT_EQ(error_message(" plain text\n"), "plain text");
  EXPECT_EQ(error_message("<html><head><title>404</title><body>long <br> page"), "");
  EXPECT_EQ(error_message(""), "");
}

TEST(Multistatus, StatusLinesAreRead) {
  EXPECT_EQ(status_number("HTTP/1.1 200 OK"), 200);
  EXPECT_EQ(status_number(" HTTP/2 404 "), 404);
  EXPECT_EQ(status_number("200"), 0);
}

} // namespace
} // namespace argosy::webdav
