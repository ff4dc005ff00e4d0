#pragma once

#include <cstddef>
#include <memory>
#include <string>

typedef struct ssl_ctx_st SSL_CTX; // NOLINT: OpenSSL's own names
typedef struct ssl_st SSL;         // NOLINT

namespace argosy {

/// The files and rules of a server's TLS (rc-surface 2.9, 2.14).
struct tls_settings {
  std::string certificate; ///< file: the certificate, then those that lead to its authority
  std::string key;         ///< file
  std::string
      client_authority; ///< file: clients need a certificate of one of these; empty: none is asked for
  std::string min_version = "tls1.0";
  bool wanted() const { return !certificate.empty() || !key.empty(); }
};

/// One connection's encryption, above a socket that does not block, in a process that ignores SIGPIPE. One
/// thread at a time.
class tls_session {
public:
  enum class state {
    done,       ///< `size` bytes went through
    want_read,  ///< the socket has to be readable first
    want_write, ///< the socket has to be writable first
    ended,      ///< the other side sends no more
    not_tls,    ///< what came is an HTTP request in the clear
    broken,
  };
  struct result {
    state what;
    std::size_t size = 0;
  };
  tls_session(SSL_CTX& context, int socket);
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  /// The handshake is done by the first calls of either.
  result read(char* data, std::size_t size);
  result write(const char* data, std::size_t size);
  /// Bytes were received that read() has not given yet: waiting for the socket would be in vain.
  bool pending() const;
  /// Tells the other side that nothing follows, if that is possible at once.
  void finish() noexcept;
  /// First common name that is not empty in the certificates that the client showed; empty: none.
  std::string common_name() const;

private:
  struct deleter {
    void operator()(SSL* ssl) const;
  };
  result outcome(int returned);
  std::unique_ptr<SSL, deleter> ssl_;
};

/// What all connections of a server share. Thread-safe.
class tls_context {
public:
  /// Throws failure with the texts of rclone and Go.
  explicit tls_context(const tls_settings& settings);
  std::unique_ptr<tls_session> begin(int socket) const;

private:
  struct deleter {
    void operator()(SSL_CTX* context) const;
  };
  std::unique_ptr<SSL_CTX, deleter> context_;
};

} // namespace argosy
