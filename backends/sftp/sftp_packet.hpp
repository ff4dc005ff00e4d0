#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/failure.hpp"
#include "core/time_text.hpp"

/// The packets of SFTP version 3 (draft-ietf-secsh-filexfer-02): a length, a type, and fields of which there
/// are four kinds. Numbers are big-endian.
namespace argosy {

enum class sftp_message : std::uint8_t {
  init = 1,
  version = 2,
  open = 3,
  close = 4,
  read = 5,
  write = 6,
  lstat = 7,
  fstat = 8,
  setstat = 9,
  fsetstat = 10,
  opendir = 11,
  readdir = 12,
  remove = 13,
  mkdir = 14,
  rmdir = 15,
  realpath = 16,
  stat = 17,
  rename = 18,
  status = 101,
  handle = 102,
  data = 103,
  name = 104,
  attributes = 105,
  extended = 200,
  extended_reply = 201
};

/// Of the reply `status` (section 7).
enum class sftp_status : std::uint32_t {
  ok = 0,
  end_of_file = 1,
  no_such_file = 2,
  permission_denied = 3,
  failure = 4,
  bad_message = 5,
  no_connection = 6,
  connection_lost = 7,
  unsupported = 8
};

/// Of the request `open` (section 6.3).
enum sftp_open_flags : std::uint32_t {
  sftp_read = 1,
  sftp_write = 2,
  sftp_create = 8,
  sftp_truncate = 16,
  sftp_exclusive = 32
};

/// What a server says of a file, or is told to set; absent where it does not (section 5).
struct sftp_attributes {
  std::optional<std::uint64_t> size;
  std::optional<std::uint32_t> permissions; ///< with the type, as in stat(2)
  std::optional<std::pair<std::uint32_t, std::uint32_t>>
      times; ///< last access and modification, seconds since 1970

  bool is_directory() const;
  bool is_link() const;
  /// Servers that tell no type are believed to show files.
  bool is_regular() const;
};

/// To set both times, in whole seconds; what does not fit is 1970 or 2106.
sftp_attributes sftp_times(nanoseconds modified);

/// Appends one packet to a text; whole once it is destroyed.
class sftp_packet_writer {
public:
  sftp_packet_writer(std::string& out, sftp_message type);
  ~sftp_packet_writer();
  sftp_packet_writer(const sftp_packet_writer&) = delete;
  sftp_packet_writer& operator=(const sftp_packet_writer&) = delete;
  void put(std::uint32_t number);
  void put(std::uint64_t number);
  void put(std::string_view text);
  void put(const sftp_attributes& attributes);

private:
  std::string& out_;
  std::size_t start_;
};

/// Reads the fields of a packet behind its type. Throws connection_lost when it is too short.
class sftp_packet_reader {
public:
  explicit sftp_packet_reader(std::string_view body) : left_(body) {}
  std::uint32_t number();
  std::uint64_t large_number();
  std::string_view text();
  sftp_attributes attributes();
  bool at_end() const { return left_.empty(); }

private:
  std::string_view take(std::size_t size);
  std::string_view left_;
};

/// A server's refusal: its status, in the words of rclone's library.
class sftp_refusal : public failure {
public:
  explicit sftp_refusal(sftp_status status, std::string_view message = {});
  sftp_status status() const noexcept { return status_; }

private:
  sftp_status status_;
};

} // namespace argosy
