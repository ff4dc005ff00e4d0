#include "backends/s3/signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// The examples of Amazon's description of the signature.
namespace argosy::s3 {
namespace {

const credentials example{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const signing_scope friday{"us-east-1", 1'369'353'600}; // 2013-05-24
constexpr const char* empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

signed_part request(const std::string& method, const std::string& path, query_list query = {},
                    std::vector<http_header> further = {}, const std::string& hash = empty_hash) {
  signed_part what{method, path, std::move(query), std::move(further), hash};
  what.headers.push_back({"Host", "examplebucket.s3.amazonaws.com"});
  what.headers.push_back({"x-amz-content-sha256", hash});
  what.headers.push_back({"x-amz-date", "20130524T000000Z"});
  return what;
}

std::string authorization(const signed_part& what, const signing_scope& scope) {
  signing_key fresh;
  return authorization_of(what, example, scope, fresh);
}

TEST(Signature, OfAGetWithARange) {
  const auto what = request("GET", "/test.txt", {}, {{"Range", "bytes=0-9"}});

  EXPECT_EQ(authorization(what, friday),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(Signature, OfAPut) {
  const auto hash = sha256_hex("Welcome to Amazon S3.");
  const auto what = request(
      "PUT", "/test%24file.text", {},
      {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}, hash);

  EXPECT_EQ(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  EXPECT_EQ(signature_of(what, example, friday),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(Signature, IsTheSameWithAKeyThatIsKept) {
  const auto what = request("GET", "/test.txt");
  constexpr std::int64_t day = 24 * 3600;
  const signing_scope saturday{"us-east-1", friday.second + day}, elsewhere{"eu-west-1", friday.second};
  const credentials other{example.key_id, "another secret", ""};
  signing_key key;

  for (const auto& scope : {friday, friday, saturday, elsewhere, friday})
    EXPECT_EQ(authorization_of(what, example, scope, key), authorization(what, scope));
  signing_key fresh;
  EXPECT_EQ(authorization_of(what, other, friday, key), authorization_of(what, other, friday, fresh));
}

TEST(Signature, OfAQueryWithoutValue) {
  EXPECT_EQ(signature_of(request("GET", "/", {{"lifecycle", ""}}), example, friday),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(Signature, OfAListing) {
  EXPECT_EQ(signature_of(request("GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}), example, friday),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(Signature, InTheQueryOfAnUrl) {
  const signed_part what{
      "GET", "/test.txt", {}, {{"host", "examplebucket.s3.amazonaws.com"}}, unsigned_payload};

  const auto query = presigned_query(what, example, friday, 86'400);

  EXPECT_THAT(query,
              ::testing::Contains(std::pair<std::string, std::string>{
                  "X-Amz-Signature", "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"}));
  EXPECT_THAT(canonical_query(query),
              ::testing::HasSubstr("X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F"));
}

TEST(Signature, TakesSpacesInValuesAsOne) {
  EXPECT_EQ(canonical_request({"GET", "/", {}, {{"X-B", "  two   words "}, {"x-a", "1"}}, "hash"}),
            "GET\n/\n\nx-a:1\nx-b:two words\n\nx-a;x-b\nhash");
}

TEST(Signature, SortsTheQueryAsItIsEscaped) {
  EXPECT_EQ(canonical_query({{"b", "/ +"}, {"a~", "1"}, {"a", "\xc3\xa9"}}), "a=%C3%A9&a~=1&b=%2F%20%2B");
}

} // namespace
} // namespace argosy::s3
