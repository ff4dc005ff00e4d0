#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>

#include "actors/stats/progress.hpp"
#include "backends/storage.hpp"

/// What stays inside the process: handles to sessions, closures, live counters.
namespace argosy {

class job_pace;
class job_report;

/// The second half of something that began in an actor and went over an I/O thread: runs in that actor's
/// context.
struct continuation {
  std::shared_ptr<std::function<void()>> run;
};

/// A session lent by its connection actor to one task. Goes back when the last copy is gone, on whatever
/// thread. Only the holder touches the session, on an I/O thread, one task at a time.
class session_loan {
public:
  struct slot;
  session_loan() = default;
  explicit session_loan(std::shared_ptr<slot> lent) : slot_(std::move(lent)) {}
  explicit operator bool() const noexcept { return slot_ != nullptr; }
  /// Connects on first use. Throws failure.
  session& open(const may_block& on) const;
  /// What the ledger shows of the connection meanwhile. Any thread.
  void doing(const char* state, std::string_view detail) const;
  /// The session is not to be used again: the connection ends instead of going back.
  void discard() const;

private:
  std::shared_ptr<slot> slot_;
};

} // namespace argosy

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(argosy::continuation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(argosy::session_loan)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<argosy::session_loan>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<argosy::transfer_progress>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<argosy::session>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<argosy::job_pace>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<argosy::job_report>)
