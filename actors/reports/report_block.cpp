#include "actors/reports/report_block.hpp"

#include <algorithm>
#include <utility>

namespace argosy {

namespace {

constexpr std::int64_t ns_per_us = 1000;

// The first byte of a record: outcome in bits 0 to 2, kind of work in bits 3 to 5.
constexpr unsigned what_shift = 3, low_bits = 7;
constexpr std::uint8_t directory_bit = 1 << 6, same_error_bit = 1 << 7;
static_assert(outcome_count <= low_bits + 1 && work_kind_count <= low_bits + 1);

/// Little endian base 128, as in protocol buffers.
void put_number(std::string& into, std::uint64_t number) {
  while (number >= 0x80) {
    into += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  into += static_cast<char>(number);
}

void put_signed(std::string& into, std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  put_number(into, number < 0 ? ~(bits << 1) : bits << 1);
}

void put_text(std::string& into, std::string_view text) {
  put_number(into, text.size());
  into += text;
}

[[noreturn]] void damaged() { fail(failure_kind::other, "the report is damaged"); }

std::uint8_t take_byte(std::string_view& from) {
  if (from.empty()) damaged();
  const auto byte = static_cast<std::uint8_t>(from.front());
  from.remove_prefix(1);
  return byte;
}

std::uint64_t take_number(std::string_view& from) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = take_byte(from);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return number;
  }
  damaged();
}

std::int64_t take_signed(std::string_view& from) {
  const auto bits = take_number(from);
  return static_cast<std::int64_t>((bits & 1) != 0 ? ~(bits >> 1) : bits >> 1);
}

std::string_view take_text(std::string_view& from) {
  const auto size = take_number(from);
  if (size > from.size()) damaged();
  const auto text = from.substr(0, size);
  from.remove_prefix(size);
  return text;
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const auto most = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first - a.begin());
}

} // namespace

void report_counts::add(const report_counts& more) {
  for (std::size_t i = 0; i < outcome_count; ++i) files[i] += more.files[i];
  failed_directories += more.failed_directories;
  again_files += more.again_files;
  again_directories += more.again_directories;
  root_unlisted |= more.root_unlisted;
}

void report_block::count(const file_outcome& one) {
  const auto failed = one.how == outcome_kind::failed;
  const auto again = failed && worth_another_attempt(one.kind) ? 1u : 0u;
  if (one.is_directory) {
    counts_.failed_directories += failed ? 1 : 0;
    counts_.again_directories += again;
    counts_.root_unlisted |=
        failed && one.what == work_kind::listing && one.name.empty() && place_.directory.empty();
  } else {
    ++counts_.files[static_cast<std::size_t>(one.how)];
    counts_.again_files += again;
  }
}

void report_block::add(const file_outcome& one) {
  const auto failed = one.how == outcome_kind::failed;
  const auto same_error = failed && !error_.empty() && one.error == error_;
  auto first = static_cast<std::uint8_t>(static_cast<unsigned>(one.how) | static_cast<unsigned>(one.what)
                                                                              << what_shift);
  if (one.is_directory) first |= directory_bit;
  if (same_error) first |= same_error_bit;
  packed_ += static_cast<char>(first);
  const auto common = common_prefix(name_, one.name);
  put_number(packed_, common);
  put_text(packed_, one.name.substr(common));
  put_signed(packed_, one.size);
  const auto started = one.started / ns_per_us;
  put_signed(packed_, started - started_);
  put_number(packed_, static_cast<std::uint64_t>(std::max<std::int64_t>(0, one.duration / ns_per_us)));
  if (failed) {
    packed_ += static_cast<char>(one.kind);
    if (!same_error) put_text(packed_, one.error);
    error_ = one.error;
  }
  if (one.how == outcome_kind::renamed) put_text(packed_, one.renamed_from);
  name_ = one.name;
  started_ = started;
  outcomes_ |= static_cast<std::uint8_t>(1u << static_cast<unsigned>(one.how));
  ++records_;
  count(one);
}

void report_block::store(std::string& into, std::uint32_t attempt) const {
  std::string head;
  head += static_cast<char>(outcomes_);
  put_number(head, attempt);
  put_number(head, records_);
  head += place_.in_source ? '\1' : '\0';
  put_text(head, place_.directory);
  put_text(head, place_.destination_directory);
  put_text(head, place_.destination_fs);
  put_number(into, head.size() + packed_.size());
  into += head;
  into += packed_;
}

void report_block::clear() {
  packed_.clear();
  records_ = 0;
  outcomes_ = 0;
  counts_ = {};
  name_.clear();
  error_.clear();
  started_ = 0;
}

block_reader::block_reader(std::string_view bytes) : rest_(bytes) {
  const auto length = take_number(rest_);
  if (length > rest_.size()) damaged();
  size_ = bytes.size() - rest_.size() + length;
  rest_ = rest_.substr(0, length);
  outcomes_ = take_byte(rest_);
  attempt_ = static_cast<std::uint32_t>(take_number(rest_));
  records_ = static_cast<std::uint32_t>(take_number(rest_));
  place_.in_source = take_byte(rest_) != 0;
  place_.directory = take_text(rest_);
  place_.destination_directory = take_text(rest_);
  place_.destination_fs = take_text(rest_);
}

bool block_reader::next(file_outcome& one) {
  if (read_ == records_) return false;
  ++read_;
  const auto first = take_byte(rest_);
  const auto how = first & low_bits, what = first >> what_shift & low_bits;
  if (how >= outcome_count || what >= work_kind_count) damaged();
  one = {};
  one.how = static_cast<outcome_kind>(how);
  one.what = static_cast<work_kind>(what);
  one.is_directory = (first & directory_bit) != 0;
  const auto common = take_number(rest_);
  if (common > name_.size()) damaged();
  name_.resize(common);
  name_ += take_text(rest_);
  one.name = name_;
  one.size = take_signed(rest_);
  if (__builtin_add_overflow(started_, take_signed(rest_), &started_) ||
      __builtin_mul_overflow(started_, ns_per_us, &one.started) ||
      __builtin_mul_overflow(take_number(rest_), ns_per_us, &one.duration))
    damaged();
  if (one.how == outcome_kind::failed) {
    one.kind = static_cast<failure_kind>(take_byte(rest_));
    if ((first & same_error_bit) == 0) error_ = take_text(rest_);
    one.error = error_;
  }
  if (one.how == outcome_kind::renamed) one.renamed_from = take_text(rest_);
  return true;
}

} // namespace argosy
