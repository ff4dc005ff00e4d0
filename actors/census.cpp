#include "actors/census.hpp"

namespace argosy {

actor_watch census::enter(const char* kind, std::uint64_t owner, const ledger::origin& from) {
  probe_.spawned.Add({{"kind", kind}}).Increment();
  return {book_, probe_, kind, owner, book_.enter(resource::actor, kind, owner, {}, from)};
}

} // namespace argosy
