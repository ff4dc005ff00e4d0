#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "backends/io_pool.hpp"
#include "backends/storage.hpp"

/// Copying one large object in chunks, several at once (multi_thread_streams; rc-surface 3.7 step 3).
namespace argosy {

/// What a copy may use beside its own thread and its own two sessions.
struct copy_crew {
  io_pool* pool = nullptr; ///< null: there is nobody
  struct hand {
    session* from = nullptr;
    session* to = nullptr;
  };
  std::vector<hand> hands; ///< each for one more thread
};

/// How many hands beside the own two a copy of an object of `size` bytes has use for; 0 where it is not to be
/// copied in chunks, by the abilities of both sides and the policy.
std::size_t wanted_hands(const storage_info& from, const storage_info& to, std::int64_t size,
                         const copy_policy& policy);

/// Copies in chunks, with as many of the crew as there is work for. The chunks that the caller's thread finds
/// undone it does itself, so that it never waits for a thread that did not begin. False: the destination
/// cannot write this object so. Throws failure; nothing of the object is left then.
bool copy_in_chunks(const may_block& on, session& from, session& to, const copy_request& request,
                    const put_request& put, const copy_policy& policy, const copy_crew& crew,
                    const std::function<void(const may_block&, const put_result&)>& verify);

} // namespace argosy
