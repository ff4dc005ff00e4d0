#pragma once

#include <cstdint>

/// The number of a run is never used again in its job, so that it tells one handing out of files from every
/// other. Its highest bit says that these files were handed out before to somebody who was lost: what is done
/// already is not to be done twice.
namespace argosy {

constexpr std::uint64_t lost_before = std::uint64_t{1} << 63;

inline bool was_lost_before(std::uint64_t run_number) { return (run_number & lost_before) != 0; }

} // namespace argosy
