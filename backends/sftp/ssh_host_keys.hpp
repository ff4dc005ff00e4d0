#pragma once

#include <string>
#include <vector>

#include "backends/sftp/sftp_options.hpp"
#include "backends/sftp/ssh_library.hpp"

namespace argosy {

/// Which keys a server may show. Immutable.
class ssh_host_keys {
public:
  /// Reads known_hosts_file, or host_keys. Throws failure(other), with rclone's texts where there are some.
  explicit ssh_host_keys(const sftp_options& options);
  /// False: any key will do.
  bool verifies() const { return !pinned_.empty() || from_file_; }
  /// Throws failure(no_retry) when the server that was reached as `host` and `port` must not be trusted.
  void check(const std::string& host, unsigned port, ssh_key shown) const;
  /// The algorithms to ask for, the preferred first, so that a server with several keys shows one that is
  /// known. Empty: any.
  std::vector<std::string> algorithms(const std::string& host, unsigned port) const;

private:
  struct pinned_key {
    std::string algorithm, base64;
  };
  void check_pinned(const std::string& host, ssh_key shown) const;
  std::vector<std::string> known_; // lines of the file
  std::vector<pinned_key> pinned_;
  bool from_file_ = false;
};

} // namespace argosy
