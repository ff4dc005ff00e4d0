#include "http/rc/command.hpp"

#include "http/debug/symbol_child.hpp"
#include "http/debug/verdicts_report.hpp"
#include "http/params.hpp"

namespace argosy::rc {

namespace {

void leak_report(job_context& job, const daemon&) {
  const auto curves = optional_bool(job.input(), "curves", false);
  job.block_and_finish(
      [curves](const may_block& on) { return json_text(verdicts_report(on, curves, ask_symbol_child(on))); });
}

} // namespace

std::vector<command> leak_commands() {
  return {
      {"leak/report",
       "Tells what grows and never comes back.",
       right::authenticated,
       right::authenticated,
       {{"curves", "boolean", false, "with the floors of the last day of each curve"}},
       "{time: time, judged: time, suspected: integer, series: integer, verdicts: {resource: string, kind: "
       "string, "
       "suspected: boolean, reason: string, since: time, value: number, grown: number, perHour: number, "
       "window: "
       "number, class: \"background\" | \"load\", followsLoad: number, task: string, suspects: {task: "
       "string, runs: "
       "integer, step: number, confidence: number, explained: number}[], sites: {site: string, count: "
       "integer, "
       "detail: string, job: integer}[], next: string, curve?: number[][]}[], hoursToLimit: {*: number}, "
       "tasks: "
       "{task: string, started: integer, ended: integer, lastStart: time, lastEnd: time, seconds: number}[]}",
       "Judges the curves of everything that is counted: actors, connections, descriptors, threads, memory "
       "as a "
       "whole and by the place that allocated it. This finds what debug/leaks cannot: things that belong to "
       "no job, "
       "and memory in a container that only ever grows. It needs hours of history, which it keeps over "
       "restarts.\n\n"
       "Returns\n\n"
       "- judged - when it was last decided, each quarter of an hour\n- suspected - how many leak\n"
       "- verdicts - of each curve, suspected ones first. reason: leaks, or why it does not: too little "
       "data, comes "
       "back, too small, few steps, saturating, usual range, bounded, seen once. grown: for good, in the "
       "last so many "
       "hours (window). class: whether it grows with the requests. task: whose runs it grows at; suspects: "
       "all that "
       "fit. sites: who made those that are alive, with the last path or URL\n"
       "- hoursToLimit - of memory, descriptors and threads, when these leak\n"
       "- tasks - what the daemon repeats, and commands that ran as jobs\n",
       {},
       leak_report},
  };
}

} // namespace argosy::rc
