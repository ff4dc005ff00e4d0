#include "core/sum_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "core/unicode.hpp"

namespace argosy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class SumFile : public ::testing::Test {
protected:
  std::map<std::string, std::string> read(std::initializer_list<std::string_view> pieces,
                                          bool fold_case = false) {
    sum_file file{[=](std::string_view line) { return fold_case ? to_lower(line) : normalize_nfc(line); },
                  [this](const std::string& text) { warnings.push_back(text); }};
    for (const auto piece : pieces) file.feed(piece);
    return file.finish();
  }
  std::vector<std::string> warnings;
};

TEST_F(SumFile, BothFormsOfALineAreRead) {
  EXPECT_THAT(read({"aa  one\nBB *two words\ncc   leading blank\n"}),
              ElementsAre(Pair(" leading blank", "cc"), Pair("one", "aa"), Pair("two words", "bb")));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(SumFile, PiecesMayEndAnywhere) {
  EXPECT_THAT(read({"a", "a  o", "ne", "\nbb", "  two"}), ElementsAre(Pair("one", "aa"), Pair("two", "bb")));
}

TEST_F(SumFile, LinesMayEndAsOnWindowsAndBeEmpty) {
  EXPECT_THAT(read({"\r\naa  one\r\n\n"}), ElementsAre(Pair("one", "aa")));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(SumFile, TheFirstOfANameWins) {
  EXPECT_THAT(read({"aa  one\nbb  one\n"}), ElementsAre(Pair("one", "aa")));
  EXPECT_THAT(warnings, ElementsAre("duplicate file on checksum line 1"));
}

TEST_F(SumFile, OtherLinesArePassedOverWithAFewWarnings) {
  EXPECT_THAT(read({"# text\n one\naa one\naa  \naa\nbb  two\n"}), ElementsAre(Pair("two", "bb")));
  EXPECT_THAT(warnings,
              ElementsAre("improperly formatted checksum line 0", "improperly formatted checksum line 1",
                          "improperly formatted checksum line 2", "2 warning(s) suppressed..."));
}

TEST_F(SumFile, NamesHaveTheFormInWhichTheyAreCompared) {
  EXPECT_THAT(read({"aa  One\n"}, true), ElementsAre(Pair("one", "aa")));
  EXPECT_THAT(read({"aa  e\xcc\x81\n"}), ElementsAre(Pair("\xc3\xa9", "aa")));
}

} // namespace
} // namespace argosy
