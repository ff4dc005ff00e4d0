#include "backends/sftp/ssh_connection.hpp"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <libssh/callbacks.h>
#include <unistd.h>

#include "backends/sftp/ssh_dial.hpp"

namespace argosy {

namespace {

// AES-GCM first, as in rclone: processors have instructions for it. The rest is libssh's own choice.
constexpr const char* preferred_ciphers = "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@"
                                          "openssh.com,aes256-ctr,aes192-ctr,aes128-ctr";
constexpr const char* insecure_ciphers = ",aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc";
constexpr const char* usual_key_exchanges =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
    "diffie-hellman-group18-sha512,diffie-hellman-group16-sha512,diffie-hellman-group14-sha256";
constexpr const char* insecure_key_exchanges =
    ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1";

/// Of a program's standard error, bytes.
constexpr std::size_t longest_complaint = 4096;
/// What a server may send ahead, bytes: as much as rclone lets it. libssh alone would allow 1.2 MiB, and long
/// distances need more.
constexpr std::uint32_t receive_window = 2 << 20;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : ",").append(name);
  return text;
}

void set_list(ssh_session session, ssh_options_e option, const std::string& names, const char* what) {
  if (names.empty() || ssh_options_set(session, option, names.c_str()) == SSH_OK) return;
  fail(failure_kind::other, std::string{"sftp: none of the "} + what + " \"" + names + "\" is known here");
}

void set_algorithms(ssh_session session, const sftp_options& options,
                    const std::vector<std::string>& known_keys) {
  auto ciphers = joined(options.ciphers);
  auto exchanges = joined(options.key_exchange);
  if (ciphers.empty()) ciphers = preferred_ciphers;
  if (options.use_insecure_cipher) {
    ciphers += insecure_ciphers;
    exchanges = std::string{usual_key_exchanges} + insecure_key_exchanges;
  }
  set_list(session, SSH_OPTIONS_CIPHERS_C_S, ciphers, "ciphers");
  set_list(session, SSH_OPTIONS_CIPHERS_S_C, ciphers, "ciphers");
  set_list(session, SSH_OPTIONS_KEY_EXCHANGE, exchanges, "key exchanges");
  set_list(session, SSH_OPTIONS_HMAC_C_S, joined(options.macs), "macs");
  set_list(session, SSH_OPTIONS_HMAC_S_C, joined(options.macs), "macs");
  const auto& wanted = options.host_key_algorithms.empty() ? known_keys : options.host_key_algorithms;
  set_list(session, SSH_OPTIONS_HOSTKEYS, joined(wanted), "host key algorithms");
}

} // namespace

/// A channel of the connection. libssh calls it from inside the connection's wait and from write.
class ssh_connection::channel final : public byte_channel {
public:
  explicit channel(ssh_connection& in) : in_(in), channel_(ssh_channel_new(in.session_.get())) {
    if (channel_ == nullptr) throw connection_lost{"couldn't open a channel: " + in.error()};
    // Never written to, so that it takes no memory: libssh wants a place as large as the window it is to
    // open.
    nowhere_ = std::unique_ptr<char[]>(new char[receive_window]); // NOLINT(modernize-make-unique)
    std::memset(&callbacks_, 0, sizeof callbacks_);
    ssh_callbacks_init(&callbacks_);
    callbacks_.userdata = this;
    callbacks_.channel_data_function = received;
    callbacks_.channel_exit_status_function = exited;
    ssh_set_channel_callbacks(channel_, &callbacks_);
  }
  ~channel() override {
    ssh_remove_channel_callbacks(channel_, &callbacks_);
    ssh_channel_free(channel_);
  }
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  void start(const may_block& on, const channel_request& request) {
    const ssh::deadline end{in_.options_.connect_limit};
    const auto step = [&](const char* what, auto call) {
      if (ssh::finish(on, in_.session_.get(), end, SSH_AGAIN, call) == SSH_OK) return;
      if (ssh_is_connected(in_.session_.get()) == 0)
        throw connection_lost{std::string{what} + ": " + in_.error()};
      fail(failure_kind::other, what);
    };
    step("ssh: rejected: the server opens no more channels",
         [&] { return ssh_channel_open_session(channel_); });
    for (const auto& [name, value] : request.environment)
      step(("failed to set env var \"" + name + "\"").c_str(),
           [&, &n = name, &v = value] { return ssh_channel_request_env(channel_, n.c_str(), v.c_str()); });
    if (request.subsystem.empty())
      step("ssh: command failed",
           [&] { return ssh_channel_request_exec(channel_, request.command.c_str()); });
    else
      step("ssh: subsystem request failed",
           [&] { return ssh_channel_request_subsystem(channel_, request.subsystem.c_str()); });
  }

  void on_output(consumer use) override {
    use_ = std::move(use);
    // A short command may have ended while its start was being confirmed.
    early_.erase(0, use_(early_));
  }

  std::size_t write(std::string_view data) override {
    if (data.empty() || ended()) return 0;
    const int written = ssh_channel_write(channel_, data.data(), static_cast<std::uint32_t>(data.size()));
    if (written < 0 && written != SSH_AGAIN) throw connection_lost{"connection lost: " + in_.error()};
    return written > 0 ? static_cast<std::size_t>(written) : 0;
  }

  void end_input() override { ssh_channel_send_eof(channel_); }

  void wait(std::chrono::milliseconds limit) override {
    widen_window();
    in_.wait(limit);
  }

  bool ended() const override {
    return ssh_channel_is_eof(channel_) != 0 || ssh_channel_is_closed(channel_) != 0;
  }
  std::optional<int> exit_code() const override { return exit_code_; }
  std::string complaint() const override { return complaint_; }

private:
  static int received(ssh_session, ssh_channel, void* data, std::uint32_t size, int is_error, void* self) {
    auto& here = *static_cast<channel*>(self);
    const std::string_view bytes{static_cast<const char*>(data), size};
    if (is_error != 0) {
      here.complaint_ +=
          bytes.substr(0, longest_complaint - std::min(longest_complaint, here.complaint_.size()));
      return static_cast<int>(size);
    }
    here.since_widened_ += size;
    if (here.use_ && here.early_.empty()) return static_cast<int>(here.use_(bytes));
    here.early_ += bytes;
    if (here.use_) here.early_.erase(0, here.use_(here.early_));
    return static_cast<int>(size);
  }
  static void exited(ssh_session, ssh_channel, int code, void* self) {
    static_cast<channel*>(self)->exit_code_ = code;
  }

  // Reading standard error, of which nothing is ever left, opens the window to the size of the reading.
  void widen_window() {
    if (since_widened_ < receive_window / 4) return;
    since_widened_ = 0;
    ssh_channel_read_timeout(channel_, nowhere_.get(), receive_window, 1, 0);
  }

  ssh_connection& in_;
  ssh_channel channel_;
  ssh_channel_callbacks_struct callbacks_;
  std::unique_ptr<char[]> nowhere_;
  std::size_t since_widened_ = receive_window;
  consumer use_;
  std::string early_; // came before anybody wanted it, and what was left of it
  std::optional<int> exit_code_;
  std::string complaint_;
};

ssh_connection::ssh_connection(const may_block& on, const sftp_options& options, const ssh_host_keys& keys,
                               const ssh_credentials& credentials, const std::string& label) :
    options_(options),
    entry_(on.book().enter(resource::descriptor, "ssh socket", 0, label)), session_(ssh_new()) {
  if (!session_) fail(failure_kind::retryable, "sftp: libssh cannot be set up");
  entry_.state("connecting");
  auto* const session = session_.get();
  const int no = 0;
  ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
  // Files of the user are read where an option names them, and a daemon may have no home.
  ssh_options_set(session, SSH_OPTIONS_SSH_DIR, "/nonexistent");
  ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
  ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
  ssh_options_set(session, SSH_OPTIONS_HOST, options.host.c_str());
  const unsigned port = options.port;
  ssh_options_set(session, SSH_OPTIONS_PORT, &port);
  ssh_options_set(session, SSH_OPTIONS_USER, options.user.c_str());
  set_algorithms(session, options, keys.algorithms(options.host, options.port));
  credentials.prepare(session);
  ssh_set_blocking(session, 0);
  negotiate(on, keys, ssh_dial(on, options));
  credentials.log_in(on, session);
  socket_ = ssh_get_fd(session);
  ::fcntl(socket_, F_SETFL, O_NONBLOCK);
  entry_.socket(socket_);
  events_.reset(ssh_event_new());
  ssh_event_add_session(events_.get(), session);
  entry_.state("idle");
}

ssh_connection::~ssh_connection() {
  if (events_) ssh_event_remove_session(events_.get(), session_.get());
  ssh_disconnect(session_.get());
}

void ssh_connection::negotiate(const may_block& on, const ssh_host_keys& keys, int socket) {
  const ssh::deadline end{options_.connect_limit};
  auto* const session = session_.get();
  ssh_options_set(session, SSH_OPTIONS_FD, &socket);
  auto result = ssh_connect(session);
  // It has the socket now. As long as the option names it, it would not close it.
  ssh_options_set(session, SSH_OPTIONS_FD, nullptr);
  try {
    if (result == SSH_AGAIN)
      result = ssh::finish(on, session, end, SSH_AGAIN, [&] { return ssh_connect(session); });
    if (result != SSH_OK) {
      const auto why = error();
      // Another attempt would not find more in common.
      if (why.find("no match for method") != std::string::npos)
        fail(failure_kind::no_retry, "ssh: handshake failed: " + why);
      throw connection_lost{why};
    }
  } catch (const connection_lost& why) {
    throw connection_lost{std::string{"ssh: handshake failed: "} + why.what()};
  }
  ssh_key key = nullptr;
  if (ssh_get_server_publickey(session, &key) != SSH_OK)
    throw connection_lost{"ssh: handshake failed: the server has no key"};
  const ssh::key_owner owner{key};
  keys.check(options_.host, options_.port, key);
}

std::unique_ptr<byte_channel> ssh_connection::open(const may_block& on, const channel_request& request) {
  auto opened = std::make_unique<channel>(*this);
  opened->start(on, request);
  return opened;
}

void ssh_connection::doing(const char* state, std::string_view path, std::chrono::nanoseconds at_most) {
  entry_.detail(path);
  if (at_most.count() > 0)
    entry_.waits(state, at_most);
  else
    entry_.state(state);
}

bool ssh_connection::closed_by_peer() const noexcept { return ssh::is_closed_by_peer(socket_); }

void ssh_connection::wait(std::chrono::milliseconds limit) {
  if (ssh_event_dopoll(events_.get(), static_cast<int>(limit.count())) == SSH_ERROR ||
      ssh_is_connected(session_.get()) == 0)
    throw connection_lost{"connection lost: " + error()};
}

} // namespace argosy
