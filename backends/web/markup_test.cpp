#include "backends/web/markup.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy::web {
namespace {

using ::testing::ElementsAre;

/// Writes events down as one line of text.
class event_log final : public xml_events {
public:
  void begin(std::string_view space, std::string_view name) override {
    text_ += "<" + std::string{space} + "|" + std::string{name} + ">";
    if (name == "bad") fail(failure_kind::other, "bad element");
  }
  void text(std::string_view piece) override { text_ += piece; }
  void end(std::string_view, std::string_view name) override { text_ += "</" + std::string{name} + ">"; }
  std::string text_;
};

struct reading {
  std::string text;
  bool whole;
};

reading read(std::string_view document, std::size_t piece = 7) {
  event_log log;
  xml_reader reader{log};
  for (std::size_t at = 0; at < document.size(); at += piece)
    reader.feed(document.data() + at, std::min(piece, document.size() - at));
  const auto whole = reader.finish();
  return {log.text_, whole};
}

std::vector<std::string> links(std::string_view page, std::size_t piece = 5) {
  std::vector<std::string> found;
  link_reader reader{[&](std::string&& href) { found.push_back(std::move(href)); }};
  for (std::size_t at = 0; at < page.size(); at += piece)
    reader.feed(page.data() + at, std::min(piece, page.size() - at));
  reader.finish();
  return found;
}

TEST(Markup, XmlComesAsEventsWithNamespaces) {
  const auto got = read("<?xml version='1.0'?><d:a xmlns:d='DAV:'><d:b>x &amp; y</d:b><c/></d:a>");

  EXPECT_EQ(got.text, "<DAV:|a><DAV:|b>x & y</b><|c></c></a>");
  EXPECT_TRUE(got.whole);
}

TEST(Markup, XmlThatIsCutOffIsNotWhole) {
  const std::string document = "<d:a xmlns:d='DAV:'><d:b>text</d:b><d:b>more</d:b></d:a>";

  for (std::size_t size = 0; size < document.size(); ++size)
    EXPECT_FALSE(read(document.substr(0, size)).whole) << size;
}

TEST(Markup, XmlDoesNotGrow) {
  const auto got =
      read("<!DOCTYPE a [<!ENTITY x 'xxxxxxxxxx'><!ENTITY f SYSTEM 'file:///etc/passwd'>]><a>&x;&f;</a>");

  EXPECT_EQ(got.text, "<|a></a>");
}

TEST(Markup, XmlWithEntitiesOfHtmlIsStillRead) {
  EXPECT_EQ(read("<a><b>caf&eacute;</b><c>1</c></a>").text, "<|a><|b>caf</b><|c>1</c></a>");
}

TEST(Markup, WhatAnEventThrowsComesOut) {
  EXPECT_EQ(testing::failure_of([] { read("<a><bad/></a>"); }).text, "bad element");
}

TEST(Markup, NoXmlIsNotWhole) {
  EXPECT_FALSE(read("").whole);
  EXPECT_FALSE(read("just text").whole);
}

TEST(Markup, LinksAreFoundWhateverThePageIsLike) {
  EXPECT_THAT(
      links("<html><body><A HREF=\"one%20two\">x</A><a name='n'></a><a href='a&amp;b'>y<p><a href=plain>"),
      ElementsAre("one%20two", "a&b", "plain"));
  EXPECT_THAT(links("<a class=x href=\"caf\xc3\xa9/\">"), ElementsAre("caf\xc3\xa9/"));
  EXPECT_TRUE(links("no page at all").empty());
  EXPECT_TRUE(links("").empty());
}

} // namespace
} // namespace argosy::web
