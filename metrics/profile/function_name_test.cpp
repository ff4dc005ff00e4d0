#include "metrics/profile/function_name.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

struct row {
  const char* linkage_name;
  const char* plain;
};

class FunctionName : public testing::TestWithParam<row> {};

TEST_P(FunctionName, IsWhatPeopleCallTheFunction) {
  EXPECT_EQ(plain_function_name(GetParam().linkage_name), GetParam().plain);
}

INSTANTIATE_TEST_SUITE_P(
    Mangled, FunctionName,
    testing::Values(row{"_ZN3caf15scheduled_actor6resumeEPNS_14execution_unitEm",
                        "caf::scheduled_actor::resume"},
                    row{"_ZN6argosy12_GLOBAL__N_17connectEv", "argosy::connect"},
                    row{"_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector::push_back"},
                    row{"_ZNKSt8functionIFvvEEclEv", "std::function::operator()"},
                    // void argosy::tell<int, double>(int const&, double&&)
                    row{"_ZN6argosy4tellIiJdEEEvRKT_DpOT0_", "argosy::tell"},
                    row{"_ZZN6argosy3jobEvENKUliE_clEi", "argosy::job::{lambda#1}::operator()"},
                    row{"_ZNK6argosy5entrycvbEv", "argosy::entry::operator bool"},
                    row{"_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc", "std::operator<<"}));

INSTANTIATE_TEST_SUITE_P(TooOddForTheDemangler, FunctionName,
                         testing::Values(row{"_ZN6argosy12_GLOBAL__N_15statsE?", "argosy::stats"},
                                         row{"_ZNK3caf5actor2idE?", "caf::actor::id"}, row{"_ZN", "_ZN"}));

INSTANTIATE_TEST_SUITE_P(
    Readable, FunctionName,
    testing::Values(row{"main", "main"}, row{"__libc_start_main", "__libc_start_main"},
                    row{"operator()", "operator()"}, row{"job_table (.part.0)", "job_table"},
                    row{"foo(int) const::{lambda()#2}::operator()() const", "foo::{lambda#2}::operator()"},
                    row{"std::operator&(a, b)", "std::operator&"}, row{"", ""}, row{"<", "<"}));

} // namespace
} // namespace argosy
