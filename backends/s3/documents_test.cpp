#include "backends/s3/documents.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy::s3 {
namespace {

list_page read_listing(const std::string& text, bool escaped, bool& whole) {
  list_reader reader{escaped};
  for (const char c : text) reader.feed(&c, 1); // as it may arrive
  list_page page;
  whole = reader.finish(page);
  return page;
}

constexpr const char* listing = R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>p/</Prefix><IsTruncated>true</IsTruncated>
<NextMarker>p/a+b%2F</NextMarker>
<Contents><Key>p/x%26y</Key><LastModified>2009-10-12T17:50:30.125Z</LastModified><ETag>&quot;tag&quot;</ETag><Size>434234</Size>
<Owner><ID>1</ID><DisplayName>me</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>
<CommonPrefixes><Prefix>p/a+b/</Prefix></CommonPrefixes></ListBucketResult>)";

TEST(Listing, IsReadAsItArrives) {
  bool whole = false;
  const auto page = read_listing(listing, true, whole);

  EXPECT_TRUE(whole);
  ASSERT_EQ(page.objects.size(), 1U);
  EXPECT_EQ(page.objects[0].key, "p/x&y");
  EXPECT_EQ(page.objects[0].size, 434'234);
  EXPECT_EQ(page.objects[0].tag, "\"tag\"");
  EXPECT_EQ(page.objects[0].storage_class, "STANDARD");
  EXPECT_EQ(page.objects[0].modified, 1'255'369'830'125'000'000);
  ASSERT_EQ(page.prefixes.size(), 1U);
  EXPECT_EQ(page.prefixes[0], "p/a b/");
  EXPECT_TRUE(page.truncated);
  EXPECT_EQ(page.next, "p/a b/");
}

TEST(Listing, ThatIsNotEscapedStaysAsItIs) {
  bool whole = false;

  EXPECT_EQ(read_listing(listing, false, whole).prefixes[0], "p/a+b/");
}

TEST(Listing, ThatIsCutOffIsNotWhole) {
  const std::string text = listing;
  for (const std::size_t size : {text.size() - 5, text.size() / 2, std::size_t{1}, std::size_t{0}}) {
    bool whole = true;
    read_listing(text.substr(0, size), true, whole);
    EXPECT_FALSE(whole) << size;
  }
}

TEST(Listing, WithACharacterThatXmlHasNotIsNotWhole) {
  bool whole = true;
  read_listing("<ListBucketResult><Contents><Key>bell\a</Key></Contents></ListBucketResult>", false, whole);

  EXPECT_FALSE(whole);
}

TEST(Document, TellsElementsApart) {
  const auto top = parse_document("<A xmlns=\"x\"><B>1</B><C><B>2</B></C><B>3</B></A>");

  EXPECT_EQ(top.name, "A");
  EXPECT_EQ(top.at("B"), "1");
  EXPECT_EQ(top.find("C")->at("B"), "2");
  EXPECT_EQ(top.at("D"), "");
  EXPECT_THROW(parse_document("<A><B>1"), failure);
}

TEST(Document, IsNoErrorUnlessItSaysSo) {
  const auto error = parse_error(
      "<Error><Code>SlowDown</Code><Message>Less, please</Message><RequestId>r</RequestId></Error>");

  EXPECT_EQ(error.code, "SlowDown");
  EXPECT_EQ(error.message, "Less, please");
  EXPECT_EQ(error.request_id, "r");
  EXPECT_EQ(parse_error("<Result><Code>x</Code></Result>").code, "");
  EXPECT_EQ(parse_error("no XML").code, "");
}

TEST(Document, TextIsEscaped) { EXPECT_EQ(xml_text("a<b>&\"c"), "a&lt;b&gt;&amp;\"c"); }

} // namespace
} // namespace argosy::s3
