#include "actors/transfers/compare.hpp"

#include <algorithm>

namespace argosy {

namespace {

hash_type quickest(hash_set common) {
  for (const auto type : {hash_type::xxh128, hash_type::xxh3, hash_type::crc32})
    if (common.has(type)) return type;
  return common.first();
}

} // namespace

comparison::comparison(const storage_info& source, const storage_info& destination,
                       const main_options& options) :
    ignore_existing_(options.ignore_existing),
    ignore_times_(options.ignore_times), ignore_size_(options.ignore_size), size_only_(options.size_only),
    checksum_(options.checksum), update_(options.update), immutable_(options.immutable),
    refresh_times_(options.refresh_times),
    times_known_(source.precision != INT64_MAX && destination.precision != INT64_MAX),
    window_(std::max({options.modify_window, source.precision, destination.precision})),
    hash_(quickest(source.hashes & destination.hashes)) {}

verdict comparison::judge(const entry_view& source, const entry_view& destination) const {
  if (ignore_existing_) return verdict::equal;
  if (ignore_times_) return verdict::transfer;
  if (update_ && times_known_) {
    const auto newer = destination.modified - source.modified;
    if (newer >= window_) return verdict::equal;
    if (newer > -window_) return equal_by_rules(source, destination, false);
  }
  return equal_by_rules(source, destination, true);
}

verdict comparison::equal_by_rules(const entry_view& source, const entry_view& destination,
                                   bool times_matter) const {
  const auto sizes_known = source.size >= 0 && destination.size >= 0;
  if (!ignore_size_ && sizes_known && source.size != destination.size) return differs();
  if (size_only_) return verdict::equal;
  if (checksum_) return hash_ == hash_type::none ? verdict::equal : verdict::check_hash;
  if (!times_matter || !times_known_) return verdict::equal;
  const auto difference = source.modified - destination.modified;
  if (difference < window_ && difference > -window_) return verdict::equal;
  if (hash_ == hash_type::none && !refresh_times_) return differs();
  return verdict::check;
}

verdict comparison::judge_content(const entry_view& source, const entry_view& destination) const {
  return equal_by_rules(source, destination, true);
}

} // namespace argosy
