#include "metrics/profile/symbols.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using testing::EndsWith;

std::string ask_here(const std::string& questions) {
  std::istringstream in{questions};
  std::ostringstream out;
  answer_symbol_questions(in, out);
  return out.str();
}

struct probe {
  __attribute__((noinline)) static call_stack stack_in_function() {
    call_stack stack(24);
    stack.resize(capture_stack(stack.data(), stack.size()));
    return stack;
  }
};

TEST(Symbols, NameFunctionFileAndLine) {
  const auto stack = probe::stack_in_function();
  symbols all;

  const auto names = all.resolve({stack}, ask_here);

  ASSERT_GT(stack.size(), 2U);
  const auto& f = names.at(stack[0]).front();
  EXPECT_THAT(f.function, EndsWith("stack_in_function"));
  EXPECT_THAT(f.file, EndsWith("metrics/profile/symbols_test.cpp"));
  EXPECT_THAT(f.line, testing::AllOf(testing::Gt(20), testing::Lt(40)));
  EXPECT_GT(f.offset, 0U);
}

TEST(Symbols, FilesOfOursAreRelativeToTheSources) {
  const auto stack = probe::stack_in_function();
  symbols all;

  const auto names = all.resolve({stack}, ask_here);

  EXPECT_EQ(names.at(stack[0]).front().file, "metrics/profile/symbols_test.cpp");
}

TEST(Symbols, AreAskedForOnce) {
  const auto stack = probe::stack_in_function();
  symbols all;
  int asked = 0;
  const auto ask = [&](const std::string& questions) {
    ++asked;
    return ask_here(questions);
  };

  const auto first = all.resolve({stack}, ask);
  const auto second = all.resolve({stack, stack}, ask);

  EXPECT_EQ(asked, 1);
  EXPECT_EQ(second.at(stack[0]).front().function, first.at(stack[0]).front().function);
  EXPECT_GT(all.remembered(), 0U);
}

TEST(Symbols, NamesInStacksAreShownInBrackets) {
  symbols all;
  const auto actor = name_frame(name_kind::actor, "job");
  const auto thread = name_frame(name_kind::thread, "io");

  const auto names = all.resolve({{actor, thread}}, [](const std::string&) -> std::string {
    ADD_FAILURE() << "nothing is to be asked";
    return {};
  });

  EXPECT_EQ(names.at(actor).front().function, "[actor job]");
  EXPECT_EQ(names.at(thread).front().function, "[thread io]");
}

TEST(Symbols, NamesThatSomebodyGivesUsAreLookedAtOnlyIfWeShowedThem) {
  symbols all;
  const auto shown = name_frame(name_kind::actor, "job");
  const auto never = name_frame(name_kind::actor, "pool");
  all.resolve({{shown}}, ask_here);

  const auto names = all.resolve_given({shown, shown - 1, never, never + 0x1000000}, ask_here);

  EXPECT_EQ(names.at(shown).front().function, "[actor job]");
  EXPECT_EQ(names.at(shown - 1).front().function, "[actor job]");
  EXPECT_THAT(names.at(never).front().function, testing::StartsWith("0x8"));
  EXPECT_THAT(names.at(never + 0x1000000).front().function, testing::StartsWith("0x8"));
}

TEST(Symbols, UnknownAddressIsItself) {
  symbols all;

  const auto names = all.resolve({{0x11}}, ask_here);

  EXPECT_EQ(names.at(0x11).front().function, "0x10");
}

TEST(Symbols, WithoutAnswerItIsTheModuleAndTheAddressInIt) {
  const auto stack = probe::stack_in_function();
  symbols all;

  const auto names = all.resolve({stack}, [](const std::string&) { return std::string{}; });

  EXPECT_EQ(names.at(stack[0]).front().function, "[metrics_test]");
  EXPECT_GT(names.at(stack[0]).front().offset, 0U);
}

TEST(Symbols, FailureOfTheAskerIsPassedOn) {
  const auto stack = probe::stack_in_function();
  symbols all;

  EXPECT_THROW(
      all.resolve({stack}, [](const std::string&) -> std::string { fail(failure_kind::cancelled, "stop"); }),
      failure);
}

TEST(Symbols, NonsenseIsAnsweredWithNothing) { EXPECT_EQ(ask_here("12\n/no/such/module\n34\n"), "\n\n"); }

TEST(StackNames, AreNoAddresses) {
  const auto name = name_frame(name_kind::mailbox, "job_table");

  EXPECT_TRUE(is_name(name));
  EXPECT_EQ(kind_of_name(name), name_kind::mailbox);
  EXPECT_STREQ(text_of_name(name), "job_table");
  EXPECT_FALSE(is_name(reinterpret_cast<std::uintptr_t>(&ask_here)));
  EXPECT_FALSE(is_name(0xFFFFFFFF81000000)) << "the kernel's half";
}

} // namespace
} // namespace argosy
