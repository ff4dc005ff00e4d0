#include "backends/overlay.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>

#include "backends/copy_object.hpp"
#include "backends/operations.hpp"
#include "backends/wrapping.hpp"

namespace argosy {

namespace {

storage_features features_of_overlay() {
  storage_features f;
  f.CaseInsensitive = f.ReadMimeType = f.WriteMimeType = f.CanHaveEmptyDirectories = f.BucketBased = true;
  f.SetTier = f.GetTier = f.ReadMetadata = f.WriteMetadata = f.UserMetadata = f.ReadDirMetadata = true;
  f.WriteDirMetadata = f.WriteDirSetModTime = f.UserDirMetadata = f.DirModTimeUpdatesOnWrite = true;
  f.PartialUploads = f.Purge = f.PutStream = f.Copy = f.Move = f.DirMove = f.DirSetModTime = true;
  f.MkdirMetadata = f.DirCacheFlush = f.ChangeNotify = f.About = f.ListR = f.Shutdown = f.CleanUp = true;
  f.Overlay = true;
  return f;
}

} // namespace

void describe_overlay(storage_info& info, const storage_list& over, bool listp) {
  auto features = features_of_overlay();
  info.precision = 1;
  info.hashes = over.front()->info().hashes;
  bool can_move = true;
  for (const auto* one : over) {
    const auto& below = one->info();
    features = masked_features(features, below.features);
    can_move = can_move && (below.features.Move || below.features.Copy);
    features.SlowHash = false;
    info.precision = std::max(info.precision, below.precision);
    info.hashes = info.hashes & below.hashes;
  }
  features.Move = can_move;
  features.SlowHash =
      std::any_of(over.begin(), over.end(), [](const auto* one) { return one->info().features.SlowHash; });
  // Where some list recursively, local disks are no obstacle: going through them is as quick.
  if (!features.ListR)
    for (const auto* one : over) {
      if (one->info().features.ListR) {
        features.ListR = true;
      } else if (!one->info().features.IsLocal) {
        features.ListR = false;
        break;
      }
    }
  features.ListP = listp;
  info.features = features;
}

std::size_t overlay_connection_limit(const storage_list& over) {
  struct use {
    std::size_t times = 0;
    std::size_t limit = 0;
  };
  std::map<std::string_view, use> uses;
  for (const auto* one : over) {
    auto& u = uses[one->info().name];
    ++u.times;
    u.limit = one->connection_limit();
  }
  std::size_t least = 0;
  for (const auto& [name, u] : uses) {
    if (u.limit == 0) continue;
    const auto shared = std::max<std::size_t>(u.limit / u.times, 1);
    least = least == 0 ? shared : std::min(least, shared);
  }
  return least;
}

void add_usage(storage_usage& sum, const storage_usage& more) {
  for (const auto member : {&storage_usage::total, &storage_usage::used, &storage_usage::trashed,
                            &storage_usage::other, &storage_usage::free, &storage_usage::objects}) {
    auto& to = sum.*member;
    const auto from = more.*member;
    to = to < 0 || from < 0 ? -1 : to + from;
  }
}

bool copy_within(const may_block& on, session& from, session& to, const copy_request& request,
                 const copy_policy& policy) {
  const auto& target = to.of().info();
  const bool possible = target.features.Copy &&
                        (same_remote(from.of(), to.of()) ||
                         (from.of().info().type == target.type && target.features.ServerSideAcrossConfigs));
  return possible && to.copy_from(on, from, request, policy);
}

bool move_within(const may_block& on, session& from, session& to, const std::string& source,
                 const std::string& target) {
  if (!same_remote(from.of(), to.of())) return false;
  if (to.of().info().features.Move) return to.move_from(on, from, source, target);
  const auto object = require_object(on, from, source);
  const auto silent = on.for_listener(nullptr);
  if (!copy_within(silent, from, to, {source, target, object.size, object.modified}, {})) return false;
  from.remove(on, source);
  return true;
}

bool move_directory_within(const may_block& on, session& from, session& to, const std::string& source,
                           const std::string& target) {
  return to.of().info().features.DirMove && same_remote(from.of(), to.of()) &&
         to.move_directory_from(on, from, source, target);
}

} // namespace argosy
