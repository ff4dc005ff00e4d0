#include "http/rc/list_items.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy::rc {
namespace {

constexpr nanoseconds moment_of_test = 1'100'000'000'123'456'789;

mime_types no_system_types() { return mime_types{mime_files{{}, {}}}; }

std::string item(const list_options& options, const std::string& path, const entry_view& entry,
                 const item_extras* extras = nullptr, nanoseconds precision = 1) {
  const auto types = no_system_types();
  item_writer writer{options, precision, types, 0};
  std::string out;
  writer.write(out, path, entry, extras);
  return out;
}

TEST(ListItem, HasItsKeysInRclonesOrder) {
  item_extras extras;
  extras.encrypted_path = "e1/e2";
  extras.hashes = {{hash_type::sha1, "s"}, {hash_type::md5, "m"}, {hash_type::crc32, "c"}};
  extras.id = "i";
  extras.original_id = "o";
  extras.tier = "hot";
  extras.metadata = {{"mtime", "now"}, {"mode", "100644"}};

  const auto text = item({}, "d/f.json", {"f.json", entry_kind::file, 5, moment_of_test}, &extras);

  EXPECT_EQ(
      text,
      "{\n\t\"Path\": \"d/f.json\",\n\t\"Name\": \"f.json\",\n\t\"EncryptedPath\": "
      "\"e1/e2\",\n\t\"Encrypted\": \"e2\","
      "\n\t\"Size\": 5,\n\t\"MimeType\": \"application/json\",\n\t\"ModTime\": \"" +
          format_rfc3339(moment_of_test, 9) +
          "\",\n\t\"IsDir\": false,\n\t\"Hashes\": {\n\t\t\"crc32\": \"c\",\n\t\t\"md5\": "
          "\"m\",\n\t\t\"sha1\": \"s\"\n\t},"
          "\n\t\"ID\": \"i\",\n\t\"OrigID\": \"o\",\n\t\"Tier\": \"hot\",\n\t\"Metadata\": {\n\t\t\"mode\": "
          "\"100644\",\n\t\t\"mtime\": \"now\"\n\t}\n}");
}

TEST(ListItem, ShowsADirectory) {
  item_extras extras;
  extras.is_bucket = true;
  list_options options;
  options.no_mod_time = true;

  EXPECT_EQ(item(options, "b.png", {"b.png", entry_kind::directory, -1, 0}, &extras),
            "{\n\t\"Path\": \"b.png\",\n\t\"Name\": \"b.png\",\n\t\"Size\": -1,\n\t\"MimeType\": "
            "\"inode/directory\",\n\t\"ModTime\": "
            "\"\",\n\t\"IsDir\": true,\n\t\"IsBucket\": true\n}");
}

TEST(ListItem, LeavesTheTypeOutWhenAsked) {
  list_options options;
  options.no_mime_type = options.no_mod_time = true;

  EXPECT_EQ(item(options, "f", {"f", entry_kind::file, 0, 0}),
            "{\n\t\"Path\": \"f\",\n\t\"Name\": \"f\",\n\t\"Size\": 0,\n\t\"ModTime\": \"\",\n\t\"IsDir\": "
            "false\n}");
}

TEST(ListItem, EscapesNamesAsGoDoes) {
  list_options options;
  options.no_mime_type = options.no_mod_time = true;

  const auto text = item(options, "a<b", {"\xc3\xa9\xff\"", entry_kind::file, 0, 0});

  EXPECT_NE(text.find("\"Path\": \"a\\u003cb\""), std::string::npos);
  EXPECT_NE(text.find("\"Name\": \"\xc3\xa9\\ufffd\\\"\""), std::string::npos);
}

TEST(ListItem, TakesTheTypeOfEveryNameAnew) {
  const auto types = no_system_types();
  const list_options options;
  item_writer writer{options, 1, types, 0};
  const auto type_of = [&](const std::string& name) {
    std::string out;
    writer.write(out, name, {name, entry_kind::file, 0, 0});
    const auto at = out.find("\"MimeType\": \"") + 13;
    return out.substr(at, out.find('"', at) - at);
  };

  EXPECT_EQ(type_of("a.png"), "image/png");
  EXPECT_EQ(type_of("b.png"), "image/png");
  EXPECT_EQ(type_of("none"), "application/octet-stream");
  EXPECT_EQ(type_of("c.pdf"), "application/pdf");
  EXPECT_EQ(type_of("UP.PNG"), "image/png");
}

TEST(ListItem, PrefersTheTypeThatTheStorageKeeps) {
  item_extras extras;
  extras.mime_type = "text/x-own";

  EXPECT_NE(
      item({}, "f.png", {"f.png", entry_kind::file, 0, 0}, &extras).find("\"MimeType\": \"text/x-own\""),
      std::string::npos);
}

TEST(TimeFormatter, AgreesWithTheSlowWayForEveryPrecisionAndOrder) {
  const std::vector<nanoseconds> times{moment_of_test,
                                       moment_of_test + 1,
                                       moment_of_test + 876'543'210,
                                       moment_of_test + 876'543'211,
                                       0,
                                       -1,
                                       -1'500'000'000,
                                       999'999'999,
                                       moment_of_test,
                                       4'000'000'000'000'000'000};
  for (int decimals = 0; decimals <= 9; ++decimals) {
    time_formatter formatter{decimals};
    for (const auto time : times) {
      std::string out;
      formatter.append(out, time);
      EXPECT_EQ(out, format_rfc3339(time, decimals)) << time << " with " << decimals;
    }
  }
}

TEST(ListOptions, AreReadInAnyCase) {
  const auto options = read_list_options(json{
      {"opt", {{"RECURSE", true}, {"nomodtime", true}, {"unknown", 5}, {"hashTypes", {"md5", "SHA-1"}}}}});

  EXPECT_TRUE(options.recurse);
  EXPECT_TRUE(options.no_mod_time);
  EXPECT_TRUE(options.show_hash);
  EXPECT_EQ(options.hash_types, (std::vector<hash_type>{hash_type::md5, hash_type::sha1}));
}

TEST(ListOptions, MayBeTextOrNullOrAbsent) {
  EXPECT_TRUE(read_list_options(json{{"opt", "{\"filesOnly\":true}"}}).files_only);
  EXPECT_FALSE(read_list_options(json{{"opt", nullptr}}).recurse);
  EXPECT_FALSE(read_list_options(json::object()).recurse);
}

TEST(ListOptions, RefuseWrongTypesAndUnknownHashes) {
  const auto failure_of = [](const json& input) {
    try {
      read_list_options(input);
    } catch (const failure& why) {
      return info_of(why);
    }
    return failure_info{};
  };

  EXPECT_EQ(failure_of(json{{"opt", {{"recurse", 5}}}}).kind, failure_kind::bad_parameter);
  EXPECT_EQ(failure_of(json{{"opt", {{"hashTypes", {"nohash"}}}}}).kind, failure_kind::other);
  EXPECT_EQ(failure_of(json{{"opt", {{"hashTypes", {"nohash"}}}}}).text, "unknown hash type \"nohash\"");
}

} // namespace
} // namespace argosy::rc
