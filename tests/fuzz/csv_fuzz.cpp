#include "core/csv_record.hpp"
#include "tests/fuzz/fuzz.hpp"

// An input is a record; it is also a list of fields that end with a zero byte.
namespace argosy::fuzz {

namespace {

std::vector<std::string> fields_of(std::string_view text) {
  std::vector<std::string> fields;
  while (!text.empty()) {
    const auto end = text.find('\0');
    fields.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return fields;
}

} // namespace

void check(std::string_view input) {
  for (const char separator : {',', ' '}) {
    const auto fields = fields_of(input);
    expect_equal(read_csv_record(csv_record(fields, separator), separator), fields, "fields come back");

    const auto read = accepted([&] { return read_csv_record(input, separator); });
    if (!read) continue;
    const auto written = csv_record(*read, separator);
    expect_equal(read_csv_record(written, separator), *read,
                 "a record that is written and read again is the same");
  }
}

} // namespace argosy::fuzz
