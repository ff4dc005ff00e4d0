#pragma once

#include <optional>

#include "actors/jobs/job_table.hpp"
#include "app/command_line.hpp"
#include "http/dispatch.hpp"
#include "http/server.hpp"

/// From what was read to what the parts of the daemon are made of.
namespace argosy {

/// The server of remote control. Throws failure for a flag that says nothing sensible, in rclone's words.
http_config remote_control_server(const settings_of_run& run);
/// That for metrics alone; nothing without --metrics-addr. Throws as above.
std::optional<http_config> metrics_server(const settings_of_run& run);
/// Reads --rc-template. Throws as above.
dispatch_config dispatch_settings(const settings_of_run& run);
job_table_limits job_limits(const settings_of_run& run);

/// What options/get shows besides block main. Without passwords.
rc::option_blocks::values shown_options(const settings_of_run& run);

} // namespace argosy
