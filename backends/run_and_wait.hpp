#pragma once

#include <exception>
#include <future>
#include <type_traits>
#include <utility>

#include "backends/io_pool.hpp"

namespace argosy {

/// Runs `work(const may_block&)` on a thread of `pool`, waits for it and returns its result or rethrows what
/// it threw. For tests and for the command line, whose only thread has nothing else to do; never for an
/// actor.
template <class Work>
std::invoke_result_t<Work&, const may_block&> run_and_wait(io_pool& pool, Work work,
                                                           io_pool::scope context = {}) {
  using result = std::invoke_result_t<Work&, const may_block&>;
  std::promise<result> done;
  auto answer = done.get_future();
  pool.post(std::move(context), [&work, &done](const may_block& on) {
    try {
      if constexpr (std::is_void_v<result>) {
        work(on);
        done.set_value();
      } else {
        done.set_value(work(on));
      }
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  return answer.get();
}

} // namespace argosy
