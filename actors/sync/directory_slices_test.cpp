#include "actors/sync/directory_slices.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "actors/sync/name_key.hpp"
#include "tests/fixtures/actor_test.hpp"

namespace argosy {
namespace {

/// What a merge says of one entry: what is to be done, its names on both sides, its size.
using findings = std::multiset<std::string>;

class directory_slices_test : public testing::actor_test {
protected:
  static listing random_entries(std::mt19937& chance, std::size_t count) {
    // Few, so that they meet: in another case, another composition, twice, and as folders.
    const std::vector<std::string> names{"a",   "A",  "b",       "B.txt",       "b.txt",        "c",
                                         "C",   "d",  "E",       "caf\xc3\xa9", "cafe\xcc\x81", "CAF\xc3\x89",
                                         "zzz", "Zz", "long ago"};
    listing made;
    for (std::size_t i = 0; i < count; ++i) {
      auto name = names[chance() % names.size()];
      if (chance() % 2 == 0) name += std::to_string(chance() % 10);
      const auto folder = chance() % 4 == 0;
      made.add(name, folder ? entry_kind::directory : entry_kind::file,
               folder ? -1 : static_cast<std::int64_t>(chance() % 3), 5);
    }
    return made;
  }

  void add_findings(const directory_plan& plan, findings& found) const {
    const auto add = [&](const char* what, const std::vector<std::uint32_t>& files) {
      for (const auto i : files)
        found.insert(what + (" " + std::string{plan.source[i].name}) + " > " +
                     std::string{plan.destination_name(i)} + " " + std::to_string(plan.source[i].size));
    };
    add("copy", plan.copy);
    add("check", plan.check);
    add("equal", plan.equal);
    add("different", plan.different);
    for (const auto i : plan.surplus) found.insert("surplus " + std::string{plan.destination[i].name});
    for (const auto& one : plan.below)
      found.insert("folder " + one.path + " > " + one.destination_path() + (one.in_source ? " s" : "") +
                   (one.in_destination ? " d" : ""));
    for (const auto& name : plan.duplicates) found.insert("twice " + name);
    for (const auto& one : plan.untransformed)
      found.insert("untransformed " + std::string{plan.source[one.first].name});
  }

  findings whole(const listing& source, const listing& destination, const merge_rules& rules) const {
    directory_plan plan;
    plan.source = source;
    plan.destination = destination;
    merge_listings(plan, rules, compare());
    findings found;
    add_findings(plan, found);
    return found;
  }

  std::unique_ptr<entry_sorter> sorted(const may_block& on, const listing& entries, const merge_rules& rules,
                                       bool source, std::size_t most) {
    auto made = make_sorter(with(), rules, source, most);
    made->add(on, entries);
    return made;
  }

  findings in_slices(const listing& source, const listing& destination, const merge_rules& rules,
                     std::size_t most) {
    return on_io([&](const may_block& on) {
      findings found;
      directory_slices slices{on, sorted(on, source, rules, true, most),
                              sorted(on, destination, rules, false, most), most};
      std::set<std::string> keys;
      while (!slices.done()) {
        directory_plan plan;
        slices.next(on, plan.source, plan.destination);
        std::set<std::string> here;
        for (std::size_t i = 0; i < plan.source.size(); ++i) here.insert(source_key(rules, plan.source[i]));
        for (std::size_t i = 0; i < plan.destination.size(); ++i)
          here.insert(name_key(rules, plan.destination[i].name));
        for (const auto& key : here) EXPECT_TRUE(keys.insert(key).second) << key << " is in two slices";
        EXPECT_LE(here.size(), std::max<std::size_t>(1, most));
        merge_listings(plan, rules, compare());
        add_findings(plan, found);
      }
      return found;
    });
  }

  comparison compare() const { return {info_, info_, {}}; }

private:
  storage_info info_;
};

TEST_F(directory_slices_test, slices_say_together_what_the_whole_says) {
  std::mt19937 chance{7};
  for (int round = 0; round < 150; ++round) {
    merge_rules rules;
    rules.fold_case = chance() % 2 == 0;
    rules.normalize = chance() % 3 != 0;
    if (chance() % 4 == 0) rules.transform = name_transform{{"all,suffix=.new"}, nullptr, 0};
    if (chance() % 4 == 0) rules.transform = name_transform{{"file,trimprefix=b"}, nullptr, 0};
    const auto source = random_entries(chance, chance() % 60),
               destination = random_entries(chance, chance() % 60);
    const auto most = 1 + chance() % 20;

    EXPECT_EQ(in_slices(source, destination, rules, most), whole(source, destination, rules))
        << "round " << round << ", slices of " << most;
  }
  EXPECT_EQ(with().spill.used(), 0u);
}

TEST_F(directory_slices_test, of_two_of_the_same_name_the_first_one_listed_counts) {
  listing source;
  for (int i = 0; i < 100; ++i) {
    source.add("b" + std::to_string(i), entry_kind::file, 1, 5);
    source.add("a", entry_kind::file, i, 5);
  }

  const auto found = in_slices(source, {}, {}, 2);

  EXPECT_EQ(found.count("copy a > a 0"), 1u);
  EXPECT_EQ(found.count("twice a"), 99u);
  EXPECT_EQ(found, whole(source, {}, {}));
}

TEST_F(directory_slices_test, many_runs_become_one_and_take_the_disk_only_until_they_are_read) {
  on_io([&](const may_block& on) {
    auto sorter = make_sorter(with(), {}, true, 10);
    for (int i = 0; i < 5000; ++i)
      sorter->add(on, entry_view{std::to_string(i * 7919 % 5000), entry_kind::file, i, i});
    sorter->finish(on);
    EXPECT_GT(with().spill.used(), 0u);
    std::vector<std::string> names;
    for (; !sorter->empty(); sorter->pop(on)) {
      const auto entry = sorter->front();
      EXPECT_EQ(std::to_string(entry.size * 7919 % 5000), entry.name);
      names.emplace_back(entry.name);
    }
    EXPECT_EQ(names.size(), 5000u);
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    EXPECT_EQ(with().spill.used(), 0u);
  });
}

TEST_F(directory_slices_test, what_nobody_reads_is_given_back) {
  on_io([&](const may_block& on) {
    auto sorter = make_sorter(with(), {}, true, 2);
    for (int i = 0; i < 20; ++i) sorter->add(on, entry_view{std::to_string(i), entry_kind::file, 1, 1});
  });
  settle();

  EXPECT_EQ(with().spill.used(), 0u);
}

} // namespace
} // namespace argosy
