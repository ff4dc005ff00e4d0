#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace argosy {

/// Byte strings that come again and again (call stacks, names of remotes), each kept once for as long as the
/// table lives. Bounded, so that what is kept cannot become a leak of its own. Thread-safe; looking up takes
/// no lock.
class intern_table {
public:
  /// Keeps at most so many different strings.
  explicit intern_table(std::size_t most) : most_(most) {}
  ~intern_table();
  intern_table(const intern_table&) = delete;
  intern_table& operator=(const intern_table&) = delete;

  struct item {
    std::string_view bytes; ///< followed by a zero; aligned like any object
  private:
    friend class intern_table;
    std::uint64_t hash;
    item* next;
  };
  /// The kept copy; null when the table is full and does not know the string.
  const item* keep(std::string_view bytes);
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

private:
  static item* make(std::string_view bytes, std::uint64_t hash);
  static void destroy(item* gone) noexcept;

  const std::size_t most_;
  std::atomic<std::size_t> size_{0};
  std::array<std::atomic<item*>, 1024> chains_{};
};

} // namespace argosy
