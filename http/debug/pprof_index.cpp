#include "http/debug/pprof_index.hpp"

#include <algorithm>
#include <array>

namespace argosy {

namespace {

constexpr std::array<pprof_profile, 7> snapshots{{
    {"allocs", "All allocations since the start, by the place that made them: about one in 512 KiB is seen."},
    {"block", "Where messages waited in mailboxes and tasks waited for I/O threads. Empty until "
              "debug/set-block-profile-rate was called."},
    {"goroutine",
     "Every actor: its function, where it was spawned, what it waits for. With debug=2 one by one."},
    {"goroutineleak",
     "Those actors that should not be there any more: their job is over, or they wait beyond "
     "their time-out."},
    {"heap", "Memory in use, by the place that allocated it. With gc=1 unused memory goes back to the system "
             "before."},
    {"mutex",
     "Where threads waited for locks of this program. Empty until debug/set-mutex-profile-fraction was "
     "called."},
    {"threadcreate", "Every thread, by what made it."},
}};

constexpr std::array<pprof_profile, 4> others{{
    {"cmdline", "The command line of this daemon, without passwords."},
    {"profile", "What the processors do, for seconds=30. Labels say for which actor and job."},
    {"symbol", "Names of addresses, in the query or body and joined by '+'."},
    {"trace",
     "Messages, tasks and calls one by one, for seconds=1, as JSON for ui.perfetto.dev. `go tool trace` "
     "does not read it."},
}};

} // namespace

const pprof_profile* find_snapshot(std::string_view name) {
  const auto* const found = std::find_if(snapshots.begin(), snapshots.end(),
                                         [&](const pprof_profile& p) { return p.name == name; });
  return found == snapshots.end() ? nullptr : found;
}

std::string pprof_index_page(const std::map<std::string, std::int64_t>& counts) {
  std::map<std::string, const char*> all;
  for (const auto& p : snapshots) all.emplace(p.name, p.about);
  for (const auto& p : others) all.emplace(p.name, p.about);

  std::string out = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>/debug/pprof/</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 50em; padding: 0 1em; }
td:first-child { text-align: right; }
td { padding: 0 .5em; vertical-align: top; }
</style>
</head>
<body>
<h1>/debug/pprof/</h1>
<p>Without <code>debug=1</code> the profiles are files for <code>go tool pprof</code>.</p>
<p>Types of profiles available:</p>
<table>
<thead><tr><th>Count</th><th>Profile</th><th></th></tr></thead>
<tbody>
)";
  for (const auto& [name, about] : all) {
    const auto count = counts.find(name);
    const bool text = find_snapshot(name) != nullptr;
    out += "<tr><td>" + std::to_string(count == counts.end() ? 0 : count->second) + "</td><td><a href='" +
           name + (text ? "?debug=1" : "") + "'>" + name + "</a></td><td>" + about + "</td></tr>\n";
  }
  out += R"(</tbody>
</table>
<p><a href="goroutine?debug=2">full goroutine stack dump</a>, <a href="../leaks">leaks</a></p>
</body>
</html>
)";
  return out;
}

} // namespace argosy
