#include "metrics/watch/culprit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace argosy {

namespace {

constexpr std::size_t least_runs = 3;
constexpr double least_confidence = 3;
// The next best stays so far behind, or they run at the same times.
constexpr double clear_lead = 0.7;
constexpr double least_explained = 0.4;
// Cells on each side of a run whose least value is its floor there.
constexpr seconds_t side_cells = 2;

// A curve that can be asked for its floor around a moment.
class curve {
public:
  curve(const std::vector<std::pair<seconds_t, double>>& floors, seconds_t width) : width_(width) {
    if (floors.empty()) return;
    first_ = floors.front().first / width;
    values_.resize(static_cast<std::size_t>(floors.back().first / width - first_) + 1, nothing);
    for (const auto& [moment, floor] : floors)
      values_[static_cast<std::size_t>(moment / width - first_)] = floor;
  }
  /// How much higher the floor is after [begin, end] than before.
  std::optional<double> step(seconds_t begin, seconds_t end) const {
    const auto from = begin / width_;
    const auto to = end / width_;
    // The cell of the run itself holds what was before, and what was after: it counts for neither.
    const auto before = least(from - side_cells, from - 1);
    const auto after = least(to + 1, to + side_cells);
    if (!before || !after) return std::nullopt;
    return *after - *before;
  }
  std::vector<double> steps_everywhere() const {
    std::vector<double> all;
    all.reserve(values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const auto moment = (first_ + static_cast<seconds_t>(i)) * width_;
      if (const auto s = step(moment, moment)) all.push_back(*s);
    }
    return all;
  }
  double growth() const {
    std::vector<double> known;
    known.reserve(values_.size());
    for (const auto v : values_)
      if (!std::isnan(v)) known.push_back(v);
    const auto part = std::max<std::size_t>(1, known.size() / 16);
    if (known.size() < 2 * part) return 0;
    const auto n = static_cast<std::ptrdiff_t>(part);
    return *std::min_element(known.end() - n, known.end()) -
           *std::min_element(known.begin(), known.begin() + n);
  }

private:
  static constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

  std::optional<double> least(seconds_t from, seconds_t to) const {
    std::optional<double> found;
    for (auto i = from; i <= to; ++i) {
      if (i < first_ || i - first_ >= static_cast<seconds_t>(values_.size())) continue;
      const auto v = values_[static_cast<std::size_t>(i - first_)];
      if (!std::isnan(v) && (!found || v < *found)) found = v;
    }
    return found;
  }

  seconds_t width_;
  seconds_t first_ = 0;
  std::vector<double> values_;
};

struct moments {
  double mean = 0, deviation = 0;
};
moments moments_of(const std::vector<double>& x) {
  moments m;
  for (const auto v : x) m.mean += v / static_cast<double>(x.size());
  for (const auto v : x) m.deviation += (v - m.mean) * (v - m.mean) / static_cast<double>(x.size());
  m.deviation = std::sqrt(m.deviation);
  return m;
}

} // namespace

culprit_finding find_culprit(const std::vector<std::pair<seconds_t, double>>& floors, seconds_t width,
                             const std::vector<task_history>& tasks) {
  culprit_finding found;
  if (tasks.empty()) return found;
  const curve c{floors, width};
  const auto growth = c.growth();
  if (growth <= 0) return found;
  const auto everywhere = moments_of(c.steps_everywhere());
  if (everywhere.deviation <= 0) return found;
  for (const auto& t : tasks) {
    std::vector<double> steps;
    for (const auto& run : t.runs)
      if (const auto s = c.step(run.begin, run.end)) steps.push_back(*s);
    if (steps.size() < least_runs) continue;
    const auto n = static_cast<double>(steps.size());
    suspect s{t.task, steps.size(), moments_of(steps).mean - everywhere.mean, 0, 0};
    s.confidence = s.step / (everywhere.deviation / std::sqrt(n));
    s.explained = s.step * n / growth;
    if (s.confidence >= least_confidence && s.explained >= least_explained) found.suspects.push_back(s);
  }
  std::sort(found.suspects.begin(), found.suspects.end(),
            [](const suspect& a, const suspect& b) { return a.confidence > b.confidence; });
  const auto& s = found.suspects;
  if (!s.empty() && (s.size() == 1 || s[1].confidence < clear_lead * s[0].confidence)) found.task = s[0].task;
  return found;
}

} // namespace argosy
