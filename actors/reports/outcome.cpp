#include "actors/reports/outcome.hpp"

namespace argosy {

const char* to_string(work_kind what) {
  switch (what) {
  case work_kind::transferring: return "transferring";
  case work_kind::deleting: return "deleting";
  case work_kind::checking: return "checking";
  case work_kind::hashing: return "hashing";
  case work_kind::listing: return "listing";
  case work_kind::moving: return "moving";
  case work_kind::renaming: return "renaming";
  }
  return "unknown";
}

const char* to_string(outcome_kind how) {
  switch (how) {
  case outcome_kind::copied: return "copied";
  case outcome_kind::skipped: return "skipped";
  case outcome_kind::failed: return "failed";
  case outcome_kind::deleted: return "deleted";
  case outcome_kind::renamed: return "renamed";
  }
  return "unknown";
}

std::optional<outcome_kind> parse_outcome_kind(std::string_view name) {
  for (std::size_t i = 0; i < outcome_count; ++i)
    if (const auto one = static_cast<outcome_kind>(i); name == to_string(one)) return one;
  return std::nullopt;
}

const char* to_string(failure_kind kind) {
  switch (kind) {
  case failure_kind::other: return "other";
  case failure_kind::bad_parameter: return "bad_parameter";
  case failure_kind::not_authorized: return "not_authorized";
  case failure_kind::unknown_command: return "unknown_command";
  case failure_kind::directory_not_found: return "directory_not_found";
  case failure_kind::object_not_found: return "object_not_found";
  case failure_kind::is_a_file: return "is_a_file";
  case failure_kind::is_a_directory: return "is_a_directory";
  case failure_kind::permission_denied: return "permission_denied";
  case failure_kind::unsupported: return "unsupported";
  case failure_kind::cancelled: return "cancelled";
  case failure_kind::retryable: return "retryable";
  case failure_kind::no_retry: return "no_retry";
  case failure_kind::fatal: return "fatal";
  }
  return "unknown";
}

bool worth_another_attempt(failure_kind kind) {
  switch (kind) {
  case failure_kind::bad_parameter:
  case failure_kind::not_authorized:
  case failure_kind::unknown_command:
  case failure_kind::unsupported:
  case failure_kind::cancelled:
  case failure_kind::no_retry:
  case failure_kind::fatal: return false;
  case failure_kind::other:
  case failure_kind::directory_not_found:
  case failure_kind::object_not_found:
  case failure_kind::is_a_file:
  case failure_kind::is_a_directory:
  case failure_kind::permission_denied:
  case failure_kind::retryable: return true;
  }
  return true;
}

} // namespace argosy
