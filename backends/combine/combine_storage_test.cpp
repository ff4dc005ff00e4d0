#include "backends/combine/combine_storage.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Combine : public ::testing::Test {
protected:
  template <class Work>
  auto run(Work work) {
    return bench.run(std::move(work));
  }
  made_storage make(const std::string& path = "") {
    return bench.make(
        "combine", path,
        {{"upstreams", "one=" + folder / "a" + " two=" + folder / "b" + " three=memory:bucket"}}, "co");
  }
  std::string error_of(const std::string& upstreams) {
    return failure_of([&] { bench.make("combine", "", {{"upstreams", upstreams}}, "co"); }).text;
  }
  scratch_folder folder;
  bench_of_storages bench;
};

TEST_F(Combine, ShowsEachUpstreamAsAFolder) {
  write_file(folder / "a/x", "1");
  write_file(folder / "b/d/y", "22");
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("one/", "three/", "two/"));
    EXPECT_THAT(names_in(on, *s, "one"), ElementsAre("x"));
    EXPECT_THAT(names_in(on, *s, "two/d"), ElementsAre("y"));
    EXPECT_EQ(read_object(on, *s, "two/d/y"), "22");
    EXPECT_EQ(s->stat(on, "two/d/y")->size, 2);
    EXPECT_EQ(s->stat(on, "one")->kind, entry_kind::directory);
    EXPECT_FALSE(s->stat(on, "four"));
    const auto f = failure_of([&] { list_all(on, *s, "four"); });
    EXPECT_EQ(f.kind, failure_kind::directory_not_found);
    EXPECT_EQ(f.text, "combine for remote \"four\": directory not found");
  });
}

TEST_F(Combine, MayBeginInsideOfAnUpstream) {
  write_file(folder / "b/d/e/y", "22");

  run([&, made = make("two/d/").made](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_EQ(made->info().root, "two/d");
    EXPECT_EQ(made->info().description, "combine root 'two/d'");
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("e/"));
    EXPECT_EQ(read_object(on, *s, "e/y"), "22");
    put_object(on, *s, "z", "3");
    EXPECT_EQ(read_file(folder / "b/d/z"), "3");
  });
  const auto file = make("two/d/e/y");
  EXPECT_EQ(file.file, "y");
  EXPECT_EQ(file.made->info().root, "two/d/e");
  EXPECT_EQ(make("two/d/none").file, std::nullopt);
}

TEST_F(Combine, NothingIsPutBesideTheUpstreams) {
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    s->make_directory(on, "");
    s->make_directory(on, "one");
    EXPECT_TRUE(std::filesystem::is_directory(folder / "a"));
    EXPECT_EQ(failure_of([&] { s->make_directory(on, "four"); }).text,
              "combine for remote \"four\": directory not found");
    EXPECT_EQ(failure_of([&] { put_object(on, *s, "file", "x"); }).kind, failure_kind::directory_not_found);
    EXPECT_EQ(failure_of([&] { put_object(on, *s, "one", "x"); }).kind, failure_kind::is_a_directory);
    EXPECT_EQ(failure_of([&] { s->remove(on, "one"); }).kind, failure_kind::is_a_directory);
    EXPECT_EQ(failure_of([&] { s->remove(on, "four/x"); }).kind, failure_kind::object_not_found);
  });
}

TEST_F(Combine, RenamesWithinOneRemoteAndStreamsBetweenOthers) {
  write_file(folder / "a/d/x", "content");
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_TRUE(s->move_from(on, *s, "one/d/x", "two/y"));
    EXPECT_EQ(read_file(folder / "b/y"), "content");
    EXPECT_TRUE(s->move_directory_from(on, *s, "one/d", "two/e"));
    EXPECT_FALSE(s->move_directory_from(on, *s, "one", "two/f"));
    EXPECT_FALSE(s->move_from(on, *s, "two/y", "three/z"));
    EXPECT_FALSE(move_object(on, *s, *s, {"two/y", "three/z", 7, 0}, {}));
    EXPECT_EQ(read_object(on, *s, "three/z"), "content");
    EXPECT_FALSE(s->stat(on, "two/y"));
    EXPECT_TRUE(s->move_from(on, *s, "three/z", "three/zz"));
    EXPECT_EQ(read_object(on, *s, "three/zz"), "content");
    EXPECT_FALSE(s->stat(on, "three/z"));
  });
}

TEST_F(Combine, CanWhatAllUpstreamsCan) {
  const auto mixed = make().made->info();
  EXPECT_EQ(mixed.hashes.list(), std::vector<hash_type>{hash_type::md5});
  EXPECT_TRUE(mixed.features.Move && mixed.features.ListR && mixed.features.ListP && mixed.features.Overlay);
  EXPECT_FALSE(mixed.features.Copy || mixed.features.About || mixed.features.Command ||
               mixed.features.OpenWriterAt);
  const auto local =
      bench.make("combine", "", {{"upstreams", "a=" + folder / "a" + " b=" + folder / "b"}}, "co").made;
  EXPECT_TRUE(local->info().features.OpenWriterAt && local->info().features.About);
  EXPECT_FALSE(local->info().features.ListR);
}

TEST_F(Combine, WrongOptionsAreNamed) {
  EXPECT_EQ(error_of(""),
            "combine can't point to an empty upstream - check the value of the upstreams setting");
  EXPECT_EQ(error_of("co:x"),
            "can't point combine remote at itself - check the value of the upstreams setting");
  EXPECT_EQ(error_of("/tmp"), "no \"=\" in upstream definition \"/tmp\"");
  EXPECT_EQ(error_of("=/tmp"), "empty dir in upstream definition \"=/tmp\"");
  EXPECT_EQ(error_of("x="), "empty remote in upstream definition \"x=\"");
  EXPECT_EQ(error_of("x/y=/tmp"), "dirs can't contain / (yet): \"x/y\"");
  EXPECT_EQ(error_of("x=/tmp x=/tmp"), "duplicate directory name \"x\"");
  EXPECT_EQ(error_of("x=nosuch:"),
            "failed to create upstream \"nosuch:\": didn't find backend called \"nosuch\"");
  write_file(folder / "file", "x");
  EXPECT_THAT(error_of("x=" + folder / "file"), HasSubstr("can't combine files yet, only directories"));
}

} // namespace
} // namespace argosy
