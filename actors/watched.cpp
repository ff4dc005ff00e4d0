#include "actors/watched.hpp"

#include <algorithm>
#include <cstring>

#include <caf/atom.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/system_messages.hpp>

#include "metrics/instruments.hpp"
#include "metrics/mailbox_gauge.hpp"

namespace argosy {

namespace {

thread_local actor_watch* running = nullptr;

// What a message is called in a trace.
std::string name_of(const caf::mailbox_element& message) {
  const auto& content = message.content();
  if (content.empty()) return "answer";
  if (content.match_element<caf::atom_value>(0)) return to_string(content.get_as<caf::atom_value>(0));
  if (content.match_element<caf::down_msg>(0)) return "down";
  if (content.match_element<caf::exit_msg>(0)) return "exit";
  return message.mid.is_response() ? "answer" : "other";
}

// The same at both ends of its way, and of no other message meanwhile.
std::uint64_t arrow_of(const caf::mailbox_element& message) {
  return reinterpret_cast<std::uintptr_t>(&message);
}

} // namespace

actor_watch::actor_watch(ledger& book, life_probe& probe, const char* kind, std::uint64_t owner,
                         ledger::entry entry) :
    book_(&book),
    probe_(&probe), kind_(kind), owner_(owner), entry_(std::move(entry)),
    mailbox_(std::make_unique<mailbox_gauge>()) {}

actor_watch::actor_watch(actor_watch&&) noexcept = default;
actor_watch::~actor_watch() = default;

void actor_watch::task_out() noexcept {
  if (running != nullptr) ++running->tasks_;
}

void actor_watch::task_back() noexcept {
  if (running != nullptr) --running->tasks_;
}

actor_watch::scope::scope(actor_watch& of) noexcept :
    activity_({of.kind_, of.owner_, of.entry_.id()}), before_(std::exchange(running, &of)) {}

actor_watch::scope::~scope() { running = before_; }

void actor_watch::begun() { entry_.mailbox(*mailbox_); }

void actor_watch::arrived(const caf::mailbox_element& message) {
  auto& tools = book_->tools();
  if (tools.trace.on()) tools.trace.sent(arrow_of(message));
  if (!mailbox_->arrived()) return;
  mailbox_->mark(trace_recorder::clock(), tools.blocking.on() ? book_->kept_stack() : nullptr);
}

actor_watch::handling::handling(actor_watch& of, const caf::mailbox_element& message) : of_(of) {
  of.entry_.state("running");
  auto& tools = of.book_->tools();
  const auto present = trace_recorder::clock();
  const auto waited = of.mailbox_->handled(present);
  if (waited.sender != nullptr && tools.blocking.on()) {
    auto stack = stack_of(waited.sender);
    stack.insert(stack.begin(), name_frame(name_kind::mailbox, of.kind_));
    tools.blocking.record(stack, present - waited.since);
  }
  if (!tools.trace.on()) return;
  begun_ = present;
  tools.trace.received(arrow_of(message));
  const auto name = name_of(message);
  std::memcpy(what_, name.data(), std::min(name.size(), sizeof what_ - 1));
}

void actor_watch::handling::end(bool awaits) {
  of_.entry_.state(of_.tasks_ > 0 ? "waiting for I/O" : awaits ? "waiting for an answer" : "idle");
  if (begun_ != 0)
    of_.book_->tools().trace.slice(
        {of_.kind_, what_, begun_, trace_recorder::clock(), of_.owner_, of_.mailbox_->depth()});
}

void actor_watch::ended(const caf::error& reason) {
  if (!entry_) return; // CAF may say it twice
  entry_ = {};
  const bool normal =
      !reason || reason == caf::exit_reason::user_shutdown || reason == caf::exit_reason::unreachable;
  probe_->ended.Add({{"kind", kind_}, {"reason", normal ? "normal" : "error"}}).Increment();
}

} // namespace argosy
