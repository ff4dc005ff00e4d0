#include "actors/errors.hpp"

#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

namespace argosy {

std::string to_string(ec code) {
  switch (code) {
  case ec::none: return "none";
  case ec::failed: return "failed";
  case ec::not_found: return "not found";
  case ec::stopping: return "stopping";
  }
  return "unknown";
}

caf::error to_error(const failure_info& failure) {
  return caf::make_error(ec::failed, static_cast<std::uint8_t>(failure.kind), failure.text);
}

failure_info to_failure(const caf::error& error) {
  if (error == ec::failed && error.context().match_elements<std::uint8_t, std::string>())
    return {static_cast<failure_kind>(error.context().get_as<std::uint8_t>(0)),
            error.context().get_as<std::string>(1)};
  if (error == ec::stopping || error == caf::sec::request_receiver_down ||
      error == caf::exit_reason::user_shutdown || error == caf::exit_reason::kill)
    return {failure_kind::cancelled, "context canceled"};
  if (error == caf::sec::request_timeout)
    return {failure_kind::other, "no answer in time from another actor"};
  return {failure_kind::other, "internal error: " + caf::to_string(error)};
}

} // namespace argosy
