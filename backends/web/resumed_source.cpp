#include "backends/web/resumed_source.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy::web {

namespace {

constexpr std::size_t skip_block = 64 * 1024;

// What tells an object from another one of the same name.
std::string mark_of(const answer& head) {
  const auto& tag = head.fields.get("etag");
  return tag.empty() ? head.fields.get("last-modified") : tag;
}

struct content_range {
  long long first = -1, last = -1;
  std::int64_t size = -1; // of the whole object
};

content_range range_of(const answer& head) {
  const auto& text = head.fields.get("content-range");
  content_range out;
  long long size = -1;
  const auto found = std::sscanf(text.c_str(), "bytes %lld-%lld/%lld", &out.first, &out.last, &size);
  if (found < 2 || out.first < 0 || out.last < out.first)
    throw transient_failure{"invalid Content-Range " + go_quote(text)};
  if (found == 3) out.size = size;
  return out;
}

} // namespace

resumed_source::resumed_source(const may_block& on, connection& over, pacer& paced, std::int64_t tries,
                               order what) :
    connection_(over),
    pacer_(paced), order_(std::move(what)), tries_left_(tries), at_(order_.offset) {
  if (order_.length >= 0) end_ = order_.offset + order_.length;
  open(on);
}

void resumed_source::open(const may_block& on) {
  exchange_.reset();
  auto get = order_.get;
  if (at_ > 0 || end_ >= 0)
    // An empty range cannot be asked for: then its first byte is.
    get.headers.push_back({"Range", "bytes=" + std::to_string(at_) + "-" +
                                        (end_ >= 0 ? std::to_string(std::max(at_, end_ - 1)) : "")});
  exchange_ = pacer_.call(on, [&] {
    auto made = connection_.begin(on, order_.dress ? order_.dress(on, get) : get);
    admit(on, *made, made->head(on));
    return made;
  });
  if (at_end()) end_exchange(on);
}

void resumed_source::admit(const may_block& on, exchange& from, const answer& head) {
  if (head.status == 416 && !opened_) { // begins behind the end
    end_ = at_;
    return;
  }
  if (head.status != 200 && head.status != 206) {
    order_.refuse(on, from, head);
    fail_with(head, "HTTP error: " + head.status_text);
  }
  std::int64_t size = head.content_length, skipped = at_;
  if (head.status == 206) {
    const auto range = range_of(head);
    if (range.first > at_)
      throw transient_failure{"Content-Range " + go_quote(head.fields.get("content-range")) +
                              " does not match requested range"};
    skipped = at_ - range.first;
    size = range.size;
  }
  if (opened_ && (mark_of(head) != mark_ || (size >= 0 && size_ >= 0 && size != size_)))
    fail(failure_kind::other, "object changed while it was read");
  if (!std::exchange(opened_, true)) {
    mark_ = mark_of(head);
    if (order_.opened) order_.opened(head);
  }
  if (size_ < 0) size_ = size;
  if (size >= 0) end_ = end_ < 0 ? size : std::min(end_, std::max(size, at_));
  if (!at_end()) skip(on, from, skipped);
}

void resumed_source::skip(const may_block& on, exchange& from, std::int64_t bytes) const {
  const auto block = std::make_unique<char[]>(bytes == 0 ? 0 : skip_block);
  while (bytes > 0) {
    const auto got =
        from.read(on, block.get(), static_cast<std::size_t>(std::min<std::int64_t>(skip_block, bytes)));
    if (got == 0) return; // shorter than where we are to begin
    bytes -= static_cast<std::int64_t>(got);
  }
}

// Reads the end of the answer too, so that its socket can carry the next one.
void resumed_source::end_exchange(const may_block& on) {
  try {
    char beyond;
    exchange_->read(on, &beyond, 1);
  } catch (const transient_failure&) {
    // All that was asked for is here.
  }
  exchange_.reset();
}

std::size_t resumed_source::read(const may_block& on, char* data, std::size_t size) {
  while (true) {
    on.check();
    if (at_end() || !exchange_) return 0;
    try {
      auto most = size;
      if (end_ >= 0) most = std::min(most, static_cast<std::size_t>(end_ - at_));
      const auto got = exchange_->read(on, data, most);
      if (got == 0 && end_ >= 0) throw transient_failure{"unexpected EOF"};
      at_ += static_cast<std::int64_t>(got);
      if (got > 0 && at_end()) end_exchange(on);
      return got;
    } catch (const transient_failure&) {
      if (--tries_left_ <= 0) throw;
      open(on);
    }
  }
}

} // namespace argosy::web
