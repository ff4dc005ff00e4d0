#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/failure.hpp"
#include "core/time_text.hpp"

namespace argosy {

/// Which of several upstreams, or of the objects that they hold, is meant.
enum class policy_choice {
  all,
  first,
  random,
  least_free,
  most_free,
  least_used,
  fewest_objects,
  newest,
};

/// One of rclone's policies of union.
struct union_policy {
  policy_choice choice = policy_choice::first;
  /// New things are only put where their folder exists. What is there already is always looked for.
  bool existing_path = false;
};

/// all, epall, epff, eplfs, eplno, eplus, epmfs, eprand, ff, lfs, lno, lus, mfs, newest, rand, in any case.
/// Throws failure(other).
union_policy parse_union_policy(std::string_view name);

/// What can be chosen.
struct policy_candidate {
  std::size_t upstream = 0;
  nanoseconds modified = 0;
};

/// What the choice is made by. Nothing: the upstream does not tell.
struct policy_figures {
  std::function<std::optional<std::int64_t>(std::size_t upstream)> free, used, objects; ///< bytes, and count
  std::function<std::size_t(std::size_t bound)> draw; ///< a number below the bound
  std::int64_t min_free = 0;                          ///< bytes; what has not more is no place for least_free
};

/// The chosen candidates, of one or more: all of them or one. Of equal ones it is the first. Throws
/// failure(other) when least_free finds none with enough space.
std::vector<policy_candidate> choose(policy_choice choice, const std::vector<policy_candidate>& from,
                                     const policy_figures& figures);

} // namespace argosy
