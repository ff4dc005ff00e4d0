#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/log.hpp"
#include "core/options.hpp"
#include "http/rc/option_blocks.hpp"

namespace argosy {

/// Lines as rclone writes them, "2026/11/20 12:00:00 NOTICE: text" or JSON, to standard error, a file or
/// syslog: block log says where and in which form.
class line_logger final : public logger {
public:
  /// Where lines go. Writes one line without its end; any thread.
  class target {
  public:
    virtual ~target() = default;
    virtual void write(log_level level, const std::string& line) = 0;
  };

  /// Throws failure when the file cannot be opened or there is no syslog.
  line_logger(const rc::log_options& log, const main_options& main);
  /// For tests.
  line_logger(const rc::log_options& log, const main_options& main, std::unique_ptr<target> out);
  bool enabled(log_level level) const noexcept override {
    return level <= level_.load(std::memory_order_relaxed);
  }
  void write(log_level level, std::string_view text) noexcept override;
  /// log_level and use_json_log from now on.
  void follow(const main_options& main) noexcept;

private:
  /// What stands in front of the text.
  struct form {
    bool date = false, time = false, microseconds = false, utc = false, process = false, no_level = false;
    bool systemd = false;
  };
  static form form_of(const rc::log_options& log);
  std::string line(log_level level, std::string_view text) const;

  const form form_;
  const bool always_json_; // --log-format json
  std::atomic<log_level> level_{log_level::notice};
  std::atomic<bool> json_{false};
  std::unique_ptr<target> out_;
};

} // namespace argosy
