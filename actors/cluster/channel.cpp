#include "actors/cluster/channel.hpp"

#include <memory>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/failure.hpp"

namespace argosy {

namespace {

struct deleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

// Only an encryption has to be agreed on: who is who is proved by the secret.
constexpr long certificate_seconds = 10L * 365 * 24 * 3600;

std::string library_reason() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "unknown reason" : text;
}

void check(int result, const std::string& what) {
  if (result != 1) fail(failure_kind::other, what + ": " + library_reason());
}

void use_own_certificate(SSL_CTX* context) {
  const std::unique_ptr<EVP_PKEY, deleter> key{EVP_EC_gen("P-256")};
  const std::unique_ptr<X509, deleter> made{X509_new()};
  if (!key || !made) fail(failure_kind::other, "cluster: failed to make a key: " + library_reason());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), certificate_seconds);
  auto* const name = X509_get_subject_name(made.get());
  const auto* const common = reinterpret_cast<const unsigned char*>("argosy node");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  X509_set_pubkey(made.get(), key.get());
  if (X509_sign(made.get(), key.get(), EVP_sha256()) == 0)
    fail(failure_kind::other, "cluster: failed to sign a certificate: " + library_reason());
  check(SSL_CTX_use_certificate(context, made.get()), "cluster: failed to use a certificate");
  check(SSL_CTX_use_PrivateKey(context, key.get()), "cluster: failed to use a key");
}

void use_given_certificates(SSL_CTX* context, const gate::settings& given) {
  check(SSL_CTX_use_certificate_chain_file(context, given.certificate.c_str()),
        "--cluster-cert " + given.certificate);
  check(SSL_CTX_use_PrivateKey_file(context, given.key.c_str(), SSL_FILETYPE_PEM),
        "--cluster-key " + given.key);
  check(SSL_CTX_load_verify_file(context, given.authority.c_str()), "--cluster-ca " + given.authority);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

} // namespace

void set_up(SSL_CTX* context, const gate::settings& given) {
  ERR_clear_error();
  check(static_cast<int>(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION)), "cluster: TLS 1.3");
  // Nobody resumes a session here; the tickets would only be in the way of the proofs.
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (given.certificate.empty())
    use_own_certificate(context);
  else
    use_given_certificates(context, given);
}

proof prove(SSL* channel, std::string_view secret, bool caller) {
  static constexpr std::string_view label = "EXPORTER-argosy-cluster-1";
  constexpr std::size_t material = 32;
  const std::string role = caller ? "argosy caller" : "argosy called";
  std::array<unsigned char, material> exported{};
  check(SSL_export_keying_material(channel, exported.data(), exported.size(), label.data(), label.size(),
                                   nullptr, 0, 0),
        "cluster: no keying material");
  std::string message = role;
  message.append(reinterpret_cast<const char*>(exported.data()), exported.size());
  proof made{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), made.data(),
           &size) == nullptr)
    fail(failure_kind::other, "cluster: no proof: " + library_reason());
  return made;
}

bool equal(const proof& one, const proof& other) {
  return CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

} // namespace argosy
