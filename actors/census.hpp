#pragma once

#include <memory>

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/exit_reason.hpp>
#include <caf/spawn_options.hpp>

#include "metrics/ledger.hpp"
#include "metrics/registry.hpp"

namespace argosy {

/// Enters an actor into the ledger and counts it; it leaves when it ends, whatever ends it. `kind` is a
/// string literal from a fixed list.
class census {
public:
  census(ledger& book, life_probe& probe) : book_(book), probe_(probe) {}

  template <caf::spawn_options Options = caf::no_spawn_options, class Parent, class F, class... Ts>
  auto spawn(Parent& parent, const char* kind, std::uint64_t owner, F f, Ts&&... xs) {
    auto handle = parent.template spawn<Options>(f, std::forward<Ts>(xs)...);
    enter(caf::actor_cast<caf::abstract_actor*>(handle), kind, owner);
    return handle;
  }
  ledger& book() { return book_; }

private:
  void enter(caf::abstract_actor* who, const char* kind, std::uint64_t owner);
  ledger& book_;
  life_probe& probe_;
};

} // namespace argosy
