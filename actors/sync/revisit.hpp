#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "actors/reports/job_report.hpp"
#include "actors/sync/merge.hpp"

namespace argosy {

/// What is to be looked at again of one directory.
struct revisit {
  std::set<std::string, std::less<>> files;       ///< at the source
  std::set<std::string, std::less<>> surplus;     ///< at the destination, which were to go
  std::set<std::string, std::less<>> directories; ///< of these only themselves, not what is in them
};

/// A file that was to be looked at again and is not there any more.
struct vanished_file {
  std::string name;
  bool surplus = false;
};

/// Takes out of a merged plan what is not to be looked at again. A file of the source that has vanished does
/// not become surplus at the destination by that.
std::vector<vanished_file> keep_only(directory_plan& plan, const revisit& only);

/// What failed, directory by directory, read from a report a piece at a time.
class retry_scope {
public:
  /// `worth_another`: only what that can be said of.
  retry_scope(std::shared_ptr<const job_report> report, job_report::region records, bool worth_another);

  struct batch {
    std::vector<directory_task> directories;
    std::vector<std::string>
        surplus_directories; ///< of the destination, which were to go once they are empty
  };
  /// The next ones; several calls may name the same directory. Empty when `exhausted()`. Throws failure when
  /// the report cannot be read.
  batch next(const may_block& on);
  /// Visits what next() has not given yet, after which it is exhausted. Throws what next() throws.
  void rest(const may_block& on,
            const std::function<void(const report_place& place, const file_outcome& one)>& visit);
  bool exhausted() const noexcept { return records_.from.byte >= records_.to; }

private:
  const std::shared_ptr<const job_report> report_;
  job_report::region records_;
  job_report::query wanted_;
};

} // namespace argosy
