#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/messages.hpp"
#include "actors/reports/report_block.hpp"
#include "actors/reports/spill_store.hpp"
#include "actors/services.hpp"

namespace argosy {

/// The account of one job and what became of each of its files: about 64 KiB in memory, the rest on disk for
/// as long as this lives. Thread-safe; only what takes a `may_block` can wait for a disk.
class job_report {
public:
  /// The call that made the job, for who wants it again.
  struct call {
    std::string path;  ///< the command
    std::string input; ///< its parameters as JSON, without those that say how it is to be answered
  };
  /// `retried`: the report of the job whose failures this one tries again, if it is such a job.
  job_report(services& with, job_id id, call made, std::shared_ptr<const job_report> retried = {});
  /// The space on disk is given back by an I/O thread, a little later.
  ~job_report();
  job_report(const job_report&) = delete;
  job_report& operator=(const job_report&) = delete;

  const call& made_by() const noexcept { return call_; }
  const std::shared_ptr<const job_report>& retried() const noexcept { return retried_; }

  /// So many files are known from now on, each of which gets one record.
  void found(std::uint64_t files);
  /// Records of the attempt under way. When the disk does not take them the report loses them, and says so;
  /// the account does not. Throws nothing.
  void add(const may_block& on, const report_block& block) noexcept;
  file_account account() const;
  /// False when records were lost.
  bool complete() const;

  /// A place in the report: a block, by the bytes before it, and a record in it.
  struct position {
    std::uint64_t byte = 0;
    std::uint32_t record = 0;
  };
  /// All records from one place up to another.
  struct region {
    position from;
    std::uint64_t to = 0;
    bool whole = false; ///< not even the root was listed: everything is to be done again
  };
  /// From now on records belong to attempt `number`. What failed in the attempt before and is worth another
  /// one leaves the account, to be found and recorded again; where its records are is the result. When
  /// everything is to be done again the account begins anew. Nothing when this is the first attempt that
  /// begins.
  std::optional<region> begin_attempt(std::uint32_t number);
  /// Whether any did.
  bool begun() const;
  /// What counts at the end: all records but those of attempts of which everything was done again.
  region all() const;
  /// Nothing is added for a while, or ever: moves to disk what memory holds, unless it is little.
  void settle(const may_block& on) noexcept;
  /// Whether there is nothing for settle() to do.
  bool settled() const;
  /// Bytes in memory.
  std::uint64_t memory() const;

  /// Which records are wanted.
  struct query {
    std::uint8_t outcomes = UINT8_MAX; ///< bit mask
    bool superseded = false;           ///< also failures that were tried again
    bool worth_another = false;        ///< only failures that may be tried again
    void only(outcome_kind how) { outcomes = static_cast<std::uint8_t>(1u << static_cast<unsigned>(how)); }
  };
  /// False: not this one, and no more.
  using visitor =
      std::function<bool(const report_place& place, const file_outcome& one, std::uint32_t attempt)>;
  /// Visits the wanted records in the order in which they were added. Returns the place of the record that
  /// the visitor refused, or the end of what was read. Throws failure(bad_parameter) for a place where no
  /// block begins, failure(other) when the disk cannot be read, what the visitor throws, and when cancelled.
  position read(const may_block& on, const region& of, const query& wanted, const visitor& visit) const;

private:
  struct piece {
    std::uint64_t begin = 0;    // byte of the report
    spill_store::extent extent; // empty: lost
  };
  // Whole blocks from `begin` up to `end`; no bytes: they are lost.
  struct some_blocks {
    std::uint64_t begin = 0, end = 0;
    std::string bytes;
  };
  void spill(const may_block& on);
  some_blocks blocks_around(const may_block& on, std::uint64_t byte) const;

  services& with_;
  const job_id id_;
  const call call_;
  const std::shared_ptr<const job_report> retried_;

  mutable std::mutex account_mutex_; // never held while waiting
  file_account account_;
  report_counts attempt_; // what is recorded of the attempt under way

  mutable std::mutex store_mutex_;
  std::string memory_; // the last records, whole blocks
  std::vector<piece> pieces_;
  std::uint64_t spilled_ = 0; // bytes before `memory_`
  std::uint64_t attempt_begin_ = 0, first_that_counts_ = 0;
  bool begun_ = false, lost_ = false;
  std::shared_ptr<ledger::entry> entry_; // of what is on disk
};

} // namespace argosy
