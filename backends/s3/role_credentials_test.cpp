#include "backends/s3/role_credentials.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"
#include "backends/web/scripted_server.hpp"

namespace argosy::s3 {
namespace {

using namespace argosy::testing;
using ::testing::HasSubstr;

constexpr nanoseconds second = 1'000'000'000;

std::string document(const std::string& key, nanoseconds end) {
  return json{{"Code", "Success"},
              {"AccessKeyId", key},
              {"SecretAccessKey", "secret of " + key},
              {"Token", "token"},
              {"Expiration", format_rfc3339_nano(end)}}
      .dump();
}

class RoleCredentials : public ::testing::Test {
protected:
  role_credentials& roles(std::map<std::string, std::string> variables) {
    const environment env = [variables](const char* name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::make_optional(found->second);
    };
    made_ = std::make_unique<role_credentials>(env, bench.run([&](const may_block& on) {
      return web::make_client(on, bench.net, bench.main, "remote");
    }));
    return *made_;
  }
  credentials current() {
    return bench.run([&](const may_block& on) { return made_->current(on); });
  }
  void TearDown() override { EXPECT_EQ(bench.book.live(resource::descriptor), 0U); }

  bench_of_storages bench;

private:
  std::unique_ptr<role_credentials> made_;
};

TEST_F(RoleCredentials, OfAContainerAreAskedForOnceWhileTheyAreGood) {
  scripted_server server{
      [](const served_request&) { return reply(200, document("C", now() + 3600 * second)); }};
  roles({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/role?id=1")},
         {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "let me in"}});

  const auto first = current(), next = current();

  EXPECT_EQ(first.key_id, "C");
  EXPECT_EQ(next.secret, "secret of C");
  EXPECT_EQ(next.session_token, "token");
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].target, "/role?id=1");
  EXPECT_EQ(server.requests()[0].field("authorization"), "let me in");
}

TEST_F(RoleCredentials, AreFetchedAnewBeforeTheyEnd) {
  std::atomic<int> asked{0};
  scripted_server server{[&](const served_request&) {
    return reply(200, document("C" + std::to_string(++asked), now() + 30 * second));
  }};
  roles({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url()}});

  EXPECT_EQ(current().key_id, "C1");
  EXPECT_EQ(current().key_id, "C2");
}

TEST_F(RoleCredentials, AreUsedToTheirEndWhileNobodyHandsOutNewOnes) {
  std::atomic<int> asked{0};
  scripted_server server{[&](const served_request&) {
    return ++asked == 1 ? reply(200, document("C", now() + 30 * second)) : reply(500);
  }};
  roles({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url()}});

  EXPECT_EQ(current().key_id, "C");
  EXPECT_EQ(current().key_id, "C");
}

TEST_F(RoleCredentials, OfAMachineTakeATokenFirst) {
  scripted_server server{[](const served_request& asked) {
    if (asked.method == "PUT") return reply(200, "ticket");
    if (asked.target == "/latest/meta-data/iam/security-credentials/") return reply(200, "worker\n");
    return reply(200, document("M", now() + 3600 * second));
  }};
  roles({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}});

  EXPECT_EQ(current().key_id, "M");

  const auto asked = server.requests();
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0].target, "/latest/api/token");
  EXPECT_EQ(asked[1].field("x-aws-ec2-metadata-token"), "ticket");
  EXPECT_EQ(asked[2].target, "/latest/meta-data/iam/security-credentials/worker");
  EXPECT_EQ(asked[2].field("x-aws-ec2-metadata-token"), "ticket");
}

TEST_F(RoleCredentials, OfAMachineThatKnowsNoTokensComeWithout) {
  scripted_server server{[](const served_request& asked) {
    if (asked.method == "PUT") return reply(404);
    if (asked.target == "/latest/meta-data/iam/security-credentials/") return reply(200, "worker");
    return reply(200, document("M", now() + 3600 * second));
  }};
  roles({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}});

  EXPECT_EQ(current().key_id, "M");
  EXPECT_EQ(server.requests().at(2).field("x-aws-ec2-metadata-token"), "");
}

TEST_F(RoleCredentials, ThatNobodyHandsOutAreAnErrorThatSaysWhy) {
  scripted_server server{[](const served_request& asked) {
    return asked.target == "/empty" ? reply(200, R"({"Message": "no role"})") : reply(404);
  }};
  const auto why = [&](std::map<std::string, std::string> variables) {
    roles(std::move(variables));
    return failure_of([&] { current(); }).text;
  };

  EXPECT_THAT(why({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/empty")}}),
              HasSubstr("says 200 OK, but hands out no credentials: no role"));
  EXPECT_THAT(why({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/x")}}),
              HasSubstr("/x says 404 Not Found"));
  EXPECT_EQ(why({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}}), "this machine has no role");
  EXPECT_EQ(why({{"AWS_EC2_METADATA_DISABLED", "true"}}),
            "AWS_EC2_METADATA_DISABLED says not to ask the machine");
  EXPECT_EQ(why({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/x"}}),
            "env_auth: AWS_CONTAINER_CREDENTIALS_FULL_URI \"http://example.com/x\" is neither https nor on "
            "this machine");
}

} // namespace
} // namespace argosy::s3
