#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

namespace argosy {

/// Which helper has which run, and until when: plain values and a clock that is handed in. The number of a
/// run is its fence: it is never used again, so whoever reports a run after it was taken back is refused.
class lease_table {
public:
  using clock = std::chrono::nanoseconds; ///< since any fixed moment
  using helper_id = std::uint64_t;
  using run_number = std::uint64_t;
  using runs = std::vector<run_number>;

  /// Who is not heard for `term` loses all leases.
  explicit lease_table(clock term) : term_(term) {}

  void join(helper_id helper, clock now);
  bool knows(helper_id helper) const { return helpers_.count(helper) != 0; }
  std::size_t helpers() const { return helpers_.size(); }
  std::size_t leases() const { return holders_.size(); }
  bool holds(helper_id helper, run_number run) const;

  /// False, and nothing changes, when that helper is not known or somebody has one of the runs.
  bool grant(helper_id helper, const runs& given, clock now);
  /// It is alive: its leases go on. Those of `begun` cannot be recalled any more.
  void heard(helper_id helper, const std::set<run_number>& begun, clock now);
  /// The run is done, or comes back: the lease ends. False: it is not that helper's, or not any more.
  bool end(helper_id helper, run_number run);
  /// Helpers whose term is over.
  std::vector<helper_id> late(clock now) const;
  /// That helper is gone: its runs, which nobody has from now on.
  runs leave(helper_id helper);

  /// How many runs that helper has and did not begin, as far as is known.
  std::size_t not_begun(helper_id helper) const;
  /// Who has most of them; 0 when nobody has any.
  helper_id richest() const;

private:
  struct tenant {
    clock deadline{0};
    std::map<run_number, bool> held; // whether it was begun
  };
  const clock term_;
  std::map<helper_id, tenant> helpers_;
  std::unordered_map<run_number, helper_id> holders_;
};

} // namespace argosy
