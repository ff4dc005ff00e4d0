#include "http/rc/command.hpp"

#include <atomic>

#include "http/params.hpp"

namespace argosy::rc {

namespace {

// Go's knobs, kept only so that a client finds again what it set: this process has no Go runtime. Like there
// they belong to the process, not to one daemon in it.

std::string number_reply(const char* key, std::int64_t number) {
  std::string out;
  append_json(out, json{{key, number}});
  return out;
}

std::string set_block_profile_rate(const json& input, const daemon&) {
  require_int(input, "rate");
  return "{}";
}

/// A negative value reads without setting.
std::int64_t exchange(std::atomic<std::int64_t>& knob, std::int64_t next) {
  return next < 0 ? knob.load() : knob.exchange(next);
}

std::string set_mutex_profile_fraction(const json& input, const daemon&) {
  static std::atomic<std::int64_t> fraction{0};
  return number_reply("previousRate", exchange(fraction, require_int(input, "rate")));
}

std::string set_gc_percent(const json& input, const daemon&) {
  static std::atomic<std::int64_t> percent{100}; // Go's GOGC; negative turns collection off
  return number_reply("existing-gc-percent", percent.exchange(require_int(input, "gc-percent")));
}

std::string set_soft_memory_limit(const json& input, const daemon&) {
  static std::atomic<std::int64_t> limit{INT64_MAX}; // Go's GOMEMLIMIT: none
  return number_reply("existing-mem-limit", exchange(limit, require_int(input, "mem-limit")));
}

const char* without_effect = "Accepted for the sake of clients; there is no Go runtime to set it in.\n";

} // namespace

std::vector<command> debug_commands() {
  return {
      {"debug/set-block-profile-rate",
       "Set the rate of the blocking profile",
       right::authenticated,
       right::open,
       {{"rate", "integer", true, "nanoseconds of blocking for one sample"}},
       without_effect,
       set_block_profile_rate,
       {}},
      {"debug/set-mutex-profile-fraction",
       "Set the fraction of the mutex profile",
       right::authenticated,
       right::open,
       {{"rate", "integer", true, "one in so many events is sampled; negative only reads"}},
       without_effect,
       set_mutex_profile_fraction,
       {}},
      {"debug/set-gc-percent",
       "Set the growth of the heap that starts a garbage collection",
       right::authenticated,
       right::open,
       {{"gc-percent", "integer", true, "percent of the live heap; negative turns collection off"}},
       without_effect,
       set_gc_percent,
       {}},
      {"debug/set-soft-memory-limit",
       "Set the soft memory limit",
       right::authenticated,
       right::open,
       {{"mem-limit", "integer", true, "bytes; negative only reads"}},
       without_effect,
       set_soft_memory_limit,
       {}},
  };
}

} // namespace argosy::rc
