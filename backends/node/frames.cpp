#include "backends/node/frames.hpp"

#include <array>

#include "backends/storage.hpp"

namespace argosy {

namespace {

constexpr std::size_t number_bytes = 8;
/// Beside the kinds of failures: a corruption, which is a type of its own.
constexpr std::int64_t corruption_kind = 255;

[[noreturn]] void refuse() {
  fail(failure_kind::other, "the other node says nothing sensible: a frame is too short");
}

hash_set hashes_of(std::int64_t bits) {
  hash_set set;
  for (const auto type : all_hashes().list())
    if ((bits & static_cast<std::int64_t>(type)) != 0) set = set | type;
  return set;
}

std::int64_t bits_of(hash_set set) {
  std::int64_t bits = 0;
  for (const auto type : set.list()) bits |= static_cast<std::int64_t>(type);
  return bits;
}

} // namespace

frame_writer& frame_writer::number(std::int64_t n) {
  std::array<char, number_bytes> digits{};
  for (std::size_t i = 0; i < number_bytes; ++i)
    digits[i] = static_cast<char>(static_cast<std::uint64_t>(n) >> (8 * i));
  text_.append(digits.data(), digits.size());
  return *this;
}

frame_writer& frame_writer::text(std::string_view t) {
  number(static_cast<std::int64_t>(t.size()));
  text_.append(t);
  return *this;
}

frame_writer& frame_writer::map(const std::map<std::string, std::string>& all) {
  number(static_cast<std::int64_t>(all.size()));
  for (const auto& [key, value] : all) text(key).text(value);
  return *this;
}

frame_reader::frame_reader(std::string_view frame) : kind_(), left_(frame) {
  kind_ = static_cast<frame_kind>(take(1).front());
}

std::string_view frame_reader::take(std::size_t size) {
  if (left_.size() < size) refuse();
  const auto taken = left_.substr(0, size);
  left_.remove_prefix(size);
  return taken;
}

std::int64_t frame_reader::number() {
  const auto digits = take(number_bytes);
  std::uint64_t n = 0;
  for (std::size_t i = number_bytes; i-- > 0;) n = n << 8 | static_cast<unsigned char>(digits[i]);
  return static_cast<std::int64_t>(n);
}

std::string_view frame_reader::view() {
  const auto size = number();
  if (size < 0) refuse();
  return take(static_cast<std::size_t>(size));
}

std::map<std::string, std::string> frame_reader::map() {
  std::map<std::string, std::string> all;
  for (auto left = number(); left > 0; --left) {
    auto key = text();
    all.insert_or_assign(std::move(key), text());
  }
  return all;
}

void write(frame_writer& to, const put_request& request) {
  to.text(request.path).number(request.size).number(request.modified).number(request.in_place);
  to.text(request.partial_suffix).map(request.metadata).text(request.mime_type);
  to.number(bits_of(request.hashes));
}

put_request read_put_request(frame_reader& from) {
  put_request request;
  request.path = from.text();
  request.size = from.number();
  request.modified = from.number();
  request.in_place = from.truth();
  request.partial_suffix = from.text();
  request.metadata = from.map();
  request.mime_type = from.text();
  request.hashes = hashes_of(from.number());
  return request;
}

void write(frame_writer& to, const put_result& result) {
  write(to, result.info);
  to.number(static_cast<std::int64_t>(result.hashes.size()));
  for (const auto& [type, hex] : result.hashes) to.number(static_cast<std::int64_t>(type)).text(hex);
}

put_result read_put_result(frame_reader& from) {
  put_result result;
  result.info = read_object_info(from);
  for (auto left = from.number(); left > 0; --left) {
    const auto type = hashes_of(from.number()).first();
    result.hashes[type] = from.text();
  }
  return result;
}

void write(frame_writer& to, const object_info& info) {
  to.number(info.kind == entry_kind::directory).number(info.size).number(info.modified);
}

object_info read_object_info(frame_reader& from) {
  object_info info;
  info.kind = from.truth() ? entry_kind::directory : entry_kind::file;
  info.size = from.number();
  info.modified = from.number();
  return info;
}

void write(frame_writer& to, const copy_request& request) {
  to.text(request.from).text(request.to).number(request.size).number(request.modified);
}

copy_request read_copy_request(frame_reader& from) {
  copy_request request;
  request.from = from.text();
  request.to = from.text();
  request.size = from.number();
  request.modified = from.number();
  return request;
}

void write(frame_writer& to, const copy_policy& policy) {
  to.number(policy.verify_size).number(policy.verify_checksum).number(policy.in_place);
  to.number(policy.metadata).map(policy.metadata_set).text(policy.partial_suffix);
  to.number(policy.check_updated);
}

copy_policy read_copy_policy(frame_reader& from) {
  copy_policy policy;
  policy.verify_size = from.truth();
  policy.verify_checksum = from.truth();
  policy.in_place = from.truth();
  policy.metadata = from.truth();
  policy.metadata_set = from.map();
  policy.partial_suffix = from.text();
  policy.check_updated = from.truth();
  return policy;
}

std::string failed_frame(const failure& why) {
  const auto kind = dynamic_cast<const corruption*>(&why) != nullptr ? corruption_kind
                                                                     : static_cast<std::int64_t>(why.kind());
  return frame_writer{frame_kind::failed}.number(kind).text(why.what()).take();
}

void throw_failed(frame_reader& from) {
  const auto kind = from.number();
  const auto text = from.text();
  if (kind == corruption_kind) throw corruption(text);
  const bool known = kind >= 0 && kind <= static_cast<std::int64_t>(failure_kind::fatal);
  fail(known ? static_cast<failure_kind>(kind) : failure_kind::other, text);
}

} // namespace argosy
