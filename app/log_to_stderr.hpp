#pragma once

#include <memory>
#include <string>

#include <spdlog/fwd.h>

#include "core/log.hpp"

namespace argosy {

/// Lines as rclone writes them, "2026/11/20 12:00:00 NOTICE: text", to standard error or a file.
class line_logger final : public logger {
public:
  /// `file` empty: standard error. Throws failure when the file cannot be opened.
  line_logger(log_level level, const std::string& file);
  bool enabled(log_level level) const noexcept override { return level <= level_; }
  void write(log_level level, std::string_view text) noexcept override;

private:
  const log_level level_;
  std::shared_ptr<spdlog::logger> out_;
};

} // namespace argosy
