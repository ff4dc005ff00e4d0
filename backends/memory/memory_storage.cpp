#include "backends/memory/memory_storage.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

namespace argosy {

namespace {

constexpr std::size_t page_entries = 16'384;

// Never changed once it is stored, except that setting the time replaces it.
struct object {
  std::shared_ptr<const std::string> content;
  std::string md5;
  std::string mime_type;
  nanoseconds modified = 0;
};

// Thread-safe.
struct bucket_store {
  std::mutex mutex;
  std::map<std::string, std::map<std::string, object>> buckets;
};

struct bucket_path {
  std::string bucket;
  std::string key; // "" is the bucket itself
};

class memory_storage final : public storage {
public:
  memory_storage(storage_info info, std::shared_ptr<bucket_store> store) :
      storage(std::move(info)), store_(std::move(store)) {}
  std::unique_ptr<session> connect(const may_block& on) const override;
  bucket_store& store() const { return *store_; }

private:
  std::shared_ptr<bucket_store> store_;
};

bucket_path split_path(const std::string& root, const std::string& path) {
  const auto whole = root.empty() ? path : path.empty() ? root : root + "/" + path;
  const auto slash = whole.find('/');
  if (slash == std::string::npos) return {whole, {}};
  return {whole.substr(0, slash), whole.substr(slash + 1)};
}

object_info info_of(const object& o) {
  object_info info;
  info.size = static_cast<std::int64_t>(o.content->size());
  info.modified = o.modified;
  info.mime_type = o.mime_type;
  return info;
}

class memory_source final : public object_source {
public:
  memory_source(std::shared_ptr<const std::string> content, std::size_t from, std::size_t to) :
      content_(std::move(content)), at_(from), end_(to) {}
  std::size_t read(const may_block& on, char* data, std::size_t size) override {
    on.check();
    const auto got = std::min(size, end_ - at_);
    std::memcpy(data, content_->data() + at_, got);
    at_ += got;
    return got;
  }

private:
  std::shared_ptr<const std::string> content_;
  std::size_t at_;
  std::size_t end_;
};

class memory_sink final : public object_sink {
public:
  memory_sink(bucket_store& store, bucket_path place, const put_request& request) :
      store_(store), place_(std::move(place)), request_(request) {
    if (request.size > 0)
      content_.reserve(static_cast<std::size_t>(std::min<std::int64_t>(request.size, 1 << 30)));
  }
  void write(const may_block& on, const char* data, std::size_t size) override {
    on.check();
    content_.append(data, size);
  }
  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    on.check();
    hasher h{hash_type::md5};
    h.update(content_.data(), content_.size());
    object made;
    made.md5 = h.hex(hash_type::md5);
    content_.shrink_to_fit();
    made.content = std::make_shared<const std::string>(std::move(content_));
    made.mime_type = request_.mime_type;
    made.modified = request_.modified;
    put_result result;
    result.info = info_of(made);
    if (request_.hashes.has(hash_type::md5)) result.hashes[hash_type::md5] = made.md5;
    if (verify) verify(result);
    std::lock_guard lock{store_.mutex};
    store_.buckets[place_.bucket][place_.key] = std::move(made);
    return result;
  }

private:
  bucket_store& store_;
  bucket_path place_;
  put_request request_;
  std::string content_;
};

// Chunks are kept apart until all are there.
class chunked_content final : public chunked_object {
public:
  chunked_content(bucket_store& store, bucket_path place, const put_request& request,
                  std::int64_t chunk_size) :
      chunked_object(chunk_size),
      store_(store), place_(std::move(place)), request_(request) {}

  std::unique_ptr<chunk_sink> open(const may_block& on, session&, const chunk_range& range) override {
    on.check();
    return std::make_unique<chunk>(*this, range);
  }

  put_result commit(const may_block& on, session&,
                    const std::function<void(const put_result&)>& verify) override {
    memory_sink whole{store_, std::move(place_), request_};
    for (auto& [number, content] : chunks_) {
      whole.write(on, content.data(), content.size());
      content = {};
    }
    return whole.commit(on, verify);
  }

  void abandon(const may_block&, session&) noexcept override { chunks_.clear(); }

private:
  class chunk final : public chunk_sink {
  public:
    chunk(chunked_content& of, const chunk_range& range) : of_(of), number_(range.number) {
      content_.reserve(static_cast<std::size_t>(range.size));
    }
    void write(const may_block& on, const char* data, std::size_t size) override {
      on.check();
      content_.append(data, size);
    }
    void finish(const may_block&) override {
      std::lock_guard lock{of_.mutex_};
      of_.chunks_[number_] = std::move(content_);
    }

  private:
    chunked_content& of_;
    std::size_t number_;
    std::string content_;
  };

  bucket_store& store_;
  bucket_path place_;
  put_request request_;
  std::mutex mutex_;
  std::map<std::size_t, std::string> chunks_; // by number
};

class memory_session final : public session {
public:
  explicit memory_session(const memory_storage& s) : session(s), store_(s.store()) {}

  void list(const may_block& on, const std::string& directory, const page_sink& page) override {
    on.check();
    listing entries;
    {
      std::lock_guard lock{store_.mutex};
      const auto at = place(directory);
      if (at.bucket.empty()) {
        for (const auto& bucket : store_.buckets) entries.add(bucket.first, entry_kind::directory, -1, now());
      } else {
        const auto bucket = store_.buckets.find(at.bucket);
        if (bucket == store_.buckets.end()) fail(failure_kind::directory_not_found, "directory not found");
        list_bucket(bucket->second, at.key.empty() ? std::string{} : at.key + "/", entries);
      }
    }
    listing part;
    for (std::size_t i = 0; entries.size() > page_entries && i < entries.size(); ++i) {
      const auto e = entries[i];
      part.add(e.name, e.kind, e.size, e.modified);
      if (part.size() < page_entries && i + 1 < entries.size()) continue;
      on.check();
      page(std::exchange(part, {}));
    }
    if (!entries.empty() && entries.size() <= page_entries) page(std::move(entries));
  }

  std::optional<object_info> stat(const may_block& on, const std::string& path) override {
    on.check();
    const auto at = place(path);
    std::lock_guard lock{store_.mutex};
    object_info directory;
    directory.kind = entry_kind::directory;
    directory.modified = now();
    if (at.bucket.empty()) return directory;
    const auto bucket = store_.buckets.find(at.bucket);
    if (bucket == store_.buckets.end()) return std::nullopt;
    if (at.key.empty()) {
      directory.is_bucket = true;
      return directory;
    }
    if (const auto found = bucket->second.find(at.key); found != bucket->second.end())
      return info_of(found->second);
    const auto prefix = at.key + "/";
    const auto below = bucket->second.lower_bound(prefix);
    if (below == bucket->second.end() || below->first.compare(0, prefix.size(), prefix) != 0)
      return std::nullopt;
    return directory;
  }

  std::unique_ptr<object_source> open(const may_block& on, const std::string& path, std::int64_t offset,
                                      std::int64_t length) override {
    on.check();
    const auto content = find(path).content;
    const auto from = std::min(content->size(), static_cast<std::size_t>(std::max<std::int64_t>(offset, 0)));
    const auto left = content->size() - from;
    const auto size = length < 0 ? left : std::min(left, static_cast<std::size_t>(length));
    return std::make_unique<memory_source>(content, from, from + size);
  }

  std::unique_ptr<object_sink> create(const may_block& on, const put_request& request) override {
    on.check();
    return std::make_unique<memory_sink>(store_, place_to_write(request.path), request);
  }

  std::unique_ptr<chunked_object> create_chunked(const may_block& on, const put_request& request,
                                                 std::int64_t chunk_size) override {
    on.check();
    return std::make_unique<chunked_content>(store_, place_to_write(request.path), request, chunk_size);
  }

  void remove(const may_block& on, const std::string& path) override {
    on.check();
    const auto at = place(path);
    std::lock_guard lock{store_.mutex};
    const auto bucket = store_.buckets.find(at.bucket);
    if (bucket == store_.buckets.end() || bucket->second.erase(at.key) == 0)
      fail(failure_kind::object_not_found, "object not found");
  }

  void make_directory(const may_block& on, const std::string& path) override {
    on.check();
    const auto at = place(path);
    if (at.bucket.empty()) return;
    std::lock_guard lock{store_.mutex};
    store_.buckets[at.bucket];
  }

  void remove_directory(const may_block& on, const std::string& path) override {
    on.check();
    const auto at = place(path);
    if (at.bucket.empty() || !at.key.empty()) return; // below a bucket there are no directories to remove
    std::lock_guard lock{store_.mutex};
    const auto bucket = store_.buckets.find(at.bucket);
    if (bucket == store_.buckets.end()) fail(failure_kind::directory_not_found, "directory not found");
    if (!bucket->second.empty()) fail(failure_kind::other, "directory not empty");
    store_.buckets.erase(bucket);
  }

  void set_modified(const may_block& on, const std::string& path, nanoseconds modified) override {
    on.check();
    const auto at = place(path);
    std::lock_guard lock{store_.mutex};
    const auto bucket = store_.buckets.find(at.bucket);
    if (bucket == store_.buckets.end()) fail(failure_kind::object_not_found, "object not found");
    const auto found = bucket->second.find(at.key);
    if (found == bucket->second.end()) fail(failure_kind::object_not_found, "object not found");
    found->second.modified = modified;
  }

  std::string hash(const may_block& on, const std::string& path, hash_type type) override {
    on.check();
    return type == hash_type::md5 ? find(path).md5 : std::string{};
  }

  bool copy_from(const may_block& on, session& other, const copy_request& request,
                 const copy_policy&) override {
    on.check();
    auto* from = dynamic_cast<memory_session*>(&other);
    if (from == nullptr || &from->store_ != &store_) return false;
    const auto at = place(request.to);
    if (at.key.empty()) return false;
    auto copied = from->find(request.from);
    on.account_free(copied.content->size());
    std::lock_guard lock{store_.mutex};
    store_.buckets[at.bucket][at.key] = std::move(copied);
    return true;
  }

private:
  bucket_path place(const std::string& path) const { return split_path(of().info().root, path); }

  bucket_path place_to_write(const std::string& path) const {
    auto at = place(path);
    if (at.key.empty())
      fail(failure_kind::other, "can't store \"" + path + "\": the first part of its path must be a bucket");
    return at;
  }

  object find(const std::string& path) {
    const auto at = place(path);
    std::lock_guard lock{store_.mutex};
    if (const auto bucket = store_.buckets.find(at.bucket); bucket != store_.buckets.end())
      if (const auto found = bucket->second.find(at.key); found != bucket->second.end()) return found->second;
    fail(failure_kind::object_not_found, "object not found");
  }

  static void list_bucket(const std::map<std::string, object>& objects, const std::string& prefix,
                          listing& out) {
    for (auto i = objects.lower_bound(prefix);
         i != objects.end() && i->first.compare(0, prefix.size(), prefix) == 0;) {
      const auto slash = i->first.find('/', prefix.size());
      const auto name =
          i->first.substr(prefix.size(), slash == std::string::npos ? slash : slash - prefix.size());
      if (slash == std::string::npos) {
        out.add(name, entry_kind::file, static_cast<std::int64_t>(i->second.content->size()),
                i->second.modified);
        ++i;
      } else {
        out.add(name, entry_kind::directory, -1, now());
        // '0' follows '/': the first key that is not below this directory.
        i = objects.lower_bound(prefix + name + "0");
      }
    }
  }

  bucket_store& store_;
};

std::unique_ptr<session> memory_storage::connect(const may_block&) const {
  return std::make_unique<memory_session>(*this);
}

std::string trimmed(std::string_view path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return std::string{path};
}

made_storage make_memory(const std::shared_ptr<bucket_store>& store, const may_block& on,
                         const storage_request& request) {
  on.check();
  const auto make = [&](const std::string& root) {
    storage_info info;
    info.type = "memory";
    info.name = request.name;
    info.root = root;
    info.description = "Memory root '" + root + "'";
    info.config_text = request.prefix + root;
    info.hashes = hash_type::md5;
    auto& f = info.features;
    f.BucketBased = f.BucketBasedRootOK = f.Copy = f.ListR = f.OpenChunkWriter = f.PutStream = true;
    f.ReadMimeType = f.WriteMimeType = true;
    return std::make_shared<memory_storage>(std::move(info), store);
  };
  const auto root = trimmed(request.path);
  const auto at = split_path(root, "");
  bool is_file = false;
  if (!at.key.empty()) {
    std::lock_guard lock{store->mutex};
    const auto bucket = store->buckets.find(at.bucket);
    is_file = bucket != store->buckets.end() && bucket->second.count(at.key) != 0;
  }
  if (!is_file) return {make(root)};
  const auto slash = root.find_last_of('/');
  return {make(root.substr(0, slash)), root.substr(slash + 1)};
}

} // namespace

storage_type memory_type() {
  storage_type type;
  type.name = "memory";
  type.description = "In memory object storage system.";
  type.make = [store = std::make_shared<bucket_store>()](const may_block& on,
                                                         const storage_request& request) {
    return make_memory(store, on, request);
  };
  return type;
}

} // namespace argosy
