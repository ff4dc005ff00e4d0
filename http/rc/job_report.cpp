#include "http/rc/job_report.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "core/call_options.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/time_text.hpp"
#include "http/params.hpp"
#include "http/rc/call.hpp"

namespace argosy::rc {

namespace {

constexpr std::int64_t usual_page = 1000, largest_page = 10'000; // records
/// Lines that are gathered before they go out.
constexpr std::size_t block_of_lines = 64 << 10; // bytes
constexpr const char* lines_type = "application/x-ndjson";

struct report_request {
  job_id job = 0;
  job_report::query wanted;
  std::size_t limit = 0;
  std::optional<job_report::position> from;
  bool lines = false;
};

std::uint8_t parse_outcomes(std::string_view text) {
  unsigned mask = 0;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto name = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const auto one = parse_outcome_kind(name);
    if (!one)
      fail(failure_kind::bad_parameter,
           "unknown outcome " + go_quote(name) + ": want copied, skipped, failed, deleted or renamed");
    mask |= 1u << static_cast<unsigned>(*one);
  }
  return mask == 0 ? UINT8_MAX : static_cast<std::uint8_t>(mask);
}

std::string cursor_text(const job_report::position& at) {
  return std::to_string(at.byte) + "." + std::to_string(at.record);
}

job_report::position parse_cursor(const std::string& text) {
  job_report::position at;
  const auto* const end = text.data() + text.size();
  const auto byte = std::from_chars(text.data(), end, at.byte);
  if (byte.ec == std::errc{} && byte.ptr != end && *byte.ptr == '.') {
    const auto record = std::from_chars(byte.ptr + 1, end, at.record);
    if (record.ec == std::errc{} && record.ptr == end) return at;
  }
  fail(failure_kind::bad_parameter, "cursor " + go_quote(text) + " is not one that job/report gave");
}

report_request read_request(const json& input) {
  report_request request;
  request.job = static_cast<job_id>(require_int(input, "jobid"));
  request.wanted.outcomes = parse_outcomes(optional_string(input, "outcome"));
  request.wanted.superseded = optional_bool(input, "attempts", false);
  const auto limit = optional_int(input, "limit", usual_page);
  if (limit < 1 || limit > largest_page)
    fail(failure_kind::bad_parameter,
         "limit must be between 1 and " + std::to_string(largest_page) + ", not " + std::to_string(limit));
  request.limit = static_cast<std::size_t>(limit);
  if (const auto cursor = optional_string(input, "cursor"); !cursor.empty())
    request.from = parse_cursor(cursor);
  const auto format = optional_string(input, "format", "json");
  if (format != "json" && format != "ndjson")
    fail(failure_kind::bad_parameter, "unknown format " + go_quote(format) + ": want json or ndjson");
  request.lines = format == "ndjson";
  return request;
}

/// Names and values of a record in the order in which they are written.
template <class Put>
void each_field(const report_place& place, const file_outcome& one, std::uint32_t attempt, Put put) {
  const auto removed = one.what == work_kind::deleting && !place.destination_directory.empty();
  auto path = removed ? place.destination_directory : place.directory;
  if (!path.empty() && !one.name.empty()) path += '/';
  path += one.name;
  const auto failed = one.how == outcome_kind::failed;
  put("attempt", static_cast<std::int64_t>(attempt));
  if (!place.destination_fs.empty()) put("dstFs", std::string_view{place.destination_fs});
  put("duration", static_cast<double>(one.duration) / 1e9);
  put("error", failed ? one.error : std::string_view{});
  if (!one.renamed_from.empty()) put("from", one.renamed_from);
  if (one.is_directory) put("isDir", true);
  put("kind", std::string_view{failed ? to_string(one.kind) : ""});
  put("outcome", std::string_view{to_string(one.how)});
  put("path", std::string_view{path});
  put("size", one.size);
  put("startTime", std::string_view{format_rfc3339_nano(one.started)});
  put("what", std::string_view{to_string(one.what)});
}

void append_value(std::string& out, std::string_view text) { append_json_string(out, text); }
void append_value(std::string& out, std::int64_t number) { out += std::to_string(number); }
void append_value(std::string& out, double number) { append_json_double(out, number); }
void append_value(std::string& out, bool truth) { out += truth ? "true" : "false"; }

void append_line(std::string& out, const report_place& place, const file_outcome& one,
                 std::uint32_t attempt) {
  auto before = '{';
  each_field(place, one, attempt, [&](const char* name, auto value) {
    out += std::exchange(before, ',');
    append_json_string(out, name);
    out += ':';
    append_value(out, value);
  });
  out += "}\n";
}

job_report::region region_of(const job_report& report, const report_request& request) {
  auto records = report.all();
  if (request.wanted.superseded) records.from = {};
  if (request.from) records.from = *request.from;
  return records;
}

std::string page_text(const may_block& on, const job_status& status, const job_report& report,
                      const report_request& request) {
  std::string out;
  json_writer w{out};
  w.begin_object();
  w.key("account");
  write_account(w, report.account());
  w.key("complete"), w.value(report.complete());
  w.key("files");
  w.begin_array();
  const auto records = region_of(report, request);
  std::size_t count = 0;
  const auto end = report.read(
      on, records, request.wanted,
      [&](const report_place& place, const file_outcome& one, std::uint32_t attempt) {
        if (count == request.limit) return false;
        ++count;
        w.begin_object();
        each_field(place, one, attempt, [&](const char* name, auto value) { w.key(name), w.value(value); });
        w.end_object();
        return true;
      });
  w.end_array();
  w.key("finished"), w.value(status.finished);
  w.key("jobid"), w.value(status.id);
  if (end.byte < records.to || !status.finished) w.key("next"), w.value(cursor_text(end));
  w.end_object();
  return out;
}

void write_lines(const may_block& on, output_sink& sink, const job_report& report,
                 const report_request& request) {
  sink.type(lines_type);
  std::string lines;
  const auto send = [&] {
    if (!sink.write(on, lines)) fail(failure_kind::cancelled, "context canceled");
    lines.clear();
  };
  auto begun = false;
  report.read(on, region_of(report, request), request.wanted,
              [&](const report_place& place, const file_outcome& one, std::uint32_t attempt) {
                append_line(lines, place, one, attempt);
                if (lines.size() >= block_of_lines) begun = true, send();
                return true;
              });
  if (!lines.empty() || !begun) send();
}

std::string named(job_id id) { return "job " + std::to_string(id); }

} // namespace

void write_account(json_writer& w, const file_account& account) {
  w.begin_object();
  w.key("attempt"), w.value(static_cast<std::uint64_t>(account.attempt));
  w.key("copied"), w.value(account.copied);
  w.key("deleted"), w.value(account.deleted);
  w.key("failed"), w.value(account.failed);
  w.key("failedDirs"), w.value(account.failed_directories);
  w.key("found"), w.value(account.found);
  w.key("renamed"), w.value(account.renamed);
  w.key("skipped"), w.value(account.skipped);
  w.end_object();
}

void report(job_context& job, const daemon&) {
  const auto request = read_request(job.input());
  if (request.lines && !job.request().sink)
    fail(failure_kind::bad_parameter, "format \"ndjson\" needs a caller that waits for the reply");
  job.ask(
      job.around().jobs,
      [&job, request](const job_status& status, const std::shared_ptr<job_report>& kept,
                      const std::shared_ptr<job_pace>&) {
        if (!kept)
          fail(failure_kind::other, named(request.job) + " keeps no report: it does not work on files");
        job.block_and_finish(
            [request, status, kept, sink = job.request().sink](const may_block& on) -> std::string {
              if (!request.lines) return page_text(on, status, *kept, request);
              write_lines(on, *sink, *kept, request);
              return {};
            });
      },
      report_atom_v, request.job);
}

namespace {

/// The parameters of the job that is tried again, but for those that this call gives.
json merged_input(const job_context& job, const job_report& old) {
  auto input = json::parse(old.made_by().input, nullptr, false);
  auto own = json::parse(with_options(job.input(), job.request().overrides), nullptr, false);
  own.erase("jobid");
  input.update(own);
  return input;
}

} // namespace

void retry(job_context& job, const daemon& d) {
  const auto id = static_cast<job_id>(require_int(job.input(), "jobid"));
  job.ask(
      job.around().jobs,
      [&job, &d, id](const job_status& status, const std::shared_ptr<job_report>& old,
                     const std::shared_ptr<job_pace>&) {
        if (!old) fail(failure_kind::other, named(id) + " keeps no report: it does not work on files");
        if (!status.finished) fail(failure_kind::other, named(id) + " is still running");
        const auto& path = old->made_by().path;
        const auto* row = d.commands.find(path);
        if (row == nullptr || !row->repeats)
          fail(failure_kind::other, named(id) + " cannot be tried again: call " + path + " itself");
        if (!old->complete())
          fail(failure_kind::other,
               "the report of " + named(id) + " is not complete: call " + path + " again instead");
        const auto account = old->account();
        if (!status.error && account.failed == 0 && account.failed_directories == 0) return job.succeed();
        job.block(
            [input = merged_input(job, *old), row, &d](const may_block&) {
              job_request call;
              read_special_parameters(input, *row, d, call);
              return call;
            },
            [&job, &d, row, old](job_request call) {
              job.take_over(std::move(call), old, work_of(*row, d));
            });
      },
      report_atom_v, id);
}

} // namespace argosy::rc
