#include "backends/s3/object_head.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "backends/s3/md5_text.hpp"

namespace argosy::s3 {
namespace {

TEST(Mtime, IsWrittenAsRcloneDoes) {
  EXPECT_EQ(mtime_text(1'234'567'890'123'456'789), "1234567890.123456789");
  EXPECT_EQ(mtime_text(1'234'567'890'100'000'000), "1234567890.1");
  EXPECT_EQ(mtime_text(7'000'000'000), "7");
  EXPECT_EQ(mtime_text(0), "0");
  EXPECT_EQ(mtime_text(-1'500'000'000), "-1.5");
}

TEST(Mtime, ComesBackAsItWent) {
  for (const nanoseconds time :
       {nanoseconds{0}, nanoseconds{1}, nanoseconds{-1}, nanoseconds{999'999'999},
        nanoseconds{-2'100'000'000'000'000'001}, nanoseconds{4'100'000'000'120'000'000}})
    EXPECT_EQ(parse_mtime(mtime_text(time)), time);
}

TEST(Mtime, ThatIsNoneIsNotTaken) {
  for (const char* text : {"", "x", "1.2.3", "1x", "99999999999999999999", "--1"})
    EXPECT_FALSE(parse_mtime(text)) << text;
}

web::answer answer_with(std::vector<std::pair<std::string, std::string>> fields) {
  web::answer out;
  out.status = 200;
  out.content_length = 5;
  for (const auto& [name, value] : fields) out.fields.add(name, value);
  return out;
}

constexpr const char* hex = "5d41402abc4b2a76b9719d911017c592";

TEST(ObjectHead, HasTheMd5OfItsTag) {
  s3_options options;
  const auto tag = std::make_pair("ETag", "\"" + std::string{hex} + "\"");

  EXPECT_EQ(head_of(answer_with({tag}), options).md5, hex);
  EXPECT_EQ(head_of(answer_with({{"ETag", "\"" + std::string{hex} + "-2\""}}), options).md5, "");
  EXPECT_EQ(head_of(answer_with({tag, {"x-amz-server-side-encryption", "aws:kms"}}), options).md5, "");
  EXPECT_EQ(head_of(answer_with({tag, {"x-amz-server-side-encryption", "AES256"}}), options).md5, hex);
  options.etag_is_md5 = false;
  EXPECT_EQ(head_of(answer_with({tag}), options).md5, "");
}

TEST(ObjectHead, PrefersTheMd5ThatWasStoredWithIt) {
  const auto head =
      head_of(answer_with({{"ETag", "\"x-3\""}, {"X-Amz-Meta-Md5chksum", base64_of_hex(hex)}}), {});

  EXPECT_EQ(head.md5, hex);
}

TEST(ObjectHead, TellsTimesMetadataAndTier) {
  const auto head = head_of(answer_with({{"Last-Modified", "Thu, 01 Jan 1970 00:00:09 GMT"},
                                         {"x-amz-meta-mtime", "5.5"},
                                         {"X-Amz-Meta-Potato", "sausage"},
                                         {"Content-Encoding", "aws-chunked,gzip"},
                                         {"x-amz-storage-class", "GLACIER"}}),
                            {});

  EXPECT_EQ(head.stored, 9'000'000'000);
  EXPECT_EQ(head.user.at("potato"), "sausage");
  EXPECT_EQ(head.standard.at("content-encoding"), "gzip");
  EXPECT_EQ(info_of(head, {}).modified, 5'500'000'000);
  EXPECT_EQ(info_of(head, {}).tier, "GLACIER");
  s3_options options;
  options.server_times = true;
  EXPECT_EQ(info_of(head, options).modified, 9'000'000'000);
}

TEST(ObjectHead, FieldsOfAPutLeaveOutWhatCannotBeSent) {
  put_request put;
  put.path = "a.txt";
  put.modified = 1'000'000'000;
  put.metadata = {{"good", "value"},
                  {"bad key", "x"},
                  {"bad-value", "a\nb"},
                  {"cache-control", "no-cache"},
                  {"tier", "X"}};

  const auto fields = fields_of(put, {}, "bWQ1");

  const auto has = [&](const char* key, const char* value) {
    return std::find(fields.begin(), fields.end(), http_header{key, value}) != fields.end();
  };
  EXPECT_TRUE(has("x-amz-meta-good", "value"));
  EXPECT_TRUE(has("cache-control", "no-cache"));
  EXPECT_TRUE(has("x-amz-meta-mtime", "1"));
  EXPECT_TRUE(has("x-amz-meta-md5chksum", "bWQ1"));
  EXPECT_TRUE(has("Content-Type", "text/plain; charset=utf-8"));
  EXPECT_EQ(fields.size(), 5U);
}

} // namespace
} // namespace argosy::s3
