#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "backends/may_block.hpp"
#include "backends/sftp/byte_channel.hpp"
#include "backends/sftp/sftp_packet.hpp"

namespace argosy {

/// The replies that have come, or are waited for, by the number of their request.
class sftp_replies {
public:
  struct reply {
    sftp_message type{};
    std::string body; ///< behind the number
  };
  void expect(std::uint32_t number);
  void forget(std::uint32_t number);
  bool arrived(std::uint32_t number) const;
  /// Of one that has arrived.
  reply take(std::uint32_t number);
  /// False when nobody asked.
  bool put(std::uint32_t number, sftp_message type, std::string_view body);
  /// How many have not come yet, wanted or not.
  std::size_t owed() const { return owed_; }
  /// The client is gone: nothing more will come.
  void end() { ended_ = true; }
  bool ended() const { return ended_; }

private:
  struct slot {
    bool arrived = false;
    bool forgotten = false;
    reply content;
  };
  std::unordered_map<std::uint32_t, slot> slots_;
  std::size_t owed_ = 0;
  bool ended_ = false;
};

/// Speaks SFTP over one channel. Requests are sent without waiting and may overlap; each has a ticket by
/// which its reply is fetched. Functions that fetch throw sftp_refusal when the server refuses,
/// connection_lost when it is gone or silent for too long, and failure(cancelled). One thread at a time.
class sftp_client {
public:
  /// Whoever drops it does not want the reply. May outlive the client.
  class ticket {
  public:
    ticket() = default;
    ticket(std::shared_ptr<sftp_replies> of, std::uint32_t number) : of_(std::move(of)), number_(number) {}
    ticket(ticket&&) noexcept = default;
    ticket& operator=(ticket&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(number_, other.number_);
      return *this;
    }
    ~ticket() {
      if (of_) of_->forget(number_);
    }
    ticket(const ticket&) = delete;
    ticket& operator=(const ticket&) = delete;
    bool arrived() const { return of_->arrived(number_); }

  private:
    friend class sftp_client;
    std::shared_ptr<sftp_replies> of_;
    std::uint32_t number_ = 0;
  };

  /// `silence`: how long the server may say nothing while it owes a reply; 0: for ever.
  sftp_client(std::unique_ptr<byte_channel> channel, std::chrono::nanoseconds silence);
  ~sftp_client() { replies_->end(); }
  sftp_client(const sftp_client&) = delete;
  sftp_client& operator=(const sftp_client&) = delete;

  /// Agrees on the version and learns what the server can do.
  void start(const may_block& on);
  bool offers(std::string_view extension) const { return extensions_.find(extension) != extensions_.end(); }
  /// Most bytes of one read or write, as far as the server tells (limits@openssh.com); 0: it does not.
  std::size_t longest_read() const { return longest_read_; }
  std::size_t longest_write() const { return longest_write_; }

  template <class... Fields>
  ticket send(sftp_message type, const Fields&... fields) {
    const auto number = next_++;
    {
      sftp_packet_writer packet{out_, type};
      packet.put(number);
      (packet.put(fields), ...);
    }
    return expect(number);
  }

  void done(const may_block& on, const ticket& of);
  std::string handle(const may_block& on, const ticket& of);
  sftp_attributes attributes(const may_block& on, const ticket& of);

  /// What was read; nothing at the end of the file.
  class content {
  public:
    explicit content(std::string body) : body_(std::move(body)) {}
    std::string_view bytes() const { return std::string_view{body_}.substr(sizeof(std::uint32_t)); }

  private:
    std::string body_; // the length is in front
  };
  std::optional<content> data(const may_block& on, const ticket& of);

  struct name {
    std::string_view text;
    sftp_attributes attributes;
  };
  /// False at the end of the directory.
  bool names(const may_block& on, const ticket& of, const std::function<void(const name&)>& use);
  /// The body of a reply to an extended request.
  std::string extended(const may_block& on, const ticket& of);

  /// Sends what waits to be sent, as far as the server takes it now, and takes what has arrived.
  void push(const may_block& on);
  /// Waits until the server has replied to everything, at most `limit`, cancelled or not. False: it has not.
  bool settle(std::chrono::milliseconds limit) noexcept;
  /// Outlives the client and tells when it is gone.
  std::shared_ptr<const sftp_replies> replies() const { return replies_; }

private:
  ticket expect(std::uint32_t number);
  sftp_replies::reply take(const may_block& on, const ticket& of);
  sftp_replies::reply take(const may_block& on, const ticket& of, sftp_message wanted);
  void exchange(std::chrono::milliseconds limit);
  void flush();
  std::size_t received(std::string_view bytes) noexcept;
  void handle_packet(std::string_view packet);
  void read_limits(const may_block& on);

  std::unique_ptr<byte_channel> channel_;
  std::chrono::nanoseconds silence_;
  std::chrono::steady_clock::time_point last_heard_{};
  std::uint32_t next_ = 0;
  std::shared_ptr<sftp_replies> replies_ = std::make_shared<sftp_replies>();
  std::map<std::string, std::string, std::less<>> extensions_;
  std::optional<std::uint32_t> version_;
  std::size_t longest_read_ = 0, longest_write_ = 0;
  std::string out_; // not yet taken by the channel, from `sent_` on
  std::size_t sent_ = 0;
  std::exception_ptr broken_;
};

} // namespace argosy
