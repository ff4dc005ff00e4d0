#include "http/waiting_calls.hpp"

#include "actors/tell.hpp"

namespace argosy {

void waiting_calls::enter(std::uint64_t connection, job_id call, job_actor who) {
  const std::lock_guard<std::mutex> guard{mutex_};
  if (ended_early_.erase({connection, call}) == 0) by_connection_[connection].emplace(call, std::move(who));
}

void waiting_calls::leave(std::uint64_t connection, job_id call) {
  const std::lock_guard<std::mutex> guard{mutex_};
  const auto found = by_connection_.find(connection);
  if (found == by_connection_.end() || found->second.erase(call) == 0) {
    ended_early_.emplace(connection, call);
  } else if (found->second.empty()) {
    by_connection_.erase(found);
  }
}

void waiting_calls::stop(std::uint64_t connection) {
  const std::lock_guard<std::mutex> guard{mutex_};
  const auto found = by_connection_.find(connection);
  if (found == by_connection_.end()) return;
  for (auto& [id, call] : found->second) tell(call, stop_atom_v);
}

void waiting_calls::stop() {
  const std::lock_guard<std::mutex> guard{mutex_};
  for (auto& [connection, calls] : by_connection_)
    for (auto& [id, call] : calls) tell(call, stop_atom_v);
}

} // namespace argosy
