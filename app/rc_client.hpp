#pragma once

#include <iosfwd>

#include "app/command_line.hpp"
#include "app/line_logger.hpp"
#include "core/json.hpp"

namespace argosy {

/// `argosy rc` (rc-surface 2.16): posts one call and prints its reply. --rc-addr, --rc-user and --rc-pass
/// count as --url, --user and --pass. Returns rclone's exit status: 0 for HTTP 200, 5 when nobody answers and
/// trying again may help, with --loopback 3 for a missing directory and 4 for a missing file, else 1. Blocks.
int run_client(const settings_of_run& run, const storage_table& storages, line_logger& log,
               std::ostream& out);

/// The input of the call from `key=value` words, --json, -o and -a. Throws failure(bad_parameter) naming the
/// word.
json client_input(const client_flags& flags, const std::vector<std::string>& words);

/// ":5572", "host:5572" and "http://host:5572" as a URL ending in a slash.
std::string client_url(const std::string& text);

} // namespace argosy
