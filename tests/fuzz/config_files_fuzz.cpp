#include "core/config_file.hpp"

#include "core/remote_name.hpp"
#include "tests/fuzz/fuzz.hpp"

// An input is a file; its first three lines are also a section, a key and a value to set.
namespace argosy::fuzz {

namespace {

constexpr std::size_t largest_value = 2 << 20;

// A section DEFAULT at the beginning needs no line of its own, so an empty one leaves no trace.
std::vector<std::string> lasting_sections(const config_text& file) {
  auto sections = file.sections();
  if (!sections.empty() && sections.front() == "DEFAULT" && file.keys("DEFAULT").empty())
    sections.erase(sections.begin());
  return sections;
}

void expect_same(const config_text& is, const config_text& should_be, std::string_view property) {
  expect_equal(lasting_sections(is), lasting_sections(should_be), property);
  for (const auto& section : lasting_sections(should_be)) {
    expect_equal(is.keys(section), should_be.keys(section), property);
    for (const auto& key : should_be.keys(section)) {
      const auto value = should_be.get(section, key);
      expect(value.has_value(), "a key has a value", key);
      expect(value->size() <= largest_value, "references in a value come to an end", key);
      expect_equal(is.get(section, key).value_or("nothing"), *value, property);
    }
  }
}

void check_file(const config_text& file) {
  const auto written = file.render();
  const auto again = config_text::parse(written);
  expect_same(again, file, "a file that is written and read again is the same");
  expect_equal(again.render(), written, "a file is written in one way");
}

void check_set(config_text file, std::string_view input) {
  reader in{input};
  const std::string section{in.line()}, key{in.line()}, value{in.line()};
  // The callers have looked at the name.
  if (!done([&] { check_config_name(section); })) return;
  if (!done([&] { file.set(section, key, value); })) return;
  const bool plain = value.find("%(") == std::string::npos;
  if (plain) expect_equal(file.get(section, key).value_or("nothing"), value, "what is set is there");
  check_file(file);

  expect(file.erase_key(section, key), "what is set can be erased", key);
  check_file(file);
  expect(file.erase_section(section), "a section can be erased", section);
  expect(!file.has_section(section), "an erased section is gone", section);
  check_file(file);
}

} // namespace

void check(std::string_view input) {
  check_set({}, input);
  const auto file = accepted([&] { return config_text::parse(input); });
  if (!file) return;
  check_file(*file);
  check_set(*file, input);
}

} // namespace argosy::fuzz
