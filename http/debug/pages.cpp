#include "http/debug/pages.hpp"

#include <utility>

#include "http/debug/health.hpp"
#include "http/debug/leaks_report.hpp"
#include "http/debug/pprof_call.hpp"
#include "http/debug/symbol_child.hpp"
#include "http/params.hpp"
#include "metrics/leaks.hpp"

namespace argosy {

namespace {

constexpr std::string_view profiles_path = "debug/pprof";

bool below_profiles(const std::string& path) {
  return path.compare(0, profiles_path.size(), profiles_path) == 0 &&
         (path.size() == profiles_path.size() || path[profiles_path.size()] == '/');
}

http_reply json_reply(int status, const json& value) {
  auto reply = http_reply::text(status, "application/json", render_json(value));
  reply.headers.emplace_back("Cache-Control", "no-store");
  return reply;
}

bool wants_json(const http_request& request) {
  const auto format = parse_query(request.query).value("format", "");
  return format == "json" ||
         (format.empty() && request.header("Accept").find("application/json") != std::string_view::npos);
}

} // namespace

bool debug_pages::takes(const http_request& request) {
  return below_profiles(request.path) || (request.path == "debug/leaks" && request.method != "POST");
}

void debug_pages::serve(const http_request& request, const http_answer& answer) {
  if (request.path == "debug/leaks") return leaks(request, answer);
  if (request.path.size() > profiles_path.size()) return profiles(request, answer);
  http_reply reply;
  reply.status = 301;
  reply.headers.emplace_back("Location", "pprof/"); // also below a base URL
  answer(std::move(reply));
}

void debug_pages::profiles(const http_request& request, const http_answer& answer) {
  auto parsed = parse_pprof_request(request, longest_);
  if (parsed.refusal) return answer(std::move(*parsed.refusal));
  run(request.connection, [&](std::function<void()> ended) {
    return begin_pprof_call(daemon_, std::move(parsed.request),
                            request.method == "POST" ? request.body : request.query, answer,
                            std::move(ended));
  });
}

void debug_pages::leaks(const http_request& request, const http_answer& answer) {
  run(request, answer, [as_json = wants_json(request)](job_context& job, const http_answer& reply_to) {
    job.block(
        [as_json](const may_block& on) {
          const auto report = leaks_report(on, usual_grace, ask_symbol_child(on));
          return as_json ? json_reply(200, report)
                         : http_reply::text(200, "text/html; charset=utf-8", leaks_page(report));
        },
        [&job, reply_to](http_reply reply) {
          reply_to(std::move(reply));
          job.succeed();
        });
  });
}

void debug_pages::health(const http_request& request, const http_answer& answer) {
  run(request, answer,
      [&d = daemon_, asked = request.path == "healthz" ? "alive" : "ready"](job_context& job,
                                                                            const http_answer& reply_to) {
        ask_for_health(job, d, [&job, reply_to, asked](const json& found) {
          reply_to(json_reply(found.at(asked).get<bool>() ? 200 : 503, found));
          job.succeed();
        });
      });
}

void debug_pages::run(const http_request& request, const http_answer& answer,
                      std::function<void(job_context&, const http_answer&)> work) {
  run(request.connection, [&](std::function<void()> ended) {
    job_request call;
    call.recorded = false;
    call.path = request.path;
    return spawn_job(
        daemon_.system, daemon_.with, daemon_.around, std::move(call),
        [ended = std::move(ended)](job_status&) { ended(); },
        [work = std::move(work), answer](job_context& job) { work(job, answer); });
  });
}

void debug_pages::run(std::uint64_t connection,
                      const std::function<job_actor(std::function<void()> ended)>& begin) {
  const auto call = ++last_call_;
  waiting_->enter(connection, call,
                  begin([waiting = waiting_, connection, call] { waiting->leave(connection, call); }));
}

} // namespace argosy
