#include "actors/reports/job_report.hpp"

#include <algorithm>
#include <utility>

#include "backends/io_pool.hpp"

namespace argosy {

namespace {

/// A report in memory, and a piece of one on disk: at 20 bytes a record some 3,000 files.
constexpr std::size_t piece_bytes = 64 << 10;
/// A report that has ended keeps this much: a call on one file needs no disk.
constexpr std::size_t kept_in_memory = 4 << 10;

} // namespace

job_report::job_report(services& with, job_id id, call made, std::shared_ptr<const job_report> retried) :
    with_(with), id_(id), call_(std::move(made)), retried_(std::move(retried)) {}

job_report::~job_report() {
  std::vector<spill_store::extent> extents;
  for (const auto& one : pieces_)
    if (one.extent.bytes > 0) extents.push_back(one.extent);
  if (extents.empty()) return;
  auto& spill = with_.spill;
  try {
    with_.io.post({}, [&spill, extents = std::move(extents), entry = std::move(entry_)](const may_block& on) {
      spill.give_back(on, extents);
    });
  } catch (const failure&) {
    // The pool takes nothing more: the process ends, and the file with it.
  }
}

void job_report::found(std::uint64_t files) {
  std::lock_guard<std::mutex> guard{account_mutex_};
  account_.found += files;
}

void job_report::add(const may_block& on, const report_block& block) noexcept {
  if (block.empty()) return;
  std::uint32_t attempt = 1;
  {
    std::lock_guard<std::mutex> guard{account_mutex_};
    attempt = account_.attempt;
  }
  {
    std::lock_guard<std::mutex> guard{store_mutex_};
    if (memory_.size() + block.bytes() > piece_bytes) spill(on);
    block.store(memory_, attempt);
  }
  const auto& counts = block.counts();
  const auto of = [&](outcome_kind how) { return counts.files[static_cast<std::size_t>(how)]; };
  std::lock_guard<std::mutex> guard{account_mutex_};
  account_.copied += of(outcome_kind::copied);
  account_.skipped += of(outcome_kind::skipped);
  account_.failed += of(outcome_kind::failed);
  account_.deleted += of(outcome_kind::deleted);
  account_.renamed += of(outcome_kind::renamed);
  account_.failed_directories += counts.failed_directories;
  attempt_.add(counts);
}

void job_report::spill(const may_block& on) {
  if (memory_.empty()) return;
  try {
    pieces_.push_back({spilled_, with_.spill.write(on, memory_)});
    if (!entry_)
      entry_ = std::make_shared<ledger::entry>(on.book().enter(resource::temporary_file, "report", id_));
  } catch (const failure& why) {
    pieces_.push_back({spilled_, {}});
    if (!std::exchange(lost_, true))
      with_.log.write(log_level::error,
                      "the report of job " + std::to_string(id_) + " is not complete: " + why.what());
  }
  spilled_ += memory_.size();
  memory_.clear();
}

file_account job_report::account() const {
  std::lock_guard<std::mutex> guard{account_mutex_};
  return account_;
}

bool job_report::complete() const {
  std::lock_guard<std::mutex> guard{store_mutex_};
  return !lost_;
}

std::optional<job_report::region> job_report::begin_attempt(std::uint32_t number) {
  std::scoped_lock guard{account_mutex_, store_mutex_};
  // A failure without a record could be anything.
  const auto unknown = attempt_.again_files + attempt_.again_directories == 0;
  const region before{{attempt_begin_, 0}, spilled_ + memory_.size(), attempt_.root_unlisted || unknown};
  attempt_begin_ = before.to;
  if (before.whole) {
    account_ = {};
    first_that_counts_ = before.to;
  } else {
    account_.found -= attempt_.again_files;
    account_.failed -= attempt_.again_files;
    account_.failed_directories -= attempt_.again_directories;
  }
  account_.attempt = number;
  attempt_ = {};
  if (!std::exchange(begun_, true)) return std::nullopt;
  return before;
}

bool job_report::begun() const {
  std::lock_guard<std::mutex> guard{store_mutex_};
  return begun_;
}

job_report::region job_report::all() const {
  std::scoped_lock guard{account_mutex_, store_mutex_};
  return {{first_that_counts_, 0}, spilled_ + memory_.size(), attempt_.root_unlisted};
}

void job_report::settle(const may_block& on) noexcept {
  std::lock_guard<std::mutex> guard{store_mutex_};
  if (memory_.size() > kept_in_memory) spill(on);
  memory_.shrink_to_fit();
}

bool job_report::settled() const {
  std::lock_guard<std::mutex> guard{store_mutex_};
  return memory_.size() <= kept_in_memory;
}

std::uint64_t job_report::memory() const {
  std::lock_guard<std::mutex> guard{store_mutex_};
  return sizeof *this + call_.input.capacity() + memory_.capacity() + pieces_.capacity() * sizeof(piece);
}

job_report::some_blocks job_report::blocks_around(const may_block& on, std::uint64_t byte) const {
  piece found;
  some_blocks blocks;
  {
    std::lock_guard<std::mutex> guard{store_mutex_};
    if (byte >= spilled_) return {spilled_, spilled_ + memory_.size(), memory_};
    const auto next = std::upper_bound(pieces_.begin(), pieces_.end(), byte,
                                       [](std::uint64_t b, const piece& p) { return b < p.begin; });
    found = *std::prev(next);
    blocks.begin = found.begin;
    blocks.end = next == pieces_.end() ? spilled_ : next->begin;
  }
  if (found.extent.bytes > 0) blocks.bytes = with_.spill.read(on, found.extent);
  return blocks;
}

namespace {

/// What is behind `skipped` bytes of whole blocks.
std::string_view behind(std::string_view blocks, std::uint64_t skipped) {
  while (skipped > 0 && !blocks.empty()) {
    const auto size = block_reader{blocks}.size();
    if (size > skipped) break;
    blocks.remove_prefix(size);
    skipped -= size;
  }
  if (skipped > 0 || blocks.empty())
    fail(failure_kind::bad_parameter, "no record of the report begins there");
  return blocks;
}

/// Which records of a report a reader is to see.
class selection {
public:
  selection(const job_report::query& wanted, std::uint32_t last_attempt) :
      wanted_(wanted), last_attempt_(last_attempt) {}
  bool any_in(const block_reader& block) const {
    for (std::size_t i = 0; i < outcome_count; ++i)
      if (const auto how = static_cast<outcome_kind>(i); wants(how) && block.holds(how)) return true;
    return false;
  }
  bool takes(const file_outcome& one, std::uint32_t attempt) const {
    if (!wants(one.how)) return false;
    if (one.how != outcome_kind::failed) return !wanted_.worth_another;
    const auto again = worth_another_attempt(one.kind);
    if (again && attempt < last_attempt_ && !wanted_.superseded) return false;
    return again || !wanted_.worth_another;
  }

private:
  bool wants(outcome_kind how) const { return (wanted_.outcomes >> static_cast<unsigned>(how) & 1) != 0; }
  const job_report::query& wanted_;
  const std::uint32_t last_attempt_;
};

} // namespace

job_report::position job_report::read(const may_block& on, const region& of, const query& wanted,
                                      const visitor& visit) const {
  const selection chosen{wanted, account().attempt};
  auto at = of.from;
  while (at.byte < of.to) {
    on.check();
    const auto blocks = blocks_around(on, at.byte);
    if (blocks.bytes.empty()) {
      at = {blocks.end, 0};
      continue;
    }
    auto rest = behind(blocks.bytes, at.byte - blocks.begin);
    while (!rest.empty() && at.byte < of.to) {
      block_reader block{rest};
      file_outcome one;
      if (chosen.any_in(block))
        for (std::uint32_t i = 0; block.next(one); ++i)
          if (i >= at.record && chosen.takes(one, block.attempt()) &&
              !visit(block.place(), one, block.attempt()))
            return {at.byte, i};
      at = {at.byte + block.size(), 0};
      rest.remove_prefix(block.size());
    }
  }
  return at;
}

} // namespace argosy
