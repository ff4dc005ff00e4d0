#include "backends/sftp/sftp_packet.hpp"

#include <algorithm>

#include <sys/stat.h>

#include "backends/sftp/connection_lost.hpp"

namespace argosy {

namespace {

enum : std::uint32_t {
  has_size = 1,
  has_owner = 2,
  has_permissions = 4,
  has_times = 8,
  has_extensions = 1U << 31
};

std::uint32_t type_of(const sftp_attributes& a) { return a.permissions.value_or(0) & S_IFMT; }

template <class Number>
void append_big_endian(std::string& out, Number number) {
  for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xff);
}

template <class Number>
Number big_endian(std::string_view bytes) {
  Number number = 0;
  for (const char c : bytes) number = static_cast<Number>(number << 8 | static_cast<unsigned char>(c));
  return number;
}

failure_kind kind_of(sftp_status status) {
  switch (status) {
  case sftp_status::no_such_file: return failure_kind::object_not_found;
  case sftp_status::permission_denied: return failure_kind::permission_denied;
  case sftp_status::unsupported: return failure_kind::unsupported;
  case sftp_status::bad_message:
  case sftp_status::no_connection:
  case sftp_status::connection_lost: return failure_kind::retryable;
  default: return failure_kind::other;
  }
}

std::string text_of(sftp_status status, std::string_view message) {
  const char* name = "unknown";
  switch (status) {
  case sftp_status::ok: name = "SSH_FX_OK"; break;
  case sftp_status::end_of_file: return "EOF";
  case sftp_status::no_such_file: return "file does not exist";
  case sftp_status::permission_denied: return "permission denied";
  case sftp_status::failure: name = "SSH_FX_FAILURE"; break;
  case sftp_status::bad_message: name = "SSH_FX_BAD_MESSAGE"; break;
  case sftp_status::no_connection: name = "SSH_FX_NO_CONNECTION"; break;
  case sftp_status::connection_lost: name = "SSH_FX_CONNECTION_LOST"; break;
  case sftp_status::unsupported: name = "SSH_FX_OP_UNSUPPORTED"; break;
  }
  return "sftp: \"" + std::string{message} + "\" (" + name + ")";
}

} // namespace

bool sftp_attributes::is_directory() const { return type_of(*this) == S_IFDIR; }
bool sftp_attributes::is_link() const { return type_of(*this) == S_IFLNK; }
bool sftp_attributes::is_regular() const { return type_of(*this) == S_IFREG || type_of(*this) == 0; }

sftp_attributes sftp_times(nanoseconds modified) {
  constexpr nanoseconds second = 1'000'000'000;
  const auto seconds = static_cast<std::uint32_t>(std::clamp<nanoseconds>(modified / second, 0, UINT32_MAX));
  sftp_attributes times;
  times.times = {seconds, seconds};
  return times;
}

sftp_packet_writer::sftp_packet_writer(std::string& out, sftp_message type) : out_(out), start_(out.size()) {
  out_.append(sizeof(std::uint32_t), '\0');
  out_ += static_cast<char>(type);
}

sftp_packet_writer::~sftp_packet_writer() {
  auto size = static_cast<std::uint32_t>(out_.size() - start_ - sizeof(std::uint32_t));
  for (auto at = start_ + sizeof size; at > start_; size >>= 8) out_[--at] = static_cast<char>(size & 0xff);
}

void sftp_packet_writer::put(std::uint32_t number) { append_big_endian(out_, number); }
void sftp_packet_writer::put(std::uint64_t number) { append_big_endian(out_, number); }

void sftp_packet_writer::put(std::string_view text) {
  put(static_cast<std::uint32_t>(text.size()));
  out_ += text;
}

void sftp_packet_writer::put(const sftp_attributes& a) {
  put((a.size ? std::uint32_t{has_size} : 0) | (a.permissions ? std::uint32_t{has_permissions} : 0) |
      (a.times ? std::uint32_t{has_times} : 0));
  if (a.size) put(*a.size);
  if (a.permissions) put(*a.permissions);
  if (a.times) {
    put(a.times->first);
    put(a.times->second);
  }
}

std::string_view sftp_packet_reader::take(std::size_t size) {
  if (left_.size() < size) throw connection_lost{"sftp: a packet of the server ends too early"};
  const auto taken = left_.substr(0, size);
  left_.remove_prefix(size);
  return taken;
}

std::uint32_t sftp_packet_reader::number() { return big_endian<std::uint32_t>(take(sizeof(std::uint32_t))); }
std::uint64_t sftp_packet_reader::large_number() {
  return big_endian<std::uint64_t>(take(sizeof(std::uint64_t)));
}
std::string_view sftp_packet_reader::text() { return take(number()); }

sftp_attributes sftp_packet_reader::attributes() {
  sftp_attributes a;
  const auto flags = number();
  if ((flags & has_size) != 0) a.size = large_number();
  if ((flags & has_owner) != 0) take(2 * sizeof(std::uint32_t));
  if ((flags & has_permissions) != 0) a.permissions = number();
  if ((flags & has_times) != 0) {
    const auto accessed = number();
    a.times = {accessed, number()};
  }
  if ((flags & has_extensions) != 0)
    for (auto pairs = number(); pairs > 0; --pairs) {
      text();
      text();
    }
  return a;
}

sftp_refusal::sftp_refusal(sftp_status status, std::string_view message) :
    failure(kind_of(status), text_of(status, message)), status_(status) {}

} // namespace argosy
