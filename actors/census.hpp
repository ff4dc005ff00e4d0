#pragma once

#include <utility>

#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/detail/init_fun_factory.hpp>
#include <caf/infer_handle.hpp>

#include "actors/watched.hpp"
#include "metrics/ledger.hpp"
#include "metrics/registry.hpp"

namespace argosy {

/// Enters an actor into the ledger and counts it; it leaves when it ends, whatever ends it. `kind` is a
/// string literal from a fixed list.
class census {
public:
  census(ledger& book, life_probe& probe) : book_(book), probe_(probe) {}

  /// As caf::actor_system::spawn() of a function, whose code becomes the first line of the actor's stack. The
  /// place that calls this is where the actor was spawned, in profiles and in lists of leaks.
  template <caf::spawn_options Options = caf::no_spawn_options, class F, class... Ts>
  [[gnu::noinline]] caf::infer_handle_from_fun_t<F*> spawn(caf::actor_system& system, const char* kind,
                                                           std::uint64_t owner, F* f, Ts&&... xs) {
    using impl = caf::infer_impl_from_fun_t<F*>;
    static_assert(caf::detail::spawnable<F*, impl, Ts...>(),
                  "cannot spawn function-based actor with given arguments");
    auto watch = enter(kind, owner, {reinterpret_cast<const void*>(f), __builtin_return_address(0)});
    caf::actor_config config;
    caf::detail::init_fun_factory<impl, F*> factory;
    config.init_fun = factory(f, std::forward<Ts>(xs)...);
    return system.spawn_impl<watched<impl>, Options>(config, std::move(watch));
  }
  ledger& book() { return book_; }

private:
  actor_watch enter(const char* kind, std::uint64_t owner, const ledger::origin& from);
  ledger& book_;
  life_probe& probe_;
};

} // namespace argosy
