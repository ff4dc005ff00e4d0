#include "http/multipart.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

const std::string type = "multipart/form-data; boundary=XyZ";

std::string part(const std::string& disposition, const std::string& content) {
  return "--XyZ\r\nContent-Disposition: form-data; " + disposition + "\r\nContent-Type: text/plain\r\n\r\n" +
         content + "\r\n";
}

std::string failure_of(const std::string& content_type, const std::string& body) {
  try {
    parse_multipart(content_type, body);
  } catch (const failure& why) {
    EXPECT_EQ(why.kind(), failure_kind::other);
    return why.what();
  }
  return "none";
}

TEST(Multipart, GivesThePartsInOrder) {
  const auto body = part("name=\"a\"; filename=\"one.txt\"", "first") +
                    part("name=\"b\"; filename=\"two.bin\"", "second\r\nline\r\n") + "--XyZ--\r\n";

  const auto parts = parse_multipart(type, body);

  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].file_name, "one.txt");
  EXPECT_EQ((*parts)[0].content, "first");
  EXPECT_EQ((*parts)[1].file_name, "two.bin");
  EXPECT_EQ((*parts)[1].content, "second\r\nline\r\n");
}

TEST(Multipart, KnowsEmptyPartsAndPartsThatAreNoFiles) {
  const auto body = part("name=\"x\"; filename=\"e\"", "") + part("name=\"note\"", "text") + "--XyZ--";

  const auto parts = parse_multipart(type, body);

  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].content, "");
  EXPECT_EQ((*parts)[1].file_name, "");
  EXPECT_EQ((*parts)[1].content, "text");
}

TEST(Multipart, KeepsWhatOnlyLooksLikeABoundary) {
  const auto content = std::string{"x--XyZ\r\n--XyZzy\r\n--Xy"};
  const auto body = part("name=\"x\"; filename=\"f\"", content) + "--XyZ--\r\n";

  const auto parts = parse_multipart(type, body);

  ASSERT_EQ(parts->size(), 1U);
  EXPECT_EQ((*parts)[0].content, content);
}

TEST(Multipart, KeepsEveryByteOfAFile) {
  std::string content;
  for (int i = 0; i < 256; ++i) content += static_cast<char>(i);
  const auto body = part("name=\"x\"; filename=\"f\"", content) + "--XyZ--\r\n";

  EXPECT_EQ((*parse_multipart(type, body))[0].content, content);
}

TEST(Multipart, SkipsWhatStandsBeforeAndBehind) {
  const auto body = "preamble\r\n" + part("name=\"x\"; filename=\"f\"", "1") + "--XyZ--\r\nepilogue";

  EXPECT_EQ(parse_multipart(type, body)->size(), 1U);
}

TEST(Multipart, TakesTheLastElementOfAFileName) {
  const auto named = [](const std::string& disposition) {
    const auto body = part(disposition, "1") + "--XyZ--\r\n";
    return (*parse_multipart(type, body))[0].file_name;
  };

  EXPECT_EQ(named("filename=\"../../etc/passwd\""), "passwd");
  EXPECT_EQ(named("filename=\"a/b/\""), "b");
  EXPECT_EQ(named("filename=plain.txt; name=x"), "plain.txt");
  EXPECT_EQ(named("filename=\"semi;colon \\\"q\\\".txt\""), "semi;colon \"q\".txt");
  EXPECT_EQ(named("filename=\"x\"; filename*=utf-8''caf%C3%A9"), "caf\xc3\xa9");
}

TEST(Multipart, IsNothingForOtherTypes) {
  EXPECT_FALSE(parse_multipart("application/json", "{}"));
  EXPECT_FALSE(parse_multipart("text/plain; charset=utf-8", "x"));
}

TEST(Multipart, RefusesBrokenBodiesWithGosTexts) {
  EXPECT_EQ(failure_of("", ""), "mime: no media type");
  EXPECT_EQ(failure_of("multipart/form-data", "x"), "multipart: boundary is empty");
  EXPECT_EQ(failure_of(type, ""), "multipart: NextPart: EOF");
  EXPECT_EQ(failure_of(type, "{\"a\":1}"), "multipart: NextPart: EOF");
  EXPECT_EQ(failure_of(type, "--XyZ\r\nContent-Disposition: form-data; filename=f\r\n\r\ncut off"),
            "unexpected EOF");
  EXPECT_EQ(failure_of(type, "--XyZ\r\nContent-Disp"), "unexpected EOF");
}

} // namespace
} // namespace argosy
