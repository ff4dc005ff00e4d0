#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/option_table.hpp"

/// Signature version 4 as S3 wants it: pure functions.
namespace argosy::s3 {

/// Who asks. Empty: requests are not signed.
struct credentials {
  std::string key_id, secret, session_token;
  bool anonymous() const { return key_id.empty(); }
};

/// Names and values of a query, not escaped.
using query_list = std::vector<std::pair<std::string, std::string>>;

/// Stands for the hash of a body that is not signed.
constexpr const char* unsigned_payload = "UNSIGNED-PAYLOAD";

/// What a signature covers of a request.
struct signed_part {
  std::string method;
  std::string path; ///< escaped, as it is sent
  query_list query;
  std::vector<http_header> headers; ///< those that are signed; `host` has to be among them
  std::string payload_hash;         ///< hex of SHA-256, or unsigned_payload
};

/// Where and when a signature is good.
struct signing_scope {
  std::string region;
  std::int64_t second = 0; ///< since 1970
  std::string service = "s3";
};

/// The key that signatures of one day, region and service are made with. The last one is kept: to derive it
/// costs four times as much as to sign. One thread at a time.
class signing_key {
public:
  const std::string& of(const credentials& who, const signing_scope& scope);

private:
  std::string secret_, scope_, key_;
};

std::string sha256_hex(std::string_view text);
/// `20130524T000000Z`.
std::string amz_date(std::int64_t second);
/// Escaped and joined in the order of a signature.
std::string canonical_query(const query_list& query);
std::string canonical_request(const signed_part& what);
/// Hex. `who` is not anonymous.
std::string signature_of(const signed_part& what, const credentials& who, const signing_scope& scope);
/// The value of the header Authorization.
std::string authorization_of(const signed_part& what, const credentials& who, const signing_scope& scope,
                             signing_key& key);
/// The query of an URL by which whoever has it can send this request, for that many seconds.
query_list presigned_query(signed_part what, const credentials& who, const signing_scope& scope,
                           std::int64_t seconds);

} // namespace argosy::s3
