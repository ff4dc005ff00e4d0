#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/services.hpp"
#include "backends/listing.hpp"

namespace argosy {

/// Blocks on disk in the order they were written, read once: what was read is free again.
class spilled_run {
public:
  explicit spilled_run(services& with) : with_(&with) {}
  spilled_run(spilled_run&& other) noexcept : with_(other.with_), blocks_(std::move(other.blocks_)) {
    other.blocks_.clear();
  }
  spilled_run& operator=(spilled_run&&) = delete;
  /// Gives back what was not read, on an I/O thread.
  ~spilled_run();

  /// Throws failure(other), for example when the disk is full.
  void append(const may_block& on, std::string_view block);
  bool empty() const noexcept { return blocks_.empty(); }
  /// The next block. Throws failure(other).
  std::string take(const may_block& on);

private:
  services* with_;
  std::deque<spill_store::extent> blocks_;
};

/// Sorts the entries of a directory of any size by their keys: at most so many are in memory, all others in
/// sorted runs on disk. Entries of the same key stay in the order of listing::sort() as far as they came
/// together, and otherwise in the order they came. First everything is added, then everything taken.
class entry_sorter {
public:
  using key_maker = std::function<std::string(const entry_view&)>;
  /// `most`: entries in memory while they are added, at least 1. `key`: by what they are sorted, bytewise.
  entry_sorter(services& with, std::size_t most, key_maker key);

  /// Throws failure(other) when there is no room on disk.
  void add(const may_block& on, const listing& page);
  void add(const may_block& on, const entry_view& entry);
  /// No more will come.
  void finish(const may_block& on);

  bool empty() const noexcept { return readers_.empty(); }
  /// The first one that is left, until the next pop().
  entry_view front() const noexcept { return lowest().entry; }
  std::string_view key() const noexcept { return lowest().key; }
  void pop(const may_block& on);

private:
  /// What is left of one run. At a fixed address: the views point into its block.
  struct reader {
    spilled_run run;
    std::size_t number; // in the order they came
    std::string block = {};
    std::size_t next = 0; // in the block
    entry_view entry = {};
    std::string_view key = {};
    bool advance(const may_block& on);
  };
  const reader& lowest() const noexcept { return *readers_.front(); }
  void spill(const may_block& on);
  void open_readers(const may_block& on);
  void merge_runs(const may_block& on);

  services& with_;
  const std::size_t most_;
  const key_maker key_;
  listing batch_;
  std::vector<spilled_run> runs_;
  std::vector<std::unique_ptr<reader>> readers_; // a heap
};

} // namespace argosy
