#include "actors/transfers/compare.hpp"

#include <gtest/gtest.h>

#include "actors/transfers/overlap.hpp"

namespace argosy {
namespace {

constexpr nanoseconds one_second = 1'000'000'000;

/// Two sides with times of 1 ns and a common hash, unless a test changes that.
class comparison_test : public ::testing::Test {
protected:
  comparison_test() { source.hashes = destination.hashes = hash_type::md5; }
  static entry_view file(std::int64_t size, nanoseconds modified) {
    return {"f", entry_kind::file, size, modified};
  }
  verdict judge(const entry_view& a, const entry_view& b) const {
    return comparison{source, destination, options}.judge(a, b);
  }
  storage_info source, destination;
  main_options options;
};

TEST_F(comparison_test, same_size_and_time_are_equal) {
  EXPECT_EQ(judge(file(1, 5), file(1, 5)), verdict::equal);
}

TEST_F(comparison_test, another_size_is_a_transfer) {
  EXPECT_EQ(judge(file(1, 5), file(2, 5)), verdict::transfer);
  EXPECT_EQ(judge(file(0, 5), file(2, 5)), verdict::transfer);
}

TEST_F(comparison_test, an_unknown_size_is_not_compared) {
  EXPECT_EQ(judge(file(-1, 5), file(2, 5)), verdict::equal);
  EXPECT_EQ(judge(file(2, 5), file(-1, 5)), verdict::equal);
}

TEST_F(comparison_test, another_time_is_decided_by_the_hash) {
  EXPECT_EQ(judge(file(1, 5), file(1, 6)), verdict::check);
  EXPECT_EQ(judge(file(1, 6), file(1, 5)), verdict::check);
}

TEST_F(comparison_test, another_time_is_a_transfer_without_a_common_hash) {
  destination.hashes = hash_type::sha1;
  EXPECT_EQ(judge(file(1, 5), file(1, 6)), verdict::transfer);
}

TEST_F(comparison_test, times_within_the_coarsest_window_are_the_same) {
  destination.precision = one_second;
  EXPECT_EQ(judge(file(1, 5 * one_second), file(1, 6 * one_second - 1)), verdict::equal);
  EXPECT_EQ(judge(file(1, 6 * one_second - 1), file(1, 5 * one_second)), verdict::equal);
  EXPECT_EQ(judge(file(1, 5 * one_second), file(1, 6 * one_second)), verdict::check);

  options.modify_window = 2 * one_second;
  EXPECT_EQ(judge(file(1, 5 * one_second), file(1, 7 * one_second - 1)), verdict::equal);
  EXPECT_EQ(judge(file(1, 5 * one_second), file(1, 7 * one_second)), verdict::check);
}

TEST_F(comparison_test, without_times_the_size_alone_decides) {
  destination.precision = INT64_MAX;
  EXPECT_EQ(judge(file(1, 5), file(1, 99)), verdict::equal);
  EXPECT_EQ(judge(file(1, 5), file(2, 5)), verdict::transfer);
}

TEST_F(comparison_test, ignore_existing_comes_before_everything) {
  options.ignore_existing = true;
  options.ignore_times = true;
  EXPECT_EQ(judge(file(1, 5), file(2, 6)), verdict::equal);
}

TEST_F(comparison_test, ignore_times_transfers_whatever_is_the_same) {
  options.ignore_times = true;
  EXPECT_EQ(judge(file(1, 5), file(1, 5)), verdict::transfer);
}

TEST_F(comparison_test, ignore_size_leaves_the_time_to_decide) {
  options.ignore_size = true;
  EXPECT_EQ(judge(file(1, 5), file(2, 5)), verdict::equal);
  EXPECT_EQ(judge(file(1, 5), file(2, 6)), verdict::check);
}

TEST_F(comparison_test, size_only_ignores_the_time) {
  options.size_only = true;
  EXPECT_EQ(judge(file(1, 5), file(1, 6)), verdict::equal);
  EXPECT_EQ(judge(file(1, 5), file(2, 5)), verdict::transfer);
}

TEST_F(comparison_test, checksum_ignores_the_time_and_compares_hashes) {
  options.checksum = true;
  EXPECT_EQ(judge(file(1, 5), file(1, 5)), verdict::check_hash);
  EXPECT_EQ(judge(file(1, 5), file(1, 6)), verdict::check_hash);
  EXPECT_EQ(judge(file(1, 5), file(2, 5)), verdict::transfer);
}

TEST_F(comparison_test, checksum_without_a_common_hash_compares_sizes_only) {
  options.checksum = true;
  source.hashes = {};
  EXPECT_EQ(judge(file(1, 5), file(1, 6)), verdict::equal);
  EXPECT_EQ(judge(file(1, 5), file(2, 6)), verdict::transfer);
}

TEST_F(comparison_test, update_leaves_a_newer_destination_alone) {
  options.update = true;
  EXPECT_EQ(judge(file(1, 5), file(2, 6)), verdict::equal);
  destination.precision = 10;
  EXPECT_EQ(judge(file(1, 5), file(2, 15)), verdict::equal);
}

TEST_F(comparison_test, update_compares_sizes_only_within_the_window) {
  options.update = true;
  destination.precision = 10;
  EXPECT_EQ(judge(file(1, 5), file(1, 14)), verdict::equal);
  EXPECT_EQ(judge(file(1, 14), file(1, 5)), verdict::equal);
  EXPECT_EQ(judge(file(1, 5), file(2, 14)), verdict::transfer);
  options.checksum = true;
  EXPECT_EQ(judge(file(1, 5), file(1, 14)), verdict::check_hash);
}

TEST_F(comparison_test, update_compares_a_newer_source_as_usual) {
  options.update = true;
  EXPECT_EQ(judge(file(1, 6), file(1, 5)), verdict::check);
  EXPECT_EQ(judge(file(2, 6), file(1, 5)), verdict::transfer);
}

TEST_F(comparison_test, update_goes_by_the_time_of_the_upload_where_no_others_are_kept) {
  options.update = true;
  destination.precision = INT64_MAX;
  EXPECT_EQ(judge(file(1, 0), file(2, one_second)), verdict::equal);
  EXPECT_EQ(judge(file(1, 0), file(2, one_second - 1)), verdict::transfer);
  EXPECT_EQ(judge(file(1, 0), file(1, one_second - 1)), verdict::equal);
  EXPECT_EQ(judge(file(1, one_second), file(1, 0)), verdict::check);
}

TEST_F(comparison_test, checksum_counts_more_than_size_only_where_update_finds_the_same_time) {
  options.update = options.checksum = options.size_only = true;
  EXPECT_EQ(judge(file(1, 5), file(1, 5)), verdict::check_hash);
  EXPECT_EQ(judge(file(1, 6), file(1, 5)), verdict::equal);
}

TEST_F(comparison_test, times_may_lie_as_far_apart_as_they_can) {
  EXPECT_EQ(judge(file(1, INT64_MIN), file(1, INT64_MAX)), verdict::check);
  options.update = true;
  EXPECT_EQ(judge(file(1, INT64_MIN), file(1, INT64_MAX)), verdict::equal);
}

TEST_F(comparison_test, directories_differ_in_their_times_only) {
  const auto differs = [&](nanoseconds a, nanoseconds b) {
    return comparison{source, destination, options}.directory_differs(a, b);
  };
  EXPECT_FALSE(differs(5, 5));
  EXPECT_TRUE(differs(5, 6));
  EXPECT_TRUE(differs(6, 5));
  options.update = true;
  EXPECT_FALSE(differs(5, 6));
  EXPECT_TRUE(differs(6, 5));
  options.ignore_times = true;
  EXPECT_TRUE(differs(5, 5));
  for (auto one : {&main_options::size_only, &main_options::immutable, &main_options::ignore_existing}) {
    options = {};
    options.*one = true;
    EXPECT_FALSE(differs(5, 6));
  }
  options = {};
  destination.precision = INT64_MAX;
  EXPECT_FALSE(differs(5, 6));
}

TEST_F(comparison_test, what_differs_must_not_change_when_immutable) {
  options.immutable = true;
  EXPECT_EQ(judge(file(1, 5), file(2, 5)), verdict::immutable);
  EXPECT_EQ(judge(file(1, 5), file(1, 5)), verdict::equal);
  EXPECT_EQ(judge(file(1, 5), file(1, 6)), verdict::check);
  destination.hashes = {};
  EXPECT_EQ(judge(file(1, 5), file(1, 6)), verdict::immutable);
  options.ignore_times = true;
  EXPECT_EQ(judge(file(1, 5), file(1, 5)), verdict::immutable);
}

TEST_F(comparison_test, takes_a_hash_that_both_sides_know) {
  const auto common = [&] { return comparison{source, destination, options}.common_hash(); };
  EXPECT_EQ(common(), hash_type::md5);
  source.hashes = hash_set{hash_type::md5} | hash_type::sha1;
  destination.hashes = hash_set{hash_type::sha256} | hash_type::sha1;
  EXPECT_EQ(common(), hash_type::sha1);
  destination.hashes = hash_type::sha256;
  EXPECT_EQ(common(), hash_type::none);
}

storage_info at(const std::string& root, const std::string& name = "local",
                const std::string& type = "local") {
  storage_info info;
  info.type = type;
  info.name = name;
  info.root = root;
  return info;
}

TEST(overlap_of, the_same_root_of_the_same_remote_is_the_same) {
  EXPECT_EQ(overlap_of(at("/a"), at("/a")), overlap::same);
  EXPECT_EQ(overlap_of(at("/a/"), at("/a")), overlap::same);
  EXPECT_EQ(overlap_of(at("", "mem", "memory"), at("", "mem", "memory")), overlap::same);
}

TEST(overlap_of, a_root_lies_within_another_only_at_a_slash) {
  EXPECT_EQ(overlap_of(at("/a/b"), at("/a")), overlap::source_within);
  EXPECT_EQ(overlap_of(at("/a"), at("/a/b/c")), overlap::destination_within);
  EXPECT_EQ(overlap_of(at("/a"), at("/ab")), overlap::none);
  EXPECT_EQ(overlap_of(at("/ab"), at("/a")), overlap::none);
  EXPECT_EQ(overlap_of(at("/a/x"), at("/a/y")), overlap::none);
}

TEST(overlap_of, everything_lies_within_the_root_of_all) {
  EXPECT_EQ(overlap_of(at("/"), at("/a")), overlap::destination_within);
  EXPECT_EQ(overlap_of(at("bucket", "mem", "memory"), at("", "mem", "memory")), overlap::source_within);
}

TEST(overlap_of, remotes_of_another_name_or_type_do_not_overlap) {
  EXPECT_EQ(overlap_of(at("/a", "loc"), at("/a")), overlap::none);
  EXPECT_EQ(overlap_of(at("/a", "x", "memory"), at("/a", "x", "local")), overlap::none);
  EXPECT_FALSE(same_remote(at("/a", "loc"), at("/a")));
  EXPECT_TRUE(same_remote(at("/a"), at("/b")));
}

TEST(overlap_of, case_is_folded_where_the_remote_folds_it) {
  auto upper = at("/A"), lower = at("/a/b");
  EXPECT_EQ(overlap_of(upper, lower), overlap::none);
  upper.features.CaseInsensitive = lower.features.CaseInsensitive = true;
  EXPECT_EQ(overlap_of(upper, lower), overlap::destination_within);
}

} // namespace
} // namespace argosy
