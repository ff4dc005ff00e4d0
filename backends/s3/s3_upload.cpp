#include "backends/s3/s3_upload.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "backends/hashing_sink.hpp"
#include "backends/s3/md5_text.hpp"
#include "backends/s3/multipart.hpp"
#include "backends/s3/object_head.hpp"
#include "core/failure.hpp"
#include "core/hash.hpp"

namespace argosy::s3 {

namespace {

// Objects up to this size go out of memory in one request that can be repeated: bytes.
constexpr std::int64_t in_memory = 4 << 20;

std::string md5_hex(std::string_view bytes) {
  hasher md5{hash_type::md5};
  md5.update(bytes.data(), bytes.size());
  return md5.hex(hash_type::md5);
}

put_result result_of(const put_request& put, std::int64_t size, const std::string& md5) {
  put_result out;
  out.info.size = size;
  out.info.modified = put.modified;
  if (!md5.empty() && put.hashes.has(hash_type::md5)) out.hashes[hash_type::md5] = md5;
  return out;
}

// The MD5 of the source, as base64; empty when nobody knows it.
std::string announced_md5(const may_block& on, const upload_order& what) {
  return what.announced ? base64_of_hex(what.announced(on, hash_type::md5)) : std::string{};
}

std::vector<http_header> new_object_fields(const put_request& put, const s3_options& options,
                                           const std::string& md5) {
  auto fields = fields_of(put, options, md5);
  append(fields, storing_fields(options));
  return fields;
}

// Who copies tries again by itself: were it done here too, that would be as often as one times the other.
outcome send_content(const may_block& on, s3_client& by, const order& what) {
  auto got = by.paced().once(on, [&] { return by.send_once(on, what); });
  if (!got.good()) fail_with(what, got);
  return got;
}

/// The server has an object under its name: looks whether it is the right one where the answer to the upload
/// did not tell. Throws corruption, and removes it, when it is not.
void check_stored(const may_block& on, s3_client& by, const place& at, const outcome& stored,
                  std::int64_t size, const std::string& md5) {
  const auto& options = by.options();
  const auto tag = options.etag_is_md5 ? md5_of_tag(stored.head.fields.get("etag")) : std::string{};
  std::string trouble;
  if (!tag.empty() && !md5.empty()) {
    if (tag != md5) trouble = "md5 hashes differ: expecting " + md5 + " but got " + tag;
  } else if (!options.no_head) {
    const order what{"HeadObject", "HEAD", at, {}, customer_key_fields(options), {}, {}};
    const auto there = head_of(by.require(on, what).head, options);
    if (there.size != size)
      trouble = "sizes differ: expecting " + std::to_string(size) + " but got " + std::to_string(there.size);
  }
  if (trouble.empty()) return;
  by.send(on, {"DeleteObject", "DELETE", at, {}, {}, {}, {}});
  throw corruption("corrupted on transfer: " + at.key + ": " + trouble);
}

/// What uploads in one piece and in parts have in common.
class upload : public object_sink, public hashing_sink {
public:
  upload(s3_client& client, place at, const put_request& put) :
      client_(client), at_(std::move(at)), put_(put) {}

  void write(const may_block& on, const char* data, std::size_t size) final {
    on.check();
    written_ += static_cast<std::int64_t>(size);
    take(on, data, size);
  }
  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) final {
    on.check();
    if (put_.size >= 0 && written_ != put_.size)
      fail(failure_kind::retryable,
           "wrote " + std::to_string(written_) + " bytes of " + std::to_string(put_.size));
    return store(on, verify);
  }

protected:
  virtual void take(const may_block& on, const char* data, std::size_t size) = 0;
  virtual put_result store(const may_block& on, const std::function<void(const put_result&)>& verify) = 0;

  order put_order(const std::string& md5) const {
    order what{"PutObject", "PUT", at_, {}, {}, {}, {}};
    const auto& options = client_.options();
    what.headers = new_object_fields(put_, options,
                                     options.etag_is_md5 || options.disable_checksum ? std::string{} : md5);
    if (!md5.empty()) what.headers.push_back({"Content-MD5", md5});
    what.content = true;
    return what;
  }
  // All of it is in memory.
  put_result put_at_once(const may_block& on, std::string content,
                         const std::function<void(const put_result&)>& verify) {
    const auto md5 = md5_hex(content);
    const auto result = result_of(put_, written_, md5);
    if (verify) verify(result);
    auto what = put_order(base64_of_hex(md5));
    what.body = std::move(content);
    const auto got = send_content(on, client_, what);
    check_stored(on, client_, at_, got, written_, md5);
    return result;
  }

  s3_client& client_;
  const place at_;
  const put_request put_;
  std::int64_t written_ = 0;
};

class memory_upload final : public upload {
public:
  memory_upload(s3_client& client, place at, const put_request& put) : upload(client, std::move(at), put) {
    content_.reserve(static_cast<std::size_t>(put.size));
  }

private:
  void take(const may_block&, const char* data, std::size_t size) override { content_.append(data, size); }
  put_result store(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    return put_at_once(on, std::move(content_), verify);
  }

  std::string content_;
};

/// The last byte is held back until what was written is verified: without it the server has nothing.
class stream_upload final : public upload {
public:
  stream_upload(const may_block& on, s3_client& client, place at, const upload_order& order) :
      upload(client, std::move(at), order.put), announced_(announced_md5(on, order)),
      md5_(announced_.empty() ? hash_set{hash_type::md5} : hash_set{}) {
    what_ = put_order(announced_);
    what_.upload = put_.size;
    exchange_ = client_.paced().once(on, [&] { return client_.begin(on, what_); });
  }

private:
  void take(const may_block& on, const char* data, std::size_t size) override {
    if (size == 0) return;
    md5_.update(data, size);
    send(on, held_.data(), held_.size());
    send(on, data, size - 1);
    held_.assign(data + size - 1, 1);
  }
  void send(const may_block& on, const char* data, std::size_t size) {
    if (size == 0 || exchange_->write(on, data, size)) return;
    // The server has seen enough.
    const auto got = client_.outcome_of(on, *exchange_, what_);
    if (!got.good()) fail_with(what_, got);
    fail(failure_kind::retryable, "the server answered an upload before its end");
  }
  put_result store(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    // The server refuses what does not have the MD5 that was announced.
    const auto md5 = announced_.empty() ? md5_.hex(hash_type::md5) : hex_of_base64(announced_);
    const auto result = result_of(put_, written_, md5);
    if (verify) verify(result);
    send(on, held_.data(), held_.size());
    exchange_->end_upload();
    const auto got = client_.outcome_of(on, *exchange_, what_);
    if (!got.good()) fail_with(what_, got);
    check_stored(on, client_, at_, got, written_, md5);
    return result;
  }

  const std::string announced_; // MD5, as base64
  hasher md5_;
  order what_;
  std::string held_;
  std::unique_ptr<web::exchange> exchange_;
};

std::vector<http_header> part_fields(const s3_options& options, const std::string& md5) {
  auto fields = customer_key_fields(options);
  fields.push_back({"Content-MD5", base64_of_hex(md5)});
  return fields;
}

/// Parts are filled one after the other; several are on their way.
class parts_upload final : public upload {
public:
  parts_upload(const may_block& on, s3_client& client, place at, upload_order order) :
      upload(client, std::move(at), order.put), order_(std::move(order)), cleaning_(on.for_cleaning()),
      part_size_(static_cast<std::size_t>(part_size(client.options(), put_.size))),
      hashes_(put_.hashes & hash_set{hash_type::md5}) {}
  ~parts_upload() override {
    under_way_.clear();
    if (parts_ && !client_.options().leave_parts_on_error) parts_->abort(cleaning_, client_);
  }

private:
  struct sent_part {
    std::size_t number;
    std::string md5;
    order what;
    std::unique_ptr<web::exchange> exchange;
  };

  void take(const may_block& on, const char* data, std::size_t size) override {
    hashes_.update(data, size);
    while (size > 0) {
      if (content_.size() == part_size_) send_part(on);
      const auto piece = std::min(size, part_size_ - content_.size());
      content_.append(data, piece);
      data += piece;
      size -= piece;
    }
    if (!under_way_.empty()) client_.connection().move_on(on);
  }

  put_result store(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    if (!parts_) return put_at_once(on, std::move(content_), verify);
    if (!content_.empty()) send_part(on);
    while (!under_way_.empty()) end_oldest(on);
    const auto result = result_of(put_, written_, hashes_.hex(hash_type::md5));
    if (verify) verify(result);
    parts_->complete(on, client_);
    parts_.reset();
    return result;
  }

  void send_part(const may_block& on) {
    const auto& options = client_.options();
    if (!parts_) {
      const auto md5 = options.disable_checksum ? std::string{} : announced_md5(on, order_);
      parts_ = std::make_unique<multipart>(on, client_, at_, new_object_fields(put_, options, md5));
    }
    if (static_cast<std::int64_t>(++number_) > options.max_upload_parts)
      fail(failure_kind::no_retry, "multipart upload: more than " + std::to_string(options.max_upload_parts) +
                                       " parts; a larger chunk_size allows larger objects of unknown size");
    const auto md5 = md5_hex(content_);
    auto what = parts_->part(number_, std::exchange(content_, {}));
    content_.reserve(part_size_);
    what.headers = part_fields(options, md5);
    if (under_way_.size() == client_.beside(static_cast<std::size_t>(options.upload_concurrency)))
      end_oldest(on);
    auto exchange = client_.paced().once(on, [&] { return client_.begin(on, what); });
    under_way_.push_back({number_, md5, std::move(what), std::move(exchange)});
  }

  void end_oldest(const may_block& on) {
    auto oldest = std::move(under_way_.front());
    under_way_.pop_front();
    outcome got;
    try {
      got = client_.outcome_of(on, *oldest.exchange, oldest.what);
    } catch (const transient_failure&) {
      oldest.exchange.reset();
      got = send_again(on, oldest.what);
    }
    if (!got.good()) fail_with(oldest.what, got);
    parts_->took(oldest.number, got.head.fields.get("etag"), oldest.md5);
  }

  // A part that cannot be sent ends the upload: to begin all of it anew at once would help no more.
  outcome send_again(const may_block& on, const order& what) {
    try {
      return client_.send(on, what);
    } catch (const transient_failure& why) {
      fail(failure_kind::other, why.what());
    }
  }

  const upload_order order_;
  const may_block cleaning_;
  const std::size_t part_size_;
  hasher hashes_;
  std::unique_ptr<multipart> parts_;
  std::string content_; // of the part that is filled
  std::size_t number_ = 0;
  std::deque<sent_part> under_way_;
};

/// One part that a thread of its own fills.
class part_sink final : public chunk_sink {
public:
  part_sink(s3_client& client, multipart& parts, const chunk_range& range) :
      client_(client), parts_(parts), number_(range.number + 1) {
    content_.reserve(static_cast<std::size_t>(range.size));
  }
  void write(const may_block& on, const char* data, std::size_t size) override {
    on.check();
    content_.append(data, size);
  }
  void finish(const may_block& on) override {
    const auto md5 = md5_hex(content_);
    auto what = parts_.part(number_, std::move(content_));
    what.headers = part_fields(client_.options(), md5);
    const auto got = send_content(on, client_, what);
    parts_.took(number_, got.head.fields.get("etag"), md5);
  }

private:
  s3_client& client_;
  multipart& parts_;
  const std::size_t number_;
  std::string content_;
};

class parts_object final : public chunked_object {
public:
  parts_object(const may_block& on, s3_client& client, place at, const upload_order& order,
               std::function<s3_client&(session&)> client_of) :
      chunked_object(part_size(client.options(), order.put.size),
                     static_cast<std::size_t>(client.options().upload_concurrency)),
      put_(order.put), client_of_(std::move(client_of)), options_(client.options()),
      parts_(on, client, std::move(at),
             new_object_fields(put_, options_,
                               options_.disable_checksum ? std::string{} : announced_md5(on, order))) {}

  std::unique_ptr<chunk_sink> open(const may_block& on, session& by, const chunk_range& range) override {
    on.check();
    return std::make_unique<part_sink>(client_of_(by), parts_, range);
  }
  put_result commit(const may_block& on, session& by,
                    const std::function<void(const put_result&)>& verify) override {
    const auto result = result_of(put_, put_.size, {});
    if (verify) verify(result);
    parts_.complete(on, client_of_(by));
    return result;
  }
  void abandon(const may_block& on, session& by) noexcept override {
    if (!options_.leave_parts_on_error) parts_.abort(on, client_of_(by));
  }

private:
  const put_request put_;
  const std::function<s3_client&(session&)> client_of_;
  const s3_options& options_;
  multipart parts_;
};

} // namespace

std::unique_ptr<object_sink> begin_upload(const may_block& on, s3_client& client, place at,
                                          upload_order what) {
  const auto& options = client.options();
  const auto size = what.put.size;
  const bool in_parts = size < 0 || size >= options.upload_cutoff ||
                        (!options.unsigned_payload && options.multipart_uploads && size > in_memory);
  if (size >= 0 && size <= in_memory && size < options.upload_cutoff)
    return std::make_unique<memory_upload>(client, std::move(at), what.put);
  if (in_parts) return std::make_unique<parts_upload>(on, client, std::move(at), std::move(what));
  return std::make_unique<stream_upload>(on, client, std::move(at), what);
}

std::unique_ptr<chunked_object> begin_parts(const may_block& on, s3_client& client, place at,
                                            upload_order what,
                                            std::function<s3_client&(session&)> client_of) {
  return std::make_unique<parts_object>(on, client, std::move(at), what, std::move(client_of));
}

} // namespace argosy::s3
