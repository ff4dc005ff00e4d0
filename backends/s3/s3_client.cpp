#include "backends/s3/s3_client.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "backends/web/url.hpp"
#include "core/failure.hpp"
#include "core/header_text.hpp"
#include "core/time_text.hpp"

namespace argosy::s3 {

namespace {

constexpr std::size_t longest_answer = 16 << 20; // bytes of an answer that is no object

bool is_code(const std::string& code, std::initializer_list<const char*> among) {
  return std::any_of(among.begin(), among.end(), [&](const char* one) { return code == one; });
}

/// Errors that Amazon's library has a type for say their code in front, all others behind "api error".
bool has_own_type(const std::string& code) {
  return is_code(code, {"NoSuchBucket", "NoSuchKey", "NoSuchUpload", "NotFound", "BucketAlreadyExists",
                        "BucketAlreadyOwnedByYou", "InvalidObjectState", "ObjectAlreadyInActiveTierError",
                        "ObjectNotInActiveTierError"});
}

bool passes(const outcome& got) {
  return web::is_transient(got.status()) ||
         is_code(got.error.code,
                 {"InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "OperationAborted",
                  "Throttling", "ThrottlingException", "RequestLimitExceeded", "BandwidthLimitExceeded",
                  "BadDigest", "IncompleteBody"});
}

std::string text_of(const order& what, const outcome& why) {
  const auto& error = why.error;
  auto text = std::string{"operation error S3: "} + what.operation +
              ", https response error StatusCode: " + std::to_string(why.status()) +
              ", RequestID: " + error.request_id + ", HostID: " + error.host_id +
              (has_own_type(error.code) ? ", " : ", api error ") + error.code + ": " + error.message;
  if (error.code == "RequestTimeTooSkewed") {
    const auto& date = why.head.fields.get("date");
    text += " (the clock of this machine says " + amz_date(now() / 1'000'000'000) +
            (date.empty() ? std::string{} : ", that of the server " + date) + ": set it right)";
  }
  return text;
}

// A name that can be part of a host name: there are old buckets with others.
bool is_host_label(const std::string& bucket) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return bucket.size() >= 3 && bucket.size() <= 63 && plain(bucket.front()) && plain(bucket.back()) &&
         std::all_of(bucket.begin(), bucket.end(),
                     [&](char c) { return plain(c) || c == '-' || c == '.'; }) &&
         bucket.find("..") == std::string::npos;
}

// Empty for a request without a signature.
std::string signed_for(const web::request& asked) {
  for (const auto& field : asked.headers) {
    if (field.key != "Authorization") continue;
    const auto end = field.value.find("/s3/aws4_request");
    const auto begin = end == std::string::npos ? end : field.value.rfind('/', end - 1);
    if (begin != std::string::npos) return field.value.substr(begin + 1, end - begin - 1);
  }
  return {};
}

// Buckets have no names of their own there.
bool is_address(const std::string& host) {
  return host.find_first_not_of("0123456789.:") == std::string::npos || host.front() == '[';
}

} // namespace

void fail_with(const order& what, const outcome& why) {
  const auto& code = why.error.code;
  if (code == "NoSuchBucket") fail(failure_kind::directory_not_found, text_of(what, why));
  if (is_code(code, {"NoSuchKey", "NotFound", "NoSuchVersion"}) ||
      (why.status() == 404 && code != "NoSuchUpload"))
    fail(failure_kind::object_not_found, text_of(what, why));
  if (passes(why)) throw transient_failure{text_of(what, why), web::retry_after(why.head.fields)};
  if (why.status() == 401 || why.status() == 403) fail(failure_kind::permission_denied, text_of(what, why));
  fail(failure_kind::other, text_of(what, why));
}

s3_client::s3_client(const s3_storage& s, std::function<void(std::string_view)> show) :
    storage_(s), show_(std::move(show)), connection_(s.client()) {}

std::size_t s3_client::beside(std::size_t wanted) const {
  return storage_.client()->connections == 0 ? wanted : 1;
}

bool s3_client::in_host(const std::string& bucket) const {
  // A certificate for *.example.com is none for a.b.example.com.
  const auto& endpoint = options().endpoint;
  return !bucket.empty() && !options().path_style && is_host_label(bucket) &&
         (endpoint.empty() || !is_address(endpoint)) &&
         (options().scheme == "http" || bucket.find('.') == std::string::npos);
}

std::string s3_client::host_of(const std::string& bucket) const {
  auto host = options().endpoint;
  if (host.empty()) {
    const auto learnt = buckets().region_of(bucket);
    const auto& region = learnt.empty() ? options().region : learnt;
    const std::string dual = options().dual_stack ? "dualstack." : "";
    host = options().accelerate && in_host(bucket) ? "s3-accelerate." + dual + "amazonaws.com"
                                                   : "s3." + dual + region + ".amazonaws.com";
    if (region.compare(0, 3, "cn-") == 0) host += ".cn";
  }
  return in_host(bucket) ? bucket + "." + host : host;
}

std::string s3_client::path_of(const place& at) const {
  auto path = options().endpoint_path;
  if (!at.bucket.empty() && !in_host(at.bucket)) path += "/" + web::escape_path_strictly(at.bucket);
  if (!at.key.empty()) path += "/" + web::escape_path_strictly(at.key);
  return path.empty() || path == options().endpoint_path ? path + "/" : path;
}

const credentials& s3_client::who(const may_block& on) {
  auto* role = storage_.role();
  if (role == nullptr) return options().who;
  role_ = role->current(on);
  return role_;
}

web::request s3_client::signed_request(const may_block& on, const order& what) {
  const auto host = host_of(what.at.bucket);
  signed_part part{what.method, path_of(what.at), what.query, {{"host", host}}, unsigned_payload};
  const auto query = canonical_query(what.query);
  web::request out{what.method,
                   options().scheme + "://" + host + part.path + (query.empty() ? "" : "?" + query)};
  out.headers = what.headers;
  out.body = what.body;
  out.upload = what.upload;
  out.longest = what.longest;
  out.redirects = web::redirection::none;
  if (options().requester_pays && !what.at.key.empty())
    out.headers.push_back({"x-amz-request-payer", "requester"});
  const auto& asking = who(on);
  if (asking.anonymous()) return out;
  if (!what.upload && !(what.content && options().unsigned_payload))
    part.payload_hash = sha256_hex(what.body);

  signing_scope scope{buckets().region_of(what.at.bucket), now() / 1'000'000'000};
  if (scope.region.empty()) scope.region = options().region;
  out.headers.push_back({"x-amz-date", amz_date(scope.second)});
  out.headers.push_back({"x-amz-content-sha256", part.payload_hash});
  if (!asking.session_token.empty()) out.headers.push_back({"x-amz-security-token", asking.session_token});
  for (const auto& one : out.headers)
    if (const auto name = lower_header(one.key); name.compare(0, 6, "x-amz-") == 0 || name == "content-md5")
      part.headers.push_back(one);
  out.headers.push_back({"Authorization", authorization_of(part, asking, scope, key_)});
  return out;
}

std::string s3_client::presigned_url(const may_block& on, const place& at, std::int64_t seconds) {
  const auto host = host_of(at.bucket);
  signed_part part{"GET", path_of(at), {}, {{"host", host}}, unsigned_payload};
  const auto url = options().scheme + "://" + host + part.path;
  const auto& asking = who(on);
  if (asking.anonymous()) return url;
  signing_scope scope{buckets().region_of(at.bucket), now() / 1'000'000'000};
  if (scope.region.empty()) scope.region = options().region;
  return url + "?" + canonical_query(presigned_query(std::move(part), asking, scope, seconds));
}

std::unique_ptr<web::exchange> s3_client::begin(const may_block& on, const order& what) {
  auto request = signed_request(on, what);
  show_(web::shown_url(request.url));
  return connection_.begin(on, std::move(request));
}

// A bucket in another region is asked for there from now on.
void s3_client::check_passing(const order& what, const web::request& asked, const outcome& got) {
  if (got.good()) return;
  const auto status = got.status();
  auto region = got.head.fields.get("x-amz-bucket-region");
  if (region.empty()) region = got.error.region;
  const bool elsewhere = status == 301 || status == 307 || status == 400 || status == 403;
  if (elsewhere && !region.empty() && !what.at.bucket.empty() && region != signed_for(asked)) {
    buckets().learn_region(what.at.bucket, region);
    throw transient_failure{text_of(what, got), wait_clock::duration{0}};
  }
  if (passes(got)) throw transient_failure{text_of(what, got), web::retry_after(got.head.fields)};
}

outcome s3_client::outcome_of(const may_block& on, web::exchange& of, const order& what) {
  outcome out;
  out.head = of.head(on);
  out.body = of.read_all(on, longest_answer);
  out.failed = !out.head.good();
  // What takes long is answered before it is done: then only the body says how it went.
  if (out.failed ||
      (out.head.status == 200 && out.body.size() < 4096 && out.body.find("<Error>") != std::string::npos))
    out.error = parse_error(out.body);
  out.failed = out.failed || !out.error.code.empty();
  if (out.failed && out.error.code.empty()) {
    // An answer to HEAD has no body.
    const auto& text = out.head.status_text;
    const auto space = text.find(' ');
    out.error.message = space == std::string::npos ? text : text.substr(space + 1);
    for (const char c : out.error.message)
      if (c != ' ') out.error.code += c;
  }
  const auto& fields = out.head.fields;
  if (out.error.request_id.empty()) out.error.request_id = fields.get("x-amz-request-id");
  if (out.error.host_id.empty()) out.error.host_id = fields.get("x-amz-id-2");
  check_passing(what, of.asked(), out);
  return out;
}

outcome s3_client::send_once(const may_block& on, const order& what) {
  const auto under_way = begin(on, what);
  return outcome_of(on, *under_way, what);
}

outcome s3_client::send(const may_block& on, const order& what) {
  return paced().call(on, [&] { return send_once(on, what); });
}

outcome s3_client::require(const may_block& on, const order& what) {
  auto got = send(on, what);
  if (!got.good()) fail_with(what, got);
  return got;
}

} // namespace argosy::s3
