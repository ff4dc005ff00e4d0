#include "backends/http/http_storage.hpp"

#include <utility>

#include "backends/http/http_session.hpp"
#include "backends/http/page_names.hpp"
#include "backends/setting_values.hpp"
#include "backends/web/connection.hpp"
#include "backends/web/url.hpp"
#include "backends/wrapping.hpp"
#include "core/csv_record.hpp"
#include "core/go_text.hpp"
#include "core/object_path.hpp"

namespace argosy {

namespace {

constexpr nanoseconds precision = 1'000'000'000; // of Last-Modified

// rclone has no pause between these requests.
pace http_pace(const main_options& options) {
  auto how = web::pace_of(options);
  how.shortest = wait_clock::duration{0};
  return how;
}

bool is_redirection(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Without a slash at its end an URL may be a file: the answer to HEAD decides.
bool is_file(const may_block& on, const http_settings& settings, const std::string& url,
             const std::shared_ptr<const web::client>& client, pacer& paced) {
  if (settings.no_head) return true;
  web::request ask{"HEAD", url};
  ask.headers = settings.headers;
  ask.redirects = web::redirection::none;
  web::answer answer;
  try {
    answer = paced.call(on, [&] { return web::connection{client}.call(on, ask).head; });
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    client->net.log().write(log_level::debug,
                            std::string{"Assuming path is a file as HEAD request could not be "
                                        "sent: "} +
                                why.what());
    return true;
  }
  if (answer.status == 404) return false;
  if (!is_redirection(answer.status)) return true;
  const auto& location = answer.fields.get("location");
  return location.empty() || location.back() != '/';
}

// A reference whose first element has a colon would be read as an URL with a scheme.
std::string as_reference(const std::string& root) {
  const auto escaped = web::escape_path(root);
  const auto first = escaped.substr(0, escaped.find('/'));
  return first.find(':') == std::string::npos ? escaped : "./" + escaped;
}

storage_info info_of(const storage_request& request, const std::string& root, const std::string& endpoint) {
  storage_info info;
  info.type = "http";
  info.name = request.name;
  info.root = root;
  info.description = web::shown_url(endpoint);
  info.config_text = request.prefix + root;
  info.precision = precision;
  auto& f = info.features;
  f.CanHaveEmptyDirectories = f.Command = f.PutStream = f.ReadMetadata = true;
  return info;
}

made_storage make_http(const may_block& on, const storage_request& request) {
  http_settings settings;
  read_http_settings(settings, request.option);
  const auto client = web::make_client(on, request.net, request.options, request.name);
  const auto how = http_pace(request.options);
  pacer paced{how, request.net.clock(), request.log};
  const auto file = settle_endpoint(on, settings, request.path, client, paced);
  auto root = trimmed_root(request.path);
  std::optional<std::string> leaf;
  if (file) {
    leaf = leaf_of(root);
    root = parent_of(root);
  }
  auto info = info_of(request, root, settings.endpoint);
  return {std::make_shared<http_storage>(std::move(info), std::move(settings), client, how), std::move(leaf)};
}

} // namespace

void read_http_settings(http_settings& settings, const option_lookup& option) {
  if (const auto url = option("url")) settings.url = *url;
  if (const auto text = option("headers")) {
    settings.headers.clear();
    const auto fields = text->empty() ? std::vector<std::string>{} : read_csv_record(*text, ',');
    if (fields.size() % 2 != 0) fail(failure_kind::other, "odd number of headers supplied");
    for (std::size_t i = 0; i < fields.size(); i += 2) settings.headers.push_back({fields[i], fields[i + 1]});
  }
  settings.no_slash = truth_setting(option, "no_slash", settings.no_slash);
  settings.no_head = truth_setting(option, "no_head", settings.no_head);
  settings.no_escape = truth_setting(option, "no_escape", settings.no_escape);
}

bool settle_endpoint(const may_block& on, http_settings& settings, const std::string& root,
                     const std::shared_ptr<const web::client>& client, pacer& paced) {
  if (settings.url.empty() || settings.url.back() != '/') settings.url += "/";
  web::require_url(settings.url);
  const auto url = web::join_url(settings.url, as_reference(root));
  if (!url) fail(failure_kind::other, "error parsing " + go_quote(web::escape_path(root)) + " as URL");
  settings.endpoint = *url;
  if (url->back() == '/') return false;
  if (is_file(on, settings, *url, client, paced)) {
    settings.endpoint.resize(url->rfind('/') + 1);
    return true;
  }
  settings.endpoint += "/";
  return false;
}

http_storage::http_storage(storage_info info, http_settings settings, std::shared_ptr<web::client> client,
                           const pace& how) :
    storage(std::move(info)),
    client_(std::move(client)), tries_(how.tries), pacer_(how, client_->net.clock(), client_->net.log()),
    settings_(std::make_shared<const http_settings>(std::move(settings))) {}

std::unique_ptr<session> http_storage::connect(const may_block&) const {
  return std::make_unique<http_session>(*this);
}

std::shared_ptr<const http_settings> http_storage::settings() const {
  const std::lock_guard lock{mutex_};
  return settings_;
}

void http_storage::replace(http_settings next) const {
  auto made = std::make_shared<const http_settings>(std::move(next));
  const std::lock_guard lock{mutex_};
  settings_ = std::move(made);
}

storage_type http_type() {
  storage_type type;
  type.name = "http";
  type.description = "HTTP";
  type.make = make_http;

  storage_option url;
  url.name = "url";
  url.help = "Where the pages begin.\n\nFor example \"https://example.com\", or "
             "\"https://user:pass@example.com\" with a user and a password.";
  url.type = "string";
  url.required = true;

  storage_option headers;
  headers.name = "headers";
  headers.help =
      "Headers that go with every request.\n\nNames and values in turn, with commas between them, as "
      "one record of CSV: 'Cookie,name=value' or '\"Cookie\",\"name=value\",\"X-Other\",\"a,b\"'.";
  headers.type = "CommaSepList";
  headers.advanced = true;

  auto no_escape = advanced_switch("no_escape", "Leave special characters in paths as they are in the URL.");
  no_escape.advanced = false;

  type.options = {
      std::move(url),
      std::move(headers),
      advanced_switch("no_slash",
                      "Directories do not end with a slash on this site.\n\nEvery link whose content type is "
                      "text/html is then a directory, also a page that was meant as a file."),
      advanced_switch(
          "no_head",
          "Ask for no heads.\n\nA listing then is one request instead of one a file. Sizes and times "
          "are unknown, and what a page links to is taken to be there."),
      std::move(no_escape),
  };
  return type;
}

} // namespace argosy
