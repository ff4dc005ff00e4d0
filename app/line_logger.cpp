#include "app/line_logger.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/json.hpp"

namespace argosy {

namespace {

using log_target = line_logger::target;

constexpr std::array<const char*, 9> names = {"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING",
                                              "NOTICE",    "INFO",  "DEBUG",    "OFF"};
const char* name_of(log_level level) { return names.at(static_cast<std::size_t>(level)); }

/// rclone's levels are syslog's.
int priority_of(log_level level) { return std::min(static_cast<int>(level), LOG_DEBUG); }

class sink_target final : public log_target {
public:
  explicit sink_target(std::shared_ptr<spdlog::sinks::sink> sink) : out_("argosy", std::move(sink)) {
    out_.set_pattern("%v");
    out_.set_level(spdlog::level::trace);
    out_.flush_on(spdlog::level::trace);
  }
  void write(log_level, const std::string& line) override { out_.log(spdlog::level::info, line); }

private:
  spdlog::logger out_;
};

/// There is one syslog a process, and so one of these.
class syslog_target final : public log_target {
public:
  explicit syslog_target(int facility) { ::openlog("rclone", LOG_PID | LOG_NDELAY, facility); }
  ~syslog_target() override { ::closelog(); }
  void write(log_level level, const std::string& line) override {
    ::syslog(priority_of(level), "%s", line.c_str());
  }
};

int facility_of(const std::string& name) {
  constexpr std::array<std::pair<const char*, int>, 20> facilities{
      {{"KERN", LOG_KERN},     {"USER", LOG_USER},     {"MAIL", LOG_MAIL},         {"DAEMON", LOG_DAEMON},
       {"AUTH", LOG_AUTH},     {"SYSLOG", LOG_SYSLOG}, {"LPR", LOG_LPR},           {"NEWS", LOG_NEWS},
       {"UUCP", LOG_UUCP},     {"CRON", LOG_CRON},     {"AUTHPRIV", LOG_AUTHPRIV}, {"FTP", LOG_FTP},
       {"LOCAL0", LOG_LOCAL0}, {"LOCAL1", LOG_LOCAL1}, {"LOCAL2", LOG_LOCAL2},     {"LOCAL3", LOG_LOCAL3},
       {"LOCAL4", LOG_LOCAL4}, {"LOCAL5", LOG_LOCAL5}, {"LOCAL6", LOG_LOCAL6},     {"LOCAL7", LOG_LOCAL7}}};
  for (const auto& [known, number] : facilities)
    if (name == known) return number;
  fail(failure_kind::other, "Unknown syslog facility " + go_quote(name) + " - man syslog for list");
}

std::unique_ptr<log_target> open_target(const rc::log_options& log) {
  if (log.use_syslog) {
    const auto facility = facility_of(log.syslog_facility);
    struct stat socket {};
    if (::stat("/dev/log", &socket) != 0)
      fail(failure_kind::other, "Failed to start syslog: Unix syslog delivery error");
    return std::make_unique<syslog_target>(facility);
  }
  if (log.file.empty())
    return std::make_unique<sink_target>(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (log.max_age > 0 || log.compress)
    fail(failure_kind::unsupported, "--log-file-max-age and --log-file-compress are not supported");
  // spdlog keeps a fixed number of old files; rclone's 0 means all.
  constexpr std::size_t most_files = 200000;
  try {
    if (log.max_size <= 0)
      return std::make_unique<sink_target>(std::make_shared<spdlog::sinks::basic_file_sink_mt>(log.file));
    const auto old = log.max_backups > 0 ? static_cast<std::size_t>(log.max_backups) : most_files;
    return std::make_unique<sink_target>(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        log.file, static_cast<std::size_t>(log.max_size), std::min(old, most_files)));
  } catch (const spdlog::spdlog_ex& e) {
    fail(failure_kind::other, std::string{"Failed to open log file: "} + e.what());
  }
}

bool names_part(const std::string& format, std::string_view part) {
  return ("," + format + ",").find("," + std::string{part} + ",") != std::string::npos;
}

struct clock_reading {
  std::tm parts{};
  long microseconds = 0;
  explicit clock_reading(bool utc) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    if (utc)
      ::gmtime_r(&now.tv_sec, &parts);
    else
      ::localtime_r(&now.tv_sec, &parts);
    microseconds = now.tv_nsec / 1000;
  }
  std::string text(const char* format) const {
    std::array<char, 64> out;
    return {out.data(), std::strftime(out.data(), out.size(), format, &parts)};
  }
  std::string fraction() const { return "." + std::to_string(1'000'000 + microseconds).substr(1); }
};

std::string json_line(log_level level, std::string_view text) {
  const clock_reading now{false};
  auto zone = now.text("%z"); // +0100
  zone.insert(zone.size() - 2, ":");
  std::string name = name_of(level);
  for (char& c : name) c = static_cast<char>(c - 'A' + 'a');
  const json line{{"level", name},
                  {"msg", text},
                  {"source", "argosy"},
                  {"time", now.text("%Y-%m-%dT%H:%M:%S") + now.fraction() + zone}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace

line_logger::form line_logger::form_of(const rc::log_options& log) {
  form f;
  f.date = names_part(log.format, "date");
  f.time = names_part(log.format, "time");
  f.microseconds = names_part(log.format, "microseconds");
  f.utc = names_part(log.format, "UTC") || names_part(log.format, "utc");
  f.process = names_part(log.format, "pid");
  f.no_level = names_part(log.format, "nolevel");
  f.systemd = log.systemd;
  // The journal and syslog have times of their own.
  if (log.systemd || log.use_syslog) f.date = f.time = f.microseconds = false;
  return f;
}

line_logger::line_logger(const rc::log_options& log, const main_options& main) :
    line_logger(log, main, open_target(log)) {}

line_logger::line_logger(const rc::log_options& log, const main_options& main, std::unique_ptr<target> out) :
    form_(form_of(log)), always_json_(names_part(log.format, "json")), out_(std::move(out)) {
  follow(main);
}

void line_logger::follow(const main_options& main) noexcept {
  level_ = static_cast<log_level>(main.log_level);
  json_ = main.use_json_log || always_json_;
}

std::string line_logger::line(log_level level, std::string_view text) const {
  if (json_.load(std::memory_order_relaxed)) return json_line(level, text);
  const clock_reading now{form_.utc};
  std::string out;
  if (form_.systemd) out += "<" + std::to_string(priority_of(level)) + ">";
  if (form_.date) out += now.text("%Y/%m/%d ");
  if (form_.time || form_.microseconds)
    out += now.text("%H:%M:%S") + (form_.microseconds ? now.fraction() : "") + " ";
  if (form_.process) out += "[" + std::to_string(::getpid()) + "] ";
  if (!form_.no_level) {
    constexpr std::size_t width = 6;
    std::string name = name_of(level);
    name.resize(std::max(width, name.size()), ' ');
    out += name + ": ";
  }
  return out.append(text);
}

void line_logger::write(log_level level, std::string_view text) noexcept {
  if (!enabled(level)) return;
  try {
    out_->write(level, line(level, text));
  } catch (...) {
    // A line that cannot be written is lost: there is nobody to tell.
  }
}

} // namespace argosy
