#include "backends/ftp/ftp_reply.hpp"

#include <charconv>

#include <utility>

#include "backends/pacer.hpp"

namespace argosy {

namespace {

// The longest reply that is kept: a server that sends more makes no sense.
constexpr std::size_t most_text = 64 * 1024;

int code_of(std::string_view line) {
  if (line.size() < 3) return 0;
  int code = 0;
  for (const char c : line.substr(0, 3)) {
    if (c < '0' || c > '9') return 0;
    code = code * 10 + (c - '0');
  }
  return code;
}

std::string worded(const ftp_reply& reply, const std::string& context) {
  return (context.empty() ? "" : context + ": ") + std::to_string(reply.code) + " " + reply.text;
}

failure_kind kind_of(int code) {
  switch (code) {
  case 530:
  case 532: return failure_kind::permission_denied;
  case 500:
  case 502:
  case 504: return failure_kind::unsupported;
  default: return failure_kind::other;
  }
}

} // namespace

std::int64_t ftp_reply::announced_size() const {
  // The name of the file, which stands before it, may look like it.
  const auto end = text.rfind(" bytes)");
  const auto begin = end == std::string::npos ? end : text.rfind('(', end);
  if (begin == std::string::npos) return -1;
  std::int64_t size = -1;
  const auto read = std::from_chars(text.data() + begin + 1, text.data() + end, size);
  return read.ec == std::errc{} && read.ptr == text.data() + end && size >= 0 ? size : -1;
}

std::optional<ftp_reply> ftp_reply_reader::add(std::string_view line) {
  const auto code = code_of(line);
  const bool last = code != 0 && (line.size() == 3 || line[3] == ' ');
  const auto keep = [&](std::string_view text) {
    if (reply_.text.size() + text.size() < most_text) reply_.text.append(text);
  };
  if (reply_.code == 0) {
    if (code == 0) return std::nullopt; // no reply begins so
    reply_.code = code;
    keep(line.substr(line.size() == 3 ? 3 : 4));
  } else {
    keep("\n");
    // Lines in the middle may begin with anything, even with digits.
    keep(last && code == reply_.code ? line.substr(line.size() == 3 ? 3 : 4) : line);
  }
  if (!last || code != reply_.code) return std::nullopt;
  return std::exchange(reply_, {});
}

ftp_refusal::ftp_refusal(const ftp_reply& reply, const std::string& context) :
    failure(kind_of(reply.code), worded(reply, context)), code_(reply.code) {}

void throw_refused(const ftp_reply& reply, const std::string& context) {
  switch (reply.code) {
  case 421: // closing, often because of too many connections
  case 425: // no data connection
  case 426: // data connection broke
  case 451: // local error
    throw transient_failure{worded(reply, context)};
  default: throw ftp_refusal{reply, context};
  }
}

} // namespace argosy
