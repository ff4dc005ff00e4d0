#include "backends/s3/credentials.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "backends/testing.hpp"

namespace argosy::s3 {
namespace {

environment with(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::make_optional(found->second);
  };
}

class Credentials : public ::testing::Test {
protected:
  void SetUp() override {
    argosy::testing::write_file(
        home / ".aws/credentials",
        "# ours\n[default]\naws_access_key_id = D\r\naws_secret_access_key=d==\n"
        "[ other ]\nAWS_ACCESS_KEY_ID = O\naws_secret_access_key = o\naws_session_token = t\n");
    argosy::testing::write_file(home / ".aws/config",
                                "[default]\nregion = eu-west-1\n[profile other]\nregion=eu-west-2\n");
  }
  argosy::testing::scratch_folder home;
};

TEST_F(Credentials, OfTheEnvironmentComeFirst) {
  const auto found = find_credentials(with({{"HOME", home.path()},
                                            {"AWS_ACCESS_KEY_ID", "E"},
                                            {"AWS_SECRET_ACCESS_KEY", "e"},
                                            {"AWS_REGION", "r"}}),
                                      "", "");

  EXPECT_EQ(found.who.key_id, "E");
  EXPECT_EQ(found.who.secret, "e");
  EXPECT_EQ(found.region, "r");
}

TEST_F(Credentials, ComeFromTheFilesThatToolsShare) {
  const auto found = find_credentials(with({{"HOME", home.path()}}), "", "");

  EXPECT_EQ(found.who.key_id, "D");
  EXPECT_EQ(found.who.secret, "d==");
  EXPECT_EQ(found.region, "eu-west-1");
}

TEST_F(Credentials, OfAProfileThatIsNamedCountMore) {
  const auto found = find_credentials(
      with({{"HOME", home.path()}, {"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "e"}}), "other", "");

  EXPECT_EQ(found.who.key_id, "O");
  EXPECT_EQ(found.who.session_token, "t");
  EXPECT_EQ(found.region, "eu-west-2");
}

TEST_F(Credentials, ThatAreMissingAreAnonymousAndSayWhereTheyWereLookedFor) {
  const auto found =
      find_credentials(with({{"HOME", "/none"}, {"AWS_ACCESS_KEY_ID", "E"}}), "p", "/none/file");

  EXPECT_TRUE(found.who.anonymous());
  EXPECT_EQ(found.where, "in the environment, nor for profile \"p\" in \"/none/file\"");
}

} // namespace
} // namespace argosy::s3
