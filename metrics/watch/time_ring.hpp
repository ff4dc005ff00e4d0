#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace argosy {

/// Moments of a watch: whole seconds since 1970.
using seconds_t = std::int64_t;

/// Cells of equal width in time, the youngest so many of them. Which cell a moment belongs to depends on the
/// moment alone, so that rings of different daemons, and of one before and after a restart, fit together.
/// `Cell` is a plain struct whose `empty()` says that nothing was put into it.
template <class Cell>
class time_ring {
public:
  /// `width` in seconds.
  time_ring(seconds_t width, std::size_t most) : width_(width), most_(most) {}

  seconds_t width() const noexcept { return width_; }
  /// How many cells it has.
  std::size_t most() const noexcept { return most_; }
  /// How far back it reaches, in seconds.
  seconds_t reach() const noexcept { return width_ * static_cast<seconds_t>(most_); }
  /// The cell of that moment. Moments never go back by more than reach(); older ones are put into nothing.
  Cell* at(seconds_t moment) {
    const auto index = moment / width_;
    if (cells_.empty()) {
      cells_.resize(most_);
      youngest_ = index;
    }
    if (index <= youngest_ - static_cast<seconds_t>(most_)) return nullptr;
    // What lies between was not seen.
    const auto first = std::max(youngest_ + 1, index - static_cast<seconds_t>(most_) + 1);
    for (auto i = first; i <= index; ++i) cells_[place(i)] = Cell{};
    youngest_ = std::max(youngest_, index);
    return &cells_[place(index)];
  }
  const Cell* find(seconds_t moment) const {
    const auto index = moment / width_;
    if (cells_.empty() || index > youngest_ || index <= youngest_ - static_cast<seconds_t>(most_))
      return nullptr;
    const auto& cell = cells_[place(index)];
    return cell.empty() ? nullptr : &cell;
  }
  /// Calls `see(moment, cell)` for each cell that begins in [from, to), oldest first; the moment is that of
  /// its beginning.
  template <class F>
  void each(seconds_t from, seconds_t to, F see) const {
    if (cells_.empty()) return;
    const auto oldest = youngest_ - static_cast<seconds_t>(most_) + 1;
    const auto begin = std::max(oldest, (from + width_ - 1) / width_);
    const auto end = std::min(youngest_ + 1, (to + width_ - 1) / width_);
    for (auto i = begin; i < end; ++i)
      if (const auto& cell = cells_[place(i)]; !cell.empty()) see(i * width_, cell);
  }

private:
  std::size_t place(seconds_t index) const { return static_cast<std::size_t>(index) % most_; }

  seconds_t width_;
  std::size_t most_;
  std::vector<Cell> cells_; // none before the first use
  seconds_t youngest_ = 0;
};

} // namespace argosy
