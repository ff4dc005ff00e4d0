#pragma once

#include <chrono>

#include <caf/actor_system.hpp>

#include "actors/actors.hpp"
#include "actors/defaults.hpp"
#include "actors/services.hpp"
#include "core/failure.hpp"

namespace argosy {

struct job_table_limits {
  std::chrono::nanoseconds expire_after = std::chrono::seconds(60);    ///< --rc-job-expire-duration
  std::chrono::nanoseconds expire_interval = std::chrono::seconds(10); ///< --rc-job-expire-interval
  std::uint64_t history_bytes = defaults::history_bytes;               ///< --rc-job-history-size
};

/// What calls that name a job which is not known are told (in words of rclone).
failure_info job_not_found();

job_table_actor spawn_job_table(caf::actor_system& system, services& with, job_table_limits limits);

} // namespace argosy
