#include "metrics/watch/leak_watch.hpp"

#include <algorithm>
#include <utility>

namespace argosy {

leak_watch::leak_watch(seconds_t begin) { lives_.push_back({begin, begin}); }

leak_watch::curve_state* leak_watch::state_of(const series_id& id, seconds_t moment) {
  if (const auto found = curves_.find(id); found != curves_.end()) return &found->second;
  if (curves_.size() >= most_series) {
    const auto gone = std::min_element(curves_.begin(), curves_.end(), [](const auto& a, const auto& b) {
      return a.second.not_zero < b.second.not_zero;
    });
    // All are in use: what comes last is not watched.
    if (gone->second.not_zero >= last_sample_) return nullptr;
    curves_.erase(gone);
  }
  auto& made = curves_[id];
  made.not_zero = moment;
  // Whatever appears was not there before.
  for (int i = 0; i < 3; ++i)
    work_.ring(i).each(0, moment, [&](seconds_t m, const work_cell& w) {
      if (auto* cell = made.floors.ring(i).at(m)) *cell = {0, w.work / w.seconds};
    });
  return &made;
}

void leak_watch::put(curve_state& s, seconds_t moment, float value, float load) {
  s.value = value;
  if (value > 0) s.not_zero = moment;
  for (int i = 0; i < 3; ++i) {
    auto* cell = s.floors.ring(i).at(moment);
    if (cell != nullptr && (cell->empty() || value < cell->floor)) *cell = {value, load};
  }
}

bool leak_watch::add(const watch_sample& sample, const std::vector<task_history>& tasks) {
  const std::lock_guard<std::mutex> lock{mutex_};
  const auto before = std::max(last_sample_, lives_.back().begin);
  const auto seconds = static_cast<float>(std::max<seconds_t>(1, sample.when - before));
  const auto load = static_cast<float>(sample.work) / seconds;
  for (int i = 0; i < 3; ++i)
    if (auto* cell = work_.ring(i).at(sample.when)) {
      cell->work += static_cast<float>(sample.work);
      cell->seconds += seconds;
    }
  for (const auto& [id, value] : sample.values)
    if (auto* s = state_of(id, sample.when)) put(*s, sample.when, static_cast<float>(value), load);
  for (auto& [id, s] : curves_)
    if (sample.looked_at.count(id.resource) != 0 && sample.values.count(id) == 0)
      put(s, sample.when, 0, load);
  last_sample_ = lives_.back().end = sample.when;
  if (judged_ == 0) judged_ = sample.when;
  if (sample.when < judged_ + judge_interval) return false;
  judged_ = sample.when;
  judge(tasks);
  return true;
}

void leak_watch::bound(std::map<series_id, double> most) {
  const std::lock_guard<std::mutex> lock{mutex_};
  bounds_ = std::move(most);
}

void leak_watch::limits(std::map<std::string, watch_limit> known) {
  const std::lock_guard<std::mutex> lock{mutex_};
  limits_ = std::move(known);
}

std::vector<leak_verdict> leak_watch::verdicts() const {
  const std::lock_guard<std::mutex> lock{mutex_};
  std::vector<leak_verdict> all;
  for (const auto& [id, s] : curves_) {
    if (s.value <= 0 && !s.last.suspected) continue;
    auto v = s.last;
    v.series = id;
    v.value = static_cast<double>(s.value);
    all.push_back(std::move(v));
  }
  std::stable_sort(all.begin(), all.end(), [](const leak_verdict& a, const leak_verdict& b) {
    return a.suspected != b.suspected ? a.suspected : a.grown / (1 + a.value) > b.grown / (1 + b.value);
  });
  return all;
}

std::map<std::string, double> leak_watch::hours_to_limit() const {
  const std::lock_guard<std::mutex> lock{mutex_};
  std::map<std::string, double> growing;
  for (const auto& [id, s] : curves_)
    // A connection has a descriptor, and sites are parts of the memory: counted once, where the limit is.
    if (s.last.suspected && limits_.count(id.resource) != 0) growing[id.resource] += s.last.per_hour;
  std::map<std::string, double> hours;
  for (const auto& [resource, per_hour] : growing) {
    const auto& l = limits_.at(resource);
    hours[resource] = std::max(0.0, l.most - l.used) / per_hour;
  }
  return hours;
}

std::vector<std::pair<seconds_t, double>> leak_watch::curve(const series_id& series, seconds_t from) const {
  const std::lock_guard<std::mutex> lock{mutex_};
  const auto found = curves_.find(series);
  if (found == curves_.end()) return {};
  int ring = 0;
  while (ring < 2 && last_sample_ - found->second.floors.ring(ring).reach() > from) ++ring;
  return floors_of(found->second, ring, from, last_sample_ + 1);
}

std::size_t leak_watch::series() const {
  const std::lock_guard<std::mutex> lock{mutex_};
  return curves_.size();
}

seconds_t leak_watch::judged() const {
  const std::lock_guard<std::mutex> lock{mutex_};
  return judged_;
}

std::vector<std::pair<seconds_t, double>> leak_watch::floors_of(const curve_state& s, int ring,
                                                                seconds_t from, seconds_t to) const {
  std::vector<std::pair<seconds_t, double>> floors;
  floors.reserve(s.floors.ring(ring).most());
  s.floors.ring(ring).each(from, to, [&](seconds_t m, const floor_cell& c) {
    floors.emplace_back(m, static_cast<double>(c.floor));
  });
  return floors;
}

} // namespace argosy
