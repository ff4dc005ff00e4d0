#include "app/server_settings.hpp"

#include <algorithm>
#include <chrono>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/header_text.hpp"

namespace argosy {

namespace {

// Go's limit for headers where none is given.
constexpr std::size_t go_header_bytes = std::size_t{1} << 20;

// Nobody has anything to tell the metrics server.
constexpr std::size_t scraper_body = 64 << 10;

/// The server counts in milliseconds. Beyond ten years a time-out is none, and sums with the clock stay in
/// range.
std::chrono::milliseconds time_out(std::int64_t nanoseconds) {
  constexpr std::int64_t longest = std::int64_t{3650} * 86'400'000;
  const auto given = nanoseconds / 1'000'000;
  return std::chrono::milliseconds(given <= 0 ? longest : std::min(given, longest));
}

std::pair<std::string, std::string> response_header(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos)
    fail(failure_kind::other, "failed to parse " + go_quote(text) +
                                  " as an HTTP header. Expecting a string like: 'Cache-Control: no-store'");
  const std::string_view all{text};
  return {std::string{trim_header(all.substr(0, colon))}, std::string{trim_header(all.substr(colon + 1))}};
}

/// `flags` is how the names of the server's flags begin, for error texts.
http_config common_settings(const rc::server_options& given, const std::string& flags) {
  http_config config;
  config.addresses = given.listen_addresses;
  config.tls = {given.certificate, given.key, given.client_authority, given.min_tls_version};
  config.base_url = given.base_url;
  config.read_timeout = time_out(given.read_timeout);
  config.write_timeout = time_out(given.write_timeout);
  if (given.max_header_bytes < 0)
    fail(failure_kind::bad_parameter,
         flags + "max-header-bytes: " + std::to_string(given.max_header_bytes) + " is negative");
  config.max_header_bytes =
      given.max_header_bytes == 0 ? go_header_bytes : static_cast<std::size_t>(given.max_header_bytes);
  config.allow_origin = given.allow_origin;
  try {
    for (const auto& text : given.response_headers) config.response_headers.push_back(response_header(text));
  } catch (const failure& f) {
    throw f.within(flags + "response-header");
  }
  config.htpasswd_file = given.htpasswd;
  config.realm = given.realm;
  config.user = given.user;
  config.password = given.password;
  config.user_from_header = given.user_from_header;
  return config;
}

std::shared_ptr<const markup::page_template> template_at(const std::string& path) {
  if (path.empty()) return nullptr;
  try {
    return std::make_shared<const markup::page_template>(markup::page_template::load(path));
  } catch (const failure& f) {
    throw f.within("failed to get template");
  }
}

} // namespace

http_config remote_control_server(const settings_of_run& run) {
  auto config = common_settings(run.rc.server, "--rc-");
  config.server_name = std::string{"rclone/"} + compatible_version;
  config.max_body_bytes = run.max_body_bytes;
  config.threads = run.http_threads;
  config.inherited = inherited_sockets(run.environment);
  return config;
}

std::optional<http_config> metrics_server(const settings_of_run& run) {
  if (run.rc.metrics.listen_addresses.empty()) return std::nullopt;
  auto config = common_settings(run.rc.metrics, "--metrics-");
  template_at(run.rc.metrics.template_path); // it shows no pages, but a wrong one is a mistake
  config.name = "metrics";
  config.threads = 1;
  config.max_body_bytes = scraper_body;
  config.all_methods = true;
  return config;
}

dispatch_config dispatch_settings(const settings_of_run& run) {
  dispatch_config config;
  config.no_auth = run.rc.no_auth;
  config.seed_rights = run.seed_rights;
  config.enable_metrics = run.rc.enable_metrics;
  config.files = run.rc.files;
  config.serve = run.rc.serve;
  config.listings = {run.rc.serve_no_modtime, template_at(run.rc.server.template_path)};
  config.write_timeout = time_out(run.rc.server.write_timeout);
  return config;
}

job_table_limits job_limits(const settings_of_run& run) {
  job_table_limits limits;
  limits.history_bytes = run.history_bytes;
  limits.expire_after = std::chrono::nanoseconds(run.rc.job_expire_duration);
  limits.expire_interval =
      std::chrono::nanoseconds(std::max<std::int64_t>(1'000'000, run.rc.job_expire_interval));
  return limits;
}

rc::option_blocks::values shown_options(const settings_of_run& run) {
  rc::option_blocks::values values;
  values.filter = run.filters;
  values.log = run.log;
  values.rc = run.rc;
  values.rc.server.password.clear();
  values.rc.metrics.password.clear();
  return values;
}

} // namespace argosy
