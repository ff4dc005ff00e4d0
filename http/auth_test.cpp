#include "http/auth.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include <unistd.h>

#include <openssl/evp.h>

namespace {

using namespace argosy;
using verdict = authenticator::verdict;

struct silent_log : logger {
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level, std::string_view) noexcept override { ++lines; }
  std::atomic<int> lines{0};
};

std::string basic(const std::string& user_and_password) {
  std::string out((user_and_password.size() + 2) / 3 * 4 + 1, '\0');
  const auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                    reinterpret_cast<const unsigned char*>(user_and_password.data()),
                                    static_cast<int>(user_and_password.size()));
  out.resize(static_cast<std::size_t>(size));
  return "Basic " + out;
}

class password_file : public testing::Test {
protected:
  password_file() {
    static std::atomic<int> number{0};
    path_ = std::filesystem::temp_directory_path() /
            ("argosy-auth-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
  }
  ~password_file() override {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  // Each writing has an age of its own, so that the file differs from the last in time whatever the clock's
  // grain.
  void write(const std::string& text) {
    std::ofstream{path_, std::ios::trunc} << text;
    std::filesystem::last_write_time(path_, std::filesystem::file_time_type::clock::now() -
                                                std::chrono::hours{--age_});
  }

  static bool check(authenticator& auth, const std::string& user_and_password) {
    std::promise<bool> answer;
    auth.check(basic(user_and_password), [&answer](bool granted) { answer.set_value(granted); });
    return answer.get_future().get();
  }

  authenticator open() { return authenticator{{"", "", path_.string()}, book_, log_}; }

  ledger book_;
  silent_log log_;
  std::filesystem::path path_;
  int age_ = 1000;
};

TEST(basic_credentials, are_split_at_the_first_colon) {
  const auto given = parse_basic_credentials("Basic dXNlcjpwYTpzcw==");
  ASSERT_TRUE(given);
  EXPECT_EQ(given->first, "user");
  EXPECT_EQ(given->second, "pa:ss");
  EXPECT_EQ(parse_basic_credentials(basic("u:"))->second, "");
  EXPECT_EQ(parse_basic_credentials("basic " + basic("a:b").substr(6))->first, "a");
}

TEST(basic_credentials, are_nothing_when_malformed) {
  for (const auto* bad : {"", "Basic", "Basic ", "Basic !!!!", "Basic dXNlcjpwYTpzcw=",
                          "Bearer dXNlcjpwYTpzcw==", "Basic dXNlcg==", "dXNlcjpwYTpzcw=="})
    EXPECT_FALSE(parse_basic_credentials(bad)) << bad;
}

TEST(md5_crypt, gives_what_htpasswd_and_crypt_give) {
  EXPECT_EQ(md5_crypt("md5", "s7fogein", "$apr1$"), "$apr1$s7fogein$IK9ItbnGM14ct0bY4Uyik1");
  // By openssl passwd -1 and -apr1.
  EXPECT_EQ(md5_crypt("password", "xxxxxxxx", "$1$"), "$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a.");
  EXPECT_EQ(md5_crypt("password", "xxxxxxxxyyyy", "$1$"), "$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a.");
  EXPECT_EQ(md5_crypt("a much longer password than sixteen bytes", "salt", "$1$"),
            "$1$salt$PWKzODfarHMEGrqE3Mzo7/");
}

TEST(matches_hash, knows_the_kinds_that_rclone_knows) {
  EXPECT_TRUE(matches_hash("sha", "{SHA}2PRZAyDhNDqRW2OUFwZQqPNdaSY="));
  EXPECT_TRUE(matches_hash("md5", "$apr1$s7fogein$IK9ItbnGM14ct0bY4Uyik1"));
  EXPECT_TRUE(matches_hash("password", "$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a."));
  const std::string rest = "$10$K/b3mVXUA6X857TOTYIL9.Lbaeg9oBjMQwUX5NefpVUCcYP0Z5KY2";
  for (const auto* kind : {"$2a", "$2b", "$2x", "$2y"})
    EXPECT_TRUE(matches_hash("bcrypt", kind + rest)) << kind;
  EXPECT_FALSE(matches_hash("Bcrypt", "$2y" + rest));
  EXPECT_FALSE(matches_hash("SHA", "{SHA}2PRZAyDhNDqRW2OUFwZQqPNdaSY="));
  EXPECT_FALSE(matches_hash("md", "$apr1$s7fogein$IK9ItbnGM14ct0bY4Uyik1"));
}

TEST(matches_hash, never_matches_another_kind) {
  EXPECT_FALSE(matches_hash("plain", "plain"));
  EXPECT_FALSE(matches_hash("", ""));
  EXPECT_FALSE(matches_hash("password", "$5$rounds=1000$x$y"));
  EXPECT_FALSE(matches_hash("x", "$2y$10$tooshort"));
  EXPECT_FALSE(matches_hash("rl.3StKT.4T8M", "rl.3StKT.4T8M")); // DES crypt
}

TEST(matches_hash, reads_a_password_behind_a_zero_byte_too) {
  EXPECT_FALSE(matches_hash(std::string{"bcrypt\0x", 8},
                            "$2y$10$K/b3mVXUA6X857TOTYIL9.Lbaeg9oBjMQwUX5NefpVUCcYP0Z5KY2"));
}

TEST(equal_in_constant_time, tells_equal_from_different) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
  for (const auto* other : {"", "ab", "abd", "abcabc", "xbc"}) {
    EXPECT_FALSE(equal_in_constant_time("abc", other)) << other;
    EXPECT_FALSE(equal_in_constant_time(other, "abc")) << other;
  }
}

TEST(authenticator, decides_about_one_user_at_once) {
  ledger book;
  silent_log log;
  authenticator auth{{"user", "pa:ss", ""}, book, log};
  EXPECT_EQ(auth.glance(basic("user:pa:ss")), verdict::granted);
  for (const auto* wrong : {"user:pa", "User:pa:ss", ":", "user:", "user:pa:ssx"})
    EXPECT_EQ(auth.glance(basic(wrong)), verdict::refused) << wrong;
  EXPECT_EQ(auth.glance(""), verdict::refused);
}

TEST(authenticator, takes_an_empty_password_for_one) {
  ledger book;
  silent_log log;
  authenticator auth{{"user", "", ""}, book, log};
  EXPECT_EQ(auth.glance(basic("user:")), verdict::granted);
  EXPECT_EQ(auth.glance(basic("user:x")), verdict::refused);
}

TEST_F(password_file, lets_in_whom_it_names) {
  write("# users\nsha:{SHA}2PRZAyDhNDqRW2OUFwZQqPNdaSY=\n  md5:$apr1$s7fogein$IK9ItbnGM14ct0bY4Uyik1\n"
        "bcrypt:$2y$10$K/b3mVXUA6X857TOTYIL9.Lbaeg9oBjMQwUX5NefpVUCcYP0Z5KY2\nplain:plain\nno colon\n");
  auto auth = open();
  for (const auto* right : {"sha:sha", "md5:md5", "bcrypt:bcrypt"}) EXPECT_TRUE(check(auth, right)) << right;
  for (const auto* wrong : {"plain:plain", "sha:md5", "nobody:x", "bcrypt:x", "# users:", "no colon:"})
    EXPECT_FALSE(check(auth, wrong)) << wrong;
}

TEST_F(password_file, remembers_what_a_slow_hash_gave) {
  write("md5:$apr1$s7fogein$IK9ItbnGM14ct0bY4Uyik1\n");
  auto auth = open();
  EXPECT_EQ(auth.glance(basic("md5:md5")), verdict::unknown);
  EXPECT_TRUE(check(auth, "md5:md5"));
  EXPECT_EQ(auth.glance(basic("md5:md5")), verdict::granted);
  EXPECT_EQ(auth.glance(basic("md5:other")), verdict::unknown);
  EXPECT_FALSE(check(auth, "md5:other"));
  EXPECT_EQ(auth.glance(basic("md5:other")), verdict::refused);
  EXPECT_EQ(auth.glance(basic("md5:md5")), verdict::granted);
}

TEST_F(password_file, forgets_an_old_password_when_it_changes) {
  write("u:" + md5_crypt("old", "salt", "$1$") + "\n");
  auto auth = open();
  EXPECT_TRUE(check(auth, "u:old"));
  write("u:" + md5_crypt("new", "salt", "$1$") + "\n");
  auth.expire_file();
  EXPECT_EQ(auth.glance(basic("u:old")), verdict::unknown);
  EXPECT_FALSE(check(auth, "u:old"));
  EXPECT_TRUE(check(auth, "u:new"));
}

TEST_F(password_file, lets_nobody_in_while_it_is_missing) {
  auto auth = open();
  EXPECT_FALSE(check(auth, "sha:sha"));
  EXPECT_EQ(log_.lines, 1);
  write("sha:{SHA}2PRZAyDhNDqRW2OUFwZQqPNdaSY=\n");
  auth.expire_file();
  EXPECT_TRUE(check(auth, "sha:sha"));
  std::filesystem::remove(path_);
  auth.expire_file();
  EXPECT_FALSE(check(auth, "sha:sha"));
  EXPECT_EQ(log_.lines, 2);
}

TEST_F(password_file, drops_open_checks_when_stopped) {
  write("sha:{SHA}2PRZAyDhNDqRW2OUFwZQqPNdaSY=\n");
  auto auth = open();
  EXPECT_EQ(book_.live(resource::thread), 1u);
  auth.stop();
  bool called = false;
  auth.check(basic("sha:sha"), [&called](bool) { called = true; });
  auth.stop();
  EXPECT_FALSE(called);
  EXPECT_EQ(book_.live(), 0u);
}

} // namespace
