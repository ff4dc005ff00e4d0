#include "http/rc/call.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "actors/cluster/cluster.hpp"
#include "core/call_options.hpp"
#include "core/duration.hpp"
#include "core/failure.hpp"
#include "http/params.hpp"
#include "http/rc/option_blocks.hpp"

namespace argosy::rc {

namespace {

/// Takes a key out of the input.
std::optional<json> take(json& input, const char* key) {
  const auto found = input.find(key);
  if (found == input.end()) return {};
  auto value = std::move(*found);
  input.erase(found);
  return value;
}

bool works_on_storages(std::string_view path) {
  return path.substr(0, 5) == "sync/" || path.substr(0, 11) == "operations/";
}

} // namespace

void read_special_parameters(const json& input, const command& row, const daemon& d, job_request& call) {
  if (d.cluster != nullptr && d.cluster->draining() && works_on_storages(row.path))
    fail(failure_kind::other, "this node is being drained and begins nothing new: call another one");
  call.path = row.path;
  call.input = input;
  call.asynchronous = optional_bool(input, "_async", false);
  call.input.erase("_async");
  if (call.input.empty() && row.value) return;
  // A flat option never swallows a parameter that the command itself declares (rc-surface 9).
  json declared = json::object();
  for (const auto& p : row.parameters)
    if (auto own = take(call.input, p.name)) declared[p.name] = std::move(*own);
  call.overrides = take_option_overrides(call.input);
  call.input.update(declared);
  if (!call.overrides.empty() || row.work) {
    auto filters = d.blocks.filters();
    if (!call.overrides.empty()) {
      auto options = *d.with.options.current();
      apply_option_overrides(call.overrides, options, filters);
      call.options = std::make_shared<const main_options>(std::move(options));
    }
    call.rules = make_rules(filters);
  }
  call.group = optional_string(input, "_group");
  call.input.erase("_group");
}

namespace {

attempt_rule attempts_of(const job_context& job) {
  const auto pause = job.options()->retries_sleep;
  return {optional_int(job.input(), "_retries", 1),
          std::chrono::nanoseconds{pause == duration_off ? 0 : pause}};
}

} // namespace

job_work work_of(const command& row, const daemon& d) {
  auto* const called = &row;
  auto* const with = &d;
  if (row.value) return [=](job_context& job) { job.succeed(called->value(job.input(), *with)); };
  return [=](job_context& job) {
    if (called->repeats) job.allow(attempts_of(job));
    called->work(job, *with);
  };
}

std::string started_object(job_id id, const daemon& d) {
  return json_text(json{{"executeId", d.with.execute_id}, {"jobid", id}});
}

} // namespace argosy::rc
