#include "backends/union/policy.hpp"

#include <algorithm>
#include <string>

#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

struct named_policy {
  std::string_view name;
  union_policy policy;
};

constexpr named_policy policies[] = {
    {"all", {policy_choice::all, false}},
    {"epall", {policy_choice::all, true}},
    {"epff", {policy_choice::first, true}},
    {"eplfs", {policy_choice::least_free, true}},
    {"eplno", {policy_choice::fewest_objects, true}},
    {"eplus", {policy_choice::least_used, true}},
    {"epmfs", {policy_choice::most_free, true}},
    {"eprand", {policy_choice::random, true}},
    {"ff", {policy_choice::first, false}},
    {"lfs", {policy_choice::least_free, false}},
    {"lno", {policy_choice::fewest_objects, false}},
    {"lus", {policy_choice::least_used, false}},
    {"mfs", {policy_choice::most_free, false}},
    {"newest", {policy_choice::newest, true}},
    {"rand", {policy_choice::random, false}},
};

// The first candidate with the smallest value.
template <class Value>
policy_candidate smallest(const std::vector<policy_candidate>& from, Value value) {
  auto best = from.front();
  auto least = value(best);
  for (std::size_t i = 1; i < from.size(); ++i)
    if (const auto v = value(from[i]); v < least) {
      best = from[i];
      least = v;
    }
  return best;
}

} // namespace

union_policy parse_union_policy(std::string_view name) {
  const auto lower = to_lower(name);
  for (const auto& known : policies)
    if (known.name == lower) return known.policy;
  fail(failure_kind::other, "didn't find policy called " + go_quote(name));
}

std::vector<policy_candidate> choose(policy_choice choice, const std::vector<policy_candidate>& from,
                                     const policy_figures& figures) {
  // Unknown free space counts as infinite, what is unknown else as nothing.
  const auto free = [&](const policy_candidate& c) { return figures.free(c.upstream).value_or(INT64_MAX); };
  switch (choice) {
  case policy_choice::all: return from;
  case policy_choice::first: break;
  case policy_choice::random: return {from[figures.draw(from.size())]};
  case policy_choice::most_free: return {smallest(from, [&](const auto& c) { return -free(c); })};
  case policy_choice::least_used:
    return {smallest(from, [&](const auto& c) { return figures.used(c.upstream).value_or(0); })};
  case policy_choice::fewest_objects:
    return {smallest(from, [&](const auto& c) { return figures.objects(c.upstream).value_or(0); })};
  case policy_choice::newest: return {smallest(from, [](const auto& c) { return -c.modified; })};
  case policy_choice::least_free: {
    std::optional<policy_candidate> best;
    std::int64_t least = 0;
    for (const auto& candidate : from) {
      const auto space = free(candidate);
      if (space <= figures.min_free || (best && space >= least)) continue;
      best = candidate;
      least = space;
    }
    if (!best) fail(failure_kind::other, "no upstreams found with more than min_free_space space spare");
    return {*best};
  }
  }
  return {from.front()};
}

} // namespace argosy
