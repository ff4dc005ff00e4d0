#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "backends/may_block.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// Room on disk for what shall not stay in memory, of one process. All of it is one file without a name, so
/// that nothing is left however the process ends. It exists while something is in it. Thread-safe.
class spill_store {
public:
  /// The file is made in the first of these folders that takes it; missing ones are made.
  explicit spill_store(std::vector<std::string> folders) : folders_(std::move(folders)) {}
  ~spill_store() { close(); }
  spill_store(const spill_store&) = delete;
  spill_store& operator=(const spill_store&) = delete;

  /// A piece of the file.
  struct extent {
    std::uint64_t offset = 0, bytes = 0;
  };
  /// Throws failure(other) naming the folder, for example when it is full.
  extent write(const may_block& on, std::string_view bytes);
  /// The first `bytes` of an extent. Throws failure(other).
  std::string read(const may_block& on, const extent& from) const;
  /// The extents are free for others, and their space goes back to the file system where that can be done.
  void give_back(const may_block& on, const std::vector<extent>& extents);
  /// Bytes in use on disk.
  std::uint64_t used() const;

private:
  void open(const may_block& on);
  bool open_in(const std::string& folder);
  void close() noexcept;
  std::uint64_t take(std::uint64_t units);
  std::string folder() const;

  const std::vector<std::string> folders_;
  mutable std::mutex mutex_;
  int fd_ = -1;
  ledger::entry entry_;
  std::string folder_;              // where the file is, or was
  std::uint64_t end_ = 0;           // units of the file
  std::uint64_t used_ = 0;          // of them
  std::vector<std::uint64_t> free_; // the others
};

} // namespace argosy
