#pragma once

#include "backends/listing.hpp"
#include "backends/storage.hpp"
#include "core/options.hpp"

namespace argosy {

/// What is to be done about a file that both sides have.
enum class verdict {
  equal,    ///< nothing
  transfer, ///< differs
  check, ///< same size, other time: the hash decides, and without a common one the size did (refresh_times);
         ///< the same content gets the source's time
  check_hash, ///< same size: the hash alone decides
  immutable,  ///< differs but must not change: an error
};

/// The rules of rc-surface 3.6.4 for one pair of remotes and one set of options. Plain values.
class comparison {
public:
  comparison(const storage_info& source, const storage_info& destination, const main_options& options);
  verdict judge(const entry_view& source, const entry_view& destination) const;
  /// Whether the contents are the same, whatever ignore_existing, ignore_times and update say.
  verdict judge_content(const entry_view& source, const entry_view& destination) const;
  /// Whether a directory of the destination is to get the time of its source although nothing changes in it.
  bool directory_differs(nanoseconds source, nanoseconds destination) const;
  /// The hash both sides know that is quickest to compute; none when there is no common one.
  hash_type common_hash() const { return hash_; }

private:
  verdict differs() const { return immutable_ ? verdict::immutable : verdict::transfer; }
  /// What is known of the two times already; `equal` leaves it to the size, or with checksum to the hash.
  enum class times { compared, equal, different };
  verdict equal_by_rules(const entry_view& source, const entry_view& destination, times known) const;
  bool ignore_existing_, ignore_times_, ignore_size_, size_only_, checksum_, update_, immutable_,
      refresh_times_;
  bool times_known_;
  nanoseconds window_;
  hash_type hash_;
};

} // namespace argosy
