#include "metrics/profile/profile.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace argosy {

bool operator==(const profile_label& a, const profile_label& b) {
  return std::string_view{a.key} == b.key && a.text == b.text && a.number == b.number;
}

bool operator<(const profile_label& a, const profile_label& b) {
  return std::make_tuple(std::string_view{a.key}, std::string_view{a.text}, a.number) <
         std::make_tuple(std::string_view{b.key}, std::string_view{b.text}, b.number);
}

void profile::merge() {
  std::map<std::pair<call_stack, std::vector<profile_label>>, std::vector<std::int64_t>> sums;
  for (auto& s : samples) {
    auto& sum = sums[{std::move(s.stack), std::move(s.labels)}];
    sum.resize(types.size());
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += s.values[i];
  }
  samples.clear();
  for (auto& [key, sum] : sums)
    if (std::any_of(sum.begin(), sum.end(), [](std::int64_t v) { return v != 0; }))
      samples.push_back({key.first, std::move(sum), key.second});
  std::stable_sort(samples.begin(), samples.end(), [](const profile_sample& a, const profile_sample& b) {
    return a.values.back() > b.values.back();
  });
}

profile profile::since(profile before) const {
  auto change = *this;
  change.duration = taken - before.taken;
  for (auto& s : before.samples) {
    for (auto& v : s.values) v = -v;
    change.samples.push_back(std::move(s));
  }
  change.merge();
  return change;
}

std::vector<call_stack> profile::stacks() const {
  std::vector<call_stack> all;
  all.reserve(samples.size());
  for (const auto& s : samples) all.push_back(s.stack);
  return all;
}

} // namespace argosy
