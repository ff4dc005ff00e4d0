#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "backends/may_block.hpp"
#include "http/debug/pprof_request.hpp"
#include "http/exchange.hpp"
#include "metrics/profile/profile.hpp"

/// Makes the replies of /debug/pprof/ on I/O threads.
namespace argosy {

/// A profile of this moment by its name, "heap", "block". Throws failure.
profile take_snapshot(const may_block& on, const std::string& name);

/// The profile for programs: with names, in profile.proto, under a file name for downloads.
http_reply profile_reply(const may_block& on, const profile& p, const std::string& file_name);

/// What a snapshot request is answered.
http_reply snapshot_reply(const may_block& on, const pprof_request& wanted);

/// How many samples each profile has, for the index.
std::map<std::string, std::int64_t> profile_counts(const may_block& on);

/// Names of the addresses in a text: "0x12+0x34".
std::string symbol_text(const may_block& on, const std::string& addresses);

/// The arguments of this process between zeroes; values of flags that look like secrets are left out.
std::string command_line_text();

} // namespace argosy
