#include <algorithm>

#include "core/bandwidth_limit.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

namespace {

constexpr int minutes_of_week = 7 * 24 * 60;

void check_limit(const bandwidth_pair& limit) {
  for (const auto side : {limit.upload, limit.download})
    expect(side == -1 || side > 0, "a limit is none or a number", shown(side));
  const auto text = format_bandwidth(limit);
  if (text.find_first_of("KMGTPEo") == std::string::npos) return; // bare bytes would be read as KiB
  const auto once = accepted([&] { return bandwidth_timetable::parse(text); });
  expect(once && once->slots.size() == 1, "a limit can be read", text);
}

} // namespace

void check(std::string_view input) {
  const auto table = accepted([&] { return bandwidth_timetable::parse(input); });
  if (!table) return;
  const auto& slots = table->slots;
  expect(!slots.empty(), "a limit that is given has a slot", input);
  expect(slots.size() <= 7 * input.size(), "an entry gives a slot a day", input);
  const auto earlier = [](const auto& a, const auto& b) { return a.minute_of_week < b.minute_of_week; };
  expect(std::is_sorted(slots.begin(), slots.end(), earlier), "slots come in order", input);
  for (auto slot = slots.begin(); slot != slots.end(); ++slot) {
    expect(slot->minute_of_week >= 0 && slot->minute_of_week < minutes_of_week, "a slot is in the week",
           input);
    check_limit(slot->limit);
    const auto next = slot + 1;
    if (next != slots.end() && next->minute_of_week == slot->minute_of_week) continue; // the later one wins
    expect(table->at(slot->minute_of_week) == slot->limit, "a slot's limit is in force from then on", input);
  }
  if (slots.front().minute_of_week > 0)
    expect(table->at(0) == slots.back().limit, "the last slot reaches into the next week", input);
}

} // namespace argosy::fuzz
