#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/watch/culprit.hpp"
#include "metrics/watch/envelope.hpp"
#include "metrics/watch/time_ring.hpp"

namespace argosy {

/// What is counted: a resource and which of them: ("actor", "transfer"), ("descriptor", "socket"),
/// ("connection", "backup"), ("memory", "live"), ("heap_site", "argosy::f a.cpp:7").
struct series_id {
  std::string resource, kind;
  bool operator<(const series_id& other) const {
    return resource != other.resource ? resource < other.resource : kind < other.kind;
  }
  bool operator==(const series_id& other) const { return resource == other.resource && kind == other.kind; }
};

/// One look at everything that is counted.
struct watch_sample {
  seconds_t when = 0;
  double work = 0; ///< done since the look before, in any unit that stays the same
  std::map<series_id, double> values;
  /// Resources that were looked at: of those, what is not in `values` is 0. Of others nothing is known.
  std::set<std::string> looked_at;
};

/// How much of a resource there is, and may be.
struct watch_limit {
  double used = 0, most = 0;
};

struct leak_verdict {
  series_id series;
  bool suspected = false;
  growth_reason why = growth_reason::too_little_data; ///< leaks when suspected
  seconds_t window = 0;                               ///< that the figures are of
  double value = 0;                                   ///< now
  double grown = 0;                                   ///< in the window, for good
  double per_hour = 0;                                ///< growth that stays
  double follows_load = 0;                            ///< correlation with the work
  bool by_load = false;                               ///< grows with the requests; false: in the background
  std::string task;                                   ///< that it grows with; empty: none stands out
  std::vector<suspect> suspects;
  seconds_t since = 0; ///< suspected without a break from here; 0: not
};

/// Decides by the curves of what is counted whether something leaks: for what belongs to no job, or is not in
/// the ledger at all. Keeps of each curve the floors in rings of an hour, a day and a week, 13 KB together.
/// Knows no clock: all moments are given, and never go back. Thread-safe.
class leak_watch {
public:
  /// Curves that are kept: then those that have been at 0 longest make room.
  static constexpr std::size_t most_series = 192;
  /// How often it judges: a leak is told of after two judgements in a row.
  static constexpr seconds_t judge_interval = 15 * 60;
  /// After a start everything fills.
  static constexpr seconds_t warm_up = 30 * 60;

  /// The process begins at that moment.
  explicit leak_watch(seconds_t begin);

  /// True when it has judged, which it does each quarter of an hour. `tasks` are those that ran until now.
  bool add(const watch_sample& sample, const std::vector<task_history>& tasks);
  /// Curves that fill a table which has a limit: below it they are no leak.
  void bound(std::map<series_id, double> most);
  /// Limits by resource as they are now: memory, descriptor, thread.
  void limits(std::map<std::string, watch_limit> known);

  /// Of all curves that are not 0, suspected ones first, then by growth.
  std::vector<leak_verdict> verdicts() const;
  /// Hours until a limit is reached when all goes on as it does, by resource. Only of what leaks.
  std::map<std::string, double> hours_to_limit() const;
  /// A curve as (moment, floor), oldest first, from the finest ring that reaches back so far.
  std::vector<std::pair<seconds_t, double>> curve(const series_id& series, seconds_t from) const;
  std::size_t series() const;
  /// The moment of the last judgement, 0: none yet.
  seconds_t judged() const;

  /// Everything that shall outlive the process, as bytes of a file: 20 KB a curve, most of them zeroes.
  std::string save(const std::vector<task_history>& tasks) const;
  /// Takes what an earlier process saved, before the first sample, and gives its tasks. False when these are
  /// not such bytes, or are damaged: then nothing is changed.
  bool restore(std::string_view bytes, std::vector<task_history>& tasks);

private:
  struct floor_cell {
    float floor = -1, load = 0; // what is counted is never negative
    bool empty() const { return floor < 0; }
  };
  struct work_cell {
    float work = 0, seconds = 0;
    bool empty() const { return seconds <= 0; }
  };
  template <class Cell>
  struct rings {
    time_ring<Cell> hour{15, 240}, day{120, 720}, week{900, 672};
    time_ring<Cell>& ring(int i) { return i == 0 ? hour : i == 1 ? day : week; }
    const time_ring<Cell>& ring(int i) const { return i == 0 ? hour : i == 1 ? day : week; }
  };
  struct curve_state {
    rings<floor_cell> floors;
    float value = 0;
    seconds_t not_zero = 0; // for the last time
    int positive = 0;       // judgements in a row
    leak_verdict last;
  };
  struct life {
    seconds_t begin = 0, end = 0;
  };
  struct piece {
    std::vector<bucket> buckets;
    seconds_t seconds = 0; // that they cover
    bool rests = false;    // the growth of each life slows down
  };
  struct outcome {
    growth g;
    seconds_t window = 0, covered = 0;
    bool by_task = false;
  };
  class reader;
  class writer;

  curve_state* state_of(const series_id& id, seconds_t moment);
  void put(curve_state& s, seconds_t moment, float value, float load);
  void judge(const std::vector<task_history>& tasks);
  leak_verdict judge(const series_id& id, const curve_state& s, const std::vector<task_history>& tasks) const;
  outcome judge_window(const series_id& id, const curve_state& s, seconds_t window) const;
  std::optional<outcome> judge_by_task(const series_id& id, const curve_state& s,
                                       const culprit_finding& culprit) const;
  piece window_of(const curve_state& s, seconds_t window, double least) const;
  std::vector<std::pair<seconds_t, double>> floors_of(const curve_state& s, int ring, seconds_t from,
                                                      seconds_t to) const;
  bool was_as_high(const curve_state& s, seconds_t before, double level) const;
  bool nears_limit(const std::string& resource, double per_hour) const;

  mutable std::mutex mutex_;
  std::vector<life> lives_; // the last is this one
  seconds_t last_sample_ = 0, judged_ = 0;
  rings<work_cell> work_;
  std::map<series_id, curve_state> curves_;
  std::map<series_id, double> bounds_;
  std::map<std::string, watch_limit> limits_;
};

} // namespace argosy
