#include "actors/census.hpp"

#include <caf/abstract_actor.hpp>

namespace argosy {

void census::enter(caf::abstract_actor* who, const char* kind, std::uint64_t owner) {
  probe_.spawned.Add({{"kind", kind}}).Increment();
  // attach_functor copies its functor; the entry itself must exist once.
  auto entry = std::make_shared<ledger::entry>(book_.enter(resource::actor, kind, owner));
  auto* probe = &probe_;
  who->attach_functor([entry, probe, kind](const caf::error& reason) {
    *entry = ledger::entry{};
    const bool normal =
        !reason || reason == caf::exit_reason::user_shutdown || reason == caf::exit_reason::unreachable;
    probe->ended.Add({{"kind", kind}, {"reason", normal ? "normal" : "error"}}).Increment();
  });
}

} // namespace argosy
