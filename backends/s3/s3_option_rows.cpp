#include <string>
#include <utility>
#include <vector>

#include "backends/option_rows.hpp"
#include "backends/s3/s3_options.hpp"

namespace argosy {

namespace {

using option_rows::advanced;
using option_rows::row;
using option_rows::sensitive;
using option_rows::with_examples;

storage_option hidden(storage_option o) {
  o.hide = 3;
  return o;
}

/// Decided by the provider unless it is set.
storage_option by_provider(const char* name, const char* help) {
  return advanced(name, "Tristate", "unset", help);
}

std::vector<storage_option> login_rows() {
  auto service = row("provider", "string", "", "Which service it is. Decides what is known of its ways.");
  for (const auto& one : s3::providers()) service.examples.push_back({one.name, one.description});
  return {
      std::move(service),
      with_examples(
          row("env_auth", "bool", "false",
              "Take the credentials from AWS_* variables, or from the files that Amazon's tools "
              "share.\n\nOnly "
              "without access_key_id and secret_access_key. Roles of machines and containers are not asked."),
          {{"false", "The credentials stand below, or none are needed."},
           {"true", "They come from the environment."}}),
      sensitive(row("access_key_id", "string", "",
                    "Name of the access key. Leave it out for anonymous access, or with env_auth.")),
      sensitive(row("secret_access_key", "string", "",
                    "The secret of the access key. Leave it out for anonymous access, or with env_auth.")),
      row("region", "string", "",
          "Region to connect to, us-east-1 when left out.\n\nA bucket of Amazon that turns out to be "
          "elsewhere "
          "is looked for there."),
      row("endpoint", "string", "",
          "Address of the server, with or without https:// in front. Leave it out for Amazon's own."),
      row("location_constraint", "string", "",
          "Region in which buckets are made. Must be that of the server."),
      row("acl", "string", "",
          "Canned ACL of what is stored, also by copies within the server: private, public-read ...\n\nAlso "
          "of "
          "new buckets, without bucket_acl. Empty: the server decides, as a rule for private."),
      with_examples(
          advanced("bucket_acl", "string", "", "Canned ACL of new buckets; that of acl when left out."),
          {{"private", "Only the owner."},
           {"public-read", "All may read."},
           {"public-read-write", "All may read and write: rarely wise."},
           {"authenticated-read", "All who have an account may read."}}),
      advanced("requester_pays", "bool", "false", "Agree to pay for what is read of others' buckets."),
  };
}

std::vector<storage_option> storing_rows() {
  return {
      row("server_side_encryption", "string", "",
          "How the server encrypts what it stores: AES256 or aws:kms."),
      with_examples(advanced("sse_customer_algorithm", "string", "",
                             "How the server encrypts with a key of ours (SSE-C)."),
                    {{"", "It does not."}, {"AES256", "AES-256."}}),
      sensitive(with_examples(row("sse_kms_key_id", "string", "", "ARN of the key for aws:kms."),
                              {{"", "None."}, {"arn:aws:kms:us-east-1:*", "arn:aws:kms:*"}})),
      sensitive(with_examples(
          advanced("sse_customer_key", "string", "", "The key of SSE-C itself, 32 bytes."), {{"", "None."}})),
      sensitive(with_examples(advanced("sse_customer_key_base64", "string", "",
                                       "The same as base64, in place of sse_customer_key."),
                              {{"", "None."}})),
      sensitive(with_examples(
          advanced("sse_customer_key_md5", "string", "", "Its MD5 as base64; computed when left out."),
          {{"", "None."}})),
      row("storage_class", "string", "", "Class of new objects: STANDARD, STANDARD_IA, GLACIER ..."),
      advanced("upload_cutoff", "SizeSuffix", "200Mi",
               "Objects of that size and more are uploaded in parts; at most 5Gi."),
      advanced(
          "chunk_size", "SizeSuffix", "5Mi",
          "Size of a part, at least 5Mi; more where an object would have too many.\n\nAn object of unknown "
          "size can have max_upload_parts times as much: 48.8Gi, unless this is raised. Each upload holds "
          "upload_concurrency parts in memory."),
      advanced("max_upload_parts", "int", "10000", "Parts that an object may have."),
      advanced("copy_cutoff", "SizeSuffix", "4.656Gi",
               "Objects of that size and more are copied within the server in parts; at most 5Gi."),
      advanced("disable_checksum", "bool", "false",
               "Do not store the MD5 of objects in parts with them.\n\nTo have it before the upload, the "
               "source is "
               "read once more."),
  };
}

std::vector<storage_option> credential_rows() {
  return {
      advanced("shared_credentials_file", "string", "",
               "File with credentials for env_auth; when left out AWS_SHARED_CREDENTIALS_FILE, or "
               "~/.aws/credentials."),
      advanced("profile", "string", "", "Profile in that file; when left out AWS_PROFILE, or default."),
      sensitive(advanced("session_token", "string", "", "Token of temporary credentials.")),
      advanced("role_arn", "string", "", "Not supported: would assume a role."),
      advanced("role_session_name", "string", "", "Of no effect without role_arn."),
      advanced("role_session_duration", "string", "", "Of no effect without role_arn."),
      advanced("role_external_id", "string", "", "Of no effect without role_arn."),
      advanced("upload_concurrency", "int", "4",
               "Parts of one object that are on their way at a time; also the chunks of a copy by several "
               "threads."),
      advanced(
          "force_path_style", "bool", "true",
          "Name buckets in the path, not in the host.\n\nOnly for providers that know both ways by that: "
          "those who want the name in the host get it there."),
      advanced("v2_auth", "bool", "false", "Not supported: would sign with version 2."),
      advanced("use_dual_stack", "bool", "false", "Use Amazon's addresses that know IPv6 too."),
      advanced("use_accelerate_endpoint", "bool", "false",
               "Use Amazon's address for faster transfers over long distances."),
      advanced("use_arn_region", "bool", "false", "Of no effect: buckets are not named by ARN."),
      advanced("leave_parts_on_error", "bool", "false",
               "Keep the parts of an upload that failed, on the server. They cost until they are removed."),
  };
}

std::vector<storage_option> request_rows() {
  return {
      advanced("list_chunk", "int", "1000",
               "Entries in one page of a listing. Most servers give no more than 1000."),
      advanced("list_version", "int", "0", "Version of listings, 1 or 2; 0: as the provider can."),
      by_provider("list_url_encode",
                  "Ask for names in listings to be escaped, so that they may hold any character.\n\nTried by "
                  "itself when a listing cannot be read."),
      advanced("no_check_bucket", "bool", "false",
               "Do not look whether a bucket is there, nor make it. Saves a request, and for who may not."),
      advanced("no_head", "bool", "false",
               "Do not look at an uploaded object whose tag does not tell whether it is the right one."),
      advanced("no_head_object", "bool", "false", "Do not look whether the path of the remote is a file."),
      advanced("encoding", "Encoding", "Slash,InvalidUtf8,Dot", "How names are encoded on the server."),
      hidden(advanced("memory_pool_flush_time", "Duration", "1m0s", "Of no effect any more.")),
      hidden(advanced("memory_pool_use_mmap", "bool", "false", "Of no effect any more.")),
      advanced("disable_http2", "bool", "false", "Of no effect: HTTP/1.1 is spoken."),
      advanced("download_url", "string", "",
               "URL to download objects from in place of the server, as of a content network: their path "
               "below the "
               "bucket is added."),
      advanced(
          "directory_markers", "bool", "false",
          "Make an empty object with a slash at its end for each directory, so that there are empty ones."),
  };
}

std::vector<storage_option> quirk_rows() {
  return {
      by_provider("use_multipart_etag",
                  "Compare the tags of objects in parts with the hash of the parts' hashes."),
      by_provider("use_unsigned_payload",
                  "Leave the content of objects out of the signature: MD5 protects it."),
      advanced("use_presigned_request", "bool", "false",
               "Of no effect: the usual way of uploading works as well."),
      by_provider("use_data_integrity_protections", "Of no effect: uploads are protected by MD5."),
      advanced("versions", "bool", "false", "Not supported: would show old versions."),
      advanced("version_at", "Time", "off", "Not supported: would show objects as they were."),
      advanced("version_deleted", "bool", "false", "Not supported: would show removed objects."),
      advanced("decompress", "bool", "false", "Not supported: would unpack objects that are gzip."),
      by_provider("might_gzip", "Of no effect: objects are never asked for in compressed form."),
      by_provider("use_accept_encoding_gzip",
                  "Of no effect: objects are never asked for in compressed form."),
      advanced("no_system_metadata", "bool", "false",
               "Keep all metadata as the user's, none as header fields of their own."),
      hidden(advanced("sts_endpoint", "string", "", "No longer supported.")),
      by_provider("use_already_exists", "Take BucketAlreadyExists for a bucket of somebody else."),
      by_provider("use_multipart_uploads", "Upload large objects in parts."),
      by_provider("list_versions_oldest_first", "Of no effect: versions are not listed."),
      by_provider("use_x_id", "Of no effect: x-id is not sent."),
      by_provider("sign_accept_encoding", "Of no effect: Accept-Encoding is not sent."),
      advanced("directory_bucket", "bool", "false", "Not supported: Amazon's buckets of directories."),
      advanced("sdk_log_mode", "Bits", "Off", "Of no effect: see the global option dump."),
      row("ibm_api_key", "string", "", "Not supported: use an HMAC key of IBM COS."),
      row("ibm_resource_instance_id", "string", "", "Of no effect without ibm_api_key."),
      advanced("ibm_iam_endpoint", "string", "", "Of no effect without ibm_api_key."),
      advanced("object_lock_mode", "string", "", "Not supported: objects are not locked."),
      advanced("object_lock_retain_until_date", "string", "", "Not supported: objects are not locked."),
      advanced("object_lock_legal_hold_status", "string", "", "Not supported: objects are not locked."),
      advanced("bypass_governance_retention", "bool", "false", "Of no effect: objects are not locked."),
      row("bucket_object_lock_enabled", "bool", "false", "Not supported: objects are not locked."),
      advanced("object_lock_set_after_upload", "bool", "false", "Of no effect: objects are not locked."),
      by_provider("object_lock_supported", "Of no effect: objects are not locked."),
  };
}

} // namespace

std::vector<storage_option> s3_option_rows() {
  std::vector<storage_option> rows;
  for (auto part : {login_rows(), storing_rows(), credential_rows(), request_rows(), quirk_rows()})
    for (auto& one : part) rows.push_back(std::move(one));
  return rows;
}

} // namespace argosy
