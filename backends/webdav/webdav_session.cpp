#include "backends/webdav/webdav_session.hpp"

#include <charconv>
#include <random>
#include <utility>

#include "backends/local/partial_name.hpp"
#include "backends/walk.hpp"
#include "backends/web/resumed_source.hpp"
#include "backends/web/url.hpp"
#include "backends/webdav/webdav_upload.hpp"
#include "core/failure.hpp"
#include "core/object_path.hpp"

namespace argosy {

namespace {

using webdav::item;

constexpr std::size_t page_entries = 1000;

[[noreturn]] void no_object() { fail(failure_kind::object_not_found, "object not found"); }
[[noreturn]] void no_directory() { fail(failure_kind::directory_not_found, "directory not found"); }
[[noreturn]] void no_file() { fail(failure_kind::is_a_directory, "is a directory not a file"); }

object_info info_of(const item& one) {
  object_info info;
  info.kind = one.collection ? entry_kind::directory : entry_kind::file;
  info.size = one.collection ? -1 : one.size;
  info.modified = one.modified;
  return info;
}

// An element that an URL would take for a step.
std::string without_steps(const std::string& path) {
  std::string out;
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto element = path.substr(at, end - at);
    if (at > 0) out += '/';
    if (element == ".")
      out += "\xef\xbc\x8e";
    else if (element == "..")
      out += "\xef\xbc\x8e\xef\xbc\x8e";
    else
      out += element;
    at = end + 1;
  }
  return out;
}

void give_in_pages(listing&& all, const session::page_sink& page) {
  if (all.size() <= page_entries) {
    if (!all.empty()) page(std::move(all));
    return;
  }
  listing part;
  for (std::size_t i = 0; i < all.size(); ++i) {
    part.add(all[i].name, all[i].kind, all[i].size, all[i].modified);
    if (part.size() == page_entries || i + 1 == all.size()) page(std::exchange(part, {}));
  }
}

std::int64_t quota_number(const std::string& text) {
  std::int64_t value = -1;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc{} && read.ptr == end && value >= 0 ? value : -1;
}

} // namespace

webdav_session::webdav_session(const webdav_storage& s) :
    session(s), storage_(s), client_(s, [this](std::string_view url) { show(url); }) {}

std::string webdav_session::whole_path(const std::string& path) const {
  const auto& root = of().info().root;
  if (root.empty()) return path;
  return path.empty() ? root : root + "/" + path;
}

std::string webdav_session::place(const std::string& path) const {
  const auto whole = whole_path(path);
  const auto& encoding = storage_.options().encoding;
  return web::escape_path_strictly(encoding ? encoding->from_standard(whole) : without_steps(whole));
}

std::string webdav_session::directory_place(const std::string& path) const {
  auto out = place(path);
  if (!out.empty()) out += '/';
  return out;
}

// The resource may be the directory itself (an empty name), or lie elsewhere (nothing).
std::optional<std::string> webdav_session::name_of(const std::string& page_url,
                                                   const std::string& href) const {
  const auto target = web::join_url(page_url, href);
  const auto page = web::parse_url(page_url), there = target ? web::parse_url(*target) : std::nullopt;
  if (!page || !there) return std::nullopt;
  const auto folder = web::unescape(page->path);
  auto path = web::unescape(there->path);
  if (path.empty() || path.back() != '/') path += '/';
  if (path.compare(0, folder.size(), folder) != 0) return std::nullopt;
  auto name = path.substr(folder.size());
  if (!name.empty() && name.front() == '/') name.erase(0, 1);
  if (!name.empty()) name.pop_back();
  if (name.find('/') != std::string::npos) return std::nullopt;
  const auto& encoding = storage_.options().encoding;
  return encoding && !name.empty() ? encoding->to_standard(name) : name;
}

void webdav_session::list(const may_block& on, const std::string& directory, const page_sink& page) {
  const auto& options = storage_.options();
  const auto where = directory_place(directory);
  const auto url = client_.url_of(where);
  listing entries;
  bool is_file = false;
  const auto restart = [&] {
    entries = {};
    is_file = false;
  };
  const auto found = [&](item&& one) {
    on.check();
    const auto name = name_of(url, one.href);
    if (!name) return;
    if (name->empty()) {
      is_file = !one.collection && one.size >= 0;
      return;
    }
    if (!one.good || one.status >= 300) return;
    if (options.exclude_shares && one.permissions.find('S') != std::string::npos) return;
    if (options.exclude_mounts && one.permissions.find('M') != std::string::npos) return;
    const auto info = info_of(one);
    entries.add(*name, info.kind, info.size, info.modified);
  };
  const auto got = webdav::within("couldn't list files",
                                  [&] { return client_.find_properties(on, where, "1", restart, found); });
  if (got.status() == 404 || got.status() == 410 || is_file) no_directory();
  if (!got.good()) fail_with(got, "couldn't list files");
  give_in_pages(std::move(entries), page);
}

std::optional<object_info> webdav_session::stat(const may_block& on, const std::string& path) {
  const auto known = client_.look_at(on, path.empty() ? directory_place(path) : place(path));
  if (!known) return std::nullopt;
  return info_of(*known);
}

item webdav_session::require_file(const may_block& on, const std::string& path) {
  auto known = client_.look_at(on, place(path));
  if (!known) no_object();
  if (known->collection) no_file();
  return *std::move(known);
}

std::unique_ptr<object_source> webdav_session::open(const may_block& on, const std::string& path,
                                                    std::int64_t offset, std::int64_t length) {
  web::resumed_source::order what;
  what.get = {"GET", client_.url_of(place(path))};
  what.get.keep_credentials = storage_.options().auth_redirect;
  what.dress = [this](const may_block& here, web::request plain) {
    return client_.dressed(here, std::move(plain));
  };
  what.offset = offset;
  what.length = length;
  // A server that shows a directory as a page does so at its name with a slash.
  what.opened = [asked = what.get.url](const web::answer& head) {
    const auto from = web::parse_url(asked), to = web::parse_url(head.url);
    if (from && to && to->path == from->path + "/") no_file();
  };
  what.refuse = [this, path](const may_block& here, web::exchange& refused, const web::answer&) {
    const auto got = client_.outcome_of(here, refused);
    require_file(here, path);
    if (!got.good()) fail_with(got, "open failed");
  };
  return std::make_unique<web::resumed_source>(on, client_.connection(), client_.paced(), client_.tries(),
                                               std::move(what));
}

std::unique_ptr<object_sink> webdav_session::create(const may_block& on, const put_request& request) {
  webdav::upload_order order;
  order.put = request;
  // What can be sent again is sent at once, where the folder was there the last time: a request less a file.
  if (request.size >= 0 && request.size <= webdav::in_memory &&
      parent_ == parent_of(whole_path(request.path)))
    order.make_parents = [this, path = request.path](const may_block& here) {
      parent_task_ = 0;
      make_parents(here, path);
    };
  else
    make_parents(on, request.path);
  order.target = order.temporary = place(request.path);
  if (request.in_place) {
    if (const auto there = client_.look_at(on, order.target); there && there->collection) no_file();
  } else {
    // By chance, so that two copies of one object at a time use two names, also in two processes.
    const auto mark =
        partial_mark(whole_path(request.path), request.size, request.modified, std::random_device{}());
    order.temporary = place(path_below(parent_of(request.path),
                                       partial_name(leaf_of(request.path), mark, request.partial_suffix)));
  }
  return begin_upload(on, client_, std::move(order));
}

void webdav_session::remove(const may_block& on, const std::string& path) {
  // To remove a directory would remove all that is in it.
  require_file(on, path);
  const auto got = client_.send(on, {"DELETE", client_.url_of(place(path))});
  if (got.status() == 404) no_object();
  if (!got.good()) web::fail_with(got.head, got.error);
}

void webdav_session::make_directory(const may_block& on, const std::string& path) {
  make_collection(on, whole_path(path), true);
}

void webdav_session::make_parents(const may_block& on, const std::string& path) {
  const auto parent = parent_of(whole_path(path));
  if (parent_task_ == on.task() && parent_ == parent) return;
  make_collection(on, parent, true);
  parent_task_ = on.task();
  parent_ = parent;
}

void webdav_session::make_collection(const may_block& on, const std::string& whole, bool parents) {
  if (whole.empty()) return; // the URL of the remote is there
  const auto& encoding = storage_.options().encoding;
  const auto where =
      web::escape_path_strictly(encoding ? encoding->from_standard(whole) : without_steps(whole)) + "/";
  const auto make = [&] {
    // While another one makes it, it is locked: that is no reason to try again.
    return client_.paced().call(on, [&] {
      const auto under_way = client_.begin(on, {"MKCOL", client_.url_of(where)});
      if (under_way->head(on).status != 423) return client_.outcome_of(on, *under_way);
      webdav::outcome locked;
      locked.head = under_way->head(on);
      under_way->read_all(on, 1 << 20);
      return locked;
    });
  };
  auto got = make();
  // RFC 4918 says 409 when the parent is missing; some say 404.
  if ((got.status() == 409 || got.status() == 404) && parents) {
    make_collection(on, parent_of(whole), true);
    got = make();
  }
  // What is said when it is there already differs from server to server.
  if (got.good() || got.status() == 405 || got.status() == 406) return;
  const auto there = client_.look_at(on, where);
  if (!there || !there->collection) web::fail_with(got.head, got.error);
}

bool webdav_session::has_entries(const may_block& on, const std::string& directory) {
  bool any = false;
  list(on, directory, [&](listing&& entries) { any = any || !entries.empty(); });
  return any;
}

void webdav_session::remove_directory(const may_block& on, const std::string& path) {
  if (has_entries(on, path)) fail(failure_kind::other, "directory not empty");
  purge(on, path);
}

bool webdav_session::purge(const may_block& on, const std::string& directory) {
  const auto got = client_.send(on, {"DELETE", client_.url_of(directory_place(directory))});
  parent_task_ = 0;
  if (got.status() == 404) no_directory();
  if (!got.good()) fail_with(got, "rmdir failed");
  return true;
}

void webdav_session::set_modified(const may_block& on, const std::string& path, nanoseconds modified) {
  const auto known = require_file(on, path);
  if (!storage_.options().quirks.sets_times ||
      !webdav::set_time(on, client_, place(path), modified, known.hashes))
    fail(failure_kind::unsupported, "can't set modified time");
}

std::string webdav_session::hash(const may_block& on, const std::string& path, hash_type type) {
  const auto known = require_file(on, path);
  const auto found = known.hashes.find(type);
  return found == known.hashes.end() || !of().info().hashes.has(type) ? std::string{} : found->second;
}

bool webdav_session::transfer_from(const may_block& on, webdav_session& other, const char* method,
                                   const std::string& from, const std::string& to) {
  const auto source = other.require_file(on, from);
  make_parents(on, to);
  const auto takes_times = storage_.options().quirks.takes_times;
  const auto got =
      webdav::relocate(on, client_, method, other.client_.url_of(other.place(from)), source, place(to),
                       takes_times ? std::make_optional(source.modified) : std::nullopt);
  if (got.status() == 501 || got.status() == 405) return false; // not by this server
  if (got.status() == 404) no_object();
  if (!got.good()) fail_with(got, "copy call failed");
  const auto there = client_.look_at(on, place(to));
  if (!there || there->collection) fail(failure_kind::retryable, "copy NewObject failed: object not found");
  if (there->size >= 0 && source.size >= 0 && there->size != source.size)
    fail(failure_kind::retryable, "corrupted on transfer: sizes differ src(" + other.of().info().description +
                                      ") " + std::to_string(source.size) + " vs dst(" +
                                      of().info().description + ") " + std::to_string(there->size));
  if (storage_.options().quirks.sets_times && got.head.fields.get("x-oc-mtime") != "accepted" &&
      there->modified != source.modified)
    webdav::set_time(on, client_, place(to), source.modified, there->hashes);
  return true;
}

bool webdav_session::copy_from(const may_block& on, session& other, const copy_request& request,
                               const copy_policy&) {
  auto* from = dynamic_cast<webdav_session*>(&other);
  if (from == nullptr || from->storage_.options().url != storage_.options().url) return false;
  if (!transfer_from(on, *from, "COPY", request.from, request.to)) return false;
  if (request.size > 0) on.account_free(static_cast<std::uint64_t>(request.size));
  return true;
}

bool webdav_session::move_from(const may_block& on, session& other, const std::string& from,
                               const std::string& to) {
  auto* source = dynamic_cast<webdav_session*>(&other);
  if (source == nullptr || source->storage_.options().url != storage_.options().url) return false;
  return transfer_from(on, *source, "MOVE", from, to);
}

bool webdav_session::move_directory_from(const may_block& on, session& other, const std::string& from,
                                         const std::string& to) {
  auto* source = dynamic_cast<webdav_session*>(&other);
  if (source == nullptr || source->storage_.options().url != storage_.options().url) return false;
  if (client_.look_at(on, place(to))) fail(failure_kind::other, "directory already exists");
  make_parents(on, to);
  web::request what{"MOVE", source->client_.url_of(source->directory_place(from))};
  what.headers = {{"Destination", client_.url_of(directory_place(to))}, {"Overwrite", "F"}};
  const auto got = client_.send(on, what);
  parent_task_ = 0;
  if (got.status() == 501 || got.status() == 405) return false;
  if (got.status() == 404) no_directory();
  if (!got.good()) fail_with(got, "DirMove MOVE call failed");
  return true;
}

storage_usage webdav_session::about(const may_block& on) {
  const auto quota = client_.quota(on);
  storage_usage usage;
  usage.used = quota_number(quota.quota_used);
  usage.free = quota_number(quota.quota_available);
  if (usage.used >= 0 && usage.free >= 0) usage.total = usage.used + usage.free;
  return usage;
}

} // namespace argosy
