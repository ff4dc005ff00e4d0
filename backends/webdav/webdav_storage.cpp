#include "backends/webdav/webdav_storage.hpp"

#include <cstdint>
#include <utility>

#include "backends/setting_values.hpp"
#include "backends/web/url.hpp"
#include "backends/webdav/webdav_session.hpp"
#include "backends/wrapping.hpp"
#include "core/csv_record.hpp"
#include "core/object_path.hpp"

namespace argosy {

namespace {

constexpr nanoseconds second = 1'000'000'000;
constexpr std::int64_t default_chunk_size = 10 << 20; // what Nextcloud itself uses

std::vector<http_header> header_setting(const storage_request& request) {
  const auto text = text_setting(request, "headers");
  const auto fields = text.empty() ? std::vector<std::string>{} : read_csv_record(text, ',');
  if (fields.size() % 2 != 0) fail(failure_kind::other, "odd number of headers supplied");
  std::vector<http_header> out;
  for (std::size_t i = 0; i < fields.size(); i += 2) out.push_back({fields[i], fields[i + 1]});
  return out;
}

// https://host/remote.php/dav/files/USER takes chunks at https://host/remote.php/dav/uploads/USER.
std::string uploads_url_of(const std::string& url) {
  constexpr std::string_view mark = "/dav/files/";
  const auto at = url.rfind(mark);
  const auto user = at == std::string::npos ? std::string{} : url.substr(at + mark.size());
  if (user.empty() || user.front() == '/')
    fail(failure_kind::other,
         "the remote url looks incorrect. Note that nextcloud chunked uploads require you to use the "
         "/dav/files/USER endpoint instead of /webdav. Please check 'rclone config show remotename' to "
         "verify that "
         "the url field ends in /dav/files/USERNAME");
  return url.substr(0, at) + "/dav/uploads/" + user.substr(0, user.find('/')) + "/";
}

webdav_options read_options(const storage_request& request) {
  webdav_options options;
  options.url = text_setting(request, "url");
  if (options.url.empty() || options.url.back() != '/') options.url += '/';
  options.vendor = text_setting(request, "vendor", "other");
  if (options.vendor.empty()) options.vendor = "other";
  options.quirks = webdav_quirks::of(options.vendor);
  if (const auto encoding = text_setting(request, "encoding"); !encoding.empty() && encoding != "None")
    options.encoding = encoding_setting(request, "None");
  options.headers = header_setting(request);
  options.chunk_size = size_setting(request, "nextcloud_chunk_size", default_chunk_size);
  options.exclude_shares = truth_setting(request, "owncloud_exclude_shares", false);
  options.exclude_mounts = truth_setting(request, "owncloud_exclude_mounts", false);
  options.auth_redirect = truth_setting(request, "auth_redirect", false);
  if (options.quirks.takes_chunks && options.chunk_size > 0)
    options.uploads_url = uploads_url_of(options.url);
  return options;
}

webdav::authorization read_authorization(const storage_request& request, const web::url_parts& url) {
  const auto user = text_setting(request, "user"), password = secret_setting(request, "pass");
  if (!user.empty() || !password.empty()) return webdav::authorization::basic(user, password);
  if (const auto token = text_setting(request, "bearer_token"); !token.empty())
    return webdav::authorization::bearer(token);
  if (auto command = list_setting(request, "bearer_token_command", ' '); !command.empty())
    return webdav::authorization::command(std::move(command));
  if (!url.user.empty()) return webdav::authorization::basic(url.user, url.password);
  return {};
}

storage_info info_of(const storage_request& request, const std::string& root, const webdav_quirks& quirks) {
  storage_info info;
  info.type = "webdav";
  info.name = request.name;
  info.root = root;
  info.description = "webdav root '" + root + "'";
  info.config_text = request.prefix + root;
  info.precision = quirks.takes_times ? second : INT64_MAX;
  if (quirks.has_md5) info.hashes = info.hashes | hash_type::md5;
  if (quirks.has_sha1 || quirks.has_fastmail_sha1) info.hashes = info.hashes | hash_type::sha1;
  auto& f = info.features;
  f.About = f.CanHaveEmptyDirectories = f.Copy = f.DirMove = f.ListP = f.Move = f.Purge = true;
  f.PutStream = quirks.takes_streams;
  return info;
}

made_storage make_webdav(const may_block& on, const storage_request& request) {
  auto options = read_options(request);
  const auto parts = web::require_url(options.url);
  auto authorization = std::make_shared<webdav::authorization>(read_authorization(request, parts));
  options.url = web::shown_url(options.url); // its credentials are in the authorization
  if (!options.uploads_url.empty()) options.uploads_url = web::shown_url(options.uploads_url);
  const auto client = web::make_client(on, request.net, request.options, request.name);
  client->link.unix_socket = text_setting(request, "unix_socket");
  auto how = web::pace_of(request.options);
  how.shortest = wait_clock::duration{duration_setting(request, "pacer_min_sleep", how.shortest.count())};
  const auto make = [&](const std::string& root) {
    return std::make_shared<webdav_storage>(info_of(request, root, options.quirks), options, client,
                                            authorization, how);
  };

  const auto root = trimmed_root(request.path);
  if (root.empty() || (!request.path.empty() && request.path.back() == '/')) return {make(root)};
  const auto parent = make(parent_of(root));
  const std::string leaf{leaf_of(root)};
  const auto known = parent->connect(on)->stat(on, leaf);
  if (known && known->kind == entry_kind::file) return {parent, leaf};
  return {make(root)};
}

storage_option option(std::string name, std::string help, std::string type = "string",
                      std::string default_text = {}) {
  storage_option o;
  o.name = std::move(name);
  o.help = std::move(help);
  o.type = std::move(type);
  o.default_text = std::move(default_text);
  return o;
}

storage_option advanced(storage_option o) {
  o.advanced = true;
  return o;
}

storage_option sensitive(storage_option o) {
  o.sensitive = true;
  return o;
}

} // namespace

webdav_quirks webdav_quirks::of(const std::string& vendor) {
  webdav_quirks q;
  if (vendor == "sharepoint" || vendor == "sharepoint-ntlm")
    fail(failure_kind::unsupported, "webdav vendor \"" + vendor + "\" is not supported by this release");
  if (vendor == "fastmail") {
    q.takes_streams = q.takes_times = q.has_fastmail_sha1 = true;
  } else if (vendor == "owncloud") {
    q.takes_streams = q.takes_times = q.sets_times = q.has_md5 = q.has_sha1 = true;
  } else if (vendor == "infinitescale") {
    q.takes_times = q.sets_times = q.has_sha1 = true;
  } else if (vendor == "nextcloud") {
    q.takes_times = q.sets_times = q.has_sha1 = q.takes_chunks = true;
  } else if (vendor == "rclone") {
    q.takes_streams = q.takes_times = true;
  } else if (vendor == "other") {
    q.names_properties = true;
  }
  return q;
}

webdav_storage::webdav_storage(storage_info info, webdav_options options, std::shared_ptr<web::client> client,
                               std::shared_ptr<webdav::authorization> authorization, const pace& how) :
    storage(std::move(info)),
    options_(std::move(options)), client_(std::move(client)), authorization_(std::move(authorization)),
    tries_(how.tries), pacer_(how, client_->net.clock(), client_->net.log()) {}

std::unique_ptr<session> webdav_storage::connect(const may_block&) const {
  return std::make_unique<webdav_session>(*this);
}

storage_type webdav_type() {
  storage_type type;
  type.name = "webdav";
  type.description = "WebDAV";
  type.make = make_webdav;

  auto url = option("url", "URL of the server.\n\nFor example https://example.com.");
  url.required = true;
  auto vendor = option("vendor", "Which server, service or program it is.");
  vendor.examples = {
      {"fastmail", "Fastmail Files"},
      {"nextcloud", "Nextcloud"},
      {"owncloud", "ownCloud 10, the one written in PHP"},
      {"infinitescale", "ownCloud Infinite Scale"},
      {"sharepoint", "Sharepoint Online with a Microsoft account: not supported by this release"},
      {"sharepoint-ntlm", "Sharepoint with NTLM, usually self-hosted: not supported by this release"},
      {"rclone", "rclone serve webdav"},
      {"other", "Any other"}};
  auto pass = option("pass", "Password.");
  pass.is_password = true;

  type.options = {
      std::move(url),
      std::move(vendor),
      sensitive(option("user", "User name.")),
      std::move(pass),
      sensitive(
          option("bearer_token", "Bearer token instead of user and password (a macaroon, for example).")),
      advanced(
          option("bearer_token_command",
                 "Program that prints a bearer token, with its arguments.\n\nIt runs for the first request, "
                 "and again when the server refuses the token.")),
      advanced(option("encoding", "How names are encoded on the server; by default not at all.", "Encoding")),
      advanced(option(
          "headers",
          "Headers that go with every request.\n\nNames and values in turn, with commas between them, "
          "as one record of CSV: 'Cookie,name=value' or '\"Cookie\",\"name=value\",\"X-Other\",\"a,b\"'.",
          "CommaSepList")),
      advanced(option("pacer_min_sleep", "Shortest time between two requests.", "Duration", "10ms")),
      advanced(
          option("nextcloud_chunk_size",
                 "Uploads to Nextcloud that are larger go in chunks of this size.\n\nA server that allows "
                 "larger chunks takes large files faster. 0: no chunks.",
                 "SizeSuffix", "10Mi")),
      advanced_switch("owncloud_exclude_shares", "Leave out what others share with the user."),
      advanced_switch("owncloud_exclude_mounts", "Leave out mounted external storages."),
      advanced(option("unix_socket",
                      "Path of a unix socket that is connected to instead of the host of the URL.")),
      advanced_switch(
          "auth_redirect",
          "Send credentials to other servers too when a server redirects there.\n\nThey may then also "
          "go over the network in the clear, if it redirects from https to http."),
  };
  return type;
}

} // namespace argosy
