#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/curl/link_settings.hpp"
#include "backends/curl/wire.hpp"

namespace argosy::curl {

/// One transfer of libcurl, of any protocol, as calls that wait: bytes are pulled out of it and pushed into
/// it, through bounded buffers, while curl itself only knows call-backs. Destroyed before its end it closes
/// its connection, so that nothing of it is left unread.
class transfer {
public:
  /// `settings` outlive the transfer; `host` is the server's name; `place` is the URL, with the method and a
  /// blank before it where there is one: the ledger shows it, without its secrets.
  transfer(std::shared_ptr<wire> over, const link_settings& settings, const std::string& host,
           std::string place);
  ~transfer();
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  /// To be set up for the protocol before start().
  CURL* easy() const { return easy_.get(); }
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy_.get(), option, value);
  }
  /// Lines of the answer's header or, with FTP, of the dialogue, without the line end. Called while a call of
  /// this class waits.
  std::function<void(std::string_view line)> on_line;
  /// What is sent, from memory; may be sent again. Outlives the transfer. Without it write() and
  /// end_writing() say what is sent.
  void send_from(std::string_view memory);

  /// For protocols in which curl itself waits for replies: it then looks at the cancellation once a second.
  void watch_cancellation();

  void start();
  /// Curl is through with it.
  bool ended() const noexcept { return result_.has_value(); }
  /// Of an ended transfer.
  CURLcode result() const noexcept { return *result_; }

  /// The whole of it may take no longer than until then.
  void end_by(std::chrono::steady_clock::time_point moment) { last_moment_ = moment; }
  /// Waits until `reached()` or the end; a time-out is an end. Throws failure(cancelled).
  void run_until(const may_block& on, const std::function<bool()>& reached);
  /// Waits for the end.
  void finish(const may_block& on) {
    run_until(on, [] { return false; });
  }
  /// Received bytes, at least one unless the transfer has ended: see result().
  std::size_t read(const may_block& on, char* data, std::size_t size);
  /// False: the transfer ended before all was sent.
  bool write(const may_block& on, const char* data, std::size_t size);
  /// No more to send.
  void end_writing();
  /// Received bytes from now on are thrown away; more than `most` end the transfer.
  void discard(std::size_t most);
  /// Bytes that were received so far.
  std::uint64_t received() const noexcept { return received_; }

  /// What went wrong, in Go's words as far as curl tells, for an ended transfer.
  std::string reason() const;
  /// Whether another attempt may end better, for an ended transfer.
  bool transient() const;

private:
  friend class wire;
  void ended_with(CURLcode result);
  void leave_wire() noexcept;
  // Tells curl which directions are paused.
  void resume();
  std::size_t receive(const char* data, std::size_t size);
  std::size_t send(char* data, std::size_t room);

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_receive(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_send(char* data, std::size_t, std::size_t room, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static int on_ready(void* self, char*, char*, int, int);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);

  std::shared_ptr<wire> wire_;
  const link_settings& settings_;
  const std::string host_;
  const std::string place_;
  easy_handle easy_;
  bool on_wire_ = false;
  bool connected_ = false;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  std::optional<CURLcode> result_;
  std::optional<std::chrono::steady_clock::time_point> last_moment_;
  std::string address_; // of the last connection that was tried
  char error_[CURL_ERROR_SIZE] = "";
  std::uint64_t activity_ = 0; // grows with whatever happens

  std::string received_early_; // before somebody asked
  std::size_t read_ = 0;       // of it
  char* target_ = nullptr;     // where who waits wants the next bytes
  std::size_t room_ = 0;       // there
  std::size_t filled_ = 0;
  std::uint64_t received_ = 0;
  std::optional<std::size_t> discard_; // bytes that may still be thrown away
  bool receive_paused_ = false;

  std::optional<std::string_view> memory_; // all of it
  std::string_view to_send_;
  bool last_ = false; // nothing comes after it
  bool send_paused_ = false;
};

} // namespace argosy::curl
