#include "backends/bridge/rclone_program.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backends/local/system_failure.hpp"
#include "core/failure.hpp"

namespace argosy {

namespace {

constexpr std::chrono::milliseconds look{20};
constexpr std::chrono::seconds longest_call{60};
// Of one program between two looks, bytes; the rest is not read.
constexpr std::size_t most_output = 16 << 20;

// Variables that are about the daemon: they would make rclone log elsewhere or listen somewhere.
constexpr const char* not_for_rclone[] = {
    "RCLONE_CONFIG",       "RCLONE_LOG_FILE",   "RCLONE_LOG_FORMAT", "RCLONE_LOG_LEVEL",
    "RCLONE_LOG_SYSTEMD",  "RCLONE_QUIET",      "RCLONE_RC",         "RCLONE_RC_ADDR",
    "RCLONE_RC_WEB_GUI",   "RCLONE_STATS",      "RCLONE_SYSLOG",     "RCLONE_VERBOSE",
    "RCLONE_USE_JSON_LOG", "RCLONE_PROGRESS",   "RCLONE_ADDR",       "RCLONE_ASK_PASSWORD",
    "RCLONE_MEMPROFILE",   "RCLONE_CPUPROFILE", "RCLONE_USER",       "RCLONE_PASS"};

} // namespace

output_memory::output_memory(const may_block& on, const std::string& label) :
    memory_(::memfd_create("rclone", MFD_CLOEXEC)) {
  if (memory_.get() < 0) fail(failure_kind::retryable, "memfd_create: " + system_text(errno));
  // Whoever writes shares the position; at the end is right however much was taken away.
  ::fcntl(memory_.get(), F_SETFL, O_APPEND);
  entry_ = on.book().enter(resource::descriptor, "output of rclone", 0, label);
}

std::string output_memory::take() {
  std::string out;
  char block[16384];
  while (out.size() < most_output) {
    const auto got = ::pread(memory_.get(), block, sizeof(block), static_cast<off_t>(out.size()));
    if (got <= 0) break;
    out.append(block, static_cast<std::size_t>(got));
  }
  if (!out.empty()) static_cast<void>(::ftruncate(memory_.get(), 0) == 0);
  return out;
}

std::vector<std::string> rclone_call::command_line() const {
  std::vector<std::string> out{program};
  out.insert(out.end(), arguments.begin(), arguments.end());
  for (const auto* one : {"--config", config_path.empty() ? "/dev/null" : config_path.c_str(),
                          "--ask-password=false", "--log-level", "NOTICE"})
    out.emplace_back(one);
  return out;
}

std::vector<std::string> rclone_call::environment_changes() const {
  std::vector<std::string> out{std::begin(not_for_rclone), std::end(not_for_rclone)};
  out.insert(out.end(), environment.begin(), environment.end());
  return out;
}

std::string output_of(const may_block& on, const rclone_call& call) {
  output_memory printed{on, call.program}, said{on, call.program};
  child program{on,
                "rclone",
                call.command_line(),
                {-1, printed.get(), said.get()},
                child::lookup::in_path,
                0,
                call.environment_changes()};
  const auto end = std::chrono::steady_clock::now() + longest_call;
  std::optional<int> status;
  while (!(status = program.ended())) {
    on.check();
    if (std::chrono::steady_clock::now() > end)
      fail(failure_kind::other, call.program + " " + call.arguments.front() + " does not end");
    std::this_thread::sleep_for(look);
  }
  if (const auto how = end_of_child(*status); !how.empty()) {
    const auto words = last_words(said.take());
    fail(failure_kind::other, words.empty() ? how : words);
  }
  return printed.take();
}

std::string last_words(std::string_view said) {
  while (!said.empty() && (said.back() == '\n' || said.back() == '\r')) said.remove_suffix(1);
  said.remove_prefix(said.find_last_of('\n') + 1);
  // `2026/11/27 17:32:28 Failed to ...` or `2026/11/27 17:32:28 CRITICAL: Failed to ...`
  constexpr std::size_t stamp = 20;
  if (said.size() > stamp && said[4] == '/' && said[7] == '/' && said[13] == ':') said.remove_prefix(stamp);
  for (const std::string_view level : {"CRITICAL: ", "ERROR : ", "NOTICE: "})
    if (said.substr(0, level.size()) == level) said.remove_prefix(level.size());
  return std::string{said};
}

} // namespace argosy
