#include "backends/s3/role_credentials.hpp"

#include <fstream>
#include <utility>

#include "backends/web/url.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/header_text.hpp"
#include "core/json.hpp"

namespace argosy::s3 {

namespace {

constexpr nanoseconds second = 1'000'000'000;
constexpr nanoseconds spare = 60 * second; // before their end new ones are fetched
constexpr std::size_t longest_document = 64 << 10;
constexpr const char* container_host = "http://169.254.170.2";
constexpr const char* machine_host = "http://169.254.169.254";

std::string text_in(const json& document, const char* key) {
  const auto found = document.find(key);
  return found == document.end() || !found->is_string() ? std::string{} : found->get<std::string>();
}

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host.compare(0, 4, "127.") == 0 || host == "[::1]" || host == "::1";
}

// What stands at such an URL is trusted with a token.
std::string checked_url(const std::string& url) {
  const auto parts = web::require_url(url);
  if (parts.scheme != "https" && !is_this_machine(parts.host))
    fail(failure_kind::other, "env_auth: AWS_CONTAINER_CREDENTIALS_FULL_URI " + go_quote(url) +
                                  " is neither https nor on this machine");
  return url;
}

std::string first_line_of(const std::string& path) {
  std::ifstream in{path};
  std::string line;
  std::getline(in, line);
  return std::string{trim_header(line)};
}

} // namespace

role_credentials::role_credentials(environment env, std::shared_ptr<const web::client> over) :
    env_(std::move(env)), client_(std::move(over)) {}

credentials role_credentials::current(const may_block& on) {
  // Whoever else needs them waits for the same answer.
  const std::lock_guard lock{mutex_};
  if (now() + spare < known_.end) return known_.who;
  try {
    known_ = fetch(on);
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled || now() >= known_.end) throw;
  }
  return known_.who;
}

role_credentials::handed_out role_credentials::fetch(const may_block& on) {
  const auto value = [&](const char* name) { return env_(name).value_or(std::string{}); };
  if (const auto path = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !path.empty())
    return of_container(on, container_host + path);
  if (const auto url = value("AWS_CONTAINER_CREDENTIALS_FULL_URI"); !url.empty())
    return of_container(on, checked_url(url));
  if (lower_header(value("AWS_EC2_METADATA_DISABLED")) == "true")
    fail(failure_kind::other, "AWS_EC2_METADATA_DISABLED says not to ask the machine");
  return of_machine(on);
}

web::connection::whole_answer role_credentials::ask(const may_block& on, web::request what) {
  // These are next door, or nowhere.
  what.longest = std::chrono::seconds{2};
  what.redirects = web::redirection::none;
  return web::connection{client_}.call(on, std::move(what), longest_document);
}

namespace {

/// Throws failure for what does not have them.
std::pair<credentials, nanoseconds> read_document(const web::connection::whole_answer& got,
                                                  const std::string& url) {
  const auto said = web::shown_url(url) + " says " + got.head.status_text;
  if (!got.head.good()) fail(failure_kind::other, said);
  const auto document = json::parse(got.body, nullptr, false);
  const credentials who{text_in(document, "AccessKeyId"), text_in(document, "SecretAccessKey"),
                        text_in(document, "Token")};
  if (!document.is_object() || who.key_id.empty() || who.secret.empty())
    fail(failure_kind::other, said + ", but hands out no credentials" +
                                  (document.is_object() && !text_in(document, "Message").empty()
                                       ? ": " + text_in(document, "Message")
                                       : std::string{}));
  return {who, parse_rfc3339(text_in(document, "Expiration"))};
}

} // namespace

role_credentials::handed_out role_credentials::of_container(const may_block& on, const std::string& url) {
  web::request what{"GET", url};
  auto token = env_("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or(std::string{});
  if (const auto file = env_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file && !file->empty())
    token = first_line_of(*file);
  if (!token.empty()) what.headers.push_back({"Authorization", token});
  auto [who, end] = read_document(ask(on, std::move(what)), url);
  return {std::move(who), end};
}

role_credentials::handed_out role_credentials::of_machine(const may_block& on) {
  auto host = env_("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(std::string{});
  while (!host.empty() && host.back() == '/') host.pop_back();
  if (host.empty()) host = machine_host;
  web::request for_token{"PUT", host + "/latest/api/token"};
  for_token.headers.push_back({"X-aws-ec2-metadata-token-ttl-seconds", "300"});
  const auto token = ask(on, std::move(for_token));
  const auto get = [&](const std::string& path) {
    web::request what{"GET", host + path};
    // Machines of the first version know no tokens.
    if (token.head.good()) what.headers.push_back({"X-aws-ec2-metadata-token", token.body});
    return ask(on, std::move(what));
  };
  const std::string roles = "/latest/meta-data/iam/security-credentials/";
  const auto list = get(roles);
  const std::string role{trim_header(list.body.substr(0, list.body.find('\n')))};
  if (!list.head.good() || role.empty()) fail(failure_kind::other, "this machine has no role");
  auto [who, end] = read_document(get(roles + role), host + roles + role);
  return {std::move(who), end};
}

} // namespace argosy::s3
