#include "app/line_logger.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <regex>
#include <unistd.h>

#include "core/failure.hpp"
#include "core/json.hpp"

namespace argosy {
namespace {

class lines final : public line_logger::target {
public:
  explicit lines(std::vector<std::string>& into) : into_(into) {}
  void write(log_level, const std::string& line) override { into_.push_back(line); }

private:
  std::vector<std::string>& into_;
};

class line_logger_test : public ::testing::Test {
protected:
  /// The line that one message becomes.
  std::string line(log_level level, const char* text) {
    std::vector<std::string> written;
    line_logger logger{log, main, std::make_unique<lines>(written)};
    logger.write(level, text);
    return written.empty() ? "" : written.front();
  }
  std::string line() { return line(log_level::notice, "text"); }

  rc::log_options log;
  main_options main;
};

MATCHER_P(matches, pattern, "") { return std::regex_match(arg, std::regex{pattern}); }

TEST_F(line_logger_test, a_line_begins_with_what_the_format_says) {
  const struct {
    const char *format, *pattern;
  } rows[] = {
      {"date,time", R"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d NOTICE: text)"},
      {"date", R"(\d{4}/\d\d/\d\d NOTICE: text)"},
      {"time", R"(\d\d:\d\d:\d\d NOTICE: text)"},
      {"date,time,microseconds", R"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6} NOTICE: text)"},
      {"date,time,UTC", R"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d NOTICE: text)"},
      {"pid", R"(\[\d+\] NOTICE: text)"},
      {"nolevel", "text"},
      {"", "NOTICE: text"},
      {"shortfile,unknown", "NOTICE: text"},
  };
  for (const auto& row : rows) {
    log.format = row.format;
    EXPECT_THAT(line(), matches(row.pattern)) << row.format;
  }
}

TEST_F(line_logger_test, levels_have_one_width) {
  log.format = "";
  main.log_level = static_cast<std::int64_t>(log_level::debug);
  EXPECT_EQ(line(log_level::info, "x"), "INFO  : x");
  EXPECT_EQ(line(log_level::error, "x"), "ERROR : x");
  EXPECT_EQ(line(log_level::emergency, "x"), "EMERGENCY: x");
}

TEST_F(line_logger_test, the_journal_reads_the_level_from_a_number) {
  log.systemd = true;
  EXPECT_EQ(line(), "<5>NOTICE: text");
  EXPECT_EQ(line(log_level::error, "x"), "<3>ERROR : x");
}

TEST_F(line_logger_test, json_holds_any_text) {
  main.use_json_log = true;
  const auto written = json::parse(line(log_level::error, "a \"b\"\n\xff"));
  EXPECT_EQ(written["level"], "error");
  EXPECT_EQ(written["msg"], "a \"b\"\n\xef\xbf\xbd");
  EXPECT_THAT(written["time"].get<std::string>(),
              matches(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d)"));
  main.use_json_log = false;
  log.format = "date,json";
  EXPECT_EQ(json::parse(line())["level"], "notice");
}

TEST_F(line_logger_test, follows_the_options) {
  std::vector<std::string> written;
  log.format = "";
  line_logger logger{log, main, std::make_unique<lines>(written)};
  logger.write(log_level::info, "unwanted");
  main.log_level = static_cast<std::int64_t>(log_level::info);
  logger.follow(main);
  logger.write(log_level::info, "wanted");
  logger.write(log_level::debug, "unwanted");
  main.use_json_log = true;
  logger.follow(main);
  logger.write(log_level::info, "wanted too");
  ASSERT_EQ(written.size(), 2u);
  EXPECT_EQ(written[0], "INFO  : wanted");
  EXPECT_EQ(json::parse(written[1])["msg"], "wanted too");
}

class log_file_test : public line_logger_test {
protected:
  log_file_test() {
    std::string name = ::testing::TempDir() + "line_logger_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    log.file = folder_ + "/log";
    log.format = "";
  }
  ~log_file_test() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(log_file_test, lines_are_added_to_a_file) {
  for (int start = 0; start < 2; ++start) line_logger{log, main}.write(log_level::error, "x");
  std::ifstream file{log.file};
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>{file}, {}}), "ERROR : x\nERROR : x\n");
}

TEST_F(log_file_test, a_large_file_makes_way_for_a_new_one) {
  log.max_size = 100;
  log.max_backups = 2;
  {
    line_logger logger{log, main};
    for (int i = 0; i < 50; ++i) logger.write(log_level::error, "a line of some length");
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_}, {}), 3);
  for (const auto& one : std::filesystem::directory_iterator{folder_}) EXPECT_LE(one.file_size(), 100u);
}

TEST_F(log_file_test, what_cannot_be_done_is_refused) {
  const auto error = [this] {
    try {
      line_logger{log, main};
    } catch (const failure& f) {
      return std::string{f.what()};
    }
    return std::string{};
  };
  log.compress = true;
  EXPECT_NE(error(), "");
  log = {};
  log.file = folder_ + "/log/below/a/file";
  std::ofstream{folder_ + "/log"} << "x";
  EXPECT_THAT(error(), ::testing::StartsWith("Failed to open log file: "));
  log = {};
  log.use_syslog = true;
  log.syslog_facility = "zz";
  EXPECT_EQ(error(), "Unknown syslog facility \"zz\" - man syslog for list");
}

} // namespace
} // namespace argosy
