#include "app/command_line.hpp"

#include <gmock/gmock.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using words = std::vector<std::string>;
using variables = std::map<std::string, std::string>;

settings_of_run read(words arguments, variables environment = {}) {
  static const storage_table storages;
  arguments.insert(arguments.begin(), "rcd");
  return read_command_line(arguments, std::move(environment), storages);
}

std::string error_of(const words& arguments, const variables& environment = {}) {
  try {
    read(arguments, environment);
  } catch (const failure& f) {
    return f.what();
  }
  return "no error";
}

std::int64_t level_of(const words& arguments, const variables& environment = {}) {
  return read(arguments, environment).options.log_level;
}

TEST(command_line, knows_the_options_of_all_blocks) {
  const auto s = read({"--transfers=7", "--checkers", "3", "--include", "a", "--include=b", "--rc-realm", "r",
                       "--log-format=time", "--dry-run", "--update=false", "folder", "--", "--not-a-flag"});
  EXPECT_EQ(s.options.transfers, 7);
  EXPECT_EQ(s.options.checkers, 3);
  EXPECT_TRUE(s.options.dry_run);
  EXPECT_FALSE(s.options.update);
  EXPECT_THAT(s.filters.include, ElementsAre("a", "b"));
  EXPECT_EQ(s.rc.server.realm, "r");
  EXPECT_EQ(s.log.format, "time");
  EXPECT_THAT(s.words, ElementsAre("folder", "--not-a-flag"));
}

TEST(command_line, letters_stand_for_flags) {
  const auto s = read({"-nMxf", "+ a", "-f- *", "-L", "-c=false"});
  EXPECT_TRUE(s.options.dry_run);
  EXPECT_TRUE(s.options.metadata);
  EXPECT_FALSE(s.options.checksum);
  EXPECT_THAT(s.filters.filter, ElementsAre("+ a", "- *"));
  EXPECT_EQ(s.storage_flags, (variables{{"copy_links", "true"}, {"one_file_system", "true"}}));
}

TEST(command_line, a_name_that_a_storage_shares_is_for_both) {
  const auto s = read({"-l"});
  EXPECT_TRUE(s.options.links);
  EXPECT_EQ(s.storage_flags, (variables{{"links", "true"}}));
}

TEST(command_line, flags_of_the_client_come_from_the_environment) {
  const variables environment{{"RCLONE_URL", ":1"},
                              {"RCLONE_PASS", "secret"},
                              {"RCLONE_NO_OUTPUT", "true"},
                              {"RCLONE_ARG", "one"},
                              {"RCLONE_LOOPBACK", "0"}};

  const auto s = read({"rc", "--url=:2", "-a", "two"}, environment).client;

  EXPECT_EQ(s.url, ":2");
  EXPECT_EQ(s.password, "secret");
  EXPECT_EQ(s.arguments, (words{"one", "two"}));
  EXPECT_TRUE(s.no_output);
  EXPECT_FALSE(s.loopback);
  EXPECT_THAT(error_of({"rc"}, {{"RCLONE_LOOPBACK", "x"}}),
              HasSubstr("Invalid value when setting --loopback from environment variable"));
}

TEST(command_line, flags_win_over_the_environment_and_replace_its_lists) {
  const variables environment{{"RCLONE_TRANSFERS", "9"},      {"RCLONE_CHECKERS", "9"},
                              {"RCLONE_INCLUDE", "x,y"},      {"RCLONE_LOG_FILE", "f"},
                              {"RCLONE_COMPARE_DEST", "one"}, {"RCLONE_EXCLUDE", "z"}};
  const auto s = read({"--transfers=2", "--include=a", "--include=b", "--compare-dest=two"}, environment);
  EXPECT_EQ(s.options.transfers, 2);
  EXPECT_EQ(s.options.checkers, 9);
  EXPECT_THAT(s.filters.include, ElementsAre("a", "b"));
  EXPECT_THAT(s.filters.exclude, ElementsAre("z"));
  EXPECT_THAT(s.options.compare_dest, ElementsAre("two"));
  EXPECT_EQ(s.log.file, "f");
}

TEST(command_line, says_what_it_says_in_rclone) {
  EXPECT_EQ(error_of({"--no-such-flag"}), "unknown flag: --no-such-flag");
  EXPECT_EQ(error_of({"--no-such-flag=x"}), "unknown flag: --no-such-flag");
  EXPECT_EQ(error_of({"--traffic-class=5"}), "unknown flag: --traffic-class");
  EXPECT_EQ(error_of({"--local-copy-links"}), "unknown flag: --local-copy-links");
  EXPECT_EQ(error_of({"-nQ"}), "unknown shorthand flag: 'Q' in -Q");
  EXPECT_EQ(error_of({"--transfers"}), "flag needs an argument: --transfers");
  EXPECT_EQ(error_of({"-nf"}), "flag needs an argument: 'f' in -f");
  EXPECT_THAT(error_of({"--transfers=x"}), HasSubstr("invalid argument \"x\" for \"--transfers\" flag: "));
  EXPECT_THAT(error_of({"--dry-run=maybe"}),
              HasSubstr("invalid argument \"maybe\" for \"-n, --dry-run\" flag: "));
  EXPECT_THAT(error_of({"-n=maybe"}), HasSubstr("invalid argument \"maybe\" for \"-n, --dry-run\" flag: "));
  EXPECT_THAT(error_of({"--min-size=1q"}), HasSubstr("bad suffix 'q'"));
  EXPECT_THAT(error_of({"--dscp=zz"}), HasSubstr("Invalid DSCP name: zz"));
  EXPECT_THAT(
      error_of({}, {{"RCLONE_TRANSFERS", "x"}}),
      HasSubstr("Invalid value when setting --transfers from environment variable RCLONE_TRANSFERS=\"x\": "));
}

TEST(command_line, the_level_of_the_log) {
  const auto number = [](log_level level) { return static_cast<std::int64_t>(level); };
  EXPECT_EQ(level_of({}), number(log_level::notice));
  EXPECT_EQ(level_of({"-v"}), number(log_level::info));
  EXPECT_EQ(level_of({"-v", "-v"}), number(log_level::debug));
  EXPECT_EQ(level_of({"-vvv"}), number(log_level::debug));
  EXPECT_EQ(level_of({"--verbose=2"}), number(log_level::debug));
  EXPECT_EQ(level_of({"-q"}), number(log_level::error));
  EXPECT_EQ(level_of({"--log-level", "error"}), number(log_level::error));
  EXPECT_EQ(level_of({"--dump", "headers"}), number(log_level::debug));
  EXPECT_EQ(level_of({}, {{"RCLONE_LOG_LEVEL", "DEBUG"}}), number(log_level::debug));
  EXPECT_EQ(level_of({}, {{"RCLONE_VERBOSE", "1"}}), number(log_level::info));
  EXPECT_EQ(error_of({"-v", "-q"}), "Can't set -v and -q");
  EXPECT_EQ(error_of({"-v", "--log-level=INFO"}), "Can't set -v and --log-level");
  EXPECT_EQ(error_of({"-q", "--log-level=INFO"}), "Can't set -q and --log-level");
}

TEST(command_line, folders_come_from_the_environment) {
  const auto plain = read({}, {{"HOME", "/h"}});
  EXPECT_EQ(plain.cache_folder, "/h/.cache/rclone");
  EXPECT_EQ(plain.temporary_folder, "/tmp");
  const auto other =
      read({"--temp-dir=/t"}, {{"XDG_CACHE_HOME", "/c"}, {"TMPDIR", "/x"}, {"RCLONE_TEMP_DIR", "/y"}});
  EXPECT_EQ(other.cache_folder, "/c/rclone");
  EXPECT_EQ(other.temporary_folder, "/t");
}

} // namespace
} // namespace argosy
