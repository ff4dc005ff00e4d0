#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <caf/actor_cast.hpp>

#include "actors/actors.hpp"
#include "actors/services.hpp"
#include "actors/tell.hpp"

namespace argosy {

/// Turns whatever an I/O task threw into a failure_info. To be called in a catch block.
failure_info current_failure();

/// Runs `work(const may_block&)` on an I/O thread, then, in this actor again, `then(result)` or
/// `otherwise(failure_info)`. The actor's interface must hold `reacts_to<resume_atom, continuation>`,
/// answered by resume(). When the actor is gone meanwhile, the result is dropped. What `work` holds is
/// destroyed on the I/O thread before the actor goes on, so that loans are back by then.
template <class Self, class Work, class Then, class Otherwise>
void run_blocking(Self* self, services& with, const io_pool::scope& scope, Work work, Then then,
                  Otherwise otherwise) {
  using result = std::invoke_result_t<Work&, const may_block&>;
  actor_watch::task_out();
  auto back = caf::actor_cast<typename Self::actor_hdl>(self);
  auto held = std::make_shared<std::optional<Work>>(std::move(work));
  with.io.post(scope, [back, held, then, otherwise](const may_block& on) {
    auto step = std::make_shared<std::function<void()>>();
    try {
      if constexpr (std::is_void_v<result>) {
        (**held)(on);
        *step = [then] {
          actor_watch::task_back();
          then();
        };
      } else {
        auto value = std::make_shared<result>((**held)(on));
        *step = [then, value] {
          actor_watch::task_back();
          then(std::move(*value));
        };
      }
    } catch (...) {
      *step = [otherwise, error = current_failure()] {
        actor_watch::task_back();
        otherwise(error);
      };
    }
    held->reset();
    tell(back, resume_atom_v, continuation{std::move(step)});
  });
}

/// The handler for what run_blocking sends.
inline void resume(const continuation& next) { (*next.run)(); }

} // namespace argosy
