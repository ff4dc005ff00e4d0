#include "actors/transfers/compare.hpp"

#include <algorithm>

namespace argosy {

namespace {

hash_type quickest(hash_set common) {
  for (const auto type : {hash_type::xxh128, hash_type::xxh3, hash_type::crc32})
    if (common.has(type)) return type;
  return common.first();
}

/// Moments may lie further apart than a difference can be.
nanoseconds apart(nanoseconds a, nanoseconds b) {
  nanoseconds difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a < b ? -INT64_MAX : INT64_MAX;
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
  if (ignore_times_) return differs();
  if (!update_) return equal_by_rules(source, destination, times::compared);
  // A storage that keeps no times shows when it got the file, to about a second.
  const auto window = times_known_ ? window_ : main_options::second;
  const auto newer = apart(destination.modified, source.modified);
  if (newer >= window) return verdict::equal;
  return equal_by_rules(source, destination, newer > -window ? times::equal : times::different);
}

verdict comparison::equal_by_rules(const entry_view& source, const entry_view& destination,
                                   times known) const {
  const auto sizes_known = source.size >= 0 && destination.size >= 0;
  if (!ignore_size_ && sizes_known && source.size != destination.size) return differs();
  if (known == times::equal ? !checksum_ : size_only_) return verdict::equal;
  if (checksum_) return hash_ == hash_type::none ? verdict::equal : verdict::check_hash;
  if (known == times::compared) {
    if (!times_known_) return verdict::equal;
    const auto difference = apart(source.modified, destination.modified);
    if (difference < window_ && difference > -window_) return verdict::equal;
  }
  if (hash_ == hash_type::none && !refresh_times_) return differs();
  return verdict::check;
}

bool comparison::directory_differs(nanoseconds source, nanoseconds destination) const {
  if (size_only_ || immutable_ || ignore_existing_ || !times_known_) return false;
  if (ignore_times_) return true;
  const auto newer = apart(destination, source);
  return newer <= -window_ || (newer >= window_ && !update_);
}

verdict comparison::judge_content(const entry_view& source, const entry_view& destination) const {
  return equal_by_rules(source, destination, times::compared);
}

} // namespace argosy
