#include "actors/transfers/deletion_limits.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

std::string refusal(deletion_limits& limits, std::int64_t size) {
  try {
    limits.admit(size);
  } catch (const failure& f) {
    EXPECT_EQ(f.kind(), failure_kind::fatal);
    return f.what();
  }
  return "";
}

TEST(deletion_limits, let_everything_pass_without_options) {
  deletion_limits limits{main_options{}, 1000};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(refusal(limits, INT64_MAX), "");
}

TEST(deletion_limits, count_what_was_deleted_before) {
  main_options options;
  options.max_delete = 3;
  deletion_limits limits{options, 1};
  EXPECT_EQ(refusal(limits, 5), "");
  EXPECT_EQ(refusal(limits, 5), "");
  EXPECT_EQ(refusal(limits, 5), "--max-delete threshold reached");
  deletion_limits used_up{options, 7};
  EXPECT_EQ(refusal(used_up, 5), "--max-delete threshold reached");
}

TEST(deletion_limits, forbid_all_when_zero) {
  main_options options;
  options.max_delete = 0;
  deletion_limits limits{options, 0};
  EXPECT_EQ(refusal(limits, 0), "--max-delete threshold reached");
}

TEST(deletion_limits, bound_the_bytes_and_let_smaller_files_pass) {
  main_options options;
  options.max_delete_size = 10;
  deletion_limits limits{options, 0};
  EXPECT_EQ(refusal(limits, 6), "");
  EXPECT_EQ(refusal(limits, 5), "--max-delete-size threshold reached");
  EXPECT_EQ(refusal(limits, 4), "");
  EXPECT_EQ(refusal(limits, -1), "") << "an unknown size counts as nothing";
}

} // namespace
} // namespace argosy
