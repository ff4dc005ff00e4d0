#include "backends/table.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;

TEST(StorageTable, FindsItsRowsByNameOnly) {
  const storage_table table;

  for (const auto* name : {"local", "memory", "alias"}) {
    ASSERT_NE(table.find(name), nullptr);
    EXPECT_EQ(table.find(name)->name, name);
    EXPECT_TRUE(table.find(name)->make);
  }
  EXPECT_EQ(table.find("Local"), nullptr);
  EXPECT_EQ(table.find(""), nullptr);
}

TEST(StorageTable, RowsAndOptionsAreDocumentedAndUnique) {
  const storage_table table;

  for (const auto& type : table.types()) {
    EXPECT_FALSE(type.description.empty()) << type.name;
    for (const auto& option : type.options) {
      EXPECT_FALSE(option.help.empty()) << type.name << " " << option.name;
      EXPECT_FALSE(option.type.empty()) << type.name << " " << option.name;
      EXPECT_EQ(std::count_if(type.options.begin(), type.options.end(),
                              [&](const storage_option& o) { return o.name == option.name; }),
                1);
    }
  }
}

TEST(Alias, IsItsTarget) {
  bench_of_storages bench;

  const auto made = bench.make("alias", "d/e", {{"remote", "/some/place"}}, "al").made;

  EXPECT_EQ(made->info().name, "local");
  EXPECT_EQ(made->info().root, "/some/place/d/e");
  EXPECT_EQ(made->info().type, "local");
}

TEST(Alias, JoinsItsPathToTheTarget) {
  bench_of_storages bench;
  const auto root = [&](const std::string& remote, const std::string& path) {
    return bench.make("alias", path, {{"remote", remote}}, "al").made->info().root;
  };

  EXPECT_EQ(root("memory:b", "q"), "b/q");
  EXPECT_EQ(root("memory:", "q"), "q");
  EXPECT_EQ(root("memory:b", ""), "b");
  EXPECT_EQ(root("/x/", "y"), "/x/y");
  EXPECT_EQ(root("/x", "/y"), "/x/y");
}

TEST(Alias, OfAFileIsThatFile) {
  scratch_folder folder;
  write_file(folder / "t/a", "a");
  bench_of_storages bench;

  const auto made = bench.make("alias", "", {{"remote", folder / "t/a"}}, "al");

  EXPECT_EQ(made.file, "a");
  EXPECT_EQ(made.made->info().root, folder / "t");
}

TEST(Alias, CannotPointNowhereOrAtItself) {
  bench_of_storages bench;

  EXPECT_EQ(failure_of([&] { bench.make("alias", "", {}, "none"); }).text,
            "alias can't point to an empty remote - check the value of the remote setting");
  EXPECT_EQ(failure_of([&] {
              bench.make("alias", "", {{"remote", "self:x"}}, "self");
            }).text,
            "can't point alias remote at itself - check the value of the remote setting");
}

} // namespace
} // namespace argosy
