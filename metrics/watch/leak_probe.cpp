#include "metrics/watch/leak_probe.hpp"

namespace argosy {

namespace {

prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry, const char* name,
                                              const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

std::map<std::string, std::string> labels_of(const series_id& id) {
  return {{"resource", id.resource}, {"kind", id.kind}};
}

} // namespace

leak_probe::leak_probe(prometheus::Registry& registry) :
    suspected_(gauges(registry, "argosy_leak_suspected",
                      "1: grows and never comes back, by the curve; 0: did so once.")),
    growth_(gauges(registry, "argosy_leak_growth_per_hour", "Growth that stays of what is suspected.")),
    hours_(gauges(registry, "argosy_leak_hours_to_limit",
                  "Hours until what leaks reaches its limit, if all goes on like this.")),
    last_start_(gauges(registry, "argosy_job_last_start_timestamp_seconds",
                       "When a task or command began last, since 1970.")),
    last_end_(gauges(registry, "argosy_job_last_end_timestamp_seconds",
                     "When a task or command ended last, since 1970; 0: never.")) {}

void leak_probe::show(const leak_watch& watch) {
  for (auto& [id, gauge] : shown_) gauge->Set(0);
  for (const auto& v : watch.verdicts()) {
    if (!v.suspected) continue;
    auto*& gauge = shown_[v.series];
    if (gauge == nullptr) gauge = &suspected_.Add(labels_of(v.series));
    gauge->Set(1);
    growth_.Add(labels_of(v.series)).Set(v.per_hour);
  }
  for (const auto& [id, gauge] : shown_)
    if (gauge->Value() == 0) growth_.Add(labels_of(id)).Set(0);
  // A resource that does not leak has no such figure: 0 hours would be an alarm.
  const auto hours = watch.hours_to_limit();
  for (auto i = hours_shown_.begin(); i != hours_shown_.end();) {
    if (hours.count(i->first) == 0) {
      hours_.Remove(i->second);
      i = hours_shown_.erase(i);
    } else {
      ++i;
    }
  }
  for (const auto& [resource, left] : hours) {
    auto*& gauge = hours_shown_[resource];
    if (gauge == nullptr) gauge = &hours_.Add({{"resource", resource}});
    gauge->Set(left);
  }
}

void leak_probe::show(const task_runs& tasks) {
  for (const auto& t : tasks.all()) {
    last_start_.Add({{"job_kind", t.task}}).Set(t.last_begin);
    last_end_.Add({{"job_kind", t.task}}).Set(t.last_end);
  }
}

} // namespace argosy
