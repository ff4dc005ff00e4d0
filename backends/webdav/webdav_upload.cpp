#include "backends/webdav/webdav_upload.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <utility>

#include "core/failure.hpp"

namespace argosy::webdav {

namespace {

using std::chrono::milliseconds;

constexpr nanoseconds second = 1'000'000'000;
// Chunks on their way at once; one more is being filled.
constexpr std::size_t chunks_at_once = 3;
// Removing what was not committed must not hold up a cancelled job.
constexpr milliseconds longest_cleaning{700};
constexpr milliseconds cleaning_pause{100};
constexpr int cleaning_tries = 3;
// Nextcloud puts large uploads together for a while: how long is waited for that at first, and at most.
constexpr std::chrono::seconds merge_pause{5}, longest_merge_pause{60};

std::string seconds_text(nanoseconds time) { return std::to_string(time / second); }

/// What all uploads have in common: the temporary name, checks, and the final name.
class upload : public object_sink {
public:
  upload(const may_block& on, dav_client& client, upload_order order) :
      client_(client), order_(std::move(order)), cleaning_(on.for_cleaning()),
      sha1_(client.options().quirks.has_sha1 ? hash_set{hash_type::sha1} : hash_set{}) {}

  void write(const may_block& on, const char* data, std::size_t size) final {
    on.check();
    sha1_.update(data, size);
    written_ += static_cast<std::int64_t>(size);
    take(on, data, size);
  }

  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) final {
    on.check();
    const auto& put = order_.put;
    if (put.size >= 0 && written_ != put.size)
      fail(failure_kind::retryable,
           "wrote " + std::to_string(written_) + " bytes of " + std::to_string(put.size));
    const auto stored = finish(on);
    const auto& quirks = client_.options().quirks;
    const auto accepted = stored.head.fields.get("x-oc-mtime") == "accepted";
    if (quirks.takes_times && !accepted && quirks.sets_times)
      set_time(on, client_, order_.temporary, put.modified);
    const auto known = client_.look_at(on, order_.temporary);
    if (!known) fail(failure_kind::retryable, "the server does not have what was uploaded to it");
    put_result result;
    result.info.size = known->size;
    result.info.modified = known->modified;
    for (const auto type : put.hashes.list())
      if (const auto found = known->hashes.find(type); found != known->hashes.end())
        result.hashes.emplace(type, found->second);
    if (verify) verify(result);
    if (order_.temporary != order_.target) {
      const auto renamed =
          relocate(on, client_, "MOVE", client_.url_of(order_.temporary), *known, order_.target,
                   quirks.takes_times ? std::make_optional(put.modified) : std::nullopt);
      if (!renamed.good()) fail_with(renamed, "failed to rename the upload");
    }
    begun_ = false;
    return result;
  }

protected:
  virtual void take(const may_block& on, const char* data, std::size_t size) = 0;
  // Everything is on the server when this returns.
  virtual outcome finish(const may_block& on) = 0;

  web::request put_request_for(const std::string& url) const {
    web::request what{"PUT", url};
    what.headers.push_back(
        {"Content-Type", order_.put.mime_type.empty() ? "application/octet-stream" : order_.put.mime_type});
    if (client_.options().quirks.takes_times)
      what.headers.push_back({"X-OC-Mtime", seconds_text(order_.put.modified)});
    return what;
  }
  // Only once, after the last byte.
  void add_checksum(web::request& what) {
    if (client_.options().quirks.has_sha1)
      what.headers.push_back({"OC-Checksum", "SHA1:" + sha1_.hex(hash_type::sha1)});
  }
  // The server may have something of the object.
  void begun() { begun_ = true; }
  bool is_begun() const { return begun_; }

  // After the last exchange: a request that the server still works on would bring the name back.
  void clean() noexcept {
    if (begun_) remove(client_.url_of(order_.temporary));
  }
  void remove(const std::string& url) noexcept {
    for (int left = cleaning_tries; left > 0; --left) {
      try {
        web::request what{"DELETE", url};
        what.longest = longest_cleaning;
        if (client_.send_once(cleaning_, what).status() != 404) return;
        if (left > 1) client_.clock().wait(cleaning_, cleaning_pause);
      } catch (const std::exception&) {
        return; // it stays, under a name that says what it is
      }
    }
  }

  dav_client& client_;
  const upload_order order_;
  std::int64_t written_ = 0;

private:
  const may_block cleaning_;
  hasher sha1_;
  bool begun_ = false;
};

class memory_upload final : public upload {
public:
  using upload::upload;
  ~memory_upload() override { clean(); }

private:
  void take(const may_block&, const char* data, std::size_t size) override { content_.append(data, size); }
  outcome finish(const may_block& on) override {
    auto what = put_request_for(client_.url_of(order_.temporary));
    add_checksum(what);
    what.body = std::move(content_);
    begun();
    auto got = client_.send(on, what);
    // RFC 4918 says 409 when the folder is missing; some say 404.
    if ((got.status() == 409 || got.status() == 404) && order_.make_parents) {
      order_.make_parents(on);
      got = client_.send(on, what);
    }
    if (!got.good()) fail_with(got, "unchunked simple update failed");
    return got;
  }

  std::string content_;
};

class stream_upload final : public upload {
public:
  stream_upload(const may_block& on, dav_client& client, upload_order order) :
      upload(on, client, std::move(order)) {
    auto what = put_request_for(client_.url_of(order_.temporary));
    what.upload = order_.put.size;
    begun();
    exchange_ = client_.paced().once(on, [&] { return client_.begin(on, what); });
  }
  ~stream_upload() override {
    exchange_.reset();
    clean();
  }

private:
  void take(const may_block& on, const char* data, std::size_t size) override {
    try {
      if (exchange_->write(on, data, size)) return;
    } catch (const transient_failure& why) {
      throw why.within("unchunked simple update failed");
    }
    // The server has seen enough.
    finish(on);
    fail(failure_kind::retryable, "unchunked simple update failed: the server answered before the end");
  }
  outcome finish(const may_block& on) override {
    try {
      exchange_->end_upload();
      auto got = client_.outcome_of(on, *exchange_);
      if (!got.good()) fail_with(got, "unchunked simple update failed");
      return got;
    } catch (const transient_failure& why) {
      throw why.within("unchunked simple update failed");
    }
  }

  std::unique_ptr<web::exchange> exchange_;
};

/// Nextcloud: chunks lie in a directory of their own until the server puts them together.
class chunked_upload final : public upload {
public:
  chunked_upload(const may_block& on, dav_client& client, upload_order order) :
      upload(on, client, std::move(order)) {
    hasher name{hash_type::md5};
    name.update(order_.temporary.data(), order_.temporary.size());
    folder_ = client_.options().uploads_url + "rclone-chunked-upload-" + name.hex(hash_type::md5);
  }
  ~chunked_upload() override {
    under_way_.clear();
    if (folder_made_) remove(folder_ + "/");
    clean();
  }

private:
  struct chunk {
    web::request what;
    std::unique_ptr<web::exchange> exchange;
  };

  std::size_t chunk_size() const { return static_cast<std::size_t>(client_.options().chunk_size); }

  void take(const may_block& on, const char* data, std::size_t size) override {
    while (size > 0) {
      if (content_.size() == chunk_size()) send_chunk(on);
      const auto part = std::min(size, chunk_size() - content_.size());
      content_.append(data, part);
      data += part;
      size -= part;
    }
    if (!under_way_.empty()) client_.connection().move_on(on);
  }

  outcome finish(const may_block& on) override {
    if (!folder_made_) return put_at_once(on);
    if (!content_.empty()) send_chunk(on);
    while (!under_way_.empty()) end_chunk(on);
    return merge(on);
  }

  outcome put_at_once(const may_block& on) {
    auto what = put_request_for(client_.url_of(order_.temporary));
    add_checksum(what);
    what.body = std::move(content_);
    begun();
    auto got = client_.send(on, what);
    if (!got.good()) fail_with(got, "unchunked simple update failed");
    return got;
  }

  void send_chunk(const may_block& on) {
    if (!std::exchange(folder_made_, true)) {
      const auto made = client_.send(on, {"MKCOL", folder_ + "/"});
      if (!made.good() && made.status() != 405) fail_with(made, "making upload directory failed");
    }
    char name[40];
    const auto end = sent_ + static_cast<std::int64_t>(content_.size());
    std::snprintf(name, sizeof(name), "/%015lld-%015lld", static_cast<long long>(sent_),
                  static_cast<long long>(end - 1));
    sent_ = end;
    web::request what{"PUT", folder_ + name};
    what.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    what.body = std::exchange(content_, {});
    content_.reserve(chunk_size());
    if (under_way_.size() == chunks_at_once) end_chunk(on);
    auto exchange = client_.paced().once(on, [&] { return client_.begin(on, what); });
    under_way_.push_back({std::move(what), std::move(exchange)});
  }

  // The oldest.
  void end_chunk(const may_block& on) {
    auto oldest = std::move(under_way_.front());
    under_way_.pop_front();
    outcome got;
    try {
      got = client_.outcome_of(on, *oldest.exchange);
    } catch (const transient_failure&) {
      oldest.exchange.reset();
      got = client_.send(on, oldest.what);
    }
    if (!got.good()) fail_with(got, "uploading chunk failed");
  }

  // While the server puts chunks together it says that they are locked; when it then does not find them any
  // more, it was through.
  outcome merge(const may_block& on) {
    web::request what{"MOVE", folder_ + "/.file"};
    what.headers = {{"Destination", client_.url_of(order_.temporary)},
                    {"OC-Total-Length", std::to_string(written_)},
                    {"X-OC-Mtime", seconds_text(order_.put.modified)}};
    add_checksum(what);
    begun();
    wait_clock::duration pause = merge_pause;
    bool was_locked = false;
    for (auto left = client_.tries();; --left) {
      outcome got;
      try {
        got = client_.paced().once(on, [&] { return client_.send_once(on, what); });
      } catch (const transient_failure& why) {
        was_locked = true;
        if (left <= 1) throw why.within("finalize chunked upload failed");
        client_.clock().wait(
            on, std::min<wait_clock::duration>(why.retry_after().value_or(pause), longest_merge_pause));
        pause *= 2;
        continue;
      }
      if (got.status() == 404 && was_locked) got.error.clear();
      if (!got.good()) fail_with(got, "finalize chunked upload failed");
      folder_made_ = false; // it went with the chunks
      return got;
    }
  }

  std::string folder_;
  bool folder_made_ = false;
  std::string content_; // of the chunk that is filled
  std::int64_t sent_ = 0;
  std::deque<chunk> under_way_;
};

} // namespace

std::unique_ptr<object_sink> begin_upload(const may_block& on, dav_client& client, upload_order order) {
  const auto size = order.put.size;
  const auto& options = client.options();
  if (size >= 0 && size <= in_memory) return std::make_unique<memory_upload>(on, client, std::move(order));
  if (options.quirks.takes_chunks && options.chunk_size > 0)
    return std::make_unique<chunked_upload>(on, client, std::move(order));
  return std::make_unique<stream_upload>(on, client, std::move(order));
}

outcome relocate(const may_block& on, dav_client& by, const char* method, const std::string& from_url,
                 const item& source, const std::string& target, std::optional<nanoseconds> modified) {
  const auto attempt = [&](const char* overwrite) {
    web::request what{method, from_url};
    what.headers = {{"Destination", by.url_of(target)}, {"Overwrite", overwrite}};
    if (modified) what.headers.push_back({"X-OC-Mtime", seconds_text(*modified)});
    return by.send(on, what);
  };
  // To overwrite means to remove first whatever is there (RFC 4918 9.9.3), be it a directory.
  auto got = attempt("F");
  if (got.status() == 412) {
    const auto existing = by.look_at(on, target);
    if (existing && existing->collection) fail(failure_kind::is_a_directory, "is a directory not a file");
    got = attempt("T");
  }
  // When an answer is lost the request is sent again, by curl too: then the source has gone already.
  if (got.status() == 404)
    if (const auto there = by.look_at(on, target);
        there && !there->collection && there->size == source.size && there->modified == source.modified)
      got.error.clear();
  return got;
}

bool set_time(const may_block& on, dav_client& by, const std::string& place, nanoseconds modified,
              const std::map<hash_type, std::string>& hashes) {
  std::string checksum;
  for (const auto& [type, name] : {std::pair{hash_type::sha1, "SHA1:"}, std::pair{hash_type::md5, "MD5:"}})
    if (const auto found = hashes.find(type); checksum.empty() && found != hashes.end())
      checksum = name + found->second;
  web::request what{"PROPPATCH", by.url_of(place)};
  what.headers = {{"Content-Type", "application/xml"}};
  what.redirects = web::redirection::none;
  what.body = R"(<?xml version="1.0" encoding="utf-8" ?>
<D:propertyupdate xmlns:D="DAV:" xmlns:oc="http://owncloud.org/ns">
 <D:set>
  <D:prop>
   <lastmodified xmlns="DAV:">)" +
              seconds_text(modified) + "</lastmodified>\n";
  if (!checksum.empty())
    what.body += "   <oc:checksums><oc:checksum>" + checksum + "</oc:checksum></oc:checksums>\n";
  what.body += "  </D:prop>\n </D:set>\n</D:propertyupdate>\n";
  const auto got = by.send(on, what);
  if (got.status() == 404) fail(failure_kind::object_not_found, "object not found");
  return got.good();
}

} // namespace argosy::webdav
