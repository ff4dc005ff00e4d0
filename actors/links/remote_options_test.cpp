#include "actors/links/remote_options.hpp"

#include <gmock/gmock.h>

#include "core/failure.hpp"
#include "core/options.hpp"

namespace argosy {
namespace {

using ::testing::Optional;

class remote_options_test : public ::testing::Test {
protected:
  remote_options_test() {
    storage_option text;
    text.name = "host";
    text.type = "string";
    storage_option flag;
    flag.name = "copy_links";
    flag.type = "bool";
    flag.no_prefix = true;
    storage_option number;
    number.name = "port";
    number.type = "int";
    type_.name = "made";
    type_.options = {text, flag, number};
  }

  /// `file` is what the configuration holds.
  remote_options options(const char* fs, const char* file = "") {
    config_store store{"", environment_};
    store.save(config_text::parse(file));
    return {remote_name::parse(fs), type_, flags_, store};
  }
  std::string host(const char* fs, const char* file = "") {
    return options(fs, file).get("host").value_or("<default>");
  }

  storage_type type_;
  std::map<std::string, std::string> flags_;
  std::map<std::string, std::string> environment_;
};

TEST_F(remote_options_test, each_source_wins_over_those_below_it) {
  const char* file = "[r]\ntype = made\nhost = file\n";
  EXPECT_EQ(host("r:", "[r]\ntype = made\n"), "<default>");
  EXPECT_EQ(host("r:", file), "file");
  environment_["RCLONE_MADE_HOST"] = "backend";
  EXPECT_EQ(host("r:", file), "backend");
  EXPECT_EQ(host(":made:"), "backend");
  environment_["RCLONE_CONFIG_R_HOST"] = "remote";
  EXPECT_EQ(host("r:", file), "remote");
  EXPECT_EQ(host("other:", "[other]\n"), "backend");
  flags_["made_host"] = "flag";
  EXPECT_EQ(host("r:", file), "flag");
  EXPECT_EQ(host("r,host=text:", file), "text");
  EXPECT_EQ(host("r,host=one,host='it''s':", file), "it's");
}

TEST_F(remote_options_test, some_flags_and_variables_have_no_prefix) {
  EXPECT_EQ(flag_name_of(type_, type_.options[0]), "made_host");
  EXPECT_EQ(flag_name_of(type_, type_.options[1]), "copy_links");
  environment_["RCLONE_HOST"] = "nobody's";
  EXPECT_EQ(host(":made:"), "<default>");
  environment_["RCLONE_COPY_LINKS"] = "true";
  EXPECT_THAT(options(":made:").get("copy_links"), Optional(std::string{"true"}));
  environment_["RCLONE_MADE_COPY_LINKS"] = "false";
  EXPECT_THAT(options(":made:").get("copy_links"), Optional(std::string{"false"}));
}

TEST_F(remote_options_test, an_empty_value_is_only_one_where_texts_may_be_empty) {
  const char* file = "[r]\nhost = file\ncopy_links = true\nport =\n";
  EXPECT_EQ(options("r:", file).get("port"), std::nullopt);
  EXPECT_EQ(host("r,host=:", file), "");
  EXPECT_EQ(options("r,copy_links=:", file).get("copy_links"), std::nullopt);
}

TEST_F(remote_options_test, a_section_with_a_dot_takes_from_its_parent) {
  const char* file = "[r]\nhost = above\n[r.s]\nport = 5\n";
  EXPECT_EQ(host("r.s:", file), "above");
  environment_["RCLONE_MADE_HOST"] = "backend";
  EXPECT_EQ(host("r.s:", file), "backend");
}

// Seen at rclone 1.60.1.
TEST_F(remote_options_test, twins_have_different_suffixes) {
  const char* file = "[r]\nhost = file\ncopy_links = true\n";
  EXPECT_EQ(options("r:", file).suffix(), "");
  EXPECT_EQ(options(":made:").suffix(), "");
  EXPECT_EQ(options(":made,copy_links:").suffix(), "{12rtk}");
  EXPECT_EQ(options("r,copy_links='true':", file).suffix(), "{12rtk}");
  EXPECT_EQ(options(":made,copy_links=false:").suffix(), "{vw8Li}");
  EXPECT_EQ(options(":made,copy_links=:").suffix(), "{nLUGO}");
  EXPECT_EQ(options(":made,unknown=1:").suffix(), "");
  EXPECT_EQ(options("r,host=a,port=1:", file).suffix(), options("r,port=1,host=a:", file).suffix());
  EXPECT_NE(options("r,host=a:", file).suffix(), options("r,host=b:", file).suffix());
  flags_["copy_links"] = "true";
  EXPECT_EQ(options("r:", file).suffix(), "{12rtk}");
}

TEST_F(remote_options_test, may_change_options_of_block_main) {
  main_options changed;
  options("r,override.transfers=3:", "[r]\nglobal.checkers = 5\noverride.unknown = x\n").apply_to(changed);
  EXPECT_EQ(changed.transfers, 3);
  EXPECT_EQ(changed.checkers, 5);
  EXPECT_THROW(options("r,override.transfers=many:").apply_to(changed), failure);
}

} // namespace
} // namespace argosy
