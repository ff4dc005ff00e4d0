#include "http/debug/verdicts_report.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "metrics/instruments.hpp"
#include "metrics/watch/look.hpp"

namespace argosy {

namespace {

constexpr seconds_t day = 86'400;
constexpr double hour = 3600;
// Of places and requests that are shown of each verdict.
constexpr std::size_t most_places = 3;

std::string time_text(double seconds) {
  return seconds <= 0 ? std::string{zero_time_text}
                      : format_rfc3339_nano(static_cast<nanoseconds>(seconds * 1e9));
}
std::string time_text(seconds_t seconds) { return time_text(static_cast<double>(seconds)); }

/// Whether an entry of the ledger is one of those that a curve counts. The kernel counts descriptors by a
/// type that the ledger does not know; sockets are there as connections.
bool counts(const series_id& id, const ledger::record& r) {
  if (id.resource == "descriptor")
    return id.kind == "socket" ? r.what == resource::connection : r.what == resource::descriptor;
  if (id.resource != resource_name(r.what)) return false;
  if (id.kind == "all" || id.kind == r.kind) return true;
  return r.what == resource::connection && id.kind == r.label;
}

struct place {
  std::size_t count = 0;
  const ledger::record* newest = nullptr;
};

/// Those alive by the stack that made them, most frequent first.
std::vector<std::pair<call_stack, place>> places_of(const series_id& id,
                                                    const std::vector<ledger::record>& records) {
  std::map<call_stack, place> by_stack;
  for (const auto& r : records)
    if (counts(id, r)) {
      auto& p = by_stack[r.stack];
      ++p.count;
      p.newest = &r;
    }
  std::vector<std::pair<call_stack, place>> sorted{by_stack.begin(), by_stack.end()};
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  sorted.resize(std::min(sorted.size(), most_places));
  return sorted;
}

std::string next_step(const leak_verdict& v) {
  if (v.series.resource == "memory" || v.series.resource == "heap_site")
    return "/debug/pprof/heap, twice with time between: go tool pprof -base shows what came to it.";
  if (!v.task.empty())
    return "debug/leaks shows what the runs of " + v.task + " leave behind, with its place.";
  if (v.by_load) return "It grows with the requests: debug/leaks, and stats of calls before and after.";
  if (v.suspects.size() > 1)
    return "Tasks under suspicion run at the same times: give them different periods, of prime minutes.";
  return "debug/leaks, and /debug/pprof/goroutine?debug=1 for those that wait.";
}

json task_object(const suspect& s) {
  return {{"task", s.task},
          {"runs", s.runs},
          {"step", s.step},
          {"confidence", s.confidence},
          {"explained", s.explained}};
}

json verdict_object(const leak_verdict& v, const std::vector<std::pair<call_stack, place>>& places,
                    const symbol_map& names) {
  json suspects = json::array();
  for (const auto& s : v.suspects) suspects.push_back(task_object(s));
  json sites = json::array();
  if (v.series.resource == "heap_site")
    sites.push_back({{"site", v.series.kind}, {"count", 0}, {"detail", ""}, {"job", 0}});
  for (const auto& [stack, p] : places)
    sites.push_back({{"site", site_of(stack, names)},
                     {"count", p.count},
                     {"detail", p.newest->detail},
                     {"job", p.newest->owner_job}});
  return {{"resource", v.series.resource},
          {"kind", v.series.kind},
          {"suspected", v.suspected},
          {"reason", growth_reason_name(v.why)},
          {"since", time_text(v.since)},
          {"value", v.value},
          {"grown", v.grown},
          {"perHour", v.per_hour},
          {"window", static_cast<double>(v.window) / hour},
          {"class", v.by_load ? "load" : "background"},
          {"followsLoad", v.follows_load},
          {"task", v.task},
          {"suspects", std::move(suspects)},
          {"sites", std::move(sites)},
          {"next", v.suspected ? next_step(v) : ""}};
}

json curve_of(const leak_watch& watch, const series_id& id, seconds_t from) {
  json points = json::array();
  for (const auto& [moment, floor] : watch.curve(id, from))
    points.push_back({static_cast<double>(moment), floor});
  return points;
}

} // namespace

json verdicts_report(const may_block& on, bool curves, const symbols::asker& ask) {
  auto& tools = on.book().tools();
  const auto records = on.book().records();
  const auto verdicts = tools.leaks.verdicts();
  std::vector<std::vector<std::pair<call_stack, place>>> places;
  std::vector<call_stack> stacks;
  for (const auto& v : verdicts) {
    places.push_back(v.suspected ? places_of(v.series, records)
                                 : std::vector<std::pair<call_stack, place>>{});
    for (const auto& [stack, p] : places.back()) stacks.push_back(stack);
  }
  const auto names = stacks.empty() ? symbol_map{} : tools.names.resolve(stacks, ask);
  const auto present = now();
  json shown = json::array();
  std::size_t suspected = 0;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    suspected += verdicts[i].suspected ? 1 : 0;
    shown.push_back(verdict_object(verdicts[i], places[i], names));
    if (curves)
      shown.back()["curve"] = curve_of(tools.leaks, verdicts[i].series, present / 1'000'000'000 - day);
  }
  json tasks = json::array();
  for (const auto& t : tools.tasks.all())
    tasks.push_back({{"task", t.task},
                     {"started", t.started},
                     {"ended", t.ended},
                     {"lastStart", time_text(t.last_begin)},
                     {"lastEnd", time_text(t.last_end)},
                     {"seconds", t.seconds}});
  json limits = json::object();
  for (const auto& [resource, hours] : tools.leaks.hours_to_limit()) limits[resource] = hours;
  return {{"time", format_rfc3339_nano(present)},
          {"judged", time_text(tools.leaks.judged())},
          {"suspected", suspected},
          {"series", tools.leaks.series()},
          {"verdicts", std::move(shown)},
          {"hoursToLimit", std::move(limits)},
          {"tasks", std::move(tasks)}};
}

std::string verdict_in_words(const leak_watch& watch) {
  const auto verdicts = watch.verdicts();
  if (verdicts.empty() || !verdicts.front().suspected) return "no leak";
  const auto& v = verdicts.front();
  const auto rate = std::round(v.per_hour * 10) / 10;
  json number = rate; // in the fewest digits
  return v.series.resource + " " + v.series.kind + " grows by " + number.dump() + " an hour " +
         (!v.task.empty() ? "with " + v.task
          : v.by_load     ? "with the requests"
                          : "in the background");
}

} // namespace argosy
