#pragma once

#include <utility>

#include "actors/reports/job_report.hpp"
#include "core/object_path.hpp"

namespace argosy {

/// Writes records of one place into a report, block by block; the last ones when it goes.
class report_writer {
public:
  report_writer(const may_block& on, job_report& to, report_place place) :
      on_(on), to_(to), block_(std::move(place)) {}
  ~report_writer() { flush(); }
  report_writer(const report_writer&) = delete;
  report_writer& operator=(const report_writer&) = delete;

  void add(const file_outcome& one) {
    block_.add(one);
    if (block_.records() == most_records || block_.bytes() > most_bytes) flush();
  }
  void flush() {
    if (block_.empty()) return;
    to_.add(on_, block_);
    block_.clear();
  }

private:
  // Who reads from the middle of a block reads what stands before it too.
  static constexpr std::uint32_t most_records = 1024;
  static constexpr std::size_t most_bytes = 32 << 10;
  const may_block& on_;
  job_report& to_;
  report_block block_;
};

/// Finds and records one file, by its whole path.
inline void enter_file(const may_block& on, job_report& to, const std::string& path, file_outcome one,
                       const std::string& destination_fs = {}) {
  report_place place;
  place.directory = parent_of(path);
  place.destination_fs = destination_fs;
  one.name = leaf_of(path);
  to.found(1);
  report_writer{on, to, std::move(place)}.add(one);
}

} // namespace argosy
