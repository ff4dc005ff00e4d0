#include "http/rc/command.hpp"

#include <atomic>
#include <memory>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "http/debug/leaks_report.hpp"
#include "http/debug/symbol_child.hpp"
#include "http/params.hpp"
#include "metrics/instruments.hpp"
#include "metrics/leaks.hpp"
#include "metrics/memory.hpp"

namespace argosy::rc {

namespace {

/// What a client set last: each call tells the value before.
struct knobs {
  std::atomic<std::int64_t> gc_percent{100};         // Go's GOGC
  std::atomic<std::int64_t> memory_limit{INT64_MAX}; // Go's GOMEMLIMIT: none
};

std::string number_reply(const char* key, std::int64_t number) { return json_text(json{{key, number}}); }

/// A negative value reads without setting.
std::int64_t exchange(std::atomic<std::int64_t>& knob, std::int64_t next) {
  return next < 0 ? knob.load() : knob.exchange(next);
}

std::string set_block_profile_rate(const json& input, const daemon& d) {
  d.with.book.tools().blocking.rate(require_int(input, "rate"));
  return "{}";
}

std::string set_mutex_profile_fraction(const json& input, const daemon& d) {
  auto& contention = d.with.book.tools().contention;
  const auto next = require_int(input, "rate");
  return number_reply("previousRate", next < 0 ? contention.rate() : contention.rate(next));
}

void leaks(job_context& job, const daemon&) {
  const auto grace = optional_duration(job.input(), "grace", usual_grace);
  job.block_and_finish(
      [grace](const may_block& on) { return json_text(leaks_report(on, grace, ask_symbol_child(on))); });
}

void watch_url(job_context& job, const daemon& d) {
  auto& urls = d.with.book.tools().urls;
  const auto pattern = optional_string(job.input(), "pattern");
  if (optional_bool(job.input(), "remove", false)) {
    if (!urls.remove(pattern)) fail(failure_kind::other, "pattern " + go_quote(pattern) + " is not watched");
  } else if (!pattern.empty()) {
    urls.add(pattern);
  }
  job.block_and_finish([](const may_block& on) { return json_text(watched_urls(on, ask_symbol_child(on))); });
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
      {"debug/leaks",
       "Lists what should not be there any more.",
       right::authenticated,
       right::authenticated,
       {{"grace", "duration", false,
         "how long after the end of its job a thing may still be there; 1m without it"}},
       "{time: time, orphans: integer, overdue: integer, groups: {reason: \"orphan\" | \"overdue\", "
       "resource: string, "
       "kind: string, label: string, site: string, count: integer, age: number, since: time, stack: "
       "string[], "
       "examples: {id: integer, job: integer, parent: integer, state: string, detail: string, born: time, "
       "lastActivity: time, since: time}[], next: string}[], live: {*: integer}, watched: {patterns: {*: "
       "integer}, "
       "requests: {time: time, pattern: string, method: string, url: string, kind: string, label: string, "
       "job: "
       "integer, stack: string[]}[]}}",
       "Everything that lives is in a ledger with the job that it belongs to. What outlives its job, or "
       "waits beyond "
       "its time-out, is a leak. The same as a page: /debug/leaks.\n\nReturns\n\n"
       "- orphans, overdue - how many\n"
       "- groups - leaks of one kind from one place in the code: site and stack say where they were made, "
       "examples "
       "are the oldest, next says what to look at\n"
       "- live - what lives, by resource\n- watched - see debug/watch-url\n",
       {},
       leaks},
      {"debug/watch-url",
       "Keeps the requests of remotes and clients whose URL matches a pattern.",
       right::authenticated,
       right::authenticated,
       {{"pattern", "string", false, "regular expression that has to match somewhere in `METHOD URL`"},
        {"remove", "boolean", false, "the pattern is not to be watched any more"}},
       "{patterns: {*: integer}, requests: {time: time, pattern: string, method: string, url: string, kind: "
       "string, "
       "label: string, job: integer, stack: string[]}[]}",
       "Each request that matches is logged, and kept with the place in the code that made it: the last 100. "
       "URLs are "
       "shown without user, query and fragment. Without a pattern nothing is changed.\n\nReturns\n\n"
       "- patterns - with the number of matches\n- requests - oldest first\n",
       {},
       watch_url},
      {"debug/set-block-profile-rate",
       "Set runtime.SetBlockProfileRate for blocking profiling.",
       right::authenticated,
       right::open,
       {{"rate", "integer", true, "nanoseconds of blocking for one sample; 0 turns sampling off"}},
       "{}",
       "Turns on the profile of /debug/pprof/block: how long messages wait in mailboxes and tasks for I/O "
       "threads. Shorter waits than the rate are sampled in proportion.\n",
       set_block_profile_rate,
       {}},
      {"debug/set-mutex-profile-fraction",
       "Set runtime.SetMutexProfileFraction for mutex profiling.",
       right::authenticated,
       right::open,
       {{"rate", "integer", true, "one in so many events is sampled; negative only reads"}},
       "{previousRate: integer}",
       "Turns on the profile of /debug/pprof/mutex: how long threads wait for locks of this program.\n\n"
       "Returns\n\n- previousRate - what was set before\n",
       set_mutex_profile_fraction,
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
