#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace argosy {

/// Compresses what is written to it, piece by piece (RFC 1952, one member).
class gzip_writer {
public:
  gzip_writer();
  ~gzip_writer();
  gzip_writer(const gzip_writer&) = delete;
  gzip_writer& operator=(const gzip_writer&) = delete;
  void write(std::string_view content);
  /// Everything; nothing may be written after it.
  std::string finish();

private:
  struct state;
  void run(int flush);
  std::unique_ptr<state> state_;
  std::string out_;
};

std::string gzip(std::string_view content);

} // namespace argosy
