#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "actors/messages.hpp"
#include "backends/may_block.hpp"
#include "metrics/registry.hpp"

namespace argosy {

/// How far a run of files is, written by the I/O thread that works on it and read by its stats group at any
/// time. Counters only: no lock on the way of the bytes.
class transfer_progress final : public progress_listener {
public:
  /// `run` is what is worked on; it does not change any more.
  transfer_progress(std::shared_ptr<const file_run> run, std::string source_fs, std::string destination_fs,
                    transfer_probe& totals) :
      run_(std::move(run)),
      source_fs_(std::move(source_fs)), destination_fs_(std::move(destination_fs)), totals_(totals) {}

  /// The file with that index is begun.
  void begin(std::uint32_t index) noexcept;
  /// Its bytes flow from now on.
  void bytes(std::uint64_t count) noexcept override;
  /// The file is through; `transferred` when it counts as a transfer.
  void end(bool transferred) noexcept;

  /// Bytes of all files so far.
  std::uint64_t total_bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  /// Files that ended as transfers but are not reported to the group yet.
  std::uint64_t transferred() const noexcept { return transferred_.load(std::memory_order_relaxed); }
  /// Bytes, by the listing, of files that were begun.
  std::uint64_t begun_bytes() const noexcept { return begun_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t begun() const noexcept { return begun_.load(std::memory_order_relaxed); }
  /// The file under way, if one is.
  bool current(running_transfer& out) const;
  bool checking() const noexcept;
  const file_run& run() const noexcept { return *run_; }

private:
  static constexpr std::uint32_t none = UINT32_MAX;
  const std::shared_ptr<const file_run> run_;
  const std::string source_fs_, destination_fs_;
  transfer_probe& totals_;
  std::atomic<std::uint32_t> index_{none};
  std::atomic<std::uint64_t> bytes_{0}, file_bytes_{0}, begun_bytes_{0}, transferred_{0}, begun_{0};
  std::atomic<nanoseconds> started_{0};
};

/// Full path of a file of a run.
std::string path_of(const file_run& run, std::uint32_t index);

} // namespace argosy
