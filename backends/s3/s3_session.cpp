#include "backends/s3/s3_session.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "backends/s3/bucket_listing.hpp"
#include "backends/s3/commands.hpp"
#include "backends/s3/md5_text.hpp"
#include "backends/s3/removal.hpp"
#include "backends/s3/s3_upload.hpp"
#include "backends/s3/server_copy.hpp"
#include "backends/s3/tree_pages.hpp"
#include "backends/s3/unfinished_uploads.hpp"
#include "backends/web/resumed_source.hpp"
#include "backends/web/url.hpp"
#include "core/failure.hpp"
#include "core/object_path.hpp"

namespace argosy {

namespace {

using s3::object_head;
using s3::order;
using s3::place;

constexpr nanoseconds second = 1'000'000'000;
constexpr std::int64_t longest_link = 7 * 24 * 3600; // seconds that Amazon allows
constexpr nanoseconds old_upload = 24 * 3600 * second;

[[noreturn]] void no_object() { fail(failure_kind::object_not_found, "object not found"); }

object_info directory_info(bool is_bucket = false) {
  object_info info;
  info.kind = entry_kind::directory;
  info.modified = now();
  info.is_bucket = is_bucket;
  return info;
}

bool is_archived(const object_head& head) {
  return head.storage_class == "GLACIER" || head.storage_class == "DEEP_ARCHIVE";
}

} // namespace

s3_session::s3_session(const s3_storage& s) :
    session(s), storage_(s), client_(s, [this](std::string_view url) { show(url); }) {}

place s3_session::place_of(const std::string& path) const {
  const auto& root = of().info().root;
  const auto whole = root.empty() ? path : path.empty() ? root : root + "/" + path;
  const auto slash = whole.find('/');
  const auto& encoding = storage_.options().encoding;
  if (slash == std::string::npos) return {encoding.from_standard(whole), {}};
  return {encoding.from_standard(whole.substr(0, slash)), encoding.from_standard(whole.substr(slash + 1))};
}

place s3_session::object_place(const std::string& path) const {
  auto at = place_of(path);
  if (at.key.empty())
    fail(failure_kind::other, "can't store \"" + path + "\": the first part of its path must be a bucket");
  return at;
}

// -- looking

void s3_session::list_root(const may_block& on, const page_sink& page) {
  listing entries;
  for (const auto& one : s3::list_buckets(on, client_))
    entries.add(storage_.options().encoding.to_standard(one.name), entry_kind::directory, -1, one.made);
  if (!entries.empty()) page(std::move(entries));
}

bool s3_session::list_below(const may_block& on, const s3::list_order& what,
                            const std::function<void(s3::list_page&&)>& page) {
  if (listed_task_ != on.task() || listed_bucket_ != what.bucket) listed_.clear();
  listed_task_ = on.task();
  listed_bucket_ = what.bucket;
  bool any = false;
  s3::list_bucket(on, client_, what, [&](s3::list_page&& got) {
    auto& objects = got.objects;
    any = any || !objects.empty() || !got.prefixes.empty();
    // What has no name here cannot be shown: the marker of the directory itself.
    const auto is_nameless = [&](const s3::listed_object& one) {
      return one.key.size() <= what.prefix.size() || one.key.back() == '/';
    };
    if (what.one_level)
      objects.erase(std::remove_if(objects.begin(), objects.end(), is_nameless), objects.end());
    look_closer(on, objects);
    page(std::move(got));
    return true;
  });
  return any;
}

void s3_session::list(const may_block& on, const std::string& directory, const page_sink& page) {
  on.check();
  const auto at = place_of(directory);
  if (at.bucket.empty()) return list_root(on, page);
  const auto prefix = at.key.empty() ? std::string{} : at.key + "/";
  const auto& options = storage_.options();
  const bool any = list_below(on, {at.bucket, prefix}, [&](s3::list_page&& got) {
    listing entries;
    for (const auto& one : got.prefixes) {
      if (one.size() < prefix.size() + 2) continue;
      const auto name = one.substr(prefix.size(), one.size() - prefix.size() - 1);
      entries.add(options.encoding.to_standard(name), entry_kind::directory, -1, now());
    }
    for (const auto& one : got.objects)
      entries.add(options.encoding.to_standard(one.key.substr(prefix.size())), entry_kind::file, one.size,
                  one.modified);
    if (!entries.empty()) page(std::move(entries));
  });
  // Where there are markers, a directory without one and with nothing in it is none.
  if (!any && options.directory_markers && !prefix.empty())
    fail(failure_kind::directory_not_found, "directory not found");
}

void s3_session::list_tree(const may_block& on, const std::string& directory, const tree_sink& page) {
  on.check();
  const auto& options = storage_.options();
  const auto list_one = [&](const place& at, const std::string& top) {
    const auto prefix = at.key.empty() ? std::string{} : at.key + "/";
    s3::tree_pages pages{options.encoding, top, page};
    const bool any = list_below(on, {at.bucket, prefix, false}, [&](const s3::list_page& got) {
      for (const auto& one : got.objects)
        if (one.key.size() >= prefix.size()) pages.add(std::string_view{one.key}.substr(prefix.size()), one);
    });
    pages.flush();
    if (!any && options.directory_markers && !prefix.empty())
      fail(failure_kind::directory_not_found, "directory not found");
  };
  const auto at = place_of(directory);
  if (!at.bucket.empty()) return list_one(at, directory);
  for (const auto& one : s3::list_buckets(on, client_)) {
    const auto name = options.encoding.to_standard(one.name);
    listing entry;
    entry.add(name, entry_kind::directory, -1, one.made);
    page({}, std::move(entry));
    list_one({one.name, {}}, name);
  }
}

// What the listing is for beside names.
void s3_session::look_closer(const may_block& on, std::vector<s3::listed_object>& objects) {
  const auto& options = storage_.options();
  if (!options.server_times && need() != listing_need::times)
    for (auto& one : objects) one.modified = time_not_asked;
  if (need() == listing_need::names) return;
  if (!options.server_times && need() == listing_need::times)
    return s3::read_times(on, client_, listed_bucket_, objects,
                          [&](const std::string& key, const object_head& head) {
                            listed_.add(key, s3::info_of(head, options), head.md5, true);
                          });
  for (const auto& one : objects) {
    object_info info;
    info.size = one.size;
    info.modified = one.modified;
    info.tier = s3::tier_of(one.storage_class);
    listed_.add(one.key, info, options.etag_is_md5 ? s3::md5_of_tag(one.tag) : std::string{}, false);
  }
}

std::optional<s3::listed_objects::object> s3_session::listed(const may_block& on, const place& at) const {
  if (listed_task_ != on.task() || listed_bucket_ != at.bucket) return std::nullopt;
  return listed_.find(at.key);
}

std::optional<object_info> s3_session::told_by_listing(const may_block& on, const std::string& path) const {
  const auto found = listed(on, place_of(path));
  return found ? std::optional{found->info} : std::nullopt;
}

std::optional<object_head> s3_session::look_at(const may_block& on, const place& at) {
  const order what{"HeadObject", "HEAD", at, {}, s3::customer_key_fields(storage_.options()), {}, {}};
  const auto got = client_.send(on, what);
  // 405 stands for an object of which the latest version says that it was removed.
  if (got.status() == 404 || got.status() == 405) return std::nullopt;
  if (!got.good()) fail_with(what, got);
  client_.buckets().set_there(at.bucket, true);
  return s3::head_of(got.head, storage_.options());
}

object_head s3_session::require_object(const may_block& on, const place& at) {
  auto head = at.key.empty() ? std::nullopt : look_at(on, at);
  if (!head) no_object();
  return *std::move(head);
}

std::optional<object_info> s3_session::stat(const may_block& on, const std::string& path) {
  const auto at = place_of(path);
  if (at.bucket.empty()) return directory_info();
  if (at.key.empty()) {
    const order what{"HeadBucket", "HEAD", at, {}, {}, {}, {}};
    const auto got = client_.send(on, what);
    if (got.status() == 404) return std::nullopt;
    if (!got.good()) fail_with(what, got);
    return directory_info(true);
  }
  if (const auto found = listed(on, at); found && found->dated) return found->info;
  if (const auto* head = just_read(on, path)) return s3::info_of(*head, storage_.options());
  if (const auto head = look_at(on, at)) {
    looked_task_ = on.task();
    looked_path_ = path;
    looked_md5_ = head->md5;
    return s3::info_of(*head, storage_.options());
  }
  try {
    if (!s3::has_keys(on, client_, at.bucket, at.key + "/")) return std::nullopt;
  } catch (const failure& why) {
    if (why.kind() == failure_kind::directory_not_found) return std::nullopt;
    throw;
  }
  return directory_info();
}

std::unique_ptr<object_source> s3_session::open(const may_block& on, const std::string& path,
                                                std::int64_t offset, std::int64_t length) {
  const auto& options = storage_.options();
  const auto at = place_of(path);
  if (at.key.empty()) no_object();
  const order get{"GetObject", "GET", at, {}, s3::customer_key_fields(options), {}, {}};
  web::resumed_source::order what;
  if (options.download_url.empty()) {
    // Signed anew for each attempt: a signature is good for some minutes.
    what.dress = [this, get](const may_block& here, web::request plain) {
      auto dressed = client_.signed_request(here, get);
      for (auto& field : plain.headers)
        if (field.key == "Range") dressed.headers.push_back(std::move(field));
      show(web::shown_url(dressed.url));
      return dressed;
    };
  } else {
    what.get = {"GET", options.download_url + "/" + web::escape_path(at.key)};
  }
  what.offset = offset;
  what.length = length;
  read_path_.clear();
  // Another server than the storage's may have tags of its own.
  if (options.download_url.empty())
    what.opened = [this, path, task = on.task()](const web::answer& head) {
      if (head.status != 200) return; // of a part not even the size would be right
      read_task_ = task;
      read_path_ = path;
      read_head_ = s3::head_of(head, storage_.options());
    };
  what.refuse = [this, get](const may_block& here, web::exchange& refused, const web::answer&) {
    const auto got = client_.outcome_of(here, refused, get);
    if (!got.good()) fail_with(get, got);
  };
  return std::make_unique<web::resumed_source>(on, client_.connection(), client_.paced(), client_.tries(),
                                               std::move(what));
}

const object_head* s3_session::just_read(const may_block& on, const std::string& path) const {
  return !path.empty() && read_task_ == on.task() && read_path_ == path ? &read_head_ : nullptr;
}

bool s3_session::just_looked_at(const may_block& on, const std::string& path) const {
  return !path.empty() && looked_task_ == on.task() && looked_path_ == path;
}

object_head s3_session::head_of(const may_block& on, const std::string& path) {
  const auto* known = just_read(on, path);
  return known != nullptr ? *known : require_object(on, place_of(path));
}

void s3_session::forget() noexcept {
  listed_.clear();
  read_path_.clear();
  looked_path_.clear();
}

std::string s3_session::hash(const may_block& on, const std::string& path, hash_type type) {
  if (type != hash_type::md5) {
    require_object(on, place_of(path));
    return {};
  }
  if (just_looked_at(on, path) && !looked_md5_.empty()) return looked_md5_;
  if (const auto found = listed(on, place_of(path)); found && !found->md5.empty()) return found->md5;
  return head_of(on, path).md5;
}

std::map<std::string, std::string> s3_session::metadata(const may_block& on, const std::string& path) {
  const auto head = head_of(on, path);
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : head.user)
    if (key != "mtime" && key != "md5chksum") out[key] = value;
  if (head.mtime) out["mtime"] = format_rfc3339_nano(*head.mtime);
  if (!head.mime_type.empty()) out["content-type"] = head.mime_type;
  out["btime"] = format_rfc3339_nano(head.stored);
  if (!storage_.options().no_system_metadata)
    for (const auto& [key, value] : head.standard)
      if (!value.empty()) out[key] = value;
  out["tier"] = s3::tier_of(head.storage_class);
  return out;
}

std::string s3_session::public_link(const may_block& on, const std::string& path, std::int64_t expire, bool) {
  const auto at = place_of(path);
  require_object(on, at);
  const auto seconds = std::clamp<std::int64_t>(expire / second, 1, longest_link);
  if (expire / second > longest_link)
    client_.log().write(log_level::notice,
                        "s3: Public Link: Reducing expiry to 1w, the longest that is allowed");
  return client_.presigned_url(on, at, seconds);
}

// -- writing

void s3_session::make_bucket(const may_block& on, const std::string& bucket) {
  const auto& options = storage_.options();
  if (bucket.empty() || options.no_check_bucket || client_.buckets().is_there(bucket)) return;
  const order look{"HeadBucket", "HEAD", {bucket, {}}, {}, {}, {}, {}};
  const auto seen = client_.send(on, look);
  if (seen.status() == 404) {
    order make{"CreateBucket", "PUT", {bucket, {}}, {}, {}, {}, {}};
    if (!options.bucket_acl.empty()) make.headers.push_back({"x-amz-acl", options.bucket_acl});
    if (!options.location_constraint.empty()) {
      make.headers.push_back({"Content-Type", "application/xml"});
      make.body = "<CreateBucketConfiguration "
                  "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>" +
                  s3::xml_text(options.location_constraint) +
                  "</LocationConstraint></CreateBucketConfiguration>";
    }
    const auto made = client_.send(on, make);
    const auto& code = made.error.code;
    const bool taken = code == "BucketAlreadyExists" || code == "BucketNameUnavailable";
    if (!made.good() && code != "BucketAlreadyOwnedByYou" && !(taken && !options.trust_already_exists))
      fail_with(make, made);
  } else if (!seen.good()) {
    fail_with(look, seen);
  }
  client_.buckets().set_there(bucket, true);
}

void s3_session::put_empty(const may_block& on, const place& at) {
  order what{"PutObject", "PUT", at, {}, {}, {}, {}};
  put_request put;
  put.modified = now();
  put.mime_type = "application/octet-stream";
  what.headers = s3::fields_of(put, storage_.options(), {});
  s3::append(what.headers, s3::storing_fields(storage_.options()));
  try {
    client_.require(on, what);
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    throw why.within("creating directory marker failed");
  }
}

// From the deepest up: what is there has its parents.
void s3_session::make_markers(const may_block& on, const std::string& directory) {
  if (!storage_.options().directory_markers) return;
  for (auto at = place_of(directory); !at.key.empty(); at.key = parent_of(at.key)) {
    const place marker{at.bucket, at.key + "/"};
    if (look_at(on, marker)) return;
    put_empty(on, marker);
  }
}

place s3_session::place_to_write(const may_block& on, const std::string& path) {
  forget();
  auto at = object_place(path);
  make_bucket(on, at.bucket);
  make_markers(on, parent_of(path));
  return at;
}

std::unique_ptr<object_sink> s3_session::create(const may_block& on, const put_request& request) {
  on.check();
  return s3::begin_upload(on, client_, place_to_write(on, request.path), {request, announced()});
}

std::unique_ptr<chunked_object> s3_session::create_chunked(const may_block& on, const put_request& request,
                                                           std::int64_t) {
  on.check();
  if (!storage_.options().multipart_uploads) return nullptr;
  return s3::begin_parts(on, client_, place_to_write(on, request.path), {request, announced()},
                         [](session& by) -> s3::s3_client& { return dynamic_cast<s3_session&>(by).client_; });
}

void s3_session::remove(const may_block& on, const std::string& path) {
  // The server says the same of what was there and what was not.
  if (just_read(on, path) == nullptr && !just_looked_at(on, path)) require_object(on, place_of(path));
  remove_listed(on, path);
}

void s3_session::remove_listed(const may_block& on, const std::string& path) {
  on.check();
  forget();
  client_.require(on, {"DeleteObject", "DELETE", object_place(path), {}, {}, {}, {}});
}

std::optional<std::vector<std::optional<failure>>>
s3_session::remove_together(const may_block& on, const std::vector<std::string>& paths) {
  on.check();
  if (paths.empty() || !storage_.buckets().remove_together()) return std::nullopt;
  forget();
  std::vector<std::string> keys;
  const auto bucket = object_place(paths.front()).bucket;
  for (const auto& path : paths) {
    auto at = object_place(path);
    if (at.bucket != bucket || !s3::fits_into_xml(at.key)) return std::nullopt;
    keys.push_back(std::move(at.key));
  }
  const auto refused = s3::remove_keys(on, client_, bucket, keys);
  if (!refused) {
    storage_.buckets().do_not_remove_together();
    return std::nullopt;
  }
  std::vector<std::optional<failure>> out(paths.size());
  const std::unordered_set<std::string> again{refused->begin(), refused->end()};
  for (std::size_t i = 0; i < paths.size() && !again.empty(); ++i) {
    if (again.count(keys[i]) == 0) continue;
    // By itself, with the tries and the error that it then has.
    try {
      remove_listed(on, paths[i]);
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      out[i] = why;
    }
  }
  return out;
}

void s3_session::make_directory(const may_block& on, const std::string& path) {
  on.check();
  make_bucket(on, place_of(path).bucket);
  make_markers(on, path);
}

void s3_session::remove_directory(const may_block& on, const std::string& path) {
  on.check();
  const auto at = place_of(path);
  if (at.bucket.empty()) return;
  if (!at.key.empty()) { // below a bucket there are no directories, but for their markers
    if (storage_.options().directory_markers)
      client_.require(on, {"DeleteObject", "DELETE", {at.bucket, at.key + "/"}, {}, {}, {}, {}});
    return;
  }
  const order what{"DeleteBucket", "DELETE", at, {}, {}, {}, {}};
  const auto got = client_.send(on, what);
  client_.buckets().set_there(at.bucket, false);
  if (got.status() == 404) fail(failure_kind::directory_not_found, "directory not found");
  if (!got.good()) fail_with(what, got);
}

// -- changing

void s3_session::set_modified(const may_block& on, const std::string& path, nanoseconds modified) {
  forget();
  const auto at = place_of(path);
  auto head = require_object(on, at);
  // These can only be stored anew.
  if (is_archived(head) || !of().info().features.Copy)
    fail(failure_kind::unsupported, "can't set modified time");
  head.user["mtime"] = s3::mtime_text(modified);
  s3::copy_order what;
  what.from = what.to = at;
  what.size = head.size;
  what.head = &head;
  what.storage_class = head.storage_class;
  copy_on_server(on, client_, what);
}

void s3_session::set_tier(const may_block& on, const std::string& path, const std::string& tier) {
  forget();
  if (!of().info().features.SetTier) return session::set_tier(on, path, tier);
  const auto at = place_of(path);
  s3::copy_order what;
  what.from = what.to = at;
  what.size = require_object(on, at).size;
  std::transform(tier.begin(), tier.end(), std::back_inserter(what.storage_class),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  copy_on_server(on, client_, what);
}

bool s3_session::copy_from(const may_block& on, session& other, const copy_request& request,
                           const copy_policy& policy) {
  auto* from = dynamic_cast<s3_session*>(&other);
  if (from == nullptr || from->storage_.options().endpoint != storage_.options().endpoint) return false;
  const auto source = from->place_of(request.from);
  if (source.key.empty()) no_object();
  s3::copy_order what;
  what.from = source;
  what.to = place_to_write(on, request.to);
  what.size = request.size;
  std::optional<object_head> head;
  const bool changed = policy.metadata && !policy.metadata_set.empty();
  if (changed || what.size < 0) {
    head = from->require_object(on, source);
    what.size = head->size;
  }
  if (changed) {
    s3::set_metadata(*head, policy.metadata_set);
    what.head = &*head;
  }
  copy_on_server(on, client_, what);
  if (what.size > 0) on.account_free(static_cast<std::uint64_t>(what.size));
  return true;
}

// -- keeping house

void s3_session::clean_up(const may_block& on) { s3::cancel_uploads(on, client_, place_of({}), old_upload); }

json s3_session::command(const may_block& on, const std::string& name,
                         const std::map<std::string, std::string>& options,
                         const std::vector<std::string>& arguments) {
  if (name == "list-multipart-uploads") return s3::unfinished_uploads(on, client_, place_of({}));
  if (name == "cleanup") {
    const auto age = options.find("max-age");
    s3::cancel_uploads(on, client_, place_of({}),
                       age == options.end() ? old_upload : s3::parse_age(age->second));
    return nullptr;
  }
  if (name == "restore") return s3::restore_objects(on, client_, place_of({}), options);
  if (name == "versioning") return s3::bucket_versioning(on, client_, place_of({}).bucket, arguments);
  return session::command(on, name, options, arguments);
}

} // namespace argosy
