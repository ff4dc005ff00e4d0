#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <caf/error.hpp>
#include <caf/execution_unit.hpp>
#include <caf/invoke_message_result.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>

#include "metrics/activity.hpp"
#include "metrics/ledger.hpp"
#include "metrics/registry.hpp"

namespace argosy {

/// What is kept about one actor while it lives: its entry in the ledger, its mailbox, what it waits for.
class actor_watch {
public:
  actor_watch(ledger& book, life_probe& probe, const char* kind, std::uint64_t owner, ledger::entry entry);
  actor_watch(actor_watch&&) noexcept;
  ~actor_watch();

  /// The actor that this thread runs gave a task to an I/O thread, or it has come back: so the ledger can
  /// tell what it waits for. Does nothing outside of actors.
  static void task_out() noexcept;
  static void task_back() noexcept;

  /// Until its end this thread runs that actor.
  class scope {
  public:
    explicit scope(actor_watch& of) noexcept;
    ~scope();
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

  private:
    activity_scope activity_;
    actor_watch* const before_;
  };

  void begun();
  void arrived(const caf::mailbox_element& message);
  /// One message, from its beginning to its end. `awaits` says at the end whether an answer is awaited.
  class handling {
  public:
    handling(actor_watch& of, const caf::mailbox_element& message);
    void end(bool awaits);

  private:
    actor_watch& of_;
    std::int64_t begun_ = 0; // 0: no trace is recorded
    char what_[16]{};
  };
  void ended(const caf::error& reason);

private:
  ledger* book_;
  life_probe* probe_;
  const char* kind_;
  std::uint64_t owner_;
  ledger::entry entry_;
  std::unique_ptr<mailbox_gauge> mailbox_; // where it stays while the watch moves into the actor
  int tasks_ = 0;
};

/// An actor as census spawns it: CAF's own profiler is not in Debian's build, but these are the places where
/// it would look.
template <class Impl>
class watched final : public Impl {
public:
  watched(caf::actor_config& config, actor_watch watch) : Impl(config), watch_(std::move(watch)) {
    watch_.begun();
  }

  void enqueue(caf::mailbox_element_ptr message, caf::execution_unit* host) override {
    if (message) watch_.arrived(*message);
    Impl::enqueue(std::move(message), host);
  }

  caf::resumable::resume_result resume(caf::execution_unit* host, std::size_t most) override {
    const actor_watch::scope here{watch_};
    return Impl::resume(host, most);
  }

  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    watch_.ended(reason);
    return Impl::cleanup(std::move(reason), host);
  }

  caf::invoke_message_result consume(caf::mailbox_element& message) override {
    actor_watch::handling now{watch_, message};
    const auto result = Impl::consume(message);
    now.end(!this->multiplexed_responses_.empty() || !this->awaited_responses_.empty());
    return result;
  }

private:
  actor_watch watch_;
};

} // namespace argosy
