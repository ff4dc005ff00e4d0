#include "backends/s3/s3_options.hpp"

#include <algorithm>
#include <limits>

#include "backends/s3/credentials.hpp"
#include "backends/s3/md5_text.hpp"
#include "backends/setting_values.hpp"
#include "backends/web/url.hpp"
#include "core/base64.hpp"
#include "core/go_text.hpp"
#include "core/size_suffix.hpp"

namespace argosy {

namespace {

constexpr std::int64_t mebi = 1 << 20;
constexpr std::int64_t smallest_chunk = 5 * mebi, largest_cutoff = 5LL << 30;
constexpr std::int64_t default_copy_cutoff = 4768 * mebi;
constexpr std::int64_t largest_list_chunk = 1000;

/// Unset, "unset" and "" leave it to the provider.
bool tristate_setting(const storage_request& request, const char* key, bool otherwise) {
  const auto text = text_setting(request, key);
  return text.empty() || text == "unset" ? otherwise : truth_setting(request, key, otherwise);
}

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
  fail(failure_kind::unsupported, "s3: option " + option + " is not supported by this release: " + why);
}

// What would change the outcome must not be overlooked.
void refuse_unsupported(const storage_request& request) {
  if (truth_setting(request, "v2_auth", false) || text_setting(request, "region") == "other-v2-signature")
    refuse("v2_auth", "requests are signed with version 4");
  for (const char* key : {"versions", "version_deleted", "decompress", "directory_bucket"})
    if (truth_setting(request, key, false))
      refuse(key, "only the latest version of an object, as it is stored, is seen");
  if (const auto at = text_setting(request, "version_at"); !at.empty() && at != "off")
    refuse("version_at", "only the latest version of an object is seen");
  if (!text_setting(request, "role_arn").empty())
    refuse("role_arn", "no role is assumed; give its temporary credentials by session_token or env_auth");
  if (!text_setting(request, "ibm_api_key").empty()) refuse("ibm_api_key", "use an HMAC key");
  for (const char* key :
       {"object_lock_mode", "object_lock_retain_until_date", "object_lock_legal_hold_status"})
    if (!text_setting(request, key).empty()) refuse(key, "objects are not locked");
  if (truth_setting(request, "bucket_object_lock_enabled", false))
    refuse("bucket_object_lock_enabled", "objects are not locked");
  if (!text_setting(request, "sts_endpoint").empty())
    fail(failure_kind::other,
         "--s3-sts-endpoint is no longer supported with the v2 SDK - please make an issue");
}

void read_credentials(const storage_request& request, s3_options& options) {
  options.region = text_setting(request, "region");
  options.who = {text_setting(request, "access_key_id"), text_setting(request, "secret_access_key"),
                 text_setting(request, "session_token")};
  if (options.who.key_id.empty() && options.who.secret.empty()) {
    options.who = {};
    if (truth_setting(request, "env_auth", false)) {
      auto found = s3::find_credentials(s3::process_environment, text_setting(request, "profile"),
                                        text_setting(request, "shared_credentials_file"));
      options.who = std::move(found.who);
      options.role = options.who.anonymous();
      options.without_role = "env_auth: no credentials " + found.where;
      if (options.region.empty()) options.region = std::move(found.region);
    }
  } else if (options.who.key_id.empty()) {
    fail(failure_kind::other, "access_key_id not found");
  } else if (options.who.secret.empty()) {
    fail(failure_kind::other, "secret_access_key not found");
  }
  if (options.region.empty()) options.region = "us-east-1";
}

void read_endpoint(const storage_request& request, s3_options& options) {
  options.accelerate = truth_setting(request, "use_accelerate_endpoint", false);
  options.dual_stack = truth_setting(request, "use_dual_stack", false);
  options.path_style =
      options.provider.path_style && !options.accelerate && truth_setting(request, "force_path_style", true);
  auto text = text_setting(request, "endpoint");
  if (text.empty()) return;
  if (text.compare(0, 4, "http") != 0) text.insert(0, "https://");
  const auto parts = web::require_url(text);
  if (parts.scheme != "http" && parts.scheme != "https")
    fail(failure_kind::other, "s3: endpoint " + go_quote(web::shown_url(text)) + " is no HTTP URL");
  options.scheme = parts.scheme;
  // What curl leaves out of the header Host must not be signed.
  const bool usual =
      (parts.scheme == "http" && parts.port == "80") || (parts.scheme == "https" && parts.port == "443");
  options.endpoint = usual ? parts.host : parts.authority();
  options.endpoint_path = parts.path;
  while (!options.endpoint_path.empty() && options.endpoint_path.back() == '/')
    options.endpoint_path.pop_back();
}

void read_encryption(const storage_request& request, s3_options& options) {
  options.server_side_encryption = text_setting(request, "server_side_encryption");
  options.kms_key_id = text_setting(request, "sse_kms_key_id");
  options.customer_algorithm = text_setting(request, "sse_customer_algorithm");
  auto key = text_setting(request, "sse_customer_key");
  options.customer_key_base64 = text_setting(request, "sse_customer_key_base64");
  if (!key.empty() && !options.customer_key_base64.empty())
    fail(failure_kind::other, "s3: can't use sse_customer_key and sse_customer_key_base64 at the same time");
  try {
    if (!options.customer_key_base64.empty())
      key = from_base64(options.customer_key_base64, base64_form::standard);
  } catch (const failure& why) {
    throw why.within("s3: Could not decode sse_customer_key_base64");
  }
  if (!key.empty()) options.customer_key_base64 = to_base64(key, base64_form::standard);
  options.customer_key_md5 = text_setting(request, "sse_customer_key_md5");
  if (!key.empty() && options.customer_key_md5.empty()) options.customer_key_md5 = s3::md5_base64(key);
  options.etag_is_md5 = options.provider.etag_is_md5 && options.server_side_encryption != "aws:kms" &&
                        options.customer_algorithm.empty();
}

void read_sizes(const storage_request& request, s3_options& options) {
  const auto& provider = options.provider;
  options.chunk_size = size_setting(request, "chunk_size", smallest_chunk);
  if (options.chunk_size < smallest_chunk)
    fail(failure_kind::other, "s3: chunk size: " + format_size(options.chunk_size) + " is less than " +
                                  format_size(smallest_chunk));
  options.chunk_size = std::max(options.chunk_size, provider.smallest_chunk);
  options.upload_cutoff = size_setting(request, "upload_cutoff", 200 * mebi);
  if (options.upload_cutoff > largest_cutoff)
    fail(failure_kind::other, "s3: upload cutoff: " + format_size(options.upload_cutoff) +
                                  " is greater than " + format_size(largest_cutoff));
  options.copy_cutoff = size_setting(request, "copy_cutoff", default_copy_cutoff);
  if (options.copy_cutoff > largest_cutoff || options.copy_cutoff < 1)
    fail(failure_kind::other, "s3: --s3-copy-cutoff: " + format_size(options.copy_cutoff) +
                                  " is greater than " + format_size(largest_cutoff));
  if (!provider.parts_can_be_copied && options.copy_cutoff == default_copy_cutoff)
    options.copy_cutoff = std::numeric_limits<std::int64_t>::max();
  options.max_upload_parts =
      std::clamp<std::int64_t>(number_setting(request, "max_upload_parts", 10'000), 1, provider.most_parts);
  options.upload_concurrency = std::max<std::int64_t>(1, number_setting(request, "upload_concurrency", 4));
  options.multipart_uploads = tristate_setting(request, "use_multipart_uploads", provider.multipart);
  if (!options.multipart_uploads) options.upload_cutoff = std::numeric_limits<std::int64_t>::max();
}

void read_listing(const storage_request& request, s3_options& options) {
  const auto& provider = options.provider;
  options.list_chunk =
      std::clamp<std::int64_t>(number_setting(request, "list_chunk", largest_list_chunk), 1, 1'000'000);
  const auto version = number_setting(request, "list_version", 0);
  if (version < 0 || version > 2)
    fail(failure_kind::other, "s3: list_version: " + std::to_string(version) + " is none of 0, 1 and 2");
  options.list_version = version == 0 ? provider.list_version : static_cast<int>(version);
  options.list_url_encode = tristate_setting(request, "list_url_encode", provider.list_url_encode);
}

} // namespace

s3_options read_s3_options(const storage_request& request) {
  check_settings(request, s3_option_rows());
  refuse_unsupported(request);
  s3_options options;
  const auto name = text_setting(request, "provider");
  bool known = false;
  options.provider = s3::provider_of(name, known);
  if (!known)
    request.log.write(log_level::notice,
                      "s3: s3 provider " + go_quote(name) + " not known - please set correctly");
  read_credentials(request, options);
  read_endpoint(request, options);
  read_encryption(request, options);
  read_sizes(request, options);
  read_listing(request, options);
  options.location_constraint = text_setting(request, "location_constraint");
  options.acl = text_setting(request, "acl");
  options.bucket_acl = text_setting(request, "bucket_acl");
  if (options.bucket_acl.empty()) options.bucket_acl = options.acl;
  options.storage_class = text_setting(request, "storage_class");
  options.requester_pays = truth_setting(request, "requester_pays", false);
  options.disable_checksum = truth_setting(request, "disable_checksum", false);
  options.leave_parts_on_error = truth_setting(request, "leave_parts_on_error", false);
  options.no_check_bucket = truth_setting(request, "no_check_bucket", false);
  options.no_head = truth_setting(request, "no_head", false);
  options.no_head_object = truth_setting(request, "no_head_object", false);
  options.encoding = encoding_setting(request, "Slash,InvalidUtf8,Dot");
  options.download_url = text_setting(request, "download_url");
  while (!options.download_url.empty() && options.download_url.back() == '/') options.download_url.pop_back();
  options.directory_markers = truth_setting(request, "directory_markers", false);
  options.multipart_etag = tristate_setting(request, "use_multipart_etag", options.provider.multipart_etag);
  options.unsigned_payload =
      tristate_setting(request, "use_unsigned_payload", options.provider.unsigned_payload);
  options.trust_already_exists =
      tristate_setting(request, "use_already_exists", options.provider.trust_already_exists);
  options.no_system_metadata = truth_setting(request, "no_system_metadata", false);
  options.server_times = request.options.use_server_modtime;
  return options;
}

} // namespace argosy
