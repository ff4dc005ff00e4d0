#include "http/debug/leaks_report.hpp"

#include <vector>

#include "http/page_text.hpp"
#include "metrics/instruments.hpp"
#include "metrics/leaks.hpp"

namespace argosy {

namespace {

constexpr double second = 1e9;

json lines_of(const call_stack& stack, const symbol_map& names) {
  json lines = json::array();
  for (const auto address : stack)
    for (const auto& f : names.at(address))
      lines.push_back(f.function + (f.file.empty() ? "" : " " + f.file + ":" + std::to_string(f.line)));
  return lines;
}

json example_of(const leak& one) {
  const auto& r = one.what;
  return {{"id", r.id},
          {"job", r.owner_job},
          {"parent", r.parent},
          {"state", r.state},
          {"detail", r.detail},
          {"born", format_rfc3339_nano(r.born)},
          {"lastActivity", format_rfc3339_nano(r.last_activity)},
          {"since", format_rfc3339_nano(one.since)}};
}

json group_of(const leak_group& g, nanoseconds present) {
  json examples = json::array();
  for (const auto& one : g.examples) examples.push_back(example_of(one));
  return {{"reason", leak_reason_name(g.why)},
          {"resource", resource_name(g.what)},
          {"kind", g.kind},
          {"label", g.label},
          {"site", g.site},
          {"count", g.count},
          {"age", static_cast<double>(present - g.born) / second},
          {"since", format_rfc3339_nano(g.since)},
          {"stack", g.stack},
          {"examples", std::move(examples)},
          {"next", g.next}};
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string cell(const json& value) { return "<td>" + escape_html(text_of(value)) + "</td>"; }

std::string stack_text(const json& lines) {
  std::string out;
  for (const auto& line : lines) out += escape_html(text_of(line)) + "\n";
  return "<pre>" + out + "</pre>";
}

constexpr const char* head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>/debug/leaks</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid #8884; padding: .2em .6em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
pre { font-size: .8em; margin: .3em 0 1em; overflow-x: auto; }
</style>
</head>
<body>
<h1>/debug/leaks</h1>
)";

std::string group_section(const json& g) {
  std::string out =
      "<h2>" + text_of(g["count"]) + " " + escape_html(text_of(g["resource"])) + " " +
      escape_html(text_of(g["kind"])) + " " + escape_html(text_of(g["label"])) + " (" +
      escape_html(text_of(g["reason"])) + ")</h2>\n<p>Made in " + escape_html(text_of(g["site"])) +
      ", since " + escape_html(text_of(g["since"])) + ".<br>Next: " + escape_html(text_of(g["next"])) +
      "</p>\n<table>\n<tr><th>id</th><th>job</th><th>state</th><th>detail</th><th>born</th><th>last "
      "activity</th></tr>\n";
  for (const auto& e : g["examples"])
    out += "<tr>" + cell(e["id"]) + cell(e["job"]) + cell(e["state"]) + cell(e["detail"]) + cell(e["born"]) +
           cell(e["lastActivity"]) + "</tr>\n";
  return out + "</table>\n" + stack_text(g["stack"]) + "\n";
}

} // namespace

json watched_urls(const may_block& on, const symbols::asker& ask) {
  auto& tools = on.book().tools();
  const auto matches = tools.urls.matches();
  std::vector<call_stack> stacks;
  for (const auto& m : matches) stacks.push_back(m.stack);
  const auto names = tools.names.resolve(stacks, ask);
  json requests = json::array();
  for (const auto& m : matches)
    requests.push_back({{"time", format_rfc3339_nano(m.when)},
                        {"pattern", m.pattern},
                        {"method", m.method},
                        {"url", m.url},
                        {"kind", m.kind},
                        {"label", m.label},
                        {"job", m.job},
                        {"stack", lines_of(m.stack, names)}});
  json patterns = json::object();
  for (const auto& [pattern, count] : tools.urls.patterns()) patterns[pattern] = count;
  return {{"patterns", std::move(patterns)}, {"requests", std::move(requests)}};
}

json leaks_report(const may_block& on, nanoseconds grace, const symbols::asker& ask) {
  auto& book = on.book();
  const auto present = now();
  const auto leaks = find_leaks(book, present, grace);
  const auto names = book.tools().names.resolve(stacks_of(leaks), ask);
  std::uint64_t orphans = 0;
  for (const auto& one : leaks) orphans += one.why == leak_reason::orphan ? 1 : 0;
  json groups = json::array();
  for (const auto& g : group_leaks(leaks, names)) groups.push_back(group_of(g, present));
  json live = json::object();
  for (std::size_t i = 0; i < resource_count; ++i) {
    const auto what = static_cast<resource>(i);
    live[resource_name(what)] = book.live(what);
  }
  return {
      {"time", format_rfc3339_nano(present)}, {"orphans", orphans},      {"overdue", leaks.size() - orphans},
      {"groups", std::move(groups)},          {"live", std::move(live)}, {"watched", watched_urls(on, ask)}};
}

std::string leaks_page(const json& report) {
  std::string out = head;
  out += "<p>At " + escape_html(text_of(report["time"])) + ": " + text_of(report["orphans"]) +
         " orphans, whose job is over; " + text_of(report["overdue"]) +
         " overdue, which wait longer than their time-out allows.</p>\n";
  for (const auto& g : report["groups"]) out += group_section(g);
  out += "<h2>Alive</h2>\n<table>\n";
  for (const auto& [what, count] : report["live"].items())
    out += "<tr>" + cell(what) + cell(count) + "</tr>\n";
  out += "</table>\n";
  const auto& watched = report["watched"];
  if (!watched["patterns"].empty()) {
    out += "<h2>Watched "
           "URLs</h2>\n<table>\n<tr><th>time</th><th>request</th><th>by</th><th>job</th><th>from</th></tr>\n";
    for (const auto& r : watched["requests"])
      out += "<tr>" + cell(r["time"]) + cell(text_of(r["method"]) + " " + text_of(r["url"])) +
             cell(text_of(r["kind"]) + " " + text_of(r["label"])) + cell(r["job"]) + "<td>" +
             stack_text(r["stack"]) + "</td></tr>\n";
    out += "</table>\n";
  }
  return out +
         "<p>The same as JSON: <a href=\"leaks?format=json\">leaks?format=json</a>, or rc debug/leaks. "
         "<a href=\"pprof/goroutineleak?debug=1\">Leaked actors</a>, <a href=\"pprof/\">profiles</a>.</p>\n"
         "</body>\n</html>\n";
}

} // namespace argosy
