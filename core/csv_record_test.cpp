#include "core/csv_record.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using fields = std::vector<std::string>;

TEST(CsvRecord, IsReadAsInGo) {
  EXPECT_EQ(read_csv_record("", ' '), fields{});
  EXPECT_EQ(read_csv_record("a b", ' '), (fields{"a", "b"}));
  EXPECT_EQ(read_csv_record("a:x \"b:with blank\" c", ' '), (fields{"a:x", "b:with blank", "c"}));
  EXPECT_EQ(read_csv_record("a,,\"say \"\"x\"\"\"", ','), (fields{"a", "", "say \"x\""}));
  EXPECT_EQ(read_csv_record("a b\nc", ' '), (fields{"a", "b"}));
  EXPECT_THROW(read_csv_record("a \"b", ' '), failure);
  EXPECT_THROW(read_csv_record("a b\"c", ' '), failure);
  EXPECT_THROW(read_csv_record("\"a\"b", ' '), failure);
}

TEST(CsvRecord, ComesBack) {
  for (const auto& all : {fields{"a", "b"}, fields{""}, fields{" lead", "with blank", "quo\"te", ""}})
    for (const char separator : {' ', ','})
      EXPECT_EQ(read_csv_record(csv_record(all, separator), separator), all);
}

} // namespace
} // namespace argosy
