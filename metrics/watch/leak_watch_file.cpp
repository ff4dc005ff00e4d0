#include "metrics/watch/leak_watch.hpp"

#include <cmath>
#include <cstring>
#include <utility>

#include <zlib.h>

/// What leak_watch keeps over restarts, as bytes: a line that says what it is, the numbers in the order of
/// this machine, a checksum. Whoever changes the layout raises the number in the line.
namespace argosy {

namespace {

constexpr std::string_view first_line = "argosy leak watch 1\n";
// Starts of the process that are remembered: a week of one each two and a half hours.
constexpr std::size_t most_lives = 64;

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

} // namespace

class leak_watch::writer {
public:
  template <class T>
  void number(T n) {
    static_assert(std::is_arithmetic_v<T>);
    char raw[sizeof n];
    std::memcpy(raw, &n, sizeof n);
    out.append(raw, sizeof n);
  }
  void size(std::size_t n) { number(static_cast<std::uint32_t>(n)); }
  void text(const std::string& t) {
    size(t.size());
    out += t;
  }
  void ring(const time_ring<floor_cell>& r) {
    std::vector<std::pair<seconds_t, floor_cell>> cells;
    r.each(0, INT64_MAX / 2, [&](seconds_t m, const floor_cell& c) { cells.emplace_back(m, c); });
    size(cells.size());
    for (const auto& [m, c] : cells) {
      number(m);
      number(c.floor);
      number(c.load);
    }
  }
  void ring(const time_ring<work_cell>& r) {
    std::vector<std::pair<seconds_t, work_cell>> cells;
    r.each(0, INT64_MAX / 2, [&](seconds_t m, const work_cell& c) { cells.emplace_back(m, c); });
    size(cells.size());
    for (const auto& [m, c] : cells) {
      number(m);
      number(c.work);
      number(c.seconds);
    }
  }
  std::string out{first_line};
};

/// Stays where it is, and is not good() any more, when the bytes end too early or say what cannot be.
class leak_watch::reader {
public:
  explicit reader(std::string_view bytes) : rest_(bytes) {}
  bool good() const { return good_; }
  template <class T>
  T number() {
    T n{};
    if (rest_.size() < sizeof n) {
      good_ = false;
      return n;
    }
    std::memcpy(&n, rest_.data(), sizeof n);
    rest_.remove_prefix(sizeof n);
    return n;
  }
  /// Of things that take at least so many bytes each.
  std::size_t size(std::size_t each) {
    const std::size_t n = number<std::uint32_t>();
    if (n > rest_.size() / each) good_ = false;
    return good_ ? n : 0;
  }
  std::string text() {
    const auto n = size(1);
    std::string t{rest_.substr(0, n)};
    rest_.remove_prefix(n);
    return t;
  }
  template <class Cell>
  void ring(time_ring<Cell>& r, seconds_t latest) {
    constexpr std::size_t cell_bytes = sizeof(seconds_t) + 2 * sizeof(float);
    for (auto n = size(cell_bytes); n > 0 && good_; --n) {
      const auto moment = number<seconds_t>();
      const auto a = number<float>();
      const auto b = number<float>();
      if (moment < 0 || moment > latest || !std::isfinite(a) || !std::isfinite(b)) good_ = false;
      if (auto* cell = good_ ? r.at(moment) : nullptr) *cell = {a, b};
    }
  }

private:
  std::string_view rest_;
  bool good_ = true;
};

std::string leak_watch::save(const std::vector<task_history>& tasks) const {
  const std::lock_guard<std::mutex> lock{mutex_};
  writer w;
  w.size(lives_.size());
  for (const auto& l : lives_) {
    w.number(l.begin);
    w.number(l.end);
  }
  for (int i = 0; i < 3; ++i) w.ring(work_.ring(i));
  w.size(curves_.size());
  for (const auto& [id, s] : curves_) {
    w.text(id.resource);
    w.text(id.kind);
    w.number(s.not_zero);
    w.number(s.last.suspected ? s.last.since : seconds_t{0});
    for (int i = 0; i < 3; ++i) w.ring(s.floors.ring(i));
  }
  w.size(tasks.size());
  for (const auto& t : tasks) {
    w.text(t.task);
    w.size(t.runs.size());
    for (const auto& run : t.runs) {
      w.number(run.begin);
      w.number(run.end);
    }
  }
  w.number(checksum(w.out));
  return std::move(w.out);
}

bool leak_watch::restore(std::string_view bytes, std::vector<task_history>& tasks) {
  constexpr auto tail = sizeof(std::uint32_t);
  if (bytes.size() < first_line.size() + tail || bytes.substr(0, first_line.size()) != first_line)
    return false;
  reader sum{bytes.substr(bytes.size() - tail)};
  bytes.remove_suffix(tail);
  if (sum.number<std::uint32_t>() != checksum(bytes)) return false;

  const std::lock_guard<std::mutex> lock{mutex_};
  reader r{bytes.substr(first_line.size())};
  const auto here = lives_.back();
  std::vector<life> lives;
  for (auto n = r.size(2 * sizeof(seconds_t)); n > 0; --n) {
    const auto begin = r.number<seconds_t>();
    lives.push_back({begin, r.number<seconds_t>()});
    // A clock that was set back: two lives at once would be nonsense.
    if (lives.back().end > here.begin || begin > lives.back().end) return false;
  }
  if (lives.size() >= most_lives)
    lives.erase(lives.begin(), lives.end() - static_cast<std::ptrdiff_t>(most_lives - 1));
  rings<work_cell> work;
  for (int i = 0; i < 3; ++i) r.ring(work.ring(i), here.begin);
  std::map<series_id, curve_state> curves;
  for (auto n = r.size(2); n > 0 && r.good(); --n) {
    series_id id;
    id.resource = r.text();
    id.kind = r.text();
    auto& s = curves[id];
    s.not_zero = r.number<seconds_t>();
    s.last.since = r.number<seconds_t>();
    for (int i = 0; i < 3; ++i) r.ring(s.floors.ring(i), here.begin);
    s.last.suspected = s.last.since != 0;
    if (s.last.suspected) {
      s.last.why = growth_reason::leaks;
      s.positive = 1; // the next judgement confirms it, or not
    }
  }
  std::vector<task_history> ran;
  for (auto n = r.size(2); n > 0 && r.good(); --n) {
    task_history t{r.text(), {}};
    for (auto runs = r.size(2 * sizeof(seconds_t)); runs > 0 && r.good(); --runs) {
      const auto begin = r.number<seconds_t>();
      t.runs.push_back({begin, r.number<seconds_t>()});
    }
    ran.push_back(std::move(t));
  }
  if (!r.good() || curves.size() > most_series) return false;
  lives.push_back(here);
  lives_ = std::move(lives);
  work_ = std::move(work);
  curves_ = std::move(curves);
  tasks = std::move(ran);
  return true;
}

} // namespace argosy
