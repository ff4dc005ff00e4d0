#include "actors/bisync/side_listing.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

namespace {

void expect_same(const side_listing& is, const side_listing& should_be) {
  expect_equal(is.items.size(), should_be.items.size(), "every item comes back");
  for (const auto& [path, item] : should_be.items) {
    const auto* const found = is.find(path);
    expect(found != nullptr, "an item comes back", path);
    expect_equal(found->directory, item.directory, "an item's kind comes back");
    expect_equal(found->size, item.size, "an item's size comes back");
    expect_equal(found->modified, item.modified, "an item's time comes back");
    expect_equal(found->hash, item.hash, "an item's hash comes back");
    expect_equal(found->id, item.id, "an item's id comes back");
  }
}

} // namespace

void check(std::string_view input) {
  std::size_t complaints = 0;
  const auto listing = parse_listing(input, [&](const std::string& text) {
    ++complaints;
    expect(!text.empty(), "a complaint says something");
  });
  expect(complaints + listing.items.size() <= input.size(), "a line is an item or a complaint", input);
  const auto written = listing_text(listing, 0);
  const auto again =
      parse_listing(written, [&](const std::string& text) { broken("what is written can be read", text); });
  expect_same(again, listing);
  expect_equal(listing_text(again, 0), written, "a listing is written in one way");
}

} // namespace argosy::fuzz
