#include "actors/sync/renames.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

struct named_file {
  const char* name;
  std::int64_t size;
  nanoseconds modified;
  const char* hash;
};

/// Names as "source<destination" of what was found to be renamed, then what is left of each side.
std::string found(const char* strategies, const std::vector<named_file>& sources,
                  const std::vector<named_file>& destinations) {
  auto plan = std::make_shared<directory_plan>();
  plan->path = "d";
  rename_tracker tracker{strategies, 10};
  std::map<std::string, std::string> hashes;
  for (const auto& one : sources) {
    tracker.add_source({plan, static_cast<std::uint32_t>(plan->source.size())});
    plan->source.add(one.name, entry_kind::file, one.size, one.modified);
    hashes[std::string{"d/"} + one.name] = one.hash;
  }
  for (const auto& one : destinations) {
    tracker.add_destination({plan, static_cast<std::uint32_t>(plan->destination.size())});
    plan->destination.add(one.name, entry_kind::file, one.size, one.modified);
    hashes[std::string{"d/"} + one.name] = one.hash;
  }
  for (auto& wish : tracker.source_hashes()) *wish.into = hashes.at(wish.path);
  for (auto& wish : tracker.destination_hashes()) *wish.into = hashes.at(wish.path);
  const auto result = tracker.match();
  std::string text;
  for (const auto& [from, to] : result.renames)
    text +=
        std::string{plan->source[from.file].name} + "<" + std::string{plan->destination[to.file].name} + " ";
  text += "|";
  for (const auto& one : result.sources) text.append(" ").append(plan->source[one.file].name);
  text += " |";
  for (const auto& one : result.destinations) text.append(" ").append(plan->destination[one.file].name);
  return text;
}

TEST(rename_tracker, pairs_files_of_one_size_by_their_hash) {
  EXPECT_EQ(
      found("hash", {{"new", 5, 0, "x"}, {"other", 5, 0, "y"}}, {{"old", 5, 99, "x"}, {"gone", 6, 0, "x"}}),
      "new<old | other | gone");
}

TEST(rename_tracker, gives_each_file_away_once) {
  EXPECT_EQ(found("hash", {{"a", 5, 0, "x"}, {"b", 5, 0, "x"}}, {{"old", 5, 0, "x"}}), "a<old | b |");
}

TEST(rename_tracker, pairs_no_file_whose_hash_is_unknown) {
  EXPECT_EQ(found("hash", {{"a", 5, 0, ""}}, {{"old", 5, 0, ""}}), "| a | old");
}

TEST(rename_tracker, asks_for_hashes_of_those_only_whose_size_the_other_side_has) {
  auto plan = std::make_shared<directory_plan>();
  plan->source.add("a", entry_kind::file, 1, 0);
  plan->source.add("b", entry_kind::file, 2, 0);
  plan->destination.add("c", entry_kind::file, 2, 0);
  rename_tracker tracker{"hash", 1};
  tracker.add_source({plan, 0});
  tracker.add_source({plan, 1});
  tracker.add_destination({plan, 0});
  const auto wishes = tracker.source_hashes();
  ASSERT_EQ(wishes.size(), 1u);
  EXPECT_EQ(wishes[0].path, "b");
  EXPECT_EQ(tracker.destination_hashes().size(), 1u);
}

TEST(rename_tracker, pairs_by_time_within_the_window_and_by_leaf) {
  EXPECT_EQ(found("modtime", {{"a", 5, 100, ""}}, {{"far", 5, 110, ""}, {"near", 5, 109, ""}}),
            "a<near | | far");
  EXPECT_EQ(found("leaf", {{"a", 5, 0, ""}}, {{"b", 5, 0, ""}, {"a", 5, 7, ""}}), "a<a | | b");
  EXPECT_EQ(found("modtime,leaf", {{"a", 5, 0, ""}}, {{"a", 5, 50, ""}}), "| a | a");
}

TEST(rename_tracker, refuses_an_unknown_strategy) {
  try {
    const rename_tracker tracker{"hash,colour", 1};
    FAIL() << "accepted";
  } catch (const failure& f) {
    EXPECT_STREQ(f.what(), "unknown track renames strategy \"colour\"");
  }
}

} // namespace
} // namespace argosy
