#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/failure.hpp"

namespace argosy {

/// What a server answers to a command (RFC 959 4.2).
struct ftp_reply {
  int code = 0;
  std::string text; ///< behind the code; lines are separated by line feeds

  bool preliminary() const noexcept { return code >= 100 && code < 200; }
  bool good() const noexcept { return code >= 200 && code < 400; }
  /// The file or folder is missing, or may not be used: servers do not tell these apart.
  bool unavailable() const noexcept { return code == 550 || code == 450; }
  /// Bytes of the file that is about to be sent, by `(13 bytes)` in the text of many servers; -1: not told.
  std::int64_t announced_size() const;
};

/// Puts replies together from the lines of a control connection.
class ftp_reply_reader {
public:
  /// The reply that this line, without its end, is the last one of.
  std::optional<ftp_reply> add(std::string_view line);

private:
  ftp_reply reply_; // unfinished when its code is not 0
};

/// A server said no.
class ftp_refusal : public failure {
public:
  explicit ftp_refusal(const ftp_reply& reply, const std::string& context = {});
  int code() const noexcept { return code_; }

private:
  int code_;
};

/// Throws what a reply that is not good means: transient_failure when the server is busy or the transfer
/// broke, else ftp_refusal. `context` goes in front of its text.
[[noreturn]] void throw_refused(const ftp_reply& reply, const std::string& context = {});

} // namespace argosy
