#include "actors/sync/sharing.hpp"

#include <algorithm>
#include <limits>

namespace argosy {

namespace {

/// Too early to judge before.
constexpr double shortest_look = 0.25; // s
constexpr double worth_while = 1;      // s

/// More at once would leave too much with a node that is lost, or turns out to be slow.
constexpr std::uint64_t most_files = 1024;
constexpr std::uint64_t most_bytes = std::uint64_t{64} << 20;

/// Seconds for what waits.
double time_for(std::uint64_t waiting, std::uint64_t done, double elapsed) {
  if (waiting == 0) return 0;
  // Nothing done yet: at the least as long as it has taken so far.
  if (done == 0) return elapsed;
  return static_cast<double>(waiting) * elapsed / static_cast<double>(done);
}

} // namespace

bool worth_sharing(const work_amount& waiting, const work_amount& done, double elapsed) {
  if (waiting.files == 0 || elapsed < shortest_look) return false;
  return std::max(time_for(waiting.files, done.files, elapsed),
                  time_for(waiting.bytes, done.bytes, elapsed)) >= worth_while;
}

work_amount next_portion(const work_amount& waiting, std::size_t nodes) {
  const auto parts = 2 * std::max<std::uint64_t>(nodes, 1);
  return {std::clamp<std::uint64_t>(waiting.files / parts, 1, most_files),
          std::clamp<std::uint64_t>(waiting.bytes / parts, 1, most_bytes)};
}

} // namespace argosy
