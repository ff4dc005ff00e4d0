#include "http/rc/command.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backends/local/system_failure.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/obscure.hpp"
#include "core/remote_name.hpp"
#include "core/size_suffix.hpp"
#include "http/debug/health.hpp"
#include "http/params.hpp"
#include "http/rc/child_process.hpp"
#include "http/rc/host_facts.hpp"
#include "metrics/memory.hpp"

namespace argosy::rc {

namespace {

/// Of one child of core/command. Its output is held in memory and kept with the job.
constexpr std::size_t most_child_output = 16 * 1024 * 1024;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

/// Empty when it cannot be read.
std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// ---- values

std::string bwlimit(const json& input, const daemon& d) {
  if (const auto rate = input.find("rate"); rate != input.end() && !rate->is_null()) {
    const auto text = require_string(input, "rate");
    bandwidth_timetable table;
    try {
      table = bandwidth_timetable::parse(text);
    } catch (const failure& bad) {
      throw bad.within("bad bwlimit");
    }
    if (table.slots.size() != 1) fail(failure_kind::other, "need exactly 1 bandwidth setting");
    d.limits.set(table.slots.front().limit);
    d.with.log.write(log_level::notice,
                     "bandwidth limit set to " + format_bandwidth(table.slots.front().limit));
  }
  const auto now = d.limits.current();
  const bool unlimited = now.upload < 0 || now.download < 0;
  return json_text({{"bytesPerSecond", unlimited ? -1 : std::max(now.upload, now.download)},
                    {"bytesPerSecondRx", now.download},
                    {"bytesPerSecondTx", now.upload},
                    {"rate", format_bandwidth(now)}});
}

/// The name under which the limits of a remote are kept.
std::string limited_remote(const json& input) {
  const auto fs = remote_name::parse(require_fs(input, "fs"));
  if (fs.is_local_path()) return "local";
  return (fs.inline_backend ? ":" : "") + fs.name;
}

void limit_remote(const json& input, remote_limits& limits) {
  const auto name = limited_remote(input);
  const auto count = [&](const char* key) -> std::optional<std::int64_t> {
    if (!input.contains(key)) return std::nullopt;
    const auto value = require_int(input, key);
    if (value < 0)
      fail(failure_kind::bad_parameter,
           std::string{key} + " must be 0 or more, not " + std::to_string(value));
    return value;
  };
  const auto transfers = count("transfers"), checkers = count("checkers");
  std::optional<std::int64_t> rate;
  if (input.contains("bwlimit")) {
    const auto text = require_string(input, "bwlimit");
    try {
      const auto table = bandwidth_timetable::parse(text);
      if (table.slots.size() != 1) fail(failure_kind::other, "need exactly 1 bandwidth setting");
      rate = std::max(table.slots.front().limit.upload, table.slots.front().limit.download);
    } catch (const failure& bad) {
      throw bad.within("bad bwlimit");
    }
  }
  // Nothing is changed unless all of it can be read.
  if (transfers) limits.set(name, remote_limits::work::transfer, *transfers);
  if (checkers) limits.set(name, remote_limits::work::check, *checkers);
  if (rate) limits.set_bandwidth(name, *rate);
}

std::string limits(const json& input, const daemon& d) {
  if (input.contains("fs")) limit_remote(input, d.with.limits);
  json remotes = json::object();
  for (const auto& [name, now] : d.with.limits.all())
    remotes[name] = {{"bwlimit", format_bandwidth({now.bandwidth, now.bandwidth})},
                     {"checkers", now.checkers.most},
                     {"checking", now.checkers.busy},
                     {"transfers", now.transfers.most},
                     {"transferring", now.transfers.busy}};
  return json_text({{"remotes", std::move(remotes)}});
}

std::string memstats(const json&, const daemon&) {
  const auto m = read_memory();
  return json_text({{"Alloc", m.alloc},
                    {"BuckHashSys", m.buck_hash_sys},
                    {"Frees", m.frees},
                    {"GCSys", m.gc_sys},
                    {"HeapAlloc", m.heap_alloc},
                    {"HeapIdle", m.heap_idle},
                    {"HeapInuse", m.heap_inuse},
                    {"HeapObjects", m.heap_objects},
                    {"HeapReleased", m.heap_released},
                    {"HeapSys", m.heap_sys},
                    {"MCacheInuse", m.mcache_inuse},
                    {"MCacheSys", m.mcache_sys},
                    {"MSpanInuse", m.mspan_inuse},
                    {"MSpanSys", m.mspan_sys},
                    {"Mallocs", m.mallocs},
                    {"OtherSys", m.other_sys},
                    {"StackInuse", m.stack_inuse},
                    {"StackSys", m.stack_sys},
                    {"Sys", m.sys},
                    {"TotalAlloc", m.total_alloc}});
}

std::string pid(const json&, const daemon&) { return json_text({{"pid", ::getpid()}}); }

std::string obscured(const json& input, const daemon&) {
  return json_text({{"obscured", obscure(require_string(input, "clear"))}});
}

std::string quit(const json& input, const daemon& d) {
  const auto code = optional_int(input, "exitCode", 0);
  // The end waits for open replies, so this one still goes out.
  d.quit(static_cast<int>(code));
  return "{}";
}

/// Go's name of the processor that this was built for.
constexpr const char* go_architecture() {
#if defined(__x86_64__)
  return "amd64";
#elif defined(__aarch64__)
  return "arm64";
#elif defined(__i386__)
  return "386";
#elif defined(__arm__)
  return "arm";
#elif defined(__riscv)
  return "riscv64";
#else
  return "unknown";
#endif
}

/// What of core/version does not change while the machine runs: looked up once, when the table is made.
value_handler version() {
  utsname system{};
  ::uname(&system);
  const json facts = {{"arch", go_architecture()},
                      {"goTags", "none"},
                      // There is no Go here; clients show this text to people.
                      {"goVersion", "c++/g++-" + std::to_string(__GNUC__)},
                      {"isBeta", false},
                      {"isGit", false},
                      {"linking", "dynamic"},
                      {"os", "linux"},
                      {"osArch", go_architecture()},
                      {"osKernel", std::string{system.release} + " (" + system.machine + ")"},
                      {"osVersion", os_version(content_of("/etc/os-release"), sizeof(void*) == 8)}};
  return [facts](const json&, const daemon& d) {
    auto reply = facts;
    reply["version"] = d.version;
    reply["decomposed"] = decompose_version(d.version);
    return json_text(reply);
  };
}

// ---- work that reads files or waits

void disks(job_context& job, const daemon&) {
  job.block_and_finish([](const may_block&) {
    disk_sources from;
    from.home = environment("HOME");
    from.mounts = content_of("/proc/self/mounts");
    const auto config = environment("XDG_CONFIG_HOME");
    from.user_dirs = content_of((config.empty() ? from.home + "/.config" : config) + "/user-dirs.dirs");
    return json_text({{"disks", disk_list(from)}});
  });
}

void disk_usage(job_context& job, const daemon& d) {
  const auto folder = optional_string(job.input(), "dir", d.cache_folder);
  job.block_and_finish([folder](const may_block&) {
    struct statvfs figures {};
    if (::statvfs(folder.c_str(), &figures) != 0) fail(failure_kind::other, system_text(errno));
    const auto bytes = [&](fsblkcnt_t blocks) { return std::uint64_t{blocks} * figures.f_frsize; };
    return json_text({{"dir", folder},
                      {"info",
                       {{"Available", bytes(figures.f_bavail)},
                        {"Free", bytes(figures.f_bfree)},
                        {"Total", bytes(figures.f_blocks)}}}});
  });
}

void release(job_context& job, const daemon& d) {
  job.block_and_finish([&d](const may_block&) {
    const auto begun = std::chrono::steady_clock::now();
    const auto freed = release_memory();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    d.with.metrics.observe_release(took.count());
    d.with.log.write(log_level::info, "core/gc: gave " + format_size(static_cast<std::int64_t>(freed)) +
                                          " of memory back to the system");
    return std::string{"{}"};
  });
}

void health(job_context& job, const daemon& d) {
  ask_for_health(job, d, [&job](const json& found) { job.succeed(json_text(found)); });
}

void run_combined(job_context& job, const std::vector<std::string>& arguments, logger& log) {
  job.block_and_finish([arguments, &log, id = job.request().id](const may_block& on) {
    const auto result = run_child(on, arguments, child_output::both, most_child_output, id);
    if (result.cut)
      log.write(log_level::warning, "core/command: the output of " + arguments.front() + " was cut");
    return json_text({{"error", !result.error.empty()}, {"result", result.output}});
  });
}

/// The output goes into the reply while the child runs; of a call in the background nobody reads it.
void run_streamed(job_context& job, const std::vector<std::string>& arguments, child_output wanted) {
  job.block_and_finish(
      [arguments, wanted, sink = job.request().sink, id = job.request().id](const may_block& on) {
        const auto pass_on = [&](std::string_view bytes) {
          if (sink && !sink->write(on, bytes)) fail(failure_kind::cancelled, "context canceled");
        };
        const auto end = stream_child(on, arguments, wanted, pass_on, id);
        if (!end.empty()) fail(failure_kind::other, end);
        return std::string{"{}"};
      });
}

/// What is no string counts as absent, as with rclone.
std::string lenient_string(const json& input, const char* key, const char* otherwise) {
  const auto found = input.find(key);
  return found != input.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

void run_command(job_context& job, const daemon& d) {
  std::vector<std::string> arguments{d.executable};
  if (auto name = lenient_string(job.input(), "command", ""); !name.empty())
    arguments.push_back(std::move(name));
  const auto options = optional_string_map(job.input(), "opt");
  for (auto& argument : optional_strings(job.input(), "arg")) arguments.push_back(std::move(argument));
  for (const auto& [key, value] : options) {
    arguments.push_back((key.size() == 1 ? "-" : "--") + key);
    arguments.push_back(value);
  }
  const auto kind = lenient_string(job.input(), "returnType", "COMBINED_OUTPUT");
  if (kind == "COMBINED_OUTPUT") return run_combined(job, arguments, d.with.log);
  static const std::map<std::string, child_output, std::less<>> streams{
      {"STREAM", child_output::both},
      {"STREAM_ONLY_STDOUT", child_output::standard_output},
      {"STREAM_ONLY_STDERR", child_output::standard_error}};
  const auto wanted = streams.find(kind);
  if (wanted == streams.end()) fail(failure_kind::other, "unknown returnType " + go_quote(kind));
  run_streamed(job, arguments, wanted->second);
}

} // namespace

std::vector<command> core_commands() {
  return {
      {"core/bwlimit",
       "Set the bandwidth limit.",
       right::authenticated,
       right::open,
       {{"rate", "string", false, "limit, or upload:download; without it the limit is only shown"}},
       "{rate: string, bytesPerSecond: integer, bytesPerSecondRx: integer, bytesPerSecondTx: integer}",
       "Sets the limit of the process in bytes per second, for example 1M, 10M:1M or off. A timetable is "
       "refused.\n\nReturns\n\n"
       "- rate - the limit in force\n- bytesPerSecond - the larger of the two below\n- bytesPerSecondTx, "
       "bytesPerSecondRx - "
       "sending and receiving, -1 without limit\n",
       bwlimit,
       {}},
      {"core/command",
       "Run a rclone terminal command over rc.",
       right::authenticated,
       right::authenticated,
       {{"command", "string", false, "name of the command"},
        {"arg", "string[]", false, "its arguments"},
        {"opt", "{*: string}", false, "its flags: name to value"},
        {"returnType", "\"COMBINED_OUTPUT\" | \"STREAM\" | \"STREAM_ONLY_STDOUT\" | \"STREAM_ONLY_STDERR\"",
         false, "where the output goes; COMBINED_OUTPUT without it"}},
       "{error: boolean, result: string} | {}",
       "Runs this program once more with other arguments. With the kinds STREAM the body of the reply is "
       "what "
       "it writes, while it runs, and then the reply or error object as JSON.\n\nReturns with "
       "COMBINED_OUTPUT\n\n- result - what it wrote\n- error - true when it failed\n",
       {},
       run_command,
       true,
       true},
      {"core/disks",
       "List the local disks",
       right::authenticated,
       right::open,
       {},
       "{disks: string[]}",
       "Returns\n\n- disks - paths: home, /, removable media, the user's folders\n",
       {},
       disks},
      {"core/du",
       "Returns disk usage of a locally attached disk.",
       right::open,
       right::open,
       {{"dir", "string", false, "a folder on the disk; without it the cache folder"}},
       "{dir: string, info: {Available: integer, Free: integer, Total: integer}}",
       "Returns\n\n- dir - the folder\n- info - Available, Free and Total, in bytes\n",
       {},
       disk_usage},
      {"core/gc",
       "Runs a garbage collection.",
       right::authenticated,
       right::open,
       {},
       "{}",
       "Gives memory that is not in use back to the system.\n",
       {},
       release},
      {"core/health",
       "Tells how the daemon does.",
       right::open,
       right::open,
       {},
       "{status: \"ok\" | \"degraded\" | \"failing\", alive: boolean, ready: boolean, problems: string[], "
       "version: "
       "string, argosy: string, executeId: string, uptime: number, actors: integer, jobs: integer, "
       "connections: "
       "integer, descriptors: integer, descriptorLimit: integer, threads: integer, liveBytes: integer, "
       "residentBytes: "
       "integer, leaks: {orphans: integer, overdue: integer}, verdict: string, nodes: any[]}",
       "Asks the standing actors and the I/O threads; comes back after 3 seconds at the latest. /healthz and "
       "/readyz "
       "say the same, with status 503 when the daemon is not alive or not ready.\n\nReturns\n\n"
       "- status - degraded: it works, but not for long or not for all\n- problems - what is wrong\n"
       "- uptime - seconds\n- liveBytes - memory in use, without what the allocator keeps\n"
       "- leaks - see debug/leaks\n- verdict - no leak, or the worst one of leak/report\n- nodes - the other "
       "ones of the cluster\n",
       {},
       health},
      {"core/limits",
       "Limit what all jobs together do at once with one remote",
       right::authenticated,
       right::authenticated,
       {{"fs", "Fs", false,
         "the remote, without its path, or any local path; without it limits are only shown"},
        {"transfers", "integer", false, "runs of files copied or moved at once; 0: no limit"},
        {"checkers", "integer", false, "runs of files compared or removed at once; 0: no limit"},
        {"bwlimit", "string", false, "bytes per second to and from it, or off"}},
       "{remotes: {*: {bwlimit: string, checkers: integer, checking: integer, transfers: integer, "
       "transferring: integer}}}",
       "Of copies, syncs and moves, also while they run: more begins at once, less as what runs comes to its "
       "end.\n\nReturns\n\n- remotes - by name those that have limits or had some: the limits, 0 and off "
       "where "
       "there is none, and how much is at work (transferring, checking)\n",
       limits,
       {}},
      {"core/memstats",
       "Returns the memory statistics",
       right::authenticated,
       right::open,
       {},
       "{Alloc: integer, BuckHashSys: integer, Frees: integer, GCSys: integer, HeapAlloc: integer, HeapIdle: "
       "integer, HeapInuse: integer, HeapObjects: integer, HeapReleased: integer, HeapSys: integer, "
       "MCacheInuse: integer, MCacheSys: integer, MSpanInuse: integer, MSpanSys: integer, Mallocs: integer, "
       "OtherSys: integer, StackInuse: integer, StackSys: integer, Sys: integer, TotalAlloc: integer}",
       "Returns the figures of the allocator under the names of Go's runtime.MemStats. Those that have no "
       "meaning here are "
       "0.\n",
       memstats,
       {}},
      {"core/obscure",
       "Obscures a string passed in.",
       right::authenticated,
       right::open,
       {{"clear", "string", true, "the text"}},
       "{obscured: string}",
       "Returns\n\n- obscured - the text as a password in rclone.conf is written\n",
       obscured,
       {}},
      {"core/pid",
       "Return PID of current process",
       right::authenticated,
       right::open,
       {},
       "{pid: integer}",
       "Returns\n\n- pid\n",
       pid,
       {}},
      // Open by the old rule; whoever may end the daemon should have to say who he is.
      {"core/quit",
       "Terminates the app.",
       right::authenticated,
       right::authenticated,
       {{"exitCode", "integer", false, "exit code of the process, 0 without it"}},
       "{}",
       "Ends the daemon after this reply.\n",
       quit,
       {}},
      {"core/version",
       "Shows the current version of rclone, Go and the OS.",
       right::open,
       right::open,
       {},
       "{version: string, decomposed: integer[], isGit: boolean, isBeta: boolean, os: string, arch: string, "
       "goVersion: string, goTags: string, linking: \"static\" | \"dynamic\", osVersion: string, osKernel: "
       "string, osArch: string}",
       "Returns\n\n- version - the release of rclone that this daemon stands in for\n- decomposed - its "
       "three numbers\n- os, "
       "arch, osVersion, osKernel, osArch\n- goVersion - the compiler\n- linking, goTags, isGit, isBeta\n",
       version(),
       {}},
  };
}

} // namespace argosy::rc
