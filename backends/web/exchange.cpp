#include "backends/web/exchange.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "backends/web/cookie_jar.hpp"
#include "core/base64.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/header_text.hpp"

namespace argosy::web {

namespace {

constexpr int most_redirects = 10;                   // as Go's client
constexpr std::size_t discarded_on_redirect = 65536; // bytes of the page that says where to go

// Only for the server that they were meant for, as in Go's client.
bool is_credential(const std::string& field) {
  constexpr std::array names{"authorization", "www-authenticate", "cookie", "cookie2"};
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return same_header(field, name); });
}

bool is_at_or_below(const std::string& host, const std::string& domain) {
  return host == domain ||
         (host.size() > domain.size() &&
          host.compare(host.size() - domain.size() - 1, std::string::npos, "." + domain) == 0);
}

std::string url_text(const url_parts& parts) {
  return parts.scheme + "://" + parts.authority() + parts.path +
         (parts.query.empty() ? "" : "?" + parts.query);
}

// A line as curl takes it.
std::string field_line(const http_header& field) {
  const auto is_control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; };
  const auto is_no_token = [](char c) { return c <= ' ' || c == ':' || c == 0x7f; };
  if (field.key.empty() || std::any_of(field.key.begin(), field.key.end(), is_no_token))
    fail(failure_kind::other, "net/http: invalid header field name " + go_quote(field.key));
  if (std::any_of(field.value.begin(), field.value.end(), is_control))
    fail(failure_kind::other, "net/http: invalid header field value for " + go_quote(field.key));
  return field.value.empty() ? field.key + ";" : field.key + ": " + field.value;
}

std::string basic(const url_parts& parts) {
  return "Basic " + to_base64(parts.user + ":" + parts.password, base64_form::standard);
}

} // namespace

exchange::exchange(const may_block& on, std::shared_ptr<const client> by, std::shared_ptr<curl::wire> over,
                   request what) :
    client_(std::move(by)),
    wire_(std::move(over)), request_(std::move(what)), target_(require_url(request_.url)),
    first_host_(target_.host) {
  send(on);
}

void exchange::send(const may_block& on) {
  if (target_.scheme != "http" && target_.scheme != "https")
    fail(failure_kind::other, error_text("unsupported protocol scheme " + go_quote(target_.scheme)));
  if (target_.host.empty()) fail(failure_kind::other, error_text("http: no Host in request URL"));
  client_->net.admit(on);
  counted_ = complete_ = false;
  answer_ = {};
  answer_.url = url_text(target_);
  transfer_.reset(); // its socket carries the next request, if it is for the same server
  transfer_ = std::make_unique<curl::transfer>(wire_, client_->link, target_.host,
                                               request_.method + " " + answer_.url);
  auto& t = *transfer_;
  t.set(CURLOPT_URL, answer_.url.c_str());
  t.set(CURLOPT_PATH_AS_IS, 1L);
  t.set(CURLOPT_PROTOCOLS_STR, "http,https");
  // One connection carries one request at a time, so there is nothing that HTTP/2 would bring.
  t.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  t.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  t.set(CURLOPT_USERAGENT, client_->user_agent.c_str());
  if (request_.may_compress && client_->gzip) t.set(CURLOPT_ACCEPT_ENCODING, "gzip");
  if (client_->cookies) client_->cookies->use_for(t.easy());
  if (dump::wanted(client_->dump, client_->net.log())) {
    dump_ = std::make_unique<dump>(client_->dump, client_->net.log());
    dump_->attach(t.easy());
  }
  if (request_.longest.count() > 0) t.end_by(std::chrono::steady_clock::now() + request_.longest);
  set_up_body();
  set_up_headers();
  t.on_line = [this](std::string_view line) { take_line(line); };
  t.start();
}

void exchange::set_up_body() {
  auto& t = *transfer_;
  if (request_.method == "HEAD") return t.set(CURLOPT_NOBODY, 1L);
  t.set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  const auto& method = request_.method;
  // These announce even an empty body.
  const auto has_body = !request_.body.empty() || method == "PUT" || method == "POST" || method == "PATCH";
  if (!request_.upload && !has_body) return;
  t.set(CURLOPT_UPLOAD, 1L);
  if (request_.upload) {
    t.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(*request_.upload));
  } else {
    t.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    t.send_from(request_.body);
  }
}

bool exchange::shows_credentials() const { return trusted_ || request_.keep_credentials; }

void exchange::set_up_headers() {
  auto fields = request_.headers;
  for (const auto& own : client_->headers) {
    fields.erase(std::remove_if(fields.begin(), fields.end(),
                                [&](const http_header& field) { return same_header(field.key, own.key); }),
                 fields.end());
    fields.push_back(own);
  }
  lines_.clear();
  const auto named = [&](const char* name) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const http_header& field) { return same_header(field.key, name); });
  };
  for (const auto& field : fields)
    if (shows_credentials() || !is_credential(field.key)) lines_.add(field_line(field));
  // What curl would say by itself.
  if (!named("Accept")) lines_.add("Accept:");
  if (!named("Content-Type")) lines_.add("Content-Type:");
  if (request_.wait_for_consent && client_->expect_timeout.count() > 0)
    transfer_->set(CURLOPT_EXPECT_100_TIMEOUT_MS, static_cast<long>(client_->expect_timeout.count()));
  else
    lines_.add("Expect:");
  if (!target_.user.empty() && !named("Authorization"))
    lines_.add(field_line({"Authorization", basic(target_)}));
  transfer_->set(CURLOPT_HTTPHEADER, lines_.get());
}

void exchange::take_line(std::string_view line) {
  if (complete_) return; // trailers
  if (line.compare(0, 5, "HTTP/") == 0) {
    answer_.fields.clear();
    auto text = trim_header(line.substr(std::min(line.find(' '), line.size())));
    answer_.status = 0;
    std::from_chars(text.data(), text.data() + text.size(), answer_.status);
    answer_.status_text = text;
    const auto phrase = reason_phrase(answer_.status);
    if (text.find(' ') == std::string_view::npos && !phrase.empty())
      answer_.status_text = std::to_string(answer_.status) + " " + std::string{phrase};
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    answer_.fields.add(line.substr(0, colon), trim_header(line.substr(colon + 1)));
  } else if (line.empty() && answer_.status >= 200) {
    complete_ = true;
  }
}

const answer& exchange::head(const may_block& on) {
  while (true) {
    transfer_->run_until(on, [this] { return complete_; });
    if (!complete_) broken();
    if (counted_) return answer_;
    counted_ = true;
    client_->net.answers().count(target_.authority(), request_.method, answer_.status);
    if (redirected(on)) continue;
    curl_off_t size = -1;
    curl_easy_getinfo(transfer_->easy(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    answer_.content_length = answer_.fields.has("content-encoding") && request_.may_compress ? -1 : size;
    return answer_;
  }
}

bool exchange::redirected(const may_block& on) {
  const auto status = answer_.status;
  const auto keeps_method = status == 307 || status == 308;
  if (request_.redirects == redirection::none ||
      !(keeps_method || status == 301 || status == 302 || status == 303))
    return false;
  const auto& location = answer_.fields.get("location");
  if (location.empty()) return false;
  const auto next = join_url(url_text(target_), location);
  const auto parts = next ? parse_url(*next) : std::nullopt;
  if (!parts) fail(failure_kind::other, error_text("failed to parse Location header " + go_quote(location)));
  if (++hops_ > most_redirects)
    fail(failure_kind::other, error_text("stopped after " + std::to_string(most_redirects) + " redirects"));
  const auto downgrade = target_.scheme == "https" && parts->scheme == "http";
  if (downgrade && request_.secure_only && !request_.keep_credentials)
    fail(failure_kind::other,
         error_text("refusing to follow HTTPS to HTTP redirect: would send credentials in "
                    "cleartext"));
  if (request_.upload)
    fail(failure_kind::other, error_text("an upload cannot follow the redirection to " + shown_url(*next)));
  if (!keeps_method && request_.redirects == redirection::follow && request_.method != "HEAD" &&
      request_.method != "GET") {
    request_.method = "GET";
    request_.body.clear();
  }
  const auto same_server = parts->authority() == target_.authority() && parts->scheme == target_.scheme;
  auto user = parts->user.empty() && same_server ? std::make_pair(target_.user, target_.password)
                                                 : std::make_pair(parts->user, parts->password);
  trusted_ = trusted_ && !downgrade && is_at_or_below(parts->host, first_host_);
  // What stands in the way of the next request on this socket is short, as a rule.
  transfer_->discard(discarded_on_redirect);
  transfer_->finish(on);
  target_ = *parts;
  std::tie(target_.user, target_.password) = std::move(user);
  send(on);
  return true;
}

std::size_t exchange::read(const may_block& on, char* data, std::size_t size) {
  const auto got = size == 0 ? 0 : transfer_->read(on, data, size);
  if (got == 0 && size > 0 && transfer_->result() != CURLE_OK) broken();
  return got;
}

std::string exchange::read_all(const may_block& on, std::size_t most) {
  constexpr std::int64_t most_at_once = 64 * 1024;
  // Most answers are short, or have no body at all.
  const auto told = request_.method == "HEAD" ? 0 : answer_.content_length;
  const auto block = static_cast<std::size_t>(told < 0 ? most_at_once : std::min(told + 1, most_at_once));
  std::string out;
  while (true) {
    const auto before = out.size();
    out.resize(before + block);
    const auto got = read(on, out.data() + before, block);
    out.resize(before + got);
    if (got == 0) return out;
    if (out.size() > most)
      fail(failure_kind::other, error_text("the answer has more than " + std::to_string(most) + " bytes"));
  }
}

bool exchange::write(const may_block& on, const char* data, std::size_t size) {
  if (transfer_->write(on, data, size)) return true;
  if (!complete_) broken();
  return false;
}

void exchange::end_upload() { transfer_->end_writing(); }

void exchange::broken() const {
  if (!complete_) client_->net.answers().count(target_.authority(), request_.method, 0);
  const auto text = error_text(transfer_->reason());
  if (transfer_->transient()) throw transient_failure{text};
  fail(failure_kind::other, text);
}

std::string exchange::error_text(const std::string& why) const {
  auto method = lower_header(request_.method);
  if (!method.empty()) method.front() = static_cast<char>(method.front() & ~0x20);
  return method + " " + go_quote(shown_url(url_text(target_))) + ": " + why;
}

} // namespace argosy::web
