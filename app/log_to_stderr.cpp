#include "app/log_to_stderr.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "core/failure.hpp"

namespace argosy {

namespace {

const char* name_of(log_level level) {
  switch (level) {
  case log_level::emergency: return "EMERGENCY";
  case log_level::alert: return "ALERT";
  case log_level::critical: return "CRITICAL";
  case log_level::error: return "ERROR";
  case log_level::warning: return "WARNING";
  case log_level::notice: return "NOTICE";
  case log_level::info: return "INFO";
  case log_level::debug: return "DEBUG";
  case log_level::off: break;
  }
  return "OFF";
}

std::shared_ptr<spdlog::sinks::sink> sink_for(const std::string& file) {
  if (file.empty()) return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
  } catch (const spdlog::spdlog_ex& e) {
    fail(failure_kind::other, std::string{"failed to open log file: "} + e.what());
  }
}

} // namespace

line_logger::line_logger(log_level level, const std::string& file) :
    level_(level), out_(std::make_shared<spdlog::logger>("argosy", sink_for(file))) {
  out_->set_pattern("%Y/%m/%d %H:%M:%S %v");
  out_->set_level(spdlog::level::trace);
  out_->flush_on(spdlog::level::trace);
}

void line_logger::write(log_level level, std::string_view text) noexcept {
  if (enabled(level)) out_->log(spdlog::level::info, "{:<6}: {}", name_of(level), text);
}

} // namespace argosy
