#include "actors/sync/file_queue.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

/// A directory with files of those names and sizes.
std::shared_ptr<const directory_plan>
directory_with(const std::string& path, const std::vector<std::pair<std::string, std::int64_t>>& files) {
  auto plan = std::make_shared<directory_plan>();
  plan->path = path;
  for (const auto& [name, size] : files) plan->source.add(name, entry_kind::file, size, 0);
  return plan;
}

file_chunk all_of(const std::shared_ptr<const directory_plan>& plan) {
  file_chunk chunk{plan, run_kind::copy, {}};
  for (std::uint32_t i = 0; i < plan->source.size(); ++i) chunk.files.push_back(i);
  return chunk;
}

std::string names_of(const file_chunk& chunk) {
  std::string text;
  for (const auto file : chunk.files)
    text += chunk.plan->path_of(entry_of(*chunk.plan, chunk.kind, file).name) + " ";
  return text;
}

TEST(file_queue, hands_out_in_turn_within_both_bounds) {
  file_queue queue;
  queue.add(all_of(directory_with("d", {{"a", 5}, {"b", 5}, {"c", 5}, {"huge", 100}})));
  queue.add(all_of(directory_with("e", {{"f", -1}})));
  EXPECT_EQ(queue.files(), 5u);
  EXPECT_EQ(names_of(queue.take(2, 100)), "d/a d/b ");
  EXPECT_EQ(names_of(queue.take(9, 9)), "d/c ");
  EXPECT_EQ(names_of(queue.take(9, 9)), "d/huge ") << "one file at least";
  EXPECT_EQ(names_of(queue.take(9, 9)), "e/f ");
  EXPECT_TRUE(queue.empty());
}

TEST(file_queue, lets_a_file_of_unknown_size_end_a_run) {
  for (const auto* order : {"", "name"}) {
    file_queue queue{transfer_order{order}};
    queue.add(all_of(directory_with("d", {{"a", 0}, {"b", -1}, {"c", 5}, {"d", -1}})));
    EXPECT_EQ(names_of(queue.take(9, 100)), "d/a d/b ");
    EXPECT_EQ(names_of(queue.take(9, 100)), "d/c ");
    EXPECT_EQ(names_of(queue.take(9, 100)), "d/d ");
  }
}

TEST(file_queue, hands_out_by_order_across_directories) {
  file_queue queue{transfer_order{"size"}};
  queue.add(all_of(directory_with("d", {{"a", 3}, {"b", 1}, {"c", 9}})));
  queue.add(all_of(directory_with("e", {{"f", 2}})));
  EXPECT_EQ(names_of(queue.take(9, 100)), "d/b ");
  EXPECT_EQ(names_of(queue.take(9, 100)), "e/f ");
  EXPECT_EQ(names_of(queue.take(9, 100, true)), "d/c d/a ");
  EXPECT_TRUE(queue.empty());
}

TEST(file_queue, gives_back_what_was_not_handed_out) {
  for (const auto* order : {"", "name"}) {
    file_queue queue{transfer_order{order}};
    queue.add(all_of(directory_with("d", {{"a", 1}, {"b", 1}})));
    queue.add(all_of(directory_with("e", {{"c", 1}})));
    static_cast<void>(queue.take(1, 1));
    std::string left;
    for (const auto& chunk : queue.drain()) left += names_of(chunk);
    EXPECT_EQ(left, "d/b e/c ");
    EXPECT_TRUE(queue.empty());
  }
}

} // namespace
} // namespace argosy
