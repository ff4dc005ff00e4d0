#include "backends/s3/signature.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/failure.hpp"
#include "core/header_text.hpp"

namespace argosy::s3 {

namespace {

constexpr const char* algorithm = "AWS4-HMAC-SHA256";

std::string hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.append({digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

std::string hmac(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size) == nullptr)
    fail(failure_kind::other, "HMAC-SHA256 is not available");
  return {reinterpret_cast<const char*>(digest), size};
}

std::string escaped(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      out += c;
    else
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

// Without spaces around it, and with single ones within.
std::string canonical_value(std::string_view value) {
  std::string out;
  for (const char c : trim_header(value))
    if (c != ' ' || out.empty() || out.back() != ' ') out += c;
  return out;
}

std::vector<http_header> canonical_headers(const signed_part& what) {
  std::vector<http_header> out;
  for (const auto& one : what.headers) out.push_back({lower_header(one.key), canonical_value(one.value)});
  std::sort(out.begin(), out.end(), [](const http_header& a, const http_header& b) { return a.key < b.key; });
  return out;
}

std::string date_of(const signing_scope& scope) { return amz_date(scope.second).substr(0, 8); }

std::string names_of(const std::vector<http_header>& headers) {
  std::string out;
  for (const auto& one : headers) out += (out.empty() ? "" : ";") + one.key;
  return out;
}

std::string scope_text(const signing_scope& scope) {
  return date_of(scope) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

std::string request_text(const signed_part& what, const std::vector<http_header>& headers) {
  auto out = what.method + "\n" + what.path + "\n" + canonical_query(what.query) + "\n";
  for (const auto& one : headers) out.append(one.key).append(":").append(one.value).append("\n");
  return out.append("\n").append(names_of(headers)).append("\n").append(what.payload_hash);
}

std::string sign(const std::string& request, const signing_scope& scope, const std::string& key) {
  return hex(hmac(key, std::string{algorithm} + "\n" + amz_date(scope.second) + "\n" + scope_text(scope) +
                           "\n" + sha256_hex(request)));
}

} // namespace

const std::string& signing_key::of(const credentials& who, const signing_scope& scope) {
  auto wanted = scope_text(scope);
  if (scope_ == wanted && secret_ == who.secret) return key_;
  auto key = hmac("AWS4" + who.secret, date_of(scope));
  for (const auto& part : {scope.region, scope.service, std::string{"aws4_request"}}) key = hmac(key, part);
  secret_ = who.secret;
  scope_ = std::move(wanted);
  key_ = std::move(key);
  return key_;
}

std::string sha256_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) != 1)
    fail(failure_kind::other, "SHA-256 is not available");
  return hex({reinterpret_cast<const char*>(digest), size});
}

std::string amz_date(std::int64_t second) {
  const auto time = static_cast<std::time_t>(second);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &parts)};
}

std::string canonical_query(const query_list& query) {
  query_list all;
  for (const auto& [name, value] : query) all.emplace_back(escaped(name), escaped(value));
  std::sort(all.begin(), all.end());
  std::string out;
  for (const auto& [name, value] : all) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

std::string canonical_request(const signed_part& what) { return request_text(what, canonical_headers(what)); }

std::string signature_of(const signed_part& what, const credentials& who, const signing_scope& scope) {
  return sign(canonical_request(what), scope, signing_key{}.of(who, scope));
}

std::string authorization_of(const signed_part& what, const credentials& who, const signing_scope& scope,
                             signing_key& key) {
  const auto headers = canonical_headers(what);
  return std::string{algorithm} + " Credential=" + who.key_id + "/" + scope_text(scope) +
         ", SignedHeaders=" + names_of(headers) +
         ", Signature=" + sign(request_text(what, headers), scope, key.of(who, scope));
}

query_list presigned_query(signed_part what, const credentials& who, const signing_scope& scope,
                           std::int64_t seconds) {
  auto& query = what.query;
  query.emplace_back("X-Amz-Algorithm", algorithm);
  query.emplace_back("X-Amz-Credential", who.key_id + "/" + scope_text(scope));
  query.emplace_back("X-Amz-Date", amz_date(scope.second));
  query.emplace_back("X-Amz-Expires", std::to_string(seconds));
  query.emplace_back("X-Amz-SignedHeaders", names_of(canonical_headers(what)));
  if (!who.session_token.empty()) query.emplace_back("X-Amz-Security-Token", who.session_token);
  query.emplace_back("X-Amz-Signature", signature_of(what, who, scope));
  return query;
}

} // namespace argosy::s3
