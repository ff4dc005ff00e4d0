#include "metrics/leaks.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace argosy {

namespace {

// A time-out is noticed by whoever looks now and then: later than this it is not noticed any more.
constexpr nanoseconds overdue_slack = nanoseconds{10} * 1'000'000'000;
constexpr std::size_t most_examples = 5;

std::vector<std::string> lines_of(const call_stack& stack, const symbol_map& names) {
  std::vector<std::string> lines;
  for (const auto address : stack)
    for (const auto& f : names.at(address))
      lines.push_back(f.function + (f.file.empty() ? "" : " " + f.file + ":" + std::to_string(f.line)));
  return lines;
}

std::string job_of(const ledger::record& r) {
  return r.owner_job == 0 ? std::string{} : " and job/status of job " + std::to_string(r.owner_job);
}

std::string advice(const leak_group& group) {
  const auto& first = group.examples.front().what;
  const bool over = group.why == leak_reason::orphan;
  switch (group.what) {
  case resource::actor:
    return "/debug/pprof/goroutine?debug=2, goroutine " + std::to_string(first.id) + ": it is \"" +
           first.state + "\"; who holds a handle to it, or owes it an answer?";
  case resource::connection:
    return over ? "The loan of the connection was not given back: who holds it? Its last request is the "
                  "detail; "
                  "debug/watch-url shows where that comes from."
                : "Nothing comes from the other side, and no time-out has ended it: see the detail for the "
                  "request.";
  case resource::descriptor:
  case resource::temporary_file:
    return "The object that owns it was not destroyed: see the stack for who made it" + job_of(first) + ".";
  case resource::thread:
    return "/debug/pprof/profile and threadcreate?debug=1: does it still work, or wait for ever?";
  case resource::child:
    return "ps -o pid,stat,cmd --ppid of the daemon: the child has not ended, or nobody waits for it.";
  case resource::timer: return "It keeps what it will call alive: see the stack for who set it.";
  case resource::buffer: return "/debug/pprof/heap, which shows the memory behind it.";
  case resource::cached_remote:
  case resource::stats_group:
  case resource::job: break;
  }
  return "job/list" + job_of(first) + ".";
}

} // namespace

const char* leak_reason_name(leak_reason r) { return r == leak_reason::orphan ? "orphan" : "overdue"; }

std::vector<leak> find_leaks(const ledger& book, nanoseconds present, nanoseconds grace) {
  auto records = book.records();
  std::set<std::uint64_t> jobs;
  for (const auto& r : records)
    if (r.what == resource::job) jobs.insert(r.owner_job);
  std::vector<leak> found;
  for (auto& r : records) {
    if (r.owner_job != 0 && jobs.count(r.owner_job) == 0) {
      const auto ended = book.job_ended(r.owner_job);
      // What came after the end, if there is such, has its time too.
      if (ended && std::max(*ended, r.born) + grace < present) {
        found.push_back({std::move(r), leak_reason::orphan, *ended});
        continue;
      }
    }
    if (r.due != 0 && r.due + overdue_slack < present) {
      const auto due = r.due;
      found.push_back({std::move(r), leak_reason::overdue, due});
    }
  }
  return found;
}

std::vector<leak_group> group_leaks(const std::vector<leak>& leaks, const symbol_map& names) {
  using key = std::tuple<leak_reason, resource, std::string, std::string, std::vector<std::string>>;
  std::map<key, leak_group> groups;
  for (const auto& one : leaks) {
    auto lines = lines_of(one.what.stack, names);
    auto& g = groups[{one.why, one.what.what, one.what.kind, one.what.label, lines}];
    if (g.count == 0) {
      g.why = one.why;
      g.what = one.what.what;
      g.kind = one.what.kind;
      g.label = one.what.label;
      // Behind the function that runs an actor comes the place that made it.
      const auto own =
          one.what.has_body && !one.what.stack.empty() ? names.at(one.what.stack.front()).size() : 0;
      g.site = own < lines.size() ? lines[own] : "unknown";
      g.stack = std::move(lines);
      g.born = one.what.born;
      g.since = one.since;
    }
    ++g.count;
    g.born = std::min(g.born, one.what.born);
    g.since = std::min(g.since, one.since);
    if (g.examples.size() < most_examples) g.examples.push_back(one);
  }
  std::vector<leak_group> sorted;
  for (auto& [k, g] : groups) {
    g.next = advice(g);
    sorted.push_back(std::move(g));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const leak_group& a, const leak_group& b) { return a.count > b.count; });
  return sorted;
}

std::vector<call_stack> stacks_of(const std::vector<leak>& leaks) {
  std::vector<call_stack> all;
  all.reserve(leaks.size());
  for (const auto& one : leaks) all.push_back(one.what.stack);
  return all;
}

} // namespace argosy
