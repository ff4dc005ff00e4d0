#pragma once

#include <map>
#include <string>
#include <vector>

#include "backends/s3/s3_client.hpp"
#include "core/json.hpp"

/// The commands of backend/command that are more than a call.
namespace argosy::s3 {

/// Asks for objects below a place to be brought back from an archive: options lifetime (days), priority,
/// description. Tells of each how that went.
json restore_objects(const may_block& on, s3_client& by, const place& below,
                     const std::map<std::string, std::string>& options);

/// Whether a bucket keeps old versions: Unversioned, Enabled or Suspended; with an argument this is set
/// first.
json bucket_versioning(const may_block& on, s3_client& by, const std::string& bucket,
                       const std::vector<std::string>& arguments);

/// An option max-age. Throws failure(other) `bad max-age: ...`.
nanoseconds parse_age(const std::string& text);

} // namespace argosy::s3
