#include "backends/s3/listed_objects.hpp"

#include <gtest/gtest.h>

namespace argosy::s3 {
namespace {

object_info text_file(std::int64_t size) {
  object_info info;
  info.size = size;
  info.modified = 42;
  info.mime_type = "text/plain";
  info.tier = "GLACIER";
  return info;
}

TEST(ListedObjects, AreFoundAsTheyWereTold) {
  listed_objects objects;
  objects.add("a/b", text_file(7), "0123456789abcdef0123456789abcdef", true);

  const auto found = objects.find("a/b");

  ASSERT_TRUE(found);
  EXPECT_EQ(found->info.size, 7);
  EXPECT_EQ(found->info.modified, 42);
  EXPECT_EQ(found->info.mime_type, "text/plain");
  EXPECT_EQ(found->info.tier, "GLACIER");
  EXPECT_EQ(found->md5, "0123456789abcdef0123456789abcdef");
  EXPECT_TRUE(found->dated);
}

TEST(ListedObjects, HaveNoHashThatNobodyToldThem) {
  listed_objects objects;
  objects.add("a", text_file(1), "", false);
  objects.add("b", text_file(2), "0123456789abcdef0123456789abcdef-2", false);

  EXPECT_EQ(objects.find("a")->md5, "");
  EXPECT_EQ(objects.find("b")->md5, "");
  EXPECT_FALSE(objects.find("a")->dated);
}

TEST(ListedObjects, AreGoneWhenForgotten) {
  listed_objects objects;
  objects.add("a", text_file(1), "", true);

  objects.clear();

  EXPECT_FALSE(objects.find("a"));
}

TEST(ListedObjects, AreToldAnewWithTheSameKey) {
  listed_objects objects;
  objects.add("a", text_file(1), "", false);

  objects.add("a", text_file(2), "", true);

  EXPECT_EQ(objects.find("a")->info.size, 2);
  EXPECT_TRUE(objects.find("a")->dated);
}

} // namespace
} // namespace argosy::s3
