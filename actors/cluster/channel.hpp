#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "actors/cluster/gate.hpp"

typedef struct ssl_ctx_st SSL_CTX; // NOLINT: OpenSSL's own names
typedef struct ssl_st SSL;         // NOLINT

/// The cryptography of the gate.
namespace argosy {

/// Sets a context up: TLS 1.3 only, no resumption; the given certificates, then both sides have to show one
/// of that authority; otherwise a key and a certificate that are made here and that nobody checks, since the
/// proofs below tell a man in the middle. Throws failure naming the file and the reason.
void set_up(SSL_CTX* context, const gate::settings& given);

/// HMAC-SHA256 with the secret over who proves and over keying material that only the two ends of this
/// channel have (RFC 5705, RFC 8446 7.5): worthless on any other channel, and in the other direction.
using proof = std::array<unsigned char, 32>;
proof prove(SSL* channel, std::string_view secret, bool caller);
/// Takes the same time wherever they differ.
bool equal(const proof& one, const proof& other);

} // namespace argosy
