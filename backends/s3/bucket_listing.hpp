#pragma once

#include <functional>
#include <string>

#include "backends/s3/object_head.hpp"
#include "backends/s3/s3_client.hpp"

namespace argosy::s3 {

/// What of a bucket is listed.
struct list_order {
  std::string bucket;
  std::string prefix;     ///< of keys
  bool one_level = true;  ///< keys with a slash behind the prefix are told by their common prefix
  std::int64_t most = -1; ///< entries in a page; -1: what options say
};

/// Page by page, until `page` says false. Throws directory_not_found `directory not found` for a bucket that
/// is missing.
void list_bucket(const may_block& on, s3_client& by, const list_order& what,
                 const std::function<bool(list_page&&)>& page);

/// Whether a key begins with the prefix.
bool has_keys(const may_block& on, s3_client& by, const std::string& bucket, const std::string& prefix);

struct listed_bucket {
  std::string name;
  nanoseconds made = 0;
};
std::vector<listed_bucket> list_buckets(const may_block& on, s3_client& by);

/// Replaces the time of each object by the one that its metadata has, which takes a request each. Several are
/// under way at a time. `seen` is told what else they say.
void read_times(const may_block& on, s3_client& by, const std::string& bucket,
                std::vector<listed_object>& objects,
                const std::function<void(const std::string& key, const object_head& head)>& seen);

} // namespace argosy::s3
