#include "core/config_store.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

class config_store_test : public testing::Test {
protected:
  config_store_test() {
    std::string name = testing::TempDir() + "config_store_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~config_store_test() override { std::filesystem::remove_all(folder_); }

  std::string file(const char* name = "rclone.conf") const { return folder_ + "/" + name; }
  static void write(const std::string& path, const std::string& text) {
    std::ofstream{path, std::ios::binary} << text;
  }
  static std::string read(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream{path, std::ios::binary}.rdbuf();
    return out.str();
  }
  static unsigned mode(const std::string& path) {
    struct stat s {};
    return ::lstat(path.c_str(), &s) == 0 ? s.st_mode & 07777 : 0;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{folder_}, {}));
  }

  /// Section a.
  static void set(config_store& store, const char* key, const char* value) {
    auto next = store.load();
    next.set("a", key, value);
    store.save(std::move(next));
  }
  static std::string error_of_load(config_store& store) {
    try {
      store.load();
    } catch (const failure& f) {
      return f.what();
    }
    return "no error";
  }

  std::string folder_;
};

TEST_F(config_store_test, a_file_that_does_not_exist_is_empty_and_is_created_for_the_owner_alone) {
  config_store store{file("sub/rclone.conf"), {}};
  EXPECT_THAT(store.load().sections(), IsEmpty());
  set(store, "type", "memory");
  EXPECT_EQ(read(file("sub/rclone.conf")), "[a]\ntype = memory\n\n");
  EXPECT_EQ(mode(file("sub/rclone.conf")), 0600u);
}

TEST_F(config_store_test, saving_keeps_the_mode_and_leaves_no_other_file) {
  write(file(), "[a]\nk=1\n");
  ::chmod(file().c_str(), 0640);
  config_store store{file(), {}};
  set(store, "k", "2");
  EXPECT_EQ(mode(file()), 0640u);
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(read(file()), "[a]\nk = 2\n\n");
}

TEST_F(config_store_test, saving_follows_a_symlink) {
  write(file("real"), "[a]\nk=1\n");
  std::filesystem::create_symlink("real", file());
  config_store store{file(), {}};
  set(store, "k", "2");
  EXPECT_TRUE(std::filesystem::is_symlink(file()));
  EXPECT_EQ(read(file("real")), "[a]\nk = 2\n\n");
}

TEST_F(config_store_test, sees_changes_made_by_others) {
  write(file(), "[a]\nk=1\n");
  config_store store{file(), {}};
  EXPECT_THAT(store.load().sections(), ElementsAre("a"));
  write(file(), "[b]\nk=22\n");
  EXPECT_THAT(store.load().sections(), ElementsAre("b"));
  std::filesystem::remove(file());
  EXPECT_THAT(store.load().sections(), ElementsAre("b")) << "a vanished file leaves the last version";
}

TEST_F(config_store_test, names_the_file_that_it_cannot_read_or_write) {
  write(file(), "[a\n");
  config_store bad{file(), {}};
  try {
    bad.load();
    ADD_FAILURE();
  } catch (const failure& f) {
    EXPECT_EQ(f.what(), "failed to load config file \"" + file() + "\": could not parse line: [a");
  }
  config_store folder{folder_, {}};
  EXPECT_THROW(folder.load(), failure);
  config_store below{file("rclone.conf/x"), {}};
  EXPECT_THROW(set(below, "k", "1"), failure);
}

TEST_F(config_store_test, what_could_not_be_saved_is_not_there_either) {
  write(file(), "[a]\nk=1\n");
  config_store store{file(), {}};
  store.load();
  std::filesystem::remove(file());
  std::filesystem::create_directories(file("rclone.conf/in the way"));
  EXPECT_THROW(set(store, "k", "2"), failure);
  std::filesystem::remove_all(file());
  EXPECT_THAT(store.load().get("a", "k"), Optional(std::string{"1"}));
  EXPECT_EQ(files(), 0u);
}

TEST_F(config_store_test, a_file_that_becomes_unreadable_leaves_the_last_version_and_is_not_overwritten) {
  std::vector<std::string> complaints;
  write(file(), "[a]\nk=1\n");
  config_store store{file(), {}, {}, [&](const std::string& text) { complaints.push_back(text); }};
  store.load();
  write(file(), "[a]\nk=1\nhalf a li");
  EXPECT_THAT(store.load().get("a", "k"), Optional(std::string{"1"}));
  EXPECT_THAT(store.load().sections(), ElementsAre("a"));
  EXPECT_THAT(
      complaints,
      ElementsAre("Failed to read config file - using previous config: could not parse line: half a li"));
  EXPECT_THROW(set(store, "k", "2"), failure);
  EXPECT_EQ(read(file()), "[a]\nk=1\nhalf a li");

  write(file(), "[a]\nk=1\nhalf = a line\n");
  set(store, "k", "3");
  EXPECT_EQ(read(file()), "[a]\nk = 3\nhalf = a line\n\n");
}

TEST_F(config_store_test, a_relative_path_is_that_of_the_working_folder_at_the_time) {
  config_store store{"some.conf", {}};
  EXPECT_EQ(store.path(), (std::filesystem::current_path() / "some.conf").string());
}

TEST_F(config_store_test, another_path_is_another_configuration) {
  write(file(), "[a]\nk=1\n");
  write(file("other"), "[b]\nk=2\n");
  config_store store{file(), {{"RCLONE_CONFIG_ENVY_TYPE", "alias"}}};
  EXPECT_THAT(store.remotes(), ElementsAre("envy", "a"));
  store.set_path(file("other"));
  EXPECT_EQ(store.path(), file("other"));
  EXPECT_THAT(store.remotes(), ElementsAre("envy", "b"));
  store.set_path(file("new"));
  EXPECT_THAT(store.remotes(), ElementsAre("envy"));
  store.set_path("");
  EXPECT_THAT(store.remotes(), ElementsAre("envy"));
  set(store, "k", "3");
  EXPECT_EQ(files(), 2u);
}

// rc-surface 7.2.
const char* const encrypted_x =
    "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\n"
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXNhepxpEDR+FE3ZR4DtNXpItDPkoj57XaEax7DEgUmWIBHA==\n";
const char* const cannot_ask = "unable to decrypt configuration and not allowed to ask for password - set "
                               "RCLONE_CONFIG_PASS to your configuration password";

TEST_F(config_store_test, an_encrypted_file_opens_with_a_password_and_is_saved_encrypted) {
  write(file(), encrypted_x);
  int asked = 0;
  const auto ask = [&] {
    ++asked;
    return std::optional{config_password{"asdf", "test"}};
  };
  config_store store{file(), {}, ask};
  EXPECT_THAT(store.load().sections(), ElementsAre("x"));
  set(store, "k", "1");
  set(store, "k", "2");
  EXPECT_EQ(asked, 1);
  EXPECT_THAT(read(file()),
              testing::StartsWith("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\n"));
  EXPECT_EQ(decrypt_config(read(file()), config_key{"asdf"}), "[x]\ntype = local\n\n[a]\nk = 2\n\n");
}

TEST_F(config_store_test, says_whose_password_is_wrong) {
  write(file(), encrypted_x);
  const auto error_with = [&](std::optional<config_password> given) {
    config_store store{file(), {}, [&] { return given; }};
    const auto error = error_of_load(store);
    EXPECT_EQ(store.locked(), !given.has_value());
    return error;
  };
  const auto context = "failed to load config file \"" + file() + "\": ";
  EXPECT_EQ(error_with(std::nullopt), context + cannot_ask);
  EXPECT_EQ(error_with(config_password{"wrong", "RCLONE_CONFIG_PASS env"}),
            context + "using RCLONE_CONFIG_PASS env password, unable to decrypt configuration");
  EXPECT_EQ(error_with(config_password{" ", "--password-command derived"}),
            context +
                "using --password-command derived password, unable to decrypt configuration: no characters "
                "in password");
}

TEST_F(config_store_test, is_unlocked_by_the_right_password_after_a_wrong_one) {
  write(file(), encrypted_x);
  config_store store{file(), {}};
  EXPECT_THAT(error_of_load(store), HasSubstr(cannot_ask));
  EXPECT_TRUE(store.locked());
  store.unlock("wrong");
  EXPECT_THAT(error_of_load(store), HasSubstr(cannot_ask));
  EXPECT_THROW(set(store, "k", "1"), failure);
  EXPECT_THROW(store.unlock(""), failure);
  store.unlock("asdf");
  EXPECT_THAT(store.load().sections(), ElementsAre("x"));
  EXPECT_FALSE(store.locked());
  store.unlock("wrong");
  EXPECT_THROW(set(store, "k", "1"), failure)
      << "the file would be encrypted with a password that never opened it";
  EXPECT_EQ(read(file()), encrypted_x);
}

TEST_F(config_store_test, a_plain_file_stays_plain_unless_a_password_is_given_by_hand) {
  write(file(), "[a]\nk=1\n");
  config_store store{file(), {}, [] { return std::optional{config_password{"asdf", "test"}}; }};
  set(store, "k", "2");
  EXPECT_EQ(read(file()), "[a]\nk = 2\n\n");
  store.unlock("secret");
  set(store, "k", "3");
  EXPECT_EQ(decrypt_config(read(file()), config_key{"secret"}), "[a]\nk = 3\n\n");
}

TEST_F(config_store_test, is_not_saved_plain_after_the_encrypted_file_has_vanished) {
  write(file(), encrypted_x);
  config_store store{file(), {}};
  store.unlock("asdf");
  store.load();
  write(file(), encrypt_config("[y]\n", config_key{"another"}));
  EXPECT_THAT(store.load().sections(), ElementsAre("x"));
  std::filesystem::remove(file());
  set(store, "k", "1");
  EXPECT_TRUE(is_encrypted_config(read(file())));
}

TEST_F(config_store_test, some_paths_keep_everything_in_memory) {
  for (const auto& path : {std::string{}, std::string{"/dev/null"}, file("notfound")}) {
    config_store store{path, {}};
    set(store, "k", "1");
    EXPECT_THAT(store.load().get("a", "k"), Optional(std::string{"1"}));
    EXPECT_EQ(store.path(), "");
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(config_store_test, the_environment_comes_before_the_file) {
  write(file(), "[my-remote]\ntype=alias\nremote=/x\nempty=\n");
  config_store store{file(),
                     {{"RCLONE_CONFIG_MY_REMOTE_REMOTE", "/y"},
                      {"RCLONE_CONFIG_ENVY_TYPE", "alias"},
                      {"RCLONE_CONFIG_MY_REMOTE_TYPE", ""}}};
  EXPECT_THAT(store.remote_option("my-remote", "remote"), Optional(std::string{"/y"}));
  EXPECT_THAT(store.remote_option("envy", "type"), Optional(std::string{"alias"}));
  EXPECT_EQ(store.remote_option("my-remote", "empty"), std::nullopt);
  EXPECT_EQ(store.remote_option("my-remote", "none"), std::nullopt);
}

TEST_F(config_store_test, remotes_of_the_environment_are_listed_first_in_lower_case) {
  write(file(), "[z]\ntype=alias\n[a]\ntype=alias\n[both]\ntype=alias\n");
  config_store store{file(),
                     {{"RCLONE_CONFIG_ENVY_TYPE", "alias"},
                      {"RCLONE_CONFIG_BOTH_TYPE", "local"},
                      {"RCLONE_CONFIG_TYPE", "x"},
                      {"RCLONE_CONFIG_Q_REMOTE", "x"}}};
  EXPECT_THAT(store.remotes(), ElementsAre("both", "envy", "z", "a"));
}

TEST_F(config_store_test, a_backend_has_options_in_the_environment) {
  const config_store store{"", {{"RCLONE_LOCAL_COPY_LINKS", "true"}}};
  EXPECT_THAT(store.backend_option("local", "copy-links"), Optional(std::string{"true"}));
  EXPECT_EQ(store.backend_option("local", "links"), std::nullopt);
}

TEST_F(config_store_test, the_default_path_is_the_first_that_exists) {
  const std::map<std::string, std::string> home{{"HOME", folder_}};
  std::map<std::string, std::string> both{{"HOME", folder_}, {"XDG_CONFIG_HOME", file("xdg")}};
  EXPECT_EQ(default_config_path(home, folder_ + "/bin"), folder_ + "/.config/rclone/rclone.conf");
  EXPECT_EQ(default_config_path(both, folder_ + "/bin"), folder_ + "/xdg/rclone/rclone.conf");
  write(file(".rclone.conf"), "");
  EXPECT_EQ(default_config_path(both, ""), folder_ + "/.rclone.conf");
  std::filesystem::create_directories(file(".config/rclone"));
  write(file(".config/rclone/rclone.conf"), "");
  EXPECT_EQ(default_config_path(both, ""), folder_ + "/.config/rclone/rclone.conf");
  std::filesystem::create_directories(file("xdg/rclone"));
  write(file("xdg/rclone/rclone.conf"), "");
  EXPECT_EQ(default_config_path(both, ""), folder_ + "/xdg/rclone/rclone.conf");
  write(file("rclone.conf"), "");
  EXPECT_EQ(default_config_path(both, folder_), folder_ + "/rclone.conf");
  both["RCLONE_CONFIG"] = "/elsewhere";
  EXPECT_EQ(default_config_path(both, folder_), "/elsewhere");
  EXPECT_EQ(default_config_path({}, ""), ".rclone.conf");
}

} // namespace
} // namespace argosy
