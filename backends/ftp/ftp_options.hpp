#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "backends/table.hpp"
#include "core/name_encoder.hpp"

namespace argosy {

struct ftp_options {
  enum class encryption { none, implicit_tls, explicit_tls };

  std::string host; ///< an IPv6 address without brackets
  std::uint16_t port = 21;
  std::string user, password;
  encryption tls = encryption::none;
  bool verify = true;             ///< of the server's certificate
  bool tls13 = true;              ///< versions from 1.3 on
  bool insecure_ciphers = false;  ///< old ones too
  bool reuse_tls_sessions = true; ///< of the control connection, for data connections
  std::size_t connections = 0;    ///< at most; 0: any number
  bool epsv = true;               ///< try EPSV before PASV
  bool mlsd = true;               ///< use MLSD and MLST where the server has them
  bool utf8 = true;               ///< ask for names in UTF-8
  bool writing_mdtm = false;      ///< MDTM sets times on servers without MFMT
  bool list_hidden = false;       ///< LIST -a
  bool check_upload = true;       ///< ask for size and time of what was written
  std::chrono::nanoseconds idle_timeout{60'000'000'000};
  std::chrono::seconds close_timeout{60}; ///< for the reply to the end of a download
  std::chrono::seconds shut_timeout{60};  ///< for the reply to the end of an upload
  std::string proxy;                      ///< socks5h://... or http://...
  name_encoder encoding;

  /// host:port, an IPv6 address in brackets.
  std::string address() const;
};

/// Throws failure(other) naming the option that is wrong, failure(unsupported) for what a daemon cannot do.
ftp_options read_ftp_options(const storage_request& request);
std::vector<storage_option> ftp_option_rows();

} // namespace argosy
