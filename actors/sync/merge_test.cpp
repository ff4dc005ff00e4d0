#include "actors/sync/merge.hpp"

#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "core/unicode.hpp"

namespace argosy {
namespace {

const char* const nfc = "caf\xc3\xa9";   // é as one code point
const char* const nfd = "cafe\xcc\x81";  // e and a combining acute accent
const char* const upper = "CAF\xc3\x89"; // É

/// What is said of the files of one directory.
class merge_listings_test : public ::testing::Test {
protected:
  merge_listings_test() {
    info.hashes = hash_type::md5;
    plan.path = "d";
    plan.depth = 3;
  }
  void source(std::string_view name, entry_kind kind = entry_kind::file, std::int64_t size = 1) {
    plan.source.add(name, kind, size, 5);
  }
  void destination(std::string_view name, entry_kind kind = entry_kind::file, std::int64_t size = 1) {
    plan.destination.add(name, kind, size, 5);
  }
  void merge() { merge_listings(plan, rules, comparison{info, info, options}); }
  static std::vector<std::string> names(const listing& of, const std::vector<std::uint32_t>& indices) {
    std::vector<std::string> result;
    for (const auto i : indices) result.emplace_back(of[i].name);
    return result;
  }
  std::vector<std::string> copied() const { return names(plan.source, plan.copy); }
  std::vector<std::string> equal() const { return names(plan.source, plan.equal); }
  std::vector<std::string> surplus() const { return names(plan.destination, plan.surplus); }
  /// path, s when in the source, d when in the destination
  std::vector<std::string> below() const {
    std::vector<std::string> result;
    for (const auto& task : plan.below)
      result.push_back(task.path + " " + (task.in_source ? "s" : "") + (task.in_destination ? "d" : ""));
    return result;
  }
  storage_info info;
  main_options options;
  merge_rules rules;
  directory_plan plan;
};

using list = std::vector<std::string>;
constexpr auto folder = entry_kind::directory;

TEST_F(merge_listings_test, a_file_of_the_source_only_is_copied) {
  source("b", entry_kind::file, 10);
  source("a", entry_kind::file, -1);
  merge();
  EXPECT_EQ(copied(), (list{"a", "b"}));
  EXPECT_EQ(plan.copy_bytes, 10u);
  EXPECT_TRUE(plan.different.empty());
}

TEST_F(merge_listings_test, a_file_of_the_destination_only_is_surplus) {
  destination("b");
  destination("a");
  merge();
  EXPECT_EQ(surplus(), (list{"a", "b"}));
}

TEST_F(merge_listings_test, files_of_both_sides_are_compared) {
  for (const auto* name : {"equal", "hash", "size"}) source(name);
  destination("equal");
  destination("size", entry_kind::file, 2);
  plan.destination.add("hash", entry_kind::file, 1, 99);
  merge();
  EXPECT_EQ(equal(), list{"equal"});
  EXPECT_EQ(names(plan.source, plan.check), list{"hash"});
  EXPECT_EQ(copied(), list{"size"});
  EXPECT_EQ(names(plan.source, plan.different), list{"size"});
  EXPECT_EQ(plan.copy_bytes, 1u);
}

TEST_F(merge_listings_test, every_verdict_has_its_list) {
  options.checksum = true;
  options.immutable = true;
  source("hash");
  destination("hash");
  source("size");
  destination("size", entry_kind::file, 2);
  merge();
  EXPECT_EQ(names(plan.source, plan.check_hash), list{"hash"});
  EXPECT_EQ(names(plan.source, plan.immutable), list{"size"});
  EXPECT_TRUE(plan.copy.empty());
}

TEST_F(merge_listings_test, directories_are_entered_wherever_they_are) {
  source("both", folder);
  source("s", folder);
  destination("d", folder);
  destination("both", folder);
  merge();
  EXPECT_EQ(below(), (list{"d/both sd", "d/d d", "d/s s"}));
  for (const auto& task : plan.below) EXPECT_EQ(task.depth, 4);
}

TEST_F(merge_listings_test, paths_at_the_root_have_no_slash) {
  plan.path = "";
  source("x", folder);
  merge();
  EXPECT_EQ(below(), list{"x s"});
}

TEST_F(merge_listings_test, a_file_never_matches_a_directory) {
  source("x");
  destination("x", folder);
  source("y", folder);
  destination("y");
  merge();
  EXPECT_EQ(copied(), list{"x"});
  EXPECT_EQ(surplus(), list{"y"});
  EXPECT_EQ(below(), (list{"d/x d", "d/y s"}));
}

TEST_F(merge_listings_test, a_file_and_a_directory_of_one_name_match_each_their_own) {
  for (const auto kind : {entry_kind::file, folder}) {
    source("x", kind);
    destination("x", kind);
  }
  merge();
  EXPECT_EQ(equal(), list{"x"});
  EXPECT_EQ(below(), list{"d/x sd"});
  EXPECT_TRUE(plan.copy.empty());
  EXPECT_TRUE(plan.surplus.empty());
  EXPECT_TRUE(plan.duplicates.empty());
}

TEST_F(merge_listings_test, of_duplicates_one_counts) {
  for (int i = 0; i < 3; ++i) source("x");
  destination("x");
  source("alone");
  source("alone");
  destination("other");
  destination("other");
  merge();
  EXPECT_EQ(equal(), list{"x"});
  EXPECT_EQ(copied(), list{"alone"});
  EXPECT_EQ(surplus(), list{"other"});
  EXPECT_EQ(plan.duplicates, (list{"d/alone", "d/other", "d/x", "d/x"}));
}

TEST_F(merge_listings_test, composed_and_decomposed_names_are_the_same) {
  source(nfc);
  destination(nfd);
  merge();
  EXPECT_EQ(equal(), list{nfc});
  EXPECT_TRUE(plan.surplus.empty());
}

TEST_F(merge_listings_test, composed_and_decomposed_names_differ_without_normalization) {
  rules.normalize = false;
  source(nfc);
  destination(nfd);
  merge();
  EXPECT_EQ(copied(), list{nfc});
  EXPECT_EQ(surplus(), list{nfd});
}

TEST_F(merge_listings_test, composed_and_decomposed_names_on_one_side_are_duplicates) {
  source(nfc);
  source(nfd);
  merge();
  EXPECT_EQ(plan.copy.size(), 1u);
  EXPECT_EQ(plan.duplicates.size(), 1u);
}

TEST_F(merge_listings_test, case_counts) {
  source("A");
  destination("a");
  merge();
  EXPECT_EQ(copied(), list{"A"});
  EXPECT_EQ(surplus(), list{"a"});
}

TEST_F(merge_listings_test, pairs_of_different_names_know_both) {
  plan.other_path = "D";
  rules.fold_case = true;
  source("A");
  destination("a");
  source("same");
  destination("same");
  source("B", folder);
  destination("b", folder);
  source("s", folder);
  destination("d", folder);
  merge();
  ASSERT_EQ(plan.renamed.size(), 1u);
  EXPECT_EQ(plan.source[plan.renamed.begin()->first].name, "A");
  EXPECT_EQ(plan.destination[plan.renamed.begin()->second].name, "a");
  list paths;
  for (const auto& task : plan.below) paths.push_back(task.path + " " + task.destination_path());
  EXPECT_EQ(paths, (list{"d/B D/b", "d/d D/d", "d/s D/s"}));
}

TEST_F(merge_listings_test, case_is_folded_on_demand) {
  rules.fold_case = true;
  source("A");
  destination("a");
  source(upper);
  destination(nfd);
  source("B", folder);
  destination("b", folder);
  merge();
  EXPECT_EQ(equal(), (list{"A", upper}));
  EXPECT_TRUE(plan.surplus.empty());
  EXPECT_EQ(below(), list{"d/B sd"});
}

TEST_F(merge_listings_test, names_are_matched_as_the_transform_makes_them) {
  rules.transform = name_transform{{"all,prefix=x", "file,suffix=.old"}, nullptr, 0};
  source("same");
  destination("xsame.old");
  source("new");
  destination("same");
  source("e", folder);
  destination("xe", folder);
  source("f", folder);

  merge();

  EXPECT_EQ(copied(), list{"new"});
  EXPECT_EQ(equal(), list{"same"});
  EXPECT_EQ(surplus(), list{"same"});
  EXPECT_EQ(below(), (list{"d/e sd", "d/f s"}));
  EXPECT_EQ(plan.below[0].destination_path(), "d/xe");
  EXPECT_EQ(plan.below[1].destination_path(), "d/xf");
  EXPECT_EQ(plan.destination_name(plan.copy[0]), "xnew.old");
  EXPECT_EQ(plan.destination_name(plan.equal[0]), "xsame.old");
}

TEST_F(merge_listings_test, names_that_a_transform_makes_the_same_are_duplicates) {
  rules.transform = name_transform{{"truncate=1"}, nullptr, 0};
  source("ab");
  source("ac");

  merge();

  EXPECT_EQ(copied(), list{"ab"});
  EXPECT_EQ(plan.duplicates, list{"d/ac"});
}

TEST_F(merge_listings_test, a_name_that_cannot_be_transformed_is_a_failure_of_that_file) {
  rules.transform = name_transform{{"trimprefix=a"}, nullptr, 0};
  source("a");
  source("ab");

  merge();

  EXPECT_EQ(copied(), list{"ab"});
  ASSERT_EQ(plan.untransformed.size(), 1u);
  EXPECT_EQ(plan.source[plan.untransformed[0].first].name, "a");
  EXPECT_EQ(plan.untransformed[0].second.text, "transform cannot render path segments empty");
}

TEST_F(merge_listings_test, nothing_on_either_side_is_nothing_to_do) {
  merge();
  EXPECT_TRUE(plan.copy.empty());
  EXPECT_TRUE(plan.below.empty());
}

// Names that collide often: few letters, some with an accent in both forms, some with an upper case.
std::string any_name(std::mt19937& random, bool ascii) {
  static const std::vector<std::string> letters{"a", "b", "B", "\xc3\xa9", "e\xcc\x81", "\xc3\x89", "z"};
  std::string name;
  for (auto length = 1 + random() % 7; length > 0; --length)
    name += ascii ? std::string(1, "abBz"[random() % 4]) : letters[random() % letters.size()];
  return name;
}

struct model_row {
  int source = 0, destination = 0;
};

class merge_listings_model : public merge_listings_test,
                             public ::testing::WithParamInterface<std::tuple<bool, bool, bool>> {};

TEST_P(merge_listings_model, agrees_with_two_maps) {
  const auto [ascii, fold, normalize] = GetParam();
  rules.fold_case = fold;
  rules.normalize = normalize;
  std::mt19937 random{42};
  std::map<std::pair<std::string, bool>, model_row> model;
  const auto key = [&, fold = fold, normalize = normalize](const std::string& name, entry_kind kind) {
    auto k = normalize ? normalize_nfc(name) : name;
    return std::pair{fold ? to_lower(k) : k, kind == folder};
  };
  for (int i = 0; i < 20'000; ++i) {
    const auto name = any_name(random, ascii);
    const auto kind = random() % 4 == 0 ? folder : entry_kind::file;
    if (random() % 2 == 0) {
      source(name, kind);
      ++model[key(name, kind)].source;
    } else {
      destination(name, kind);
      ++model[key(name, kind)].destination;
    }
  }

  merge();

  std::size_t duplicates = 0;
  std::set<std::string> only_source, only_destination, both, directories;
  for (const auto& [k, row] : model) {
    duplicates += static_cast<std::size_t>(std::max(0, row.source - 1) + std::max(0, row.destination - 1));
    if (k.second)
      directories.insert(k.first + " " + (row.source ? "s" : "") + (row.destination ? "d" : ""));
    else
      (row.source == 0 ? only_destination : row.destination == 0 ? only_source : both).insert(k.first);
  }
  const auto keys = [&](const list& names) {
    std::set<std::string> result;
    for (const auto& name : names) result.insert(key(name, entry_kind::file).first);
    EXPECT_EQ(result.size(), names.size());
    return result;
  };
  EXPECT_EQ(keys(copied()), only_source);
  EXPECT_EQ(keys(surplus()), only_destination);
  EXPECT_EQ(keys(equal()), both);
  EXPECT_EQ(plan.duplicates.size(), duplicates);
  std::set<std::string> entered;
  for (const auto& task : plan.below)
    entered.insert(key(task.path.substr(2), folder).first + " " + (task.in_source ? "s" : "") +
                   (task.in_destination ? "d" : ""));
  EXPECT_EQ(entered, directories);
  EXPECT_EQ(entered.size(), plan.below.size());
}

INSTANTIATE_TEST_SUITE_P(all_rules, merge_listings_model,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool(), ::testing::Bool()));

} // namespace
} // namespace argosy
