#include "http/tls.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "backends/local/system_failure.hpp"
#include "core/failure.hpp"

namespace argosy {

namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using bio = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using certificate = std::unique_ptr<X509, freed_by<X509_free>>;
using private_key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

// The reason of the last error of OpenSSL.
std::string library_reason() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  const auto* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "unknown error" : text;
}

// A file of PEM blocks (RFC 7468).
struct pem_file {
  explicit pem_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) fail(failure_kind::other, path_error("open", path, errno));
    text.assign(std::istreambuf_iterator<char>{file}, {});
    constexpr std::string_view begin = "-----BEGIN ", end = "-----";
    for (std::size_t at = 0; (at = text.find(begin, at)) != std::string::npos;) {
      at += begin.size();
      labels.push_back(text.substr(at, text.find(end, at) - at));
    }
  }
  bio reader() const { return bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))}; }
  template <class Test>
  bool has(Test test) const {
    return std::any_of(labels.begin(), labels.end(), test);
  }
  // As Go shows a list.
  std::string list() const {
    std::string out = "[";
    for (const auto& label : labels) out += (out.size() == 1 ? "" : " ") + label;
    return out + "]";
  }
  std::string text;
  std::vector<std::string> labels;
};

bool is_certificate(const std::string& label) { return label == "CERTIFICATE"; }

bool is_key(const std::string& label) {
  constexpr std::string_view end = "PRIVATE KEY";
  return label.size() >= end.size() && label.compare(label.size() - end.size(), end.size(), end) == 0;
}

// No key with a pass phrase can be used, as in rclone; without this OpenSSL would ask the terminal.
int no_pass_phrase(char*, int, int, void*) { return 0; }

int min_version(const std::string& name) {
  if (name == "tls1.0") return TLS1_VERSION;
  if (name == "tls1.1") return TLS1_1_VERSION;
  if (name == "tls1.2") return TLS1_2_VERSION;
  if (name == "tls1.3") return TLS1_3_VERSION;
  fail(failure_kind::other, "invalid value for --min-tls-version: " + name);
}

void use_certificate(SSL_CTX* context, const pem_file& file) {
  const auto refuse = [](const std::string& why) { fail(failure_kind::other, "tls: " + why); };
  if (file.labels.empty()) refuse("failed to find any PEM data in certificate input");
  if (!file.has(is_certificate)) {
    if (file.labels.size() == 1 && is_key(file.labels.front()))
      refuse("failed to find certificate PEM data in certificate input, but did find a private key; PEM "
             "inputs may have "
             "been switched");
    refuse("failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the "
           "following "
           "types: " +
           file.list());
  }
  const auto reader = file.reader();
  const certificate own{PEM_read_bio_X509(reader.get(), nullptr, no_pass_phrase, nullptr)};
  if (!own) refuse("failed to parse certificate: " + library_reason());
  if (SSL_CTX_use_certificate(context, own.get()) != 1)
    fail(failure_kind::other, "tls: failed to use certificate: " + library_reason());
  for (;;) {
    certificate next{PEM_read_bio_X509(reader.get(), nullptr, no_pass_phrase, nullptr)};
    if (!next) break;
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1)
      fail(failure_kind::other, "tls: failed to use certificate: " + library_reason());
    static_cast<void>(next.release()); // the context owns it now
  }
  ERR_clear_error();
}

void use_key(SSL_CTX* context, const pem_file& file) {
  const auto refuse = [](const std::string& why) { fail(failure_kind::other, "tls: " + why); };
  if (file.labels.empty()) refuse("failed to find any PEM data in key input");
  if (!file.has(is_key)) {
    if (file.labels.size() == 1 && is_certificate(file.labels.front()))
      refuse("found a certificate rather than a key in the PEM for the private key");
    refuse("failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM "
           "blocks of the "
           "following types: " +
           file.list());
  }
  const auto reader = file.reader();
  const private_key own{PEM_read_bio_PrivateKey(reader.get(), nullptr, no_pass_phrase, nullptr)};
  if (!own) refuse("failed to parse private key: " + library_reason());
  if (SSL_CTX_use_PrivateKey(context, own.get()) != 1) {
    const auto reason = library_reason();
    fail(failure_kind::other, reason == "key values mismatch" || reason == "key type mismatch"
                                  ? "tls: private key does not match public key"
                                  : "tls: failed to use private key: " + reason);
  }
}

void use_client_authority(SSL_CTX* context, const std::string& path) {
  const pem_file file{path};
  const auto reader = file.reader();
  auto* const store = SSL_CTX_get_cert_store(context);
  std::size_t found = 0;
  for (;;) {
    const certificate authority{PEM_read_bio_X509(reader.get(), nullptr, no_pass_phrase, nullptr)};
    if (!authority) break;
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1)
      fail(failure_kind::other, "unable to parse client certificate authority: " + library_reason());
    ++found;
  }
  ERR_clear_error();
  if (found == 0) fail(failure_kind::other, "unable to parse client certificate authority");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

// Of what a client offers it is HTTP/1.1 or nothing.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  constexpr std::string_view ours{"http/1.1"};
  for (unsigned int i = 0; i < offered_size;) {
    const auto length = offered[i];
    if (i + 1 + length > offered_size) break;
    if (std::string_view{reinterpret_cast<const char*>(offered) + i + 1, length} == ours) {
      *chosen = offered + i + 1;
      *size = length;
      return SSL_TLSEXT_ERR_OK;
    }
    i += 1U + length;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

} // namespace

void tls_context::deleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

tls_context::tls_context(const tls_settings& settings) {
  if (settings.certificate.empty() || settings.key.empty())
    fail(failure_kind::other, "need both --cert and --key to use TLS");
  const pem_file own{settings.certificate}, key{settings.key};
  context_.reset(SSL_CTX_new(TLS_server_method()));
  auto* const context = context_.get();
  if (context == nullptr) fail(failure_kind::other, "TLS is not available: " + library_reason());
  const auto least = min_version(settings.min_version);
  SSL_CTX_set_min_proto_version(context, least);
  // The versions before 1.2 sign with SHA-1, which OpenSSL takes for safe at no higher level.
  if (least < TLS1_2_VERSION) SSL_CTX_set_security_level(context, 0);
  // Forward secrecy only, with authenticated encryption first; CBC is for the versions before 1.2.
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // Sessions are resumed by tickets; nothing of them is kept here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  constexpr unsigned char own_name[] = "argosy";
  SSL_CTX_set_session_id_context(context, own_name, sizeof own_name - 1);
  use_certificate(context, own);
  use_key(context, key);
  if (!settings.client_authority.empty()) use_client_authority(context, settings.client_authority);
}

std::unique_ptr<tls_session> tls_context::begin(int socket) const {
  return std::make_unique<tls_session>(*context_, socket);
}

void tls_session::deleter::operator()(SSL* ssl) const { SSL_free(ssl); }

tls_session::tls_session(SSL_CTX& context, int socket) : ssl_(SSL_new(&context)) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket) != 1)
    fail(failure_kind::other, "cannot begin TLS: " + library_reason());
  SSL_set_accept_state(ssl_.get());
}

tls_session::result tls_session::read(char* data, std::size_t size) {
  ERR_clear_error();
  return outcome(SSL_read(ssl_.get(), data, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
}

tls_session::result tls_session::write(const char* data, std::size_t size) {
  ERR_clear_error();
  return outcome(SSL_write(ssl_.get(), data, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
}

tls_session::result tls_session::outcome(int returned) {
  if (returned > 0) return {state::done, static_cast<std::size_t>(returned)};
  switch (SSL_get_error(ssl_.get(), returned)) {
  case SSL_ERROR_WANT_READ: return {state::want_read};
  case SSL_ERROR_WANT_WRITE: return {state::want_write};
  case SSL_ERROR_ZERO_RETURN: return {state::ended};
  case SSL_ERROR_SSL: {
    const bool in_the_clear = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    ERR_clear_error();
    return {in_the_clear ? state::not_tls : state::broken};
  }
  default: ERR_clear_error(); return {state::broken};
  }
}

bool tls_session::pending() const { return SSL_pending(ssl_.get()) > 0; }

void tls_session::finish() noexcept {
  if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::string tls_session::common_name() const {
  const auto name_of = [](X509* shown) {
    std::string text;
    auto* const subject = X509_get_subject_name(shown);
    const auto place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (place < 0) return text;
    unsigned char* utf8 = nullptr;
    const auto length =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)));
    if (length > 0) text.assign(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
    OPENSSL_free(utf8);
    return text;
  };
  if (const certificate own{SSL_get1_peer_certificate(ssl_.get())}) {
    auto text = name_of(own.get());
    if (!text.empty()) return text;
  }
  const auto* const chain = SSL_get_peer_cert_chain(ssl_.get());
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) {
    auto text = name_of(sk_X509_value(chain, i));
    if (!text.empty()) return text;
  }
  return {};
}

} // namespace argosy
