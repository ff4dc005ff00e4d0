#include "backends/ftp/ftp_sink.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "backends/local/partial_name.hpp"
#include "backends/pacer.hpp"

namespace argosy {

namespace {

// Removing what was not committed must not hold up a cancelled job: for ending the upload, and for the rest.
constexpr std::chrono::milliseconds longest_ending{300}, longest_removal{700};

std::string partial_place(const std::string& place, const put_request& request) {
  const auto leaf = place.find_last_of('/') + 1;
  const auto mark = partial_mark(place, request.size, request.modified, std::random_device{}());
  return place.substr(0, leaf) +
         partial_name(std::string_view{place}.substr(leaf), mark, request.partial_suffix);
}

} // namespace

ftp_sink::ftp_sink(const may_block& on, ftp_sink_needs needs, std::string place, put_request request) :
    needs_(std::move(needs)), request_(std::move(request)), place_(std::move(place)),
    written_(request_.in_place ? place_ : partial_place(place_, request_)), cleaning_(on.for_cleaning()),
    exchange_(needs_.store(on, written_)) {}

ftp_sink::~ftp_sink() {
  if (!written_.empty()) discard();
}

void ftp_sink::write(const may_block& on, const char* data, std::size_t size) {
  size_ += static_cast<std::int64_t>(size);
  if (exchange_->transfer().write(on, data, size)) return;
  exchange_->require_good();
  throw transient_failure{"the server ended the upload before all was sent"};
}

put_result ftp_sink::commit(const may_block& on, const std::function<void(const put_result&)>& verify) {
  on.check();
  if (request_.size >= 0 && size_ != request_.size)
    fail(failure_kind::retryable,
         "wrote " + std::to_string(size_) + " bytes of " + std::to_string(request_.size));
  exchange_->transfer().end_writing();
  exchange_->finish(on);
  exchange_.reset();
  put_result result;
  result.info = needs_.settle(on, written_, request_.modified);
  if (result.info.size < 0) result.info.size = size_;
  if (verify) verify(result);
  if (written_ != place_) needs_.rename(on, written_, place_);
  written_.clear();
  return result;
}

void ftp_sink::discard() noexcept {
  if (exchange_) {
    try {
      // An upload that ends keeps its connection, and removing needs one.
      auto& transfer = exchange_->transfer();
      transfer.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, 1L);
      transfer.end_by(std::chrono::steady_clock::now() + longest_ending);
      transfer.end_writing();
      transfer.finish(cleaning_);
    } catch (const std::exception&) {
      exchange_.reset(); // closes its connection, which ends the upload at the server
    }
    exchange_.reset();
  }
  try {
    needs_.client.remove_quickly(cleaning_, written_, longest_removal);
  } catch (const std::exception&) {
    needs_.client.remove_later(written_);
  }
}

std::size_t ftp_source::read(const may_block& on, char* data, std::size_t size) {
  if (!exchange_) return 0;
  if (left_ >= 0)
    size = static_cast<std::size_t>(std::min<std::int64_t>(left_, static_cast<std::int64_t>(size)));
  const auto got = size == 0 ? 0 : exchange_->transfer().read(on, data, size);
  if (left_ > 0) left_ -= static_cast<std::int64_t>(got);
  at_ += static_cast<std::int64_t>(got);
  if (got > 0) return got;
  // What was asked for is there; the rest of the file need not come.
  if (size > 0) exchange_->finish(on);
  exchange_.reset();
  // A server calls it a success when the connection was cut behind its last byte.
  if (size > 0 && at_ < whole_(on)) throw transient_failure{"unexpected EOF"};
  return 0;
}

} // namespace argosy
