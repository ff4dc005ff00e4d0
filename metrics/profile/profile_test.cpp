#include "metrics/profile/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/profile/gzip.hpp"
#include "metrics/profile/reading.hpp"

namespace argosy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

profile space_of(std::vector<profile_sample> samples) {
  profile p;
  p.types = {{"objects", "count"}, {"space", "bytes"}};
  p.shown = 1;
  p.period_type = {"space", "bytes"};
  p.period = 512;
  p.taken = 1000;
  p.samples = std::move(samples);
  return p;
}

TEST(Profile, MergesEqualStacksWithEqualLabels) {
  auto p = space_of({{{1, 2}, {1, 10}, {{"actor", "job"}}},
                     {{1, 2}, {2, 20}, {{"actor", "job"}}},
                     {{1, 2}, {1, 5}, {{"actor", "pool"}}},
                     {{1, 3}, {1, 100}, {}}});

  p.merge();

  ASSERT_THAT(p.samples, SizeIs(3));
  EXPECT_THAT(p.samples[0].values, ElementsAre(1, 100)) << "the largest comes first";
  EXPECT_THAT(p.samples[1].values, ElementsAre(3, 30));
  EXPECT_THAT(p.samples[2].values, ElementsAre(1, 5));
}

TEST(Profile, ChangeIsTheSecondLessTheFirst) {
  auto before = space_of({{{1}, {1, 10}, {}}, {{2}, {1, 10}, {}}, {{3}, {4, 40}, {}}});
  before.taken = 400;
  const auto after = space_of({{{1}, {3, 30}, {}}, {{2}, {1, 10}, {}}});

  const auto change = after.since(before);

  ASSERT_THAT(change.samples, SizeIs(2));
  EXPECT_EQ(change.samples[0].stack, call_stack{1});
  EXPECT_THAT(change.samples[0].values, ElementsAre(2, 20));
  EXPECT_EQ(change.samples[1].stack, call_stack{3});
  EXPECT_THAT(change.samples[1].values, ElementsAre(-4, -40));
  EXPECT_EQ(change.duration, 600);
}

TEST(Profile, OfNothingChangedIsEmpty) {
  const auto p = space_of({{{1}, {1, 10}, {}}});

  EXPECT_THAT(p.since(p).samples, IsEmpty());
}

class Encoded : public ::testing::Test {
protected:
  static frame named(const std::string& function, int line) {
    frame f;
    f.function = function;
    f.linkage_name = "_Z" + function;
    f.file = "a.cpp";
    f.line = line;
    return f;
  }
  std::string text(std::uint64_t i) const { return root.texts.at(6).at(static_cast<std::size_t>(i)); }

  const std::uintptr_t actor = name_frame(name_kind::actor, "job");
  const std::vector<code_module> modules{{100, 200, 50, 8, "/bin/program", "abc"},
                                         {1000, 1100, 900, 0, "", ""}};
  // At 111 g was inlined into f.
  const symbol_map names{{111, {named("g", 1), named("f", 2)}},
                         {121, {named("f", 3)}},
                         {1001, {named("v", 0)}},
                         {actor, {named("[actor job]", 0)}}};
  const std::string content = ::argosy::testing::gunzip(
      encode_profile(space_of({{{111, 121}, {-3, 30}, {{"actor", "job"}, {"bytes", "", 10, "bytes"}}},
                               {{actor, 1001, 121}, {1, 5}, {}}}),
                     names, modules));
  const ::argosy::testing::wire_message root{content};
};

TEST_F(Encoded, StringsBeginWithTheEmptyOne) { EXPECT_EQ(text(0), ""); }

TEST_F(Encoded, TypesArePairsOfStrings) {
  const auto types = root.nested(1);

  ASSERT_THAT(types, SizeIs(2));
  EXPECT_EQ(text(types[0].number(1)), "objects");
  EXPECT_EQ(text(types[0].number(2)), "count");
  EXPECT_EQ(text(root.number(14)), "space") << "the type that is shown";
  EXPECT_EQ(text(root.nested(11)[0].number(1)), "space");
  EXPECT_EQ(root.number(12), 512U);
  EXPECT_EQ(root.number(9), 1000U);
}

TEST_F(Encoded, SamplesHavePlacesValuesAndLabels) {
  const auto samples = root.nested(2);

  ASSERT_THAT(samples, SizeIs(2));
  EXPECT_THAT(samples[0].packed(1), SizeIs(2));
  EXPECT_THAT(samples[0].packed(2), ElementsAre(-3, 30));
  const auto labels = samples[0].nested(3);
  ASSERT_THAT(labels, SizeIs(2));
  EXPECT_EQ(text(labels[0].number(1)), "actor");
  EXPECT_EQ(text(labels[0].number(2)), "job");
  EXPECT_EQ(labels[1].number(3), 10U);
  EXPECT_EQ(text(labels[1].number(4)), "bytes");
  EXPECT_EQ(samples[0].packed(1)[1], samples[1].packed(1)[2]) << "one place, one number";
}

TEST_F(Encoded, PlacesHaveModuleAddressAndInlinedFrames) {
  const auto places = root.nested(4);

  ASSERT_THAT(places, SizeIs(4));
  EXPECT_EQ(places[0].number(2), 1U);
  EXPECT_EQ(places[0].number(3), 110U) << "the call, not where it returns to";
  const auto lines = places[0].nested(4);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].number(2), 1U) << "innermost first";
  EXPECT_EQ(places[2].number(2), 0U) << "a name is in no module";
  EXPECT_EQ(places[2].number(3), actor);
  EXPECT_EQ(places[3].number(2), 2U);
}

TEST_F(Encoded, FunctionsAreNamedOnce) {
  const auto functions = root.nested(5);

  ASSERT_THAT(functions, SizeIs(4)) << "g, f, v and the name";
  EXPECT_EQ(text(functions[0].number(2)), "g");
  EXPECT_EQ(text(functions[0].number(3)), "_Zg");
  EXPECT_EQ(text(functions[0].number(4)), "a.cpp");
}

TEST_F(Encoded, ModulesSayThatNothingIsLeftToLookUp) {
  const auto found = root.nested(3);

  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].number(2), 100U);
  EXPECT_EQ(found[0].number(3), 200U);
  EXPECT_EQ(found[0].number(4), 8U);
  EXPECT_EQ(text(found[0].number(5)), "/bin/program");
  EXPECT_EQ(text(found[0].number(6)), "abc");
  for (const int has : {7, 8, 9, 10}) EXPECT_EQ(found[0].number(has), 1U);
}

TEST(Gzip, PiecesMakeOneMember) {
  gzip_writer writer;
  std::string all;
  for (int i = 0; i < 5000; ++i) {
    const auto piece = std::to_string(i) + " ";
    all += piece;
    writer.write(piece);
  }

  const auto packed = writer.finish();

  EXPECT_EQ(::argosy::testing::gunzip(packed), all);
  EXPECT_LT(packed.size(), all.size());
}

TEST(Gzip, NothingIsAMemberToo) { EXPECT_EQ(::argosy::testing::gunzip(gzip("")), ""); }

TEST(Modules, HoldTheCodeOfThisProgram) {
  const auto all = loaded_modules();

  ASSERT_FALSE(all.empty());
  const auto* own = module_of(all, reinterpret_cast<std::uintptr_t>(&encode_profile));
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(own, &all.front()) << "the program comes first";
  EXPECT_THAT(own->path, ::testing::EndsWith("metrics_test"));
  EXPECT_EQ(module_of(all, 1), nullptr);
}

} // namespace
} // namespace argosy
