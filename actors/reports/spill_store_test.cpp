#include "actors/reports/spill_store.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "backends/testing.hpp"
#include "core/failure.hpp"

namespace argosy {
namespace {

using testing::noise;

class spill_store_test : public ::testing::Test {
protected:
  template <class Work>
  auto on_io(Work work) {
    return run_and_wait(io, std::move(work), {});
  }
  spill_store::extent write(spill_store& store, std::string_view bytes) {
    return on_io([&](const may_block& on) { return store.write(on, bytes); });
  }
  std::string read(const spill_store& store, const spill_store::extent& from) {
    return on_io([&](const may_block& on) { return store.read(on, from); });
  }
  void give_back(spill_store& store, const std::vector<spill_store::extent>& extents) {
    on_io([&](const may_block& on) { store.give_back(on, extents); });
  }
  std::size_t descriptors() const { return book.live(resource::descriptor); }

  ledger book;
  io_pool io{book, {1, std::chrono::hours(1)}};
  testing::scratch_folder folder;
};

TEST_F(spill_store_test, gives_back_what_was_written) {
  spill_store store{{folder.path()}};
  const auto small = noise(10, 1), large = noise(200'000, 2);

  const auto first = write(store, small), second = write(store, large), third = write(store, small);

  EXPECT_EQ(read(store, first), small);
  EXPECT_EQ(read(store, second), large);
  EXPECT_EQ(read(store, third), small);
  give_back(store, {first, second, third});
}

TEST_F(spill_store_test, has_a_file_only_while_something_is_in_it) {
  spill_store store{{folder.path()}};
  EXPECT_EQ(descriptors(), 0u);
  const auto first = write(store, "a"), second = write(store, "b");
  EXPECT_EQ(descriptors(), 1u);

  give_back(store, {first});
  EXPECT_EQ(descriptors(), 1u);
  EXPECT_EQ(read(store, second), "b");
  give_back(store, {second});

  EXPECT_EQ(descriptors(), 0u);
  EXPECT_EQ(store.used(), 0u);
  EXPECT_EQ(read(store, write(store, "again")), "again");
}

TEST_F(spill_store_test, leaves_no_name_in_its_folder) {
  spill_store store{{folder / "made/on/demand"}};

  const auto kept = write(store, "a");

  EXPECT_TRUE(std::filesystem::is_empty(folder / "made/on/demand"));
  give_back(store, {kept});
}

TEST_F(spill_store_test, uses_space_again) {
  spill_store store{{folder.path()}};
  const auto kept = write(store, "kept");
  const auto bytes = noise(60'000);
  auto last = write(store, bytes);
  const auto used = store.used();

  for (int round = 0; round < 100; ++round) {
    give_back(store, {last});
    last = write(store, bytes);
  }

  EXPECT_EQ(store.used(), used);
  EXPECT_LT(last.offset, 1u << 20);
  EXPECT_EQ(read(store, kept), "kept");
}

TEST_F(spill_store_test, takes_the_next_folder_when_one_cannot_be_used) {
  testing::write_file(folder / "a file", "");
  spill_store store{{"", folder / "a file/below", folder.path()}};

  EXPECT_EQ(read(store, write(store, "a")), "a");
}

TEST_F(spill_store_test, without_a_folder_that_can_be_used_it_names_those_it_tried) {
  testing::write_file(folder / "a file", "");
  spill_store store{{folder / "a file/x", folder / "a file/y"}};
  try {
    write(store, "a");
    FAIL() << "written to a folder that is a file";
  } catch (const failure& why) {
    EXPECT_EQ(std::string{why.what()}, "temporary file in " + (folder / "a file/x") + ", " +
                                           (folder / "a file/y") + ": open: Not a directory");
  }
  EXPECT_EQ(descriptors(), 0u);
}

} // namespace
} // namespace argosy
