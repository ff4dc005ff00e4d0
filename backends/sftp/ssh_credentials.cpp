#include "backends/sftp/ssh_credentials.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "backends/local/system_failure.hpp"
#include "backends/sftp/connection_lost.hpp"
#include "backends/sftp/ssh_library.hpp"

namespace argosy {

namespace {

std::string content_of(const std::string& path, const char* what) {
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad())
    fail(failure_kind::other, std::string{what} + ": " + path_error("open", path, errno != 0 ? errno : EIO));
  return text;
}

/// Told when a key turns out to need a passphrase that was not given: nobody is there to ask.
int note_that_it_was_asked(const char*, char*, size_t, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

ssh::key_owner parsed_private_key(const std::string& pem, const std::string& passphrase) {
  ssh_key key = nullptr;
  bool asked = false;
  const int result = ssh_pki_import_privkey_base64(
      pem.c_str(), passphrase.empty() ? nullptr : passphrase.c_str(), note_that_it_was_asked, &asked, &key);
  ssh::key_owner owner{key};
  if (result == SSH_OK && owner) return owner;
  const char* why = "ssh: no key found";
  if (asked)
    why = "ssh: this private key is passphrase protected";
  else if (!passphrase.empty())
    why = "x509: decryption password incorrect, or no key found";
  fail(failure_kind::other, std::string{"failed to parse private key file: "} + why);
}

/// `algorithm base64 comment`, as in files with .pub at their end.
ssh::key_owner parsed_public_key(const std::string& text, const char* what) {
  const auto blank = text.find(' ');
  const auto end = blank == std::string::npos ? blank : text.find_first_of(" \r\n", blank + 1);
  ssh_key key = nullptr;
  const auto type = ssh_key_type_from_name(text.substr(0, blank).c_str());
  if (blank == std::string::npos || type == SSH_KEYTYPE_UNKNOWN ||
      ssh_pki_import_pubkey_base64(text.substr(blank + 1, end - blank - 1).c_str(), type, &key) != SSH_OK)
    fail(failure_kind::other, std::string{what} + ": ssh: no key found");
  return ssh::key_owner{key};
}

bool is_certificate(ssh_key key) {
  return std::string_view{ssh_key_type_to_char(ssh_key_type(key))}.find("-cert-v01@") !=
         std::string_view::npos;
}

/// Nothing when none is set.
ssh::key_owner certificate_of(const sftp_options& options) {
  if (options.pubkey.empty() && options.pubkey_file.empty()) return {};
  const auto text =
      options.pubkey.empty() ? content_of(options.pubkey_file, "unable to read cert file") : options.pubkey;
  auto certificate = parsed_public_key(text, "unable to parse cert file");
  if (!is_certificate(certificate.get()))
    fail(failure_kind::other, options.pubkey.empty()
                                  ? "public key file is not a certificate file: " + options.pubkey_file
                                  : "public key provided is not a certificate: " + options.pubkey);
  return certificate;
}

/// The algorithms by which the public key of `key_file` signs.
std::string algorithms_of_public_key(const std::string& key_file) {
  const bool beside = std::ifstream{key_file + ".pub"}.is_open();
  const auto text = content_of(beside ? key_file + ".pub" : key_file, "failed to read public key file");
  const auto key = parsed_public_key(text, "failed to parse public key file");
  const std::string name = ssh_key_type_to_char(ssh_key_type(key.get()));
  return name == "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256,ssh-rsa" : name;
}

/// One login: what was tried so far.
class attempt {
public:
  attempt(const may_block& on, ssh_session session, const ssh::deadline& end) :
      on_(on), session_(session), end_(end) {}

  /// True when it let us in. What the server does not offer is not tried.
  template <class Call>
  bool try_method(const char* name, unsigned method, Call call) {
    if ((ssh_userauth_list(session_, nullptr) & static_cast<int>(method)) == 0) return false;
    return run(name, call);
  }

  /// Asks what the server offers; a server may let everybody in.
  bool begin() {
    return run("none", [this] { return ssh_userauth_none(session_, nullptr); });
  }

  [[noreturn]] void refused() const {
    fail(failure_kind::no_retry, "ssh: handshake failed: ssh: unable to authenticate, attempted methods [" +
                                     tried_ + "], no supported methods remain");
  }

  bool interactive(const std::string& password) {
    return try_method("keyboard-interactive", SSH_AUTH_METHOD_INTERACTIVE, [&] {
      const int result = ssh_userauth_kbdint(session_, nullptr, nullptr);
      if (result != SSH_AUTH_INFO) return result;
      // Every question gets the same answer, as in rclone.
      const int prompts = ssh_userauth_kbdint_getnprompts(session_);
      for (int i = 0; i < prompts; ++i)
        ssh_userauth_kbdint_setanswer(session_, static_cast<unsigned>(i), password.c_str());
      return ++rounds_ > most_rounds ? static_cast<int>(SSH_AUTH_DENIED) : static_cast<int>(SSH_AUTH_AGAIN);
    });
  }

private:
  static constexpr int most_rounds = 20; // of questions

  template <class Call>
  bool run(const char* name, Call call) {
    if (tried_.find(name) == std::string::npos) tried_.append(tried_.empty() ? "" : " ").append(name);
    const int result = ssh::finish(on_, session_, end_, SSH_AUTH_AGAIN, call);
    if (result != SSH_AUTH_ERROR) return result == SSH_AUTH_SUCCESS;
    const std::string why = ssh_get_error(session_);
    // Trying again would only bring us nearer to being locked out.
    if (why.find("SSH_MSG_DISCONNECT") != std::string::npos)
      fail(failure_kind::no_retry,
           "ssh: handshake failed: ssh: unable to authenticate, attempted methods [" + tried_ + "]: " + why);
    throw connection_lost{"ssh: handshake failed: " + why};
  }

  const may_block& on_;
  ssh_session session_;
  const ssh::deadline& end_;
  std::string tried_;
  int rounds_ = 0;
};

} // namespace

ssh_credentials::ssh_credentials(const sftp_options& options) : options_(options) {
  const bool nothing_else = options.password.empty() && options.key_file.empty() && options.key_pem.empty();
  use_agent_ = nothing_else || options.key_use_agent;
  if (use_agent_) {
    const char* agent = std::getenv("SSH_AUTH_SOCK");
    if (agent == nullptr || *agent == '\0')
      fail(failure_kind::other,
           "couldn't connect to ssh-agent: SSH agent requested but SSH_AUTH_SOCK not-specified");
    if (!options.key_file.empty()) agent_algorithms_ = algorithms_of_public_key(options.key_file);
  }
  if (options.key_pem.empty() && (options.key_file.empty() || options.key_use_agent)) return;
  const auto pem = options.key_pem.empty() ? content_of(options.key_file, "failed to read private key file")
                                           : options.key_pem;
  key_ = parsed_private_key(pem, options.key_file_pass);
  certificate_ = certificate_of(options);
}

ssh::key_owner ssh_credentials::copy_of_key() const {
  std::lock_guard lock{key_use_};
  ssh::key_owner copy{ssh_key_dup(key_.get())};
  if (certificate_) ssh_pki_copy_cert_to_privkey(certificate_.get(), copy.get());
  return copy;
}

void ssh_credentials::prepare(ssh_session session) const {
  if (!agent_algorithms_.empty())
    ssh_options_set(session, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, agent_algorithms_.c_str());
}

void ssh_credentials::log_in(const may_block& on, ssh_session session) const {
  const ssh::deadline end{options_.connect_limit};
  attempt login{on, session, end};
  if (login.begin()) return;
  if (use_agent_ && login.try_method("publickey", SSH_AUTH_METHOD_PUBLICKEY,
                                     [&] { return ssh_userauth_agent(session, nullptr); }))
    return;
  if (key_) {
    const auto key = copy_of_key();
    if (login.try_method("publickey", SSH_AUTH_METHOD_PUBLICKEY,
                         [&] { return ssh_userauth_publickey(session, nullptr, key.get()); }))
      return;
  }
  if (!options_.password.empty()) {
    if (login.try_method("password", SSH_AUTH_METHOD_PASSWORD,
                         [&] { return ssh_userauth_password(session, nullptr, options_.password.c_str()); }))
      return;
    if (login.interactive(options_.password)) return;
  }
  login.refused();
}

} // namespace argosy
