#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "backends/io_pool.hpp"

namespace argosy {

/// Runs `work(const may_block&)` on a thread of `pool`, waits for it and returns its result or rethrows what
/// it threw. For tests and for the command line, whose only thread has nothing else to do; never for an
/// actor.
template <class Work>
std::invoke_result_t<Work&, const may_block&> run_and_wait(io_pool& pool, Work work,
                                                           const io_pool::scope& context = {}) {
  using result = std::invoke_result_t<Work&, const may_block&>;
  struct outcome {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::exception_ptr error;
    std::optional<std::conditional_t<std::is_void_v<result>, bool, result>> value;
  } end;
  pool.post(context, [&work, &end](const may_block& on) {
    try {
      if constexpr (std::is_void_v<result>) {
        work(on);
      } else {
        end.value.emplace(work(on));
      }
    } catch (...) {
      end.error = std::current_exception();
    }
    // Said outside the handler and under the lock: from here on everything belongs to the one that waits.
    std::lock_guard lock{end.mutex};
    end.done = true;
    end.changed.notify_one();
  });
  std::unique_lock lock{end.mutex};
  end.changed.wait(lock, [&end] { return end.done; });
  if (end.error) std::rethrow_exception(end.error);
  if constexpr (!std::is_void_v<result>) return std::move(*end.value);
}

} // namespace argosy
