#include "actors/reports/report_block.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace argosy {
namespace {

constexpr nanoseconds then = 1'600'000'000'123'456'000; // whole microseconds

file_outcome copied(std::string_view name, std::int64_t size = 7) {
  file_outcome one;
  one.name = name;
  one.size = size;
  one.started = then;
  one.duration = 5'000;
  return one;
}

file_outcome failed(std::string_view name, failure_kind kind, std::string_view error) {
  auto one = copied(name);
  one.how = outcome_kind::failed;
  one.kind = kind;
  one.error = error;
  return one;
}

std::string stored(const report_block& block, std::uint32_t attempt = 1) {
  std::string bytes;
  block.store(bytes, attempt);
  return bytes;
}

void expect_same(const file_outcome& read, const file_outcome& written) {
  EXPECT_EQ(read.name, written.name);
  EXPECT_EQ(read.how, written.how);
  EXPECT_EQ(read.what, written.what);
  EXPECT_EQ(read.is_directory, written.is_directory);
  EXPECT_EQ(read.size, written.size);
  EXPECT_EQ(read.started, written.started);
  EXPECT_EQ(read.duration, written.duration);
  EXPECT_EQ(read.error, written.error);
  EXPECT_EQ(read.renamed_from, written.renamed_from);
  if (written.how == outcome_kind::failed) {
    EXPECT_EQ(read.kind, written.kind);
  }
}

TEST(report_block, gives_back_every_record_as_it_was) {
  auto renamed = copied("new name");
  renamed.how = outcome_kind::renamed;
  renamed.what = work_kind::renaming;
  renamed.renamed_from = "old/name";
  auto earlier = copied("before");
  earlier.started = then - 3'600'000'000'000;
  earlier.duration = 0;
  auto directory = failed("", failure_kind::permission_denied, "no entry");
  directory.is_directory = true;
  directory.what = work_kind::listing;
  const std::vector<file_outcome> written{copied("a"),
                                          copied("abc", -1),
                                          copied("ab", INT64_MAX),
                                          failed("x", failure_kind::fatal, "disk full"),
                                          failed("y", failure_kind::no_retry, "disk full"),
                                          failed("z", failure_kind::retryable, ""),
                                          failed("zz", failure_kind::other, "disk full"),
                                          renamed,
                                          earlier,
                                          directory,
                                          copied("\xc3\xa9")};
  report_block block{{"d/e"}};
  for (const auto& one : written) block.add(one);

  const auto bytes = stored(block, 3);

  block_reader reader{bytes};
  EXPECT_EQ(reader.size(), bytes.size());
  EXPECT_EQ(reader.records(), written.size());
  EXPECT_EQ(reader.attempt(), 3u);
  EXPECT_EQ(reader.place().directory, "d/e");
  file_outcome read;
  for (const auto& one : written) {
    ASSERT_TRUE(reader.next(read));
    expect_same(read, one);
  }
  EXPECT_FALSE(reader.next(read));
}

TEST(report_block, gives_back_its_place) {
  report_block block{{"D", false, "d", "there:"}};
  block.add(copied("a"));

  const auto bytes = stored(block);

  const block_reader reader{bytes};
  EXPECT_FALSE(reader.place().in_source);
  EXPECT_EQ(reader.place().destination_directory, "d");
  EXPECT_EQ(reader.place().destination_fs, "there:");
}

TEST(report_block, knows_which_outcomes_it_holds) {
  report_block block{{}};
  block.add(copied("a"));
  block.add(failed("b", failure_kind::other, "bad"));

  const auto bytes = stored(block);

  const block_reader reader{bytes};
  EXPECT_TRUE(reader.holds(outcome_kind::copied));
  EXPECT_TRUE(reader.holds(outcome_kind::failed));
  EXPECT_FALSE(reader.holds(outcome_kind::skipped));
}

TEST(report_block, counts_files_and_failed_directories_apart) {
  report_block block{{}};
  block.add(copied("a"));
  block.add(failed("b", failure_kind::retryable, "later"));
  block.add(failed("c", failure_kind::no_retry, "never"));
  auto directory = failed("", failure_kind::other, "bad");
  directory.is_directory = true;
  block.add(directory);

  const auto& counts = block.counts();
  EXPECT_EQ(counts.files[static_cast<std::size_t>(outcome_kind::copied)], 1u);
  EXPECT_EQ(counts.files[static_cast<std::size_t>(outcome_kind::failed)], 2u);
  EXPECT_EQ(counts.failed_directories, 1u);
  EXPECT_EQ(counts.again_files, 1u);
  EXPECT_EQ(counts.again_directories, 1u);
}

TEST(report_block, cleared_it_begins_anew_with_its_place) {
  report_block block{{"d"}};
  block.add(failed("a", failure_kind::other, "bad"));
  block.clear();
  EXPECT_TRUE(block.empty());
  block.add(failed("ab", failure_kind::other, "bad"));

  const auto bytes = stored(block);

  block_reader reader{bytes};
  file_outcome read;
  ASSERT_TRUE(reader.next(read));
  expect_same(read, failed("ab", failure_kind::other, "bad"));
  EXPECT_EQ(reader.place().directory, "d");
  EXPECT_EQ(block.counts().files[static_cast<std::size_t>(outcome_kind::failed)], 1u);
}

TEST(report_block, a_sorted_folder_of_skipped_files_costs_few_bytes_a_file) {
  report_block block{{"folder"}};
  for (int i = 10'000; i < 11'000; ++i) {
    const auto name = "file" + std::to_string(i);
    auto one = copied(name, 4096);
    one.how = outcome_kind::skipped;
    one.duration = 0;
    block.add(one);
  }
  EXPECT_LT(stored(block).size(), 11'000u);
}

TEST(report_block, several_follow_each_other) {
  report_block first{{"a"}}, second{{"b"}};
  first.add(copied("x"));
  second.add(copied("y"));
  const auto bytes = stored(first) + stored(second);

  const auto begin = block_reader{bytes}.size();

  EXPECT_EQ(block_reader{std::string_view{bytes}.substr(begin)}.place().directory, "b");
}

/// Reads all of it; true when that threw no failure.
bool readable(std::string_view bytes) {
  try {
    block_reader reader{bytes};
    file_outcome one;
    while (reader.next(one)) {}
    return true;
  } catch (const failure& why) {
    EXPECT_STREQ(why.what(), "the report is damaged");
    return false;
  }
}

TEST(report_block, a_cut_one_is_refused) {
  report_block block{{"d"}};
  block.add(copied("name"));
  block.add(failed("other", failure_kind::other, "bad"));
  const auto bytes = stored(block);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(readable(std::string_view{bytes}.substr(0, size))) << size;
  EXPECT_TRUE(readable(bytes));
}

TEST(report_block, damaged_bytes_are_refused_or_read_but_never_followed_out_of_bounds) {
  report_block block{{"d"}};
  for (const auto* name : {"a", "b", "c"}) block.add(failed(name, failure_kind::other, "bad"));
  const auto bytes = stored(block);
  std::mt19937 random{1};
  for (int round = 0; round < 2'000; ++round) {
    auto damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    readable(damaged);
  }
}

TEST(outcome, names_are_read_back) {
  for (std::size_t i = 0; i < outcome_count; ++i) {
    const auto one = static_cast<outcome_kind>(i);
    EXPECT_EQ(parse_outcome_kind(to_string(one)), one);
  }
  EXPECT_FALSE(parse_outcome_kind("lost"));
  EXPECT_FALSE(parse_outcome_kind(""));
}

} // namespace
} // namespace argosy
