#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "actors/local_messages.hpp"
#include "actors/messages.hpp"
#include "actors/services.hpp"

namespace argosy {

/// Leaks on purpose, so that the watch over leaks can be tried: only in builds with ARGOSY_FAULT_INJECTOR,
/// and only when asked to on the command line. What it has leaked it gives back at its end, so that the
/// daemon still ends with an empty ledger.
class leak_injector {
public:
  struct order {
    std::string kind;
    std::uint64_t count = 0;
  };
  using orders = std::multimap<std::string, order>; // by task
  /// Each text is `TASK:KIND:N`: after each run of that task N things of that kind are leaked; of bytes N is
  /// their number. A task is a command ("core/health") or one that the daemon repeats ("timetable"). Throws
  /// failure(bad_parameter).
  static orders parse(const std::vector<std::string>& texts);

  /// Files are made in `folder`.
  leak_injector(orders planted, services& with, caf::actor_system& system, std::string folder);
  ~leak_injector();
  leak_injector(const leak_injector&) = delete;
  leak_injector& operator=(const leak_injector&) = delete;
  /// The names of all kinds.
  static std::vector<std::string> kinds();

private:
  using planter_actor = caf::typed_actor<caf::reacts_to<resume_atom, continuation>>;
  void ran(const std::string& task, std::uint64_t job);
  void leak(const order& what, std::uint64_t job);

  services& with_;
  caf::actor_system& system_;
  const std::string folder_;
  const orders orders_;
  planter_actor planter_; // where actors are spawned
  std::mutex mutex_;
  std::vector<std::shared_ptr<void>> leaked_;
};

} // namespace argosy
