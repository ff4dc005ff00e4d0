#include "metrics/watch/leak_watch.hpp"

#include <algorithm>
#include <array>
#include <cmath>

/// How leak_watch judges its curves.
namespace argosy {

namespace {

constexpr seconds_t hour = 3600;
constexpr std::array<seconds_t, 3> windows{6 * hour, 24 * hour, 72 * hour};
// Short windows show fast leaks soon, and a saw-tooth that is longer than they are looks like one in them:
// they count from so much history on.
constexpr seconds_t history_for(seconds_t window) { return window <= 6 * hour ? 24 * hour : 0; }
// Of a window, as long as the process has not been restarted in it, and after that: what follows a start is
// left out.
constexpr double least_covered = 0.9, least_covered_of_lives = 0.67;
// Of a life that is not the only one in a window; what still fills then fills slowly.
constexpr seconds_t skipped_share = 3;
constexpr double least_of_level = 0.03;
// Below this growth is of no interest.
constexpr double least_things = 5, least_bytes = 1 << 20;
// Memory is judged in long windows only, unless it would reach its limit that soon.
constexpr double hours_of_alarm = 24;
// A task whose runs explain the growth gives a leak away before the shape of the curve does.
constexpr double sure = 4, most_explained = 1.7;
// Against the first half. That of what fills with a time constant of half a life, or less, is 0.37.
constexpr double least_second_half = 0.55;

bool in_bytes(const series_id& id) { return id.resource == "memory" || id.resource == "heap_site"; }

// Points whose mean is a level, so that a curve is not joined, or judged, by the noise of one floor.
constexpr std::size_t most_neighbours = 8;
constexpr std::size_t least_points = 8;
std::ptrdiff_t neighbours(const std::vector<bucket>& points) {
  return static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(points.size() / 4, 1, most_neighbours));
}
template <class Iterator>
double level_of(Iterator begin, Iterator end) {
  double sum = 0;
  for (auto i = begin; i != end; ++i) sum += i->floor;
  return sum / static_cast<double>(end - begin);
}
double level_at_begin(const std::vector<bucket>& points) {
  return level_of(points.begin(), points.begin() + neighbours(points));
}
double level_at_end(const std::vector<bucket>& points) {
  return level_of(points.end() - neighbours(points), points.end());
}
// How much more the first half has grown than the second: what comes to rest has most of it in the first.
struct halves {
  double first = 0, second = 0;
  void add(const std::vector<bucket>& points) {
    if (points.size() < least_points) return;
    const auto middle = points.begin() + static_cast<std::ptrdiff_t>(points.size() / 2);
    const auto n = neighbours(points);
    const auto level = level_of(middle - n / 2, middle - n / 2 + n);
    first += level - level_at_begin(points);
    second += level_at_end(points) - level;
  }
  bool saturating() const { return second < least_second_half * first; }
};

double least_growth(const series_id& id) { return in_bytes(id) ? least_bytes : least_things; }

} // namespace

leak_watch::piece leak_watch::window_of(const curve_state& s, seconds_t window, double least) const {
  const auto ring = window <= s.floors.day.reach() ? 1 : 2;
  const auto& cells = s.floors.ring(ring);
  const auto& work = work_.ring(ring);
  const auto begin = last_sample_ - window;
  const auto in_window =
      std::count_if(lives_.begin(), lives_.end(), [&](const life& l) { return l.end > begin; });
  piece p;
  std::vector<bucket> points;
  std::vector<bucket> part;
  points.reserve(cells.most());
  part.reserve(cells.most());
  double offset = 0;
  halves rest;
  for (const auto& l : lives_) {
    if (l.end <= begin) continue;
    const auto skip = std::max(warm_up, in_window > 1 ? (l.end - l.begin) / skipped_share : 0);
    const auto from = std::max(begin, l.begin + skip);
    if (from >= l.end) continue;
    part.clear();
    // The cell in which a life ends may hold the beginning of the next one too.
    const auto to = &l == &lives_.back() ? l.end + 1 : l.end - cells.width();
    cells.each(from, to, [&](seconds_t m, const floor_cell& c) {
      const auto* w = work.find(m);
      part.push_back({static_cast<double>(c.floor), static_cast<double>(c.load),
                      w == nullptr ? 0 : static_cast<double>(w->work / w->seconds)});
    });
    if (part.empty()) continue;
    p.seconds += l.end - from;
    // A restart frees everything: the curve goes on where it was.
    rest.add(part);
    if (!points.empty()) offset = level_at_end(points) - level_at_begin(part);
    for (auto& b : part) {
      b.floor += offset;
      points.push_back(b);
    }
  }
  const auto count = std::min(points.size(), most_buckets);
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = points.size() * i / count;
    const auto end = points.size() * (i + 1) / count;
    auto b = points[first];
    double sum = 0;
    for (auto k = first; k < end; ++k) {
      sum += points[k].work;
      if (points[k].floor < b.floor) b = points[k];
    }
    b.work = sum / static_cast<double>(end - first);
    p.buckets.push_back(b);
  }
  // After a restart a part is left out, so that less can be asked for.
  if (in_window > 1) least *= least_covered_of_lives;
  p.rests = in_window > 1 && rest.saturating();
  if (static_cast<double>(p.seconds) < least * static_cast<double>(window)) p.buckets.clear();
  return p;
}

bool leak_watch::was_as_high(const curve_state& s, seconds_t before, double level) const {
  bool found = false;
  s.floors.week.each(0, before, [&](seconds_t, const floor_cell& c) {
    found = found || static_cast<double>(c.floor) >= level;
  });
  return found;
}

bool leak_watch::nears_limit(const std::string& resource, double per_hour) const {
  const auto found = limits_.find(resource == "heap_site" ? "memory" : resource);
  return found != limits_.end() && per_hour > 0 &&
         (found->second.most - found->second.used) / per_hour < hours_of_alarm;
}

leak_watch::outcome leak_watch::judge_window(const series_id& id, const curve_state& s,
                                             seconds_t window) const {
  const auto p = window_of(s, window, least_covered);
  outcome o{judge_growth(p.buckets, least_growth(id)), window, p.seconds, false};
  if (o.g.why != growth_reason::leaks) return o;
  if (p.rests) o.g.why = growth_reason::saturating;
  if (const auto bound = bounds_.find(id);
      bound != bounds_.end() && static_cast<double>(s.value) < bound->second)
    o.g.why = growth_reason::bounded;
  const auto per_hour = o.g.grown / (static_cast<double>(p.seconds) * o.g.span) * hour;
  const bool alarming = in_bytes(id) && nears_limit(id.resource, per_hour);
  if (window < 24 * hour && !alarming) {
    if (last_sample_ - lives_.front().begin < history_for(window) || in_bytes(id))
      o.g.why = growth_reason::too_little_data;
    else if (was_as_high(s, last_sample_ - window, o.g.level))
      o.g.why = growth_reason::usual_range;
  }
  // A part of a curve that comes to rest may look straight.
  if (o.g.why == growth_reason::leaks && window < windows.back() &&
      judge_growth(window_of(s, windows.back(), 0).buckets, least_growth(id)).why ==
          growth_reason::saturating)
    o.g.why = growth_reason::saturating;
  return o;
}

std::optional<leak_watch::outcome> leak_watch::judge_by_task(const series_id& id, const curve_state& s,
                                                             const culprit_finding& culprit) const {
  if (culprit.task.empty() || bounds_.count(id) != 0) return std::nullopt;
  const auto& first = culprit.suspects.front();
  if (first.confidence < sure || first.explained > most_explained) return std::nullopt;
  const auto from = std::max(last_sample_ - s.floors.day.reach(), lives_.back().begin + warm_up);
  std::vector<bucket> points;
  for (const auto& [moment, floor] : floors_of(s, 1, from, last_sample_ + 1)) points.push_back({floor, 0, 0});
  if (points.size() < 2 * most_neighbours) return std::nullopt;
  const auto level = level_at_end(points);
  const auto grown = first.step * static_cast<double>(first.runs);
  halves rest;
  rest.add(points);
  if (grown < least_growth(id) || grown < least_of_level * level || rest.saturating()) return std::nullopt;
  outcome o;
  o.g.why = growth_reason::leaks;
  o.g.grown = grown;
  o.g.level = level;
  o.g.rises = static_cast<int>(first.runs);
  o.window = o.covered = last_sample_ - from;
  o.by_task = true;
  if (was_as_high(s, from, o.g.level)) return std::nullopt;
  return o;
}

leak_verdict leak_watch::judge(const series_id& id, const curve_state& s,
                               const std::vector<task_history>& tasks) const {
  const auto from = std::max(last_sample_ - s.floors.day.reach(), lives_.back().begin + warm_up);
  const auto culprit = find_culprit(floors_of(s, 1, from, last_sample_ + 1), s.floors.day.width(), tasks);
  // The longest window that has something to say, unless another one sees a leak.
  outcome best;
  for (auto i = windows.size(); i-- > 0;) {
    const auto o = judge_window(id, s, windows[i]);
    if (best.g.why == growth_reason::too_little_data || o.g.why == growth_reason::leaks) best = o;
    if (best.g.why == growth_reason::leaks) break;
  }
  if (best.g.why != growth_reason::leaks)
    if (const auto by_task = judge_by_task(id, s, culprit)) best = *by_task;
  leak_verdict v;
  v.series = id;
  v.why = best.g.why;
  v.window = best.window;
  v.grown = best.g.grown;
  v.per_hour =
      best.covered == 0 ? 0 : best.g.grown / (static_cast<double>(best.covered) * best.g.span) * hour;
  v.follows_load = best.g.follows_load;
  if (v.why == growth_reason::leaks) {
    v.task = culprit.task;
    v.suspects = culprit.suspects;
  }
  v.by_load = v.task.empty() && v.follows_load > follows_load_from;
  return v;
}

void leak_watch::judge(const std::vector<task_history>& tasks) {
  for (auto& [id, s] : curves_) {
    auto v = judge(id, s, tasks);
    s.positive = v.why == growth_reason::leaks ? s.positive + 1 : 0;
    v.suspected = s.positive >= 2;
    if (v.suspected)
      v.since = s.last.suspected ? s.last.since : last_sample_;
    else if (s.positive == 1)
      v.why = growth_reason::unconfirmed;
    s.last = std::move(v);
  }
}

} // namespace argosy
