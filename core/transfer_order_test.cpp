#include "core/transfer_order.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

// "name size modified" in the order that `text` gives.
std::string names_in(const char* text) {
  std::vector<ordered_file> files{{"b", 1, 30}, {"c.md5", 3, 10}, {"a.tar.gz", 2, 20}};
  const transfer_order order{text};
  std::sort(files.begin(), files.end(), [&](const auto& a, const auto& b) { return order.before(a, b); });
  std::string names;
  for (const auto& file : files) names.append(file.path).push_back(' ');
  return names;
}

TEST(transfer_order, sorts_by_size_name_or_time) {
  EXPECT_EQ(names_in("size"), "b a.tar.gz c.md5 ");
  EXPECT_EQ(names_in("SIZE,ascending"), "b a.tar.gz c.md5 ");
  EXPECT_EQ(names_in("size,desc"), "c.md5 a.tar.gz b ");
  EXPECT_EQ(names_in("name,asc"), "a.tar.gz b c.md5 ");
  EXPECT_EQ(names_in("name,descending"), "c.md5 b a.tar.gz ");
  EXPECT_EQ(names_in("modtime,asc"), "c.md5 a.tar.gz b ");
  EXPECT_EQ(names_in("modtime,mixed"), "c.md5 a.tar.gz b ");
}

TEST(transfer_order, puts_the_first_glob_first_and_what_matches_none_last) {
  EXPECT_EQ(names_in("pattern,*.tar.gz,*.md5"), "a.tar.gz c.md5 b ");
  EXPECT_EQ(names_in("pattern,*.md5"), "c.md5 a.tar.gz b ");
}

TEST(transfer_order, is_not_active_when_empty) {
  EXPECT_FALSE(transfer_order{}.active());
  EXPECT_FALSE(transfer_order{""}.active());
  EXPECT_TRUE(transfer_order{"size"}.active());
}

TEST(transfer_order, lets_a_share_of_the_workers_take_from_the_back_when_mixed) {
  EXPECT_EQ(transfer_order{"size"}.front_workers(4), 4u);
  EXPECT_EQ(transfer_order{"size,mixed"}.front_workers(4), 2u);
  EXPECT_EQ(transfer_order{"size,mixed,30"}.front_workers(4), 2u);
  EXPECT_EQ(transfer_order{"size,mixed,0"}.front_workers(4), 0u);
  EXPECT_EQ(transfer_order{"size,mixed,100"}.front_workers(4), 4u);
  EXPECT_EQ(transfer_order{"size,mixed"}.front_workers(1), 1u);
}

struct bad_order {
  const char* text;
  const char* error;
};
class bad_orders : public ::testing::TestWithParam<bad_order> {};

TEST_P(bad_orders, are_refused_with_the_text_of_rclone) {
  try {
    const transfer_order order{GetParam().text};
    FAIL() << "accepted";
  } catch (const failure& f) {
    EXPECT_NE(std::string{f.what()}.find(GetParam().error), std::string::npos) << f.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    rows, bad_orders,
    ::testing::Values(bad_order{"potato", "unknown --order-by comparison \"potato\""},
                      bad_order{"name,sideways", "unknown --order-by sort direction \"sideways\""},
                      bad_order{"size,asc,x", "bad --order-by string \"size,asc,x\""},
                      bad_order{"size,mixed,50,x", "bad --order-by string \"size,mixed,50,x\""},
                      bad_order{"size,mixed,32.7", "bad mixed fraction --order-by \"32.7\""},
                      bad_order{"pattern", "pattern requires at least one glob"},
                      bad_order{"pattern,", "empty pattern glob"},
                      bad_order{"pattern,[", "bad pattern glob \"[\""}));

} // namespace
} // namespace argosy
