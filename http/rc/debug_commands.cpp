#include "http/rc/command.hpp"

#include <atomic>
#include <memory>

#include "http/params.hpp"
#include "metrics/memory.hpp"

namespace argosy::rc {

namespace {

/// What a client set last: each call tells the value before.
struct knobs {
  std::atomic<std::int64_t> mutex_fraction{0};
  std::atomic<std::int64_t> gc_percent{100};         // Go's GOGC
  std::atomic<std::int64_t> memory_limit{INT64_MAX}; // Go's GOMEMLIMIT: none
};

std::string number_reply(const char* key, std::int64_t number) {
  std::string out;
  append_json(out, json{{key, number}});
  return out;
}

/// A negative value reads without setting.
std::int64_t exchange(std::atomic<std::int64_t>& knob, std::int64_t next) {
  return next < 0 ? knob.load() : knob.exchange(next);
}

std::string set_block_profile_rate(const json& input, const daemon&) {
  require_int(input, "rate");
  return "{}";
}

work_handler set_gc_percent(const std::shared_ptr<knobs>& known) {
  return [known](job_context& job, const daemon&) {
    const auto percent = require_int(job.input(), "gc-percent");
    job.block_and_finish([known, percent](const may_block&) {
      keep_unused_memory(percent);
      return number_reply("existing-gc-percent", known->gc_percent.exchange(percent));
    });
  };
}

} // namespace

std::vector<command> debug_commands() {
  const auto known = std::make_shared<knobs>();
  return {
      {"debug/set-block-profile-rate",
       "Set runtime.SetBlockProfileRate for blocking profiling.",
       right::authenticated,
       right::open,
       {{"rate", "integer", true, "nanoseconds of blocking for one sample; 0 turns sampling off"}},
       "{}",
       "Without effect: there is no profile of blocking here. It is taken so that clients of rclone go on.\n",
       set_block_profile_rate,
       {}},
      {"debug/set-mutex-profile-fraction",
       "Set runtime.SetMutexProfileFraction for mutex profiling.",
       right::authenticated,
       right::open,
       {{"rate", "integer", true, "one in so many events is sampled; negative only reads"}},
       "{previousRate: integer}",
       "Only remembered: there is no profile of mutexes here.\n\nReturns\n\n- previousRate - what was set "
       "before\n",
       [known](const json& input, const daemon&) {
         return number_reply("previousRate", exchange(known->mutex_fraction, require_int(input, "rate")));
       },
       {}},
      {"debug/set-gc-percent",
       "Call runtime/debug.SetGCPercent for setting the garbage collection target percentage.",
       right::authenticated,
       right::open,
       {{"gc-percent", "integer", true,
         "less gives memory back sooner, more keeps it longer; negative keeps it until core/gc"}},
       "{existing-gc-percent: integer}",
       "There is no garbage collector here, but the same choice between memory and speed: how long the "
       "allocator keeps memory that is not in use before the system gets it back. 100, as at the start, is "
       "5 seconds; other values are in proportion.\n\nReturns\n\n"
       "- existing-gc-percent - what was set before\n",
       {},
       set_gc_percent(known)},
      {"debug/set-soft-memory-limit",
       "Call runtime/debug.SetMemoryLimit for setting a soft memory limit for the runtime.",
       right::authenticated,
       right::open,
       {{"mem-limit", "integer", true, "bytes; negative only reads"}},
       "{existing-mem-limit: integer}",
       "Only remembered: the allocator knows no limit. What this daemon keeps is bounded by other means.\n\n"
       "Returns\n\n- existing-mem-limit - what was set before\n",
       [known](const json& input, const daemon&) {
         return number_reply("existing-mem-limit",
                             exchange(known->memory_limit, require_int(input, "mem-limit")));
       },
       {}},
  };
}

} // namespace argosy::rc
