#pragma once

#include <string_view>

namespace argosy {

/// rclone's levels; the number is rclone's too (rc-surface 2.3.3).
enum class log_level : int { emergency, alert, critical, error, warning, notice, info, debug, off };

/// Where messages for the operator go. Implementations are thread-safe and never throw. Texts hold no
/// secrets.
class logger {
public:
  virtual ~logger() = default;
  virtual bool enabled(log_level level) const noexcept = 0;
  virtual void write(log_level level, std::string_view text) noexcept = 0;
};

} // namespace argosy
