#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace argosy::s3 {

/// How a service that speaks S3 differs from Amazon's, as rclone has found out: option `provider`.
struct provider {
  const char* name;
  const char* description;
  int list_version = 2;
  bool path_style = false;     ///< the bucket is named in the path, not in the host
  bool list_url_encode = true; ///< keys in listings can come escaped
  bool multipart_etag = true;  ///< of an object in parts, the hash of their hashes
  /// BucketAlreadyExists is only said of the buckets of others.
  bool trust_already_exists = true;
  bool unsigned_payload = true; ///< takes bodies that the signature does not cover
  bool tiers = false;           ///< has storage classes
  bool copies = true;
  bool etag_is_md5 = true;
  bool multipart = true;
  bool parts_can_be_copied = true;
  std::int64_t most_parts = 10'000;
  std::int64_t smallest_chunk = 0; ///< bytes
};

const std::vector<provider>& providers();
/// Of that name, else what is known of no service; `known` tells which.
const provider& provider_of(const std::string& name, bool& known);

} // namespace argosy::s3
