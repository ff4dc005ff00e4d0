#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/s3/providers.hpp"
#include "backends/s3/signature.hpp"
#include "backends/table.hpp"
#include "core/name_encoder.hpp"

namespace argosy {

/// What a remote of type s3 was told, by rclone's names, with what its provider is known to do filled in.
/// Holds secrets in the clear: never logged.
struct s3_options {
  s3::provider provider;
  s3::credentials who;
  bool role =
      false; ///< env_auth has found none in variables and files: this machine's or container's, if any
  std::string without_role; ///< what is said when there is no such
  std::string region;
  std::string scheme = "https";
  std::string endpoint;      ///< host and port, of a server that was named; empty: Amazon's of the region
  std::string endpoint_path; ///< escaped, without a slash at its end
  bool path_style = true;
  bool accelerate = false, dual_stack = false;
  std::string location_constraint, acl, bucket_acl, storage_class;
  bool requester_pays = false;
  std::string server_side_encryption, kms_key_id;
  std::string customer_algorithm, customer_key_base64, customer_key_md5;
  std::int64_t upload_cutoff = 0, chunk_size = 0, copy_cutoff = 0; ///< bytes
  std::int64_t max_upload_parts = 0;
  std::int64_t upload_concurrency = 0; ///< parts under way for one object
  bool disable_checksum = false;
  bool leave_parts_on_error = false;
  std::int64_t list_chunk = 0; ///< entries in one page of a listing
  int list_version = 0;        ///< 1 or 2
  bool list_url_encode = false;
  bool no_check_bucket = false, no_head = false, no_head_object = false;
  name_encoder encoding;
  std::string download_url; ///< without a slash at its end
  bool directory_markers = false;
  bool multipart_etag = false, multipart_uploads = true;
  bool unsigned_payload = false;
  bool trust_already_exists = true;
  bool no_system_metadata = false;
  bool etag_is_md5 = true;
  bool server_times = false; ///< use_server_modtime
};

/// Throws failure(other) for what cannot be read or contradicts itself, and unsupported for what this program
/// cannot do.
s3_options read_s3_options(const storage_request& request);

/// The rows for config/providers, in rclone's order.
std::vector<storage_option> s3_option_rows();

} // namespace argosy
