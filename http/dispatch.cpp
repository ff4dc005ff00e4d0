#include "http/dispatch.hpp"

#include <memory>
#include <utility>

#include <caf/logger.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/header_text.hpp"
#include "http/error_reply.hpp"
#include "http/openapi.hpp"
#include "http/params.hpp"
#include "http/rc/call.hpp"
#include "http/reply_pipe.hpp"
#include "metrics/instruments.hpp"

namespace argosy {

namespace {

/// Replies above this are handed to the client without a copy staying for job/status: the history could not
/// hold them anyway.
constexpr std::size_t kept_output = 256 * 1024;
constexpr std::size_t records_together = 64;

http_reply output_reply(std::string output, bool accepted) {
  http_reply reply;
  reply.status = accepted ? 202 : 200;
  reply.content_type = json_type;
  output += '\n';
  reply.body.push_back(std::make_shared<const std::string>(std::move(output)));
  if (accepted) reply.headers.emplace_back("Preference-Applied", "respond-async");
  return reply;
}

void add_job_header(http_reply& reply, job_id id) {
  reply.headers.emplace_back("X-Rclone-Jobid", std::to_string(id));
}

} // namespace

rc_dispatcher::rc_dispatcher(const rc::daemon& d, dispatch_config config) :
    daemon_(d), config_(std::move(config)), debug_(d, config_.write_timeout) {
  if (!config_.files.empty()) files_.emplace(config_.files, d.with.io, d.types, d.with.log);
  if (config_.serve)
    remotes_.emplace(d, served_remotes::rights{config_.no_auth, config_.seed_rights}, config_.listings,
                     waiting_);
}

void rc_dispatcher::handle(http_request request, http_answer answer) noexcept {
  auto& trace = daemon_.with.book.tools().trace;
  if (!trace.on()) return route(std::move(request), answer);
  const auto begun = trace_recorder::clock();
  const auto path = request.path;
  route(std::move(request), answer);
  trace.slice({"call", path, begun, trace_recorder::clock()});
}

void rc_dispatcher::route(http_request request, const http_answer& answer) noexcept {
  try {
    if (may_debug(request))
      debug_.serve(request, answer);
    else if (request.method == "POST")
      post(std::move(request), answer);
    else
      get(std::move(request), answer);
  } catch (...) {
    answer(error_reply(current_failure(), {}, nullptr));
  }
}

// Profiles show what is in memory: not where everybody may ask (rc-surface 2.12).
bool rc_dispatcher::may_debug(const http_request& request) const {
  return debug_pages::takes(request) && (config_.no_auth || request.authenticated);
}

void rc_dispatcher::get(http_request request, const http_answer& answer) {
  if (remotes_ && remotes_->takes(request.path)) return remotes_->serve(std::move(request), answer);
  if (config_.enable_metrics && request.path == "metrics") return metrics(answer);
  if (request.path == "openapi.json") return describe(answer);
  if (debug_pages::is_health(request.path)) return debug_.health(request, answer);
  if (remotes_ && request.path == "*") return remotes_->list(std::move(request), answer);
  if (files_) return files_->serve(std::move(request), answer);
  if (remotes_ && request.path.empty()) return remotes_->list(std::move(request), answer);
  answer(http_reply::plain_error(404, reason_phrase(404)));
}

void rc_dispatcher::describe(const http_answer& answer) {
  const openapi_setting setting{daemon_.version, config_.seed_rights};
  daemon_.with.io.post(
      {}, [about = description_, &commands = daemon_.commands, setting, answer](const may_block&) {
        std::call_once(about->made, [&] {
          about->text = std::make_shared<const std::string>(openapi_document(commands, setting));
        });
        http_reply reply;
        reply.content_type = json_type;
        reply.body.push_back(about->text);
        answer(std::move(reply));
      });
}

void rc_dispatcher::metrics(const http_answer& answer) {
  pass_records_on();
  auto* d = &daemon_;
  d->with.metrics.scrapes().in_flight.Increment();
  daemon_.with.io.post({}, [d, answer](const may_block&) {
    // A scoped actor leaves CAF's logger with its thread, and a system that ends waits for the last reference
    // to it.
    const std::unique_ptr<void, void (*)(void*)> logger_of_thread{
        &d->system, [](void*) { caf::logger::set_current_actor_system(nullptr); }};
    caf::scoped_actor self{d->system, true};
    self->request(d->around.stats, std::chrono::milliseconds(500), caf::get_atom_v, std::string{})
        .receive([&](const stats_snapshot& sum) { d->with.metrics.transfers().speed.Set(sum.speed); },
                 [](const caf::error&) {});
    auto& scrapes = d->with.metrics.scrapes();
    answer(http_reply::text(200, "text/plain; version=0.0.4; charset=utf-8", d->with.metrics.text()));
    scrapes.in_flight.Decrement();
    scrapes.answered.Increment();
  });
}

void rc_dispatcher::post(http_request request, const http_answer& answer) {
  const auto path = request.path;
  json input;
  try {
    input = read_parameters(request);
  } catch (const bad_request& bad) {
    return answer(error_reply(info_of(bad), path, bad.gathered));
  }
  auto accepted = prefers_async(request);
  if (accepted) input["_async"] = true;
  const auto* row = daemon_.commands.find(path);
  if (row == nullptr)
    return answer(
        error_reply({failure_kind::unknown_command, "couldn't find method " + go_quote(path)}, path, input));
  const auto needed = config_.seed_rights ? row->seed : row->newest;
  if (needed == rc::right::authenticated && !request.authenticated && !config_.no_auth)
    return answer(error_reply(
        {failure_kind::not_authorized, "authentication must be set up on the rc server to use " +
                                           go_quote(path) + " or the --rc-no-auth flag must be in use"},
        path, input));
  job_request call;
  call.id = daemon_.numbers.next();
  try {
    rc::read_special_parameters(input, *row, daemon_, call);
  } catch (const failure& bad) {
    return answer(error_reply(info_of(bad), path, input));
  }
  if (row->needs_request) {
    call.content_type = std::string{request.header("Content-Type")};
    call.body = std::make_shared<const std::string>(std::move(request.body));
  }
  if (row->value && !call.asynchronous)
    run_value(*row, path, std::move(input), std::move(call), accepted, answer);
  else
    run_job(*row, path, std::move(input), std::move(call), accepted, request.connection, answer);
}

void rc_dispatcher::run_value(const rc::command& row, const std::string& path, json input, job_request call,
                              bool accepted, const http_answer& answer) {
  job_status status;
  status.id = call.id;
  status.started = now();
  http_reply reply;
  try {
    status.output = row.value(call.input, daemon_);
    reply = output_reply(status.output, accepted);
  } catch (...) {
    status.error = current_failure();
    status.output = "{}";
    reply = error_reply(status.error, path, input);
  }
  add_job_header(reply, call.id);
  answer(std::move(reply));
  status.ended = now();
  status.finished = true;
  status.group = call.group_name();
  record(std::move(status));
}

void rc_dispatcher::record(job_status ended) {
  std::vector<job_status> full;
  {
    std::lock_guard<std::mutex> guard{records_mutex_};
    records_.push_back(std::move(ended));
    if (records_.size() < records_together) return;
    full.reserve(records_together);
    full.swap(records_);
  }
  tell(daemon_.around.jobs, caf::put_atom_v, std::move(full));
}

void rc_dispatcher::pass_records_on() {
  std::lock_guard<std::mutex> guard{records_mutex_};
  if (!records_.empty()) tell(daemon_.around.jobs, caf::put_atom_v, std::exchange(records_, {}));
}

void rc_dispatcher::run_job(const rc::command& row, const std::string& path, json input, job_request call,
                            bool accepted, std::uint64_t connection, const http_answer& answer) {
  pass_records_on();
  auto* d = &daemon_;
  auto work = rc::work_of(row, *d);
  const auto id = call.id;
  if (call.asynchronous) {
    auto reply = output_reply(rc::started_object(id, *d), accepted);
    add_job_header(reply, id);
    spawn_job(d->system, d->with, d->around, std::move(call), {}, std::move(work));
    return answer(std::move(reply));
  }
  std::shared_ptr<reply_pipe> pipe;
  if (row.needs_response || row.streams) call.sink = pipe = std::make_shared<reply_pipe>(answer);
  auto ended = [waiting = waiting_, id, connection, path, input = std::move(input), accepted, answer,
                pipe](job_status& status) {
    waiting->leave(connection, id);
    if (pipe && pipe->begun()) {
      const auto last = status.error ? error_object(status.error, path, input) : status.output;
      return pipe->finish(last.empty() ? last : last + "\n");
    }
    http_reply reply;
    if (status.error) {
      reply = error_reply(status.error, path, input);
    } else if (status.output.size() <= kept_output) {
      reply = output_reply(status.output, accepted);
    } else {
      reply = output_reply(std::move(status.output), accepted);
      status.output = "{}";
    }
    add_job_header(reply, id);
    answer(std::move(reply));
  };
  auto made = spawn_job(d->system, d->with, d->around, std::move(call), std::move(ended), std::move(work));
  waiting_->enter(connection, id, std::move(made));
}

void rc_dispatcher::client_gone(std::uint64_t connection) noexcept {
  waiting_->stop(connection);
  debug_.client_gone(connection);
}

void metrics_handler::handle(http_request request, http_answer answer) noexcept {
  try {
    if (request.path != "metrics") return answer(http_reply::plain_error(404, reason_phrase(404)));
    if (request.method != "GET") return answer(http_reply::plain_error(405, reason_phrase(405)));
    pages_.metrics(answer);
  } catch (const std::exception& e) {
    answer(http_reply::plain_error(500, e.what()));
  }
}

} // namespace argosy
