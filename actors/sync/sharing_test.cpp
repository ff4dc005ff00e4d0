#include "actors/sync/sharing.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

constexpr std::uint64_t mebibyte = 1 << 20;

TEST(sharing_test, a_job_that_is_soon_done_stays_at_home) {
  EXPECT_FALSE(worth_sharing({0, 0}, {0, 0}, 100)) << "nothing waits";
  EXPECT_FALSE(worth_sharing({100'000, 0}, {1, 0}, 0.1)) << "too early to judge";
  EXPECT_FALSE(worth_sharing({1000, mebibyte}, {1000, mebibyte}, 0.9));
}

TEST(sharing_test, a_job_that_takes_longer_is_shared) {
  EXPECT_TRUE(worth_sharing({2000, 0}, {1000, 0}, 0.5)) << "many files";
  EXPECT_TRUE(worth_sharing({2, 200 * mebibyte}, {2, 100 * mebibyte}, 0.5)) << "many bytes";
  EXPECT_FALSE(worth_sharing({2, 200 * mebibyte}, {0, 0}, 0.5)) << "the first ones are not through";
  EXPECT_TRUE(worth_sharing({2, 200 * mebibyte}, {0, 0}, 1)) << "and take long";
}

TEST(sharing_test, portions_become_smaller_so_that_all_end_together) {
  work_amount left{4000, 4000 * mebibyte};
  std::uint64_t before = UINT64_MAX;
  std::size_t portions = 0;
  while (left.files > 0) {
    const auto part = next_portion(left, 4);
    EXPECT_LE(part.files, before);
    EXPECT_GE(part.files, 1u);
    before = part.files;
    left.files -= part.files;
    ++portions;
  }
  EXPECT_EQ(before, 1u);
  EXPECT_LT(portions, 100u);
}

TEST(sharing_test, no_portion_is_too_much_to_lose) {
  const auto part = next_portion({10'000'000, 10'000'000 * mebibyte}, 2);

  EXPECT_LE(part.files, 1024u);
  EXPECT_LE(part.bytes, 64 * mebibyte);
}

} // namespace
} // namespace argosy
