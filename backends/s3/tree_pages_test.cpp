#include "backends/s3/tree_pages.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> entries_of(const std::vector<std::string>& keys, const std::string& top = {}) {
  std::vector<std::string> out;
  const auto encoding = name_encoder::parse("Slash,InvalidUtf8,Dot");
  const lists_trees::tree_sink note = [&](const std::string& directory, listing&& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i)
      out.push_back(directory + ": " + std::string{entries[i].name} +
                    (entries[i].kind == entry_kind::directory ? "/" : ""));
  };
  tree_pages pages{encoding, top, note};
  for (const auto& key : keys) pages.add(key, {});
  pages.flush();
  return out;
}

TEST(TreePages, ShowEachDirectoryOnceInTheOneThatItIsIn) {
  EXPECT_THAT(entries_of({"a", "d/b", "d/c", "d/e/f", "g"}),
              ElementsAre(": a", ": d/", "d: b", "d: c", "d: e/", "d/e: f", ": g"));
}

TEST(TreePages, BeginBelowTheTop) {
  EXPECT_THAT(entries_of({"a", "d/b"}, "x/y"), ElementsAre("x/y: a", "x/y: d/", "x/y/d: b"));
}

TEST(TreePages, TakeTheMarkerOfADirectoryForNoFile) {
  EXPECT_THAT(entries_of({"", "d/", "e/f/"}), ElementsAre(": d/", ": e/", "e: f/"));
}

TEST(TreePages, ShowNothingWithoutAName) {
  EXPECT_THAT(entries_of({"/a", "//", "d//b", "d//c/e"}), ElementsAre(": d/"));
  EXPECT_THAT(entries_of({}), IsEmpty());
}

TEST(TreePages, KnowDirectoriesThatComeAgain) {
  EXPECT_THAT(entries_of({"d/a", "b", "d/c"}), ElementsAre(": d/", "d: a", ": b", "d: c"));
}

} // namespace
} // namespace argosy::s3
