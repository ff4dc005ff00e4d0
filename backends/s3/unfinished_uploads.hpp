#pragma once

#include <string>

#include "backends/s3/s3_client.hpp"
#include "core/json.hpp"

namespace argosy::s3 {

/// The uploads in parts below a place that nobody has ended, by bucket, as rclone's backend command
/// list-multipart-uploads shows them. Without a bucket: of all of them.
json unfinished_uploads(const may_block& on, s3_client& by, const place& below);

/// Cancels those that began longer ago than `age`. Throws the last failure, after it has tried all.
void cancel_uploads(const may_block& on, s3_client& by, const place& below, nanoseconds age);

} // namespace argosy::s3
