#include "backends/s3/s3_storage.hpp"

#include <algorithm>
#include <utility>

#include "backends/s3/bucket_listing.hpp"
#include "backends/s3/s3_session.hpp"
#include "backends/setting_values.hpp"
#include "core/failure.hpp"

namespace argosy {

namespace {

std::string trimmed(std::string_view path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return std::string{path};
}

storage_info info_of(const storage_request& request, const std::string& root, const s3_options& options) {
  storage_info info;
  info.type = "s3";
  info.name = request.name;
  info.root = root;
  const auto slash = root.find('/');
  info.description = root.empty() ? "S3 root" : "S3 bucket " + root.substr(0, slash);
  if (slash != std::string::npos) info.description += " path " + root.substr(slash + 1);
  info.config_text = request.prefix + root;
  info.hashes = hash_type::md5;
  auto& f = info.features;
  f.BucketBased = f.BucketBasedRootOK = f.CleanUp = f.Command = f.ListP = f.ListR = true;
  f.PublicLink = f.PutStream = f.ReadMetadata = f.ReadMimeType = f.SlowModTime = true;
  f.UserMetadata = f.WriteMetadata = f.WriteMimeType = true;
  f.CanHaveEmptyDirectories = options.directory_markers;
  f.Copy = options.provider.copies;
  f.GetTier = f.SetTier = options.provider.tiers;
  f.OpenChunkWriter = options.multipart_uploads;
  return info;
}

// rclone: when nobody may look at the object, it is taken for a directory if something is in it.
bool points_at_file(const may_block& on, const s3_storage& parent, const std::string& leaf) {
  const auto s = parent.connect(on);
  try {
    const auto known = s->stat(on, leaf);
    return known && known->kind == entry_kind::file;
  } catch (const failure& why) {
    if (why.kind() != failure_kind::permission_denied) throw;
  }
  bool any = false;
  try {
    s->list(on, leaf, [&](listing&& page) { any = any || !page.empty(); });
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
  }
  return !any;
}

std::shared_ptr<s3::role_credentials> role_of(const may_block& on, const s3_options& options,
                                              const std::shared_ptr<web::client>& client) {
  if (!options.role) return nullptr;
  auto role = std::make_shared<s3::role_credentials>(s3::process_environment, client);
  try {
    role->current(on);
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    fail(failure_kind::other, options.without_role + ", nor of a role: " + why.what());
  }
  return role;
}

made_storage make_s3(const may_block& on, const storage_request& request) {
  const auto options = read_s3_options(request);
  const auto client = web::make_client(on, request.net, request.options, request.name);
  auto how = web::pace_of(request.options);
  // The server says itself when it is asked too often.
  how.shortest = wait_clock::duration{0};
  const auto role = role_of(on, options, client);
  const auto make = [&](const std::string& root) {
    return std::make_shared<s3_storage>(info_of(request, root, options), options, client, how, role);
  };
  const auto root = trimmed(request.path);
  const auto slash = root.rfind('/');
  const bool is_directory = !request.path.empty() && request.path.back() == '/';
  if (slash == std::string::npos || is_directory || options.no_head_object) return {make(root)};
  const auto parent = make(root.substr(0, slash));
  const auto leaf = root.substr(slash + 1);
  if (points_at_file(on, *parent, leaf)) return {parent, leaf};
  return {make(root)};
}

} // namespace

std::string known_buckets::region_of(const std::string& bucket) const {
  std::lock_guard lock{mutex_};
  const auto found = regions_.find(bucket);
  return found == regions_.end() ? std::string{} : found->second;
}

void known_buckets::learn_region(const std::string& bucket, const std::string& region) {
  std::lock_guard lock{mutex_};
  regions_[bucket] = region;
}

bool known_buckets::is_there(const std::string& bucket) const {
  std::lock_guard lock{mutex_};
  return there_.count(bucket) != 0;
}

void known_buckets::set_there(const std::string& bucket, bool there) {
  std::lock_guard lock{mutex_};
  if (there)
    there_.insert(bucket);
  else
    there_.erase(bucket);
}

s3_storage::s3_storage(storage_info info, s3_options options, std::shared_ptr<web::client> client,
                       const pace& how, std::shared_ptr<s3::role_credentials> role) :
    storage(std::move(info)),
    options_(std::move(options)), client_(std::move(client)), role_(std::move(role)), tries_(how.tries),
    pacer_(how, client_->net.clock(), client_->net.log()) {}

std::unique_ptr<session> s3_storage::connect(const may_block&) const {
  return std::make_unique<s3_session>(*this);
}

storage_type s3_type() {
  storage_type type;
  type.name = "s3";
  type.description =
      "Amazon S3 and services that speak its protocol: AWS, Ceph, Cloudflare, MinIO, Wasabi and others";
  type.options = s3_option_rows();
  type.make = make_s3;
  return type;
}

} // namespace argosy
