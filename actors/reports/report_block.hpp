#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "actors/reports/outcome.hpp"

namespace argosy {

/// How many records of each kind there are.
struct report_counts {
  std::array<std::uint64_t, outcome_count> files{}; ///< by outcome
  std::uint64_t failed_directories = 0;
  /// Of the failed ones those that are worth another attempt.
  std::uint64_t again_files = 0, again_directories = 0;
  bool root_unlisted = false; ///< one of the failed ones is the root itself, which could not be listed

  void add(const report_counts& more);
};

/// Records of one place on their way into a report, packed: a name is what differs from the one before, a
/// time the distance to it, a text that repeats is not repeated. A skipped file of a sorted folder costs
/// about 10 bytes, a copied one 20.
class report_block {
public:
  explicit report_block(report_place place) : place_(std::move(place)) {}
  void add(const file_outcome& one);
  bool empty() const noexcept { return records_ == 0; }
  std::uint32_t records() const noexcept { return records_; }
  /// About what it takes when it is stored.
  std::size_t bytes() const noexcept { return packed_.size() + place_.directory.size(); }
  const report_counts& counts() const noexcept { return counts_; }
  const report_place& place() const noexcept { return place_; }
  /// Appends it in the form that block_reader reads.
  void store(std::string& into, std::uint32_t attempt) const;
  /// Begins anew with the same place.
  void clear();

private:
  void count(const file_outcome& one);
  const report_place place_;
  std::string packed_;
  std::uint32_t records_ = 0;
  std::uint8_t outcomes_ = 0; // bit mask
  report_counts counts_;
  std::string name_, error_; // of the record before
  std::int64_t started_ = 0; // us
};

/// Reads one stored block. What it gives is valid until the next call and while the bytes are.
class block_reader {
public:
  /// Throws failure(other) when `bytes` do not begin with a whole block.
  explicit block_reader(std::string_view bytes);
  /// Bytes of the whole block.
  std::size_t size() const noexcept { return size_; }
  std::uint32_t records() const noexcept { return records_; }
  std::uint32_t attempt() const noexcept { return attempt_; }
  /// Whether any record has this outcome.
  bool holds(outcome_kind how) const noexcept { return (outcomes_ >> static_cast<unsigned>(how) & 1) != 0; }
  const report_place& place() const noexcept { return place_; }
  /// False behind the last record. Throws failure(other).
  bool next(file_outcome& one);

private:
  std::string_view rest_;
  std::size_t size_ = 0;
  std::uint32_t records_ = 0, read_ = 0, attempt_ = 1;
  std::uint8_t outcomes_ = 0;
  report_place place_;
  std::string name_;
  std::string_view error_;
  std::int64_t started_ = 0;
};

} // namespace argosy
