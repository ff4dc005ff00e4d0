#include "backends/copy_object.hpp"

#include <memory>

#include "backends/content_block.hpp"

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

[[noreturn]] void differ(session& from, session& to, const std::string& what, const std::string& a,
                         const std::string& b) {
  fail(failure_kind::retryable, "corrupted on transfer: " + what + " differ src(" +
                                    from.of().info().description + ") " + a + " vs dst(" +
                                    to.of().info().description + ") " + b);
}

void stream_object(const may_block& on, session& from, session& to, const copy_request& request,
                   const copy_policy& policy) {
  const auto& source_info = from.of().info();
  const auto& target_info = to.of().info();
  // A local disk hashes the bytes that it is given. Where the source's hash would mean reading it again,
  // these would only be compared with themselves.
  const bool comparable = !(source_info.features.SlowHash && target_info.features.IsLocal);
  const auto common = policy.verify_checksum && comparable ? (source_info.hashes & target_info.hashes).first()
                                                           : hash_type::none;
  const hash_set wanted = common == hash_type::none ? hash_set{} : hash_set{common};

  put_request put;
  put.path = request.to;
  put.size = request.size;
  put.modified = request.modified;
  put.in_place = policy.in_place;
  put.partial_suffix = policy.partial_suffix;
  put.hashes = wanted;
  if (policy.metadata && source_info.features.ReadMetadata && target_info.features.WriteMetadata)
    put.metadata = from.metadata(on, request.from);
  if (source_info.features.ReadMimeType && target_info.features.WriteMimeType)
    if (const auto known = from.stat(on, request.from)) put.mime_type = known->mime_type;

  std::unique_ptr<object_source> source;
  try {
    source = from.open(on, request.from);
  } catch (const failure& f) {
    throw f.within("failed to open source object");
  }
  const auto sink = to.create(on, put);
  hasher hashes{wanted};
  const content_block block{on.book(), block_size};
  std::int64_t copied = 0;
  while (const auto got = source->read(on, block.get(), block_size)) {
    on.account(got);
    if (!wanted.empty()) hashes.update(block.get(), got);
    sink->write(on, block.get(), got);
    copied += static_cast<std::int64_t>(got);
  }
  source.reset();
  sink->commit(on, [&](const put_result& result) {
    const auto size = request.size >= 0 ? request.size : copied;
    if (policy.verify_size && result.info.size >= 0 && result.info.size != size)
      differ(from, to, "sizes", std::to_string(size), std::to_string(result.info.size));
    if (wanted.empty()) return;
    const auto written = result.hashes.find(common);
    if (written == result.hashes.end() || written->second.empty()) return;
    // What a storage has on record says more than what came out of it just now; where that costs another
    // reading, it does not.
    auto read = source_info.features.SlowHash ? std::string{} : from.hash(on, request.from, common);
    if (read.empty()) read = hashes.hex(common);
    if (read != written->second)
      differ(from, to, std::string{hash_name(common)} + " hashes", "\"" + read + "\"",
             "\"" + written->second + "\"");
  });
}

} // namespace

bool same_remote(const storage& a, const storage& b) {
  return a.info().type == b.info().type && a.info().name == b.info().name;
}

void copy_object(const may_block& on, session& from, session& to, const copy_request& request,
                 const copy_policy& policy) {
  on.check();
  if (same_object(from, to, request)) return;
  if (to.adopt(on, from, request, policy)) return;
  const bool may_copy =
      to.of().info().features.Copy &&
      (same_remote(from.of(), to.of()) ||
       (from.of().info().type == to.of().info().type && to.of().info().features.ServerSideAcrossConfigs));
  if (may_copy && to.copy_from(on, from, request, policy)) return;
  stream_object(on, from, to, request, policy);
}

bool can_rename(const storage& from, const storage& to) {
  return to.info().features.Move && same_remote(from, to);
}

bool rename_object(const may_block& on, session& from, session& to, const copy_request& request) {
  on.check();
  return same_object(from, to, request) ||
         (can_rename(from.of(), to.of()) && to.move_from(on, from, request.from, request.to));
}

bool move_object(const may_block& on, session& from, session& to, const copy_request& request,
                 const copy_policy& policy) {
  if (rename_object(on, from, to, request)) return true;
  copy_object(on, from, to, request, policy);
  from.remove(on, request.from);
  return false;
}

} // namespace argosy
