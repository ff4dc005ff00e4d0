#include "backends/copy_object.hpp"

#include <functional>
#include <memory>
#include <string>

#include "backends/announced_hash.hpp"
#include "backends/attempts.hpp"
#include "backends/content_block.hpp"
#include "backends/costly_times.hpp"
#include "backends/hashing_sink.hpp"
#include "backends/sized_sink.hpp"
#include "backends/steady_source.hpp"

namespace argosy {

namespace {

constexpr std::size_t block_size = 1 << 20;

std::string joined(const std::string& root, const std::string& path) {
  return root.empty() ? path : root + "/" + path;
}

bool same_object(session& from, session& to, const copy_request& request) {
  return same_remote(from.of(), to.of()) &&
         joined(from.of().info().root, request.from) == joined(to.of().info().root, request.to);
}

// A local disk hashes the bytes that it is given. Where the source's hash would mean reading it again, these
// would only be compared with themselves.
bool comparable(const storage_info& source, const storage_info& target) {
  return !(source.features.SlowHash && target.features.IsLocal);
}

/// One object on its way from one session to another.
class object_copy {
public:
  object_copy(session& from, session& to, const copy_request& request, const copy_policy& policy) :
      from_(from), to_(to), request_(request), policy_(policy), source_(from.of().info()),
      target_(to.of().info()), costly_(costs_times(from.of())),
      common_(policy.verify_checksum && comparable(source_, target_)
                  ? (source_.hashes & target_.hashes).first()
                  : hash_type::none) {}

  void run(const may_block& caller, const copy_crew& crew) {
    counted_once counted{caller.listener()};
    const auto on = caller.for_listener(&counted);
    attempts left{policy_.low_level_retries, policy_.retry_pause};
    const auto repeat = [&](auto work) {
      while (true) {
        try {
          return work();
        } catch (const failure& why) {
          if (!left.another(on, why)) throw;
        }
        counted.again();
      }
    };
    const hash_announcement known{to_, [this](const may_block& scope, hash_type type) {
                                    return policy_.verify_checksum && source_.hashes.has(type)
                                               ? from_.hash(scope, request_.from, type)
                                               : std::string{};
                                  }};
    const bool chunks = crew.pool != nullptr && wanted_hands(source_, target_, request_.size, policy_) > 0;
    if (repeat([&] { return (!chunks && to_.adopt(on, from_, request_, policy_)) || on_server(on); })) return;
    // Chunks are tried again one by one.
    if (chunks && copy_in_chunks(on, from_, to_, request_, put(on), policy_, crew,
                                 [&](const may_block& scope, const put_result& result) {
                                   verify(scope, result, request_.size, {});
                                 }))
      return;
    repeat([&] { stream(on, left); });
  }

private:
  bool on_server(const may_block& on) {
    const bool may =
        target_.features.Copy && (same_remote(from_.of(), to_.of()) ||
                                  (source_.type == target_.type && target_.features.ServerSideAcrossConfigs));
    return may && to_.copy_from(on, from_, request_, policy_);
  }

  put_request put(const may_block& on) {
    put_request put;
    put.path = request_.to;
    put.size = request_.size;
    put.modified = request_.modified;
    const bool types = source_.features.ReadMimeType && target_.features.WriteMimeType;
    if (types || costly_)
      if (const auto known = from_.stat(on, request_.from)) {
        // The listing may not have looked.
        if (costly_) put.modified = known->modified;
        if (types) put.mime_type = known->mime_type;
      }
    put.in_place = policy_.in_place;
    put.partial_suffix = policy_.partial_suffix;
    put.hashes = wanted();
    if (policy_.metadata && target_.features.WriteMetadata) {
      if (source_.features.ReadMetadata) put.metadata = from_.metadata(on, request_.from);
      for (const auto& [key, value] : policy_.metadata_set) put.metadata[key] = value;
      // What it says of the time counts more than the listing.
      if (const auto time = put.metadata.find("mtime"); time != put.metadata.end())
        put.modified = parse_rfc3339(time->second);
    }
    return put;
  }

  std::unique_ptr<object_source> open_source(const may_block& on, attempts& left) {
    try {
      return open_steadily(on, from_, request_.from, left);
    } catch (const failure& f) {
      throw f.within("failed to open source object");
    }
  }

  void stream(const may_block& on, attempts& left) {
    // Opening the source tells what it would cost a request to ask for before.
    auto source = costly_ ? open_source(on, left) : nullptr;
    const auto request = put(on);
    if (!source) source = open_source(on, left);
    const auto sink = create_of_any_size(on, to_, request, policy_.streaming_upload_cutoff);
    const bool hashes_here = common_ != hash_type::none && dynamic_cast<hashing_sink*>(sink.get()) == nullptr;
    hasher hashes{hashes_here ? wanted() : hash_set{}};
    const content_block block{on.book(), block_size};
    std::int64_t copied = 0;
    while (const auto got = source->read(on, block.get(), block_size)) {
      on.account(got);
      if (hashes_here) hashes.update(block.get(), got);
      sink->write(on, block.get(), got);
      copied += static_cast<std::int64_t>(got);
    }
    source.reset();
    sink->commit(on, [&](const put_result& result) {
      verify(on, result, request_.size >= 0 ? request_.size : copied,
             [&] { return hashes_here ? hashes.hex(common_) : std::string{}; });
    });
  }

  hash_set wanted() const { return common_ == hash_type::none ? hash_set{} : hash_set{common_}; }

  /// `read` gives the hash of what came out of the source just now, where it is known.
  void verify(const may_block& on, const put_result& result, std::int64_t size,
              const std::function<std::string()>& read) {
    if (policy_.verify_size && result.info.size >= 0 && result.info.size != size)
      differ("sizes", std::to_string(size), std::to_string(result.info.size));
    if (common_ == hash_type::none) return;
    const auto written = result.hashes.find(common_);
    if (written == result.hashes.end() || written->second.empty()) return;
    // What a storage has on record says more than what came out of it just now; where that costs another
    // reading, it does not.
    auto own = source_.features.SlowHash && read ? std::string{} : from_.hash(on, request_.from, common_);
    if (own.empty() && read) own = read();
    if (!own.empty() && own != written->second)
      differ(std::string{hash_name(common_)} + " hashes", "\"" + own + "\"", "\"" + written->second + "\"");
  }

  [[noreturn]] void differ(const std::string& what, const std::string& a, const std::string& b) const {
    throw corruption("corrupted on transfer: " + what + " differ src(" + source_.description + ") " + a +
                     " vs dst(" + target_.description + ") " + b);
  }

  session& from_;
  session& to_;
  const copy_request& request_;
  const copy_policy& policy_;
  const storage_info& source_;
  const storage_info& target_;
  const bool costly_; // times of the source
  const hash_type common_;
};

} // namespace

bool same_remote(const storage& a, const storage& b) {
  return a.info().type == b.info().type && a.info().name == b.info().name;
}

void copy_object(const may_block& on, session& from, session& to, const copy_request& request,
                 const copy_policy& policy, const copy_crew& crew) {
  on.check();
  if (same_object(from, to, request)) return;
  object_copy{from, to, request, policy}.run(on, crew);
}

bool can_rename(const storage& from, const storage& to) {
  return to.info().features.Move && same_remote(from, to);
}

bool rename_object(const may_block& on, session& from, session& to, const copy_request& request) {
  on.check();
  return same_object(from, to, request) ||
         (can_rename(from.of(), to.of()) && to.move_from(on, from, request.from, request.to));
}

void copy_directory_metadata(const may_block& on, session& from, session& to, const copy_request& request,
                             const copy_policy& policy) {
  const auto& source = from.of().info().features;
  if (!policy.metadata || !source.ReadDirMetadata || !to.of().info().features.WriteDirMetadata)
    return to.set_directory_modified(on, request.to, request.modified);
  if (!to.stat(on, request.to)) fail(failure_kind::directory_not_found, "directory not found");
  auto metadata = from.metadata(on, request.from);
  metadata.emplace("mtime", format_rfc3339_nano(request.modified));
  for (const auto& [key, value] : policy.metadata_set) metadata[key] = value;
  to.set_directory_metadata(on, request.to, metadata);
}

bool move_object(const may_block& on, session& from, session& to, const copy_request& request,
                 const copy_policy& policy, const copy_crew& crew) {
  if (rename_object(on, from, to, request)) return true;
  copy_object(on, from, to, request, policy, crew);
  from.remove(on, request.from);
  return false;
}

} // namespace argosy
