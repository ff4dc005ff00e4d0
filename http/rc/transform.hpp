#pragma once

#include <memory>

#include "core/name_transform.hpp"
#include "core/time_text.hpp"
#include "http/rc/command.hpp"

namespace argosy::rc {

/// The option name_transform of a call. Throws failure(other) when it is not understood.
inline name_transform transform_of(const job_context& job, const daemon& d) {
  // The daemon outlives what handlers begin.
  const std::shared_ptr<const mime_types> types{std::shared_ptr<void>{}, &d.types};
  return {job.options()->name_transform, types, now()};
}

} // namespace argosy::rc
