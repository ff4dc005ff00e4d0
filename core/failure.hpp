#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace argosy {

/// What an error means to whoever has to decide about it. Travels between nodes as a number: append only.
enum class failure_kind : std::uint8_t {
  other,               ///< HTTP 500
  bad_parameter,       ///< HTTP 400: a missing or ill-typed rc parameter, as the outermost error
  not_authorized,      ///< HTTP 403
  unknown_command,     ///< HTTP 404
  directory_not_found, ///< HTTP 404, rclone's fs.ErrorDirNotFound
  object_not_found,    ///< HTTP 404, rclone's fs.ErrorObjectNotFound
  is_a_file,           ///< rclone's fs.ErrorIsFile: a directory was wanted
  is_a_directory,      ///< rclone's fs.ErrorIsDir / ErrorNotAFile: a file was wanted
  permission_denied,
  unsupported, ///< the storage cannot do this at all
  cancelled,   ///< rclone's context.Canceled
  retryable,   ///< worth another attempt later
  no_retry,    ///< another attempt cannot help, others may go on
  fatal,       ///< nothing else of this job may go on
};

/// The one exception type of our own code. `what()` is the text that a client sees (rclone's own where it has
/// one).
class failure : public std::runtime_error {
public:
  failure(failure_kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  failure_kind kind() const noexcept { return kind_; }

  /// The same failure with rclone's usual "context: text" in front.
  failure within(const std::string& context) const { return {kind_, context + ": " + what()}; }

private:
  failure_kind kind_;
};

/// What arrived is not what was sent. Retryable like a network that broke, but not on the spot: whatever made
/// it so is likely to be there still, and the file may be large.
class corruption : public failure {
public:
  explicit corruption(const std::string& text) : failure(failure_kind::retryable, text) {}
};

[[noreturn]] inline void fail(failure_kind kind, const std::string& text) { throw failure{kind, text}; }

/// A failure as a plain value, for messages and records. An empty text means "no failure".
struct failure_info {
  failure_kind kind = failure_kind::other;
  std::string text;
  explicit operator bool() const noexcept { return !text.empty(); }
};

inline failure_info info_of(const failure& f) { return {f.kind(), f.what()}; }

} // namespace argosy
