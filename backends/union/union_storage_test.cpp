#include "backends/union/union_storage.hpp"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using option_map = bench_of_storages::option_map;

class Union : public ::testing::Test {
protected:
  template <class Work>
  auto run(Work work, io_pool::scope scope = {}) {
    return bench.run(std::move(work), std::move(scope));
  }

  /// Over the folders a and b, each with what is to stand behind its name, and these options.
  made_storage make(option_map more = {}, const std::string& path = "", const std::string& behind_a = "",
                    const std::string& behind_b = "") {
    option_map all{{"upstreams", folder / "a" + behind_a + " " + folder / "b" + behind_b}};
    for (auto& [key, value] : more) all[key] = value;
    return bench.make("union", path, all, "un");
  }

  static option_map policies(const std::string& action, const std::string& create,
                             const std::string& search) {
    return {{"action_policy", action}, {"create_policy", create}, {"search_policy", search}};
  }

  void make_both() {
    write_file(folder / "a/both", "a");
    write_file(folder / "b/both", "bb");
    write_file(folder / "a/dir/only a", "a");
    write_file(folder / "b/dir/only b", "b");
  }

  std::string error_of(option_map options) {
    return failure_of([&] { bench.make("union", "", std::move(options), "un"); }).text;
  }

  scratch_folder folder;
  bench_of_storages bench;
};

TEST_F(Union, ShowsAllFoldersAsOne) {
  make_both();
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("both", "dir/"));
    EXPECT_THAT(names_in(on, *s, "dir"), ElementsAre("only a", "only b"));
    EXPECT_EQ(list_all(on, *s, "")[0].size, 1);
    EXPECT_EQ(read_object(on, *s, "both"), "a");
    EXPECT_EQ(read_object(on, *s, "dir/only b"), "b");
    EXPECT_EQ(s->stat(on, "dir")->kind, entry_kind::directory);
    EXPECT_FALSE(s->stat(on, "none"));
  });
}

TEST_F(Union, IsDescribedAsInRclone) {
  const auto made = make({}, "/x/y/").made;

  EXPECT_EQ(made->info().name, "un");
  EXPECT_EQ(made->info().root, "x/y");
  EXPECT_EQ(made->info().description, "union root 'x/y'");
  const auto& f = made->info().features;
  EXPECT_TRUE(f.About && f.Move && f.DirMove && f.Overlay && f.SlowHash && f.CanHaveEmptyDirectories);
  EXPECT_FALSE(f.Copy || f.ListR || f.ListP || f.Command || f.IsLocal || f.OpenWriterAt || f.UnWrap);
  EXPECT_TRUE(made->info().hashes.has(hash_type::sha256));
}

TEST_F(Union, HasTheHashesAndAbilitiesThatAllHave) {
  const auto mixed =
      bench.make("union", "", {{"upstreams", folder / "a" + " memory:bucket"}}, "un").made->info();

  EXPECT_EQ(mixed.hashes.list(), std::vector<hash_type>{hash_type::md5});
  EXPECT_TRUE(mixed.features.Move && mixed.features.ListR && mixed.features.PutStream);
  EXPECT_FALSE(mixed.features.Copy || mixed.features.About || mixed.features.DirMove ||
               mixed.features.CanHaveEmptyDirectories || mixed.features.BucketBased);
}

TEST_F(Union, SearchPolicyChoosesWhatIsShown) {
  make_both();
  const auto made = make({{"search_policy", "newest"}}).made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    s->set_modified(on, "both", 1'000'000'000);
    std::filesystem::last_write_time(folder / "b/both", std::filesystem::file_time_type::clock::now());
    EXPECT_EQ(read_object(on, *s, "both"), "bb");
    EXPECT_EQ(list_all(on, *s, "")[0].size, 2);
  });
}

TEST_F(Union, CreatePolicySaysWhereNewThingsGo) {
  const struct {
    const char* policy;
    std::vector<std::string> in_a, in_b;
  } rows[] = {
      {"ff", {"deep/", "deep/new", "x/"}, {"deep/", "y/"}},
      {"all", {"deep/", "deep/new", "x/"}, {"deep/", "deep/new", "y/"}},
      {"epall", {"deep/", "deep/new", "x/"}, {"deep/", "deep/new", "y/"}},
      {"epff", {"deep/", "deep/new", "x/"}, {"deep/", "y/"}},
  };
  for (const auto& row : rows) {
    std::filesystem::remove_all(folder / "a");
    std::filesystem::remove_all(folder / "b");
    for (const auto* name : {"a/deep", "a/x", "b/deep", "b/y"})
      std::filesystem::create_directories(folder / name);
    run([&, made = make({{"create_policy", row.policy}}).made](const may_block& on) {
      put_object(on, *made->connect(on), "deep/new", "content");
    });
    EXPECT_EQ(tree_of(folder / "a"), row.in_a) << row.policy;
    EXPECT_EQ(tree_of(folder / "b"), row.in_b) << row.policy;
  }
}

TEST_F(Union, PoliciesOfExistingPathsPutThingsWhereTheirFolderIs) {
  std::filesystem::create_directories(folder / "a");
  std::filesystem::create_directories(folder / "b/there");
  for (const std::string policy : {"epff", "epmfs", "eplus", "eplno", "eprand", "newest"})
    run([&, made = make({{"create_policy", policy}}).made](const may_block& on) {
      put_object(on, *made->connect(on), "there/" + policy, "content");
    });

  EXPECT_THAT(tree_of(folder / "a"), IsEmpty());
  EXPECT_EQ(tree_of(folder / "b/there").size(), 6U);
}

TEST_F(Union, MakesWhatIsMissingOnTheWay) {
  for (const std::string policy : {"epall", "epmfs", "ff", "newest", "mfs", "lus", "rand"}) {
    std::filesystem::remove_all(folder / "a");
    std::filesystem::remove_all(folder / "b");
    run([&, made = make({{"create_policy", policy}}).made](const may_block& on) {
      const auto s = made->connect(on);
      put_object(on, *s, "a/b/c", "content");
      EXPECT_EQ(read_object(on, *s, "a/b/c"), "content") << policy;
      s->make_directory(on, "d/e/f");
      EXPECT_EQ(s->stat(on, "d/e/f")->kind, entry_kind::directory) << policy;
    });
  }
}

TEST_F(Union, ActionPolicySaysWhatAChangeConcerns) {
  make_both();
  run([&, made = make(policies("ff", "ff", "ff")).made](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "both", "changed");
    EXPECT_EQ(read_file(folder / "a/both"), "changed");
    EXPECT_EQ(read_file(folder / "b/both"), "bb");
    s->remove(on, "both");
    EXPECT_EQ(read_object(on, *s, "both"), "bb");
  });
  make_both();
  run([&, made = make().made](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "both", "changed", 77'000'000'000);
    EXPECT_EQ(read_file(folder / "a/both"), "changed");
    EXPECT_EQ(read_file(folder / "b/both"), "changed");
    s->set_modified(on, "both", 88'000'000'000);
    EXPECT_EQ(s->stat(on, "both")->modified, 88'000'000'000);
    s->remove(on, "both");
    EXPECT_FALSE(s->stat(on, "both"));
  });
}

TEST_F(Union, WhatIsOnlyReadStaysAsItIs) {
  make_both();
  const auto made = make(policies("epall", "ff", "ff"), "", ":ro").made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "new", "content");
    put_object(on, *s, "both", "changed");
    EXPECT_EQ(read_file(folder / "a/both"), "a");
    EXPECT_EQ(read_file(folder / "b/both"), "changed");
    EXPECT_EQ(read_file(folder / "b/new"), "content");
    put_object(on, *s, "dir/only a", "goes to b");
    EXPECT_EQ(read_file(folder / "b/dir/only a"), "goes to b");
    s->remove(on, "dir/only a");
    EXPECT_EQ(failure_of([&] { s->remove(on, "dir/only a"); }).text, "permission denied");
    EXPECT_EQ(read_file(folder / "a/dir/only a"), "a");
  });
  run([&, closed = make({}, "", ":ro", ":ro").made](const may_block& on) {
    const auto f = failure_of([&] { put_object(on, *closed->connect(on), "x", "y"); });
    EXPECT_EQ(f.kind, failure_kind::permission_denied);
    EXPECT_EQ(f.text, "permission denied");
  });
}

TEST_F(Union, WhereNothingNewGoesChangesGo) {
  make_both();
  const auto made = make(policies("epall", "ff", "ff"), "", ":nc").made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "new", "content");
    put_object(on, *s, "dir/only a", "changed");
    EXPECT_EQ(read_file(folder / "b/new"), "content");
    EXPECT_EQ(read_file(folder / "a/dir/only a"), "changed");
    EXPECT_THAT(tree_of(folder / "b/dir"), ElementsAre("only b"));
  });
}

TEST_F(Union, WhatIsReadIsWrittenBack) {
  write_file(folder / "b/dir/slow", "content");
  const auto made = make({}, "", ":writeback").made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_EQ(read_object(on, *s, "dir/slow"), "content");
    EXPECT_EQ(read_file(folder / "a/dir/slow"), "content");
  });
  EXPECT_EQ(failure_of([&] { make({}, "", ":writeback", ":writeback"); }).text,
            "can only have 1 :writeback not 2");
}

TEST_F(Union, AFolderThatCannotBeListedIsSaidAfterTheRest) {
  make_both();
  write_file(folder / "b/mixed", "a file");
  write_file(folder / "a/mixed/f", "x");
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    listing seen;
    const auto f = failure_of([&] { s->list(on, "mixed", [&](listing&& page) { seen = std::move(page); }); });
    EXPECT_THAT(f.text, ::testing::StartsWith("1 error: local: "));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].name, "f");
  });
}

TEST_F(Union, CanPointAtAFile) {
  make_both();

  const auto both = make({}, "both");
  EXPECT_EQ(both.file, "both");
  EXPECT_EQ(both.made->info().root, "");
  const auto one = make({}, "dir/only b");
  EXPECT_EQ(one.file, "only b");
  EXPECT_EQ(one.made->info().root, "dir");
  run([&](const may_block& on) {
    const auto s = one.made->connect(on);
    EXPECT_EQ(read_object(on, *s, "only b"), "b");
    EXPECT_FALSE(s->stat(on, "only a"));
  });
  EXPECT_EQ(make({}, "dir").file, std::nullopt);
}

TEST_F(Union, MovesEveryCopyOfAFile) {
  make_both();
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_TRUE(s->move_from(on, *s, "both", "dir/moved"));
    EXPECT_TRUE(s->move_directory_from(on, *s, "dir", "other"));
  });

  EXPECT_THAT(tree_of(folder / "a"), ElementsAre("other/", "other/moved", "other/only a"));
  EXPECT_THAT(tree_of(folder / "b"), ElementsAre("other/", "other/moved", "other/only b"));
}

TEST_F(Union, AMoveShowsWhatWasMoved) {
  write_file(folder / "a/target", "old");
  write_file(folder / "b/source", "new");
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    // Only renamed, it would be hidden by what the first folder has.
    EXPECT_TRUE(s->move_from(on, *s, "source", "target"));
    EXPECT_EQ(read_object(on, *s, "target"), "new");
    EXPECT_FALSE(s->stat(on, "source"));
  });
  EXPECT_THAT(tree_of(folder / "a"), IsEmpty());
}

TEST_F(Union, DirectoriesThatCannotMoveAsAWholeStay) {
  make_both();
  std::filesystem::create_directories(folder / "b/taken");

  run([&, made = make().made](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_FALSE(s->move_directory_from(on, *s, "dir", "taken"));
  });
  run([&, made = make({}, "", ":ro").made](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_FALSE(s->move_directory_from(on, *s, "dir", "new"));
  });
  EXPECT_THAT(tree_of(folder / "a"), ElementsAre("both", "dir/", "dir/only a"));
}

TEST_F(Union, RemovesADirectoryEverywhere) {
  std::filesystem::create_directories(folder / "a/empty");
  std::filesystem::create_directories(folder / "b/empty");
  make_both();
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    s->remove_directory(on, "empty");
    EXPECT_FALSE(s->stat(on, "empty"));
    EXPECT_THAT(failure_of([&] { s->remove_directory(on, "dir"); }).text,
                ::testing::StartsWith("2 errors: local: "));
    EXPECT_EQ(failure_of([&] { s->remove_directory(on, "empty"); }).kind, failure_kind::directory_not_found);
  });
}

TEST_F(Union, AddsUpWhatIsFree) {
  make_both();
  const auto made = make().made;
  const auto one = bench.make("local", folder / "a").made;

  run([&](const may_block& on) {
    const auto sum = made->connect(on)->about(on), half = one->connect(on)->about(on);
    EXPECT_EQ(sum.total, 2 * half.total);
    EXPECT_EQ(sum.objects, -1);
  });
}

TEST_F(Union, WrongOptionsAreNamed) {
  EXPECT_EQ(error_of({}),
            "union can't point to an empty upstream - check the value of the upstreams setting");
  EXPECT_EQ(error_of({{"upstreams", "/tmp"}}),
            "union can't point to a single upstream - check the value of the upstreams setting");
  EXPECT_EQ(error_of({{"upstreams", "/tmp un:x"}}),
            "can't point union remote at itself - check the value of the upstreams setting");
  EXPECT_EQ(error_of({{"upstreams", "/tmp /tmp"}, {"create_policy", "potato"}}),
            "didn't find policy called \"potato\"");
  EXPECT_THAT(error_of({{"upstreams", "/tmp /tmp"}, {"cache_time", "x"}}),
              HasSubstr("couldn't parse config item \"cache_time\" = \"x\" as int"));
  EXPECT_EQ(error_of({{"upstreams", "/tmp nosuch:x"}}), "didn't find backend called \"nosuch\"");
}

TEST_F(Union, TheOldOptionMeansOnlyTheLastIsWritten) {
  make_both();
  const auto made = bench.make("union", "", {{"remotes", folder / "a" + " " + folder / "b"}}, "un").made;

  run([&](const may_block& on) {
    put_object(on, *made->connect(on), "new", "content");
    EXPECT_EQ(read_file(folder / "b/new"), "content");
    EXPECT_EQ(read_file(folder / "a/new"), "");
  });
}

TEST_F(Union, SpaceIsAskedForOncePerLifetime) {
  const auto local = bench.make("local", folder.path()).made;
  usage_cache kept{std::chrono::seconds{1000}};

  run([&](const may_block& on) {
    const auto s = local->connect(on);
    const auto before = kept.get(on, *s);
    kept.stored(before.free / 2, true);
    const auto after = kept.get(on, *s);
    EXPECT_EQ(after.free, before.free - before.free / 2);
    EXPECT_EQ(after.used, before.used + before.free / 2);
  });
}

} // namespace
} // namespace argosy
