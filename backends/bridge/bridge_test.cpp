#include "backends/bridge/bridge.hpp"

#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/bridge/bridge_storage.hpp"
#include "backends/testing.hpp"
#include "backends/web/testing_servers.hpp"
#include "core/obscure.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr nanoseconds second = 1'000'000'000;

/// Processes of `rclone serve` that descend from this one.
std::vector<pid_t> servers() {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto words = read_file(entry.path().string() + "/cmdline");
    if (words.find(std::string{"rclone\0serve", 12}) != 0) continue;
    auto stat = read_file(entry.path().string() + "/stat");
    for (int depth = 0; depth < 3 && !stat.empty(); ++depth) {
      const auto parent = std::stoi(stat.substr(stat.rfind(')') + 4));
      if (parent == ::getpid()) found.push_back(std::stoi(name));
      stat = read_file("/proc/" + std::to_string(parent) + "/stat");
    }
  }
  return found;
}

class Bridge : public ::testing::Test {
protected:
  void SetUp() override {
    if (!is_program("rclone")) GTEST_SKIP() << "rclone is not installed";
  }
  void TearDown() override {
    EXPECT_EQ(bench->book.live(resource::descriptor), 0U);
    EXPECT_EQ(bench->book.live(resource::child), 0U);
    EXPECT_THAT(servers(), IsEmpty());
  }

  made_storage make(const std::string& type, const std::string& path,
                    const bench_of_storages::option_map& options) {
    const storage_request request{":" + type,
                                  ":" + type + ":",
                                  path,
                                  [options](std::string_view key) -> std::optional<std::string> {
                                    const auto found = options.find(key);
                                    if (found == options.end()) return std::nullopt;
                                    return found->second;
                                  },
                                  bench->main,
                                  bench->table,
                                  {},
                                  bench->log,
                                  bench->net};
    return bench->run([&](const may_block& on) {
      const auto* row = over.find(on, type);
      if (row == nullptr) fail(failure_kind::other, "no such type");
      return row->make(on, request);
    });
  }
  made_storage chunker(const std::string& path = {}) {
    return make("chunker", path, {{"remote", folder / "chunks"}, {"chunk_size", "1M"}, {"hash_type", "md5"}});
  }

  scratch_folder folder;
  bridge over{{"rclone", [](const may_block&) { return std::string{"/dev/null"}; }, {}}};
  std::unique_ptr<bench_of_storages> bench = std::make_unique<bench_of_storages>();
};

TEST_F(Bridge, AStorageOfRcloneIsOneOfOurs) {
  const auto made = chunker("root").made;
  const auto content = noise(2'500'000);

  bench->run([&](const may_block& on) {
    const auto s = made->connect(on);
    s->make_directory(on, "");
    put_object(on, *s, "dir/x", content, 1'500'000'000 * second);

    EXPECT_TRUE(read_object(on, *s, "dir/x") == content);
    EXPECT_EQ(read_object(on, *s, "dir/x", 1'000'000, 5), content.substr(1'000'000, 5));
    const auto known = s->stat(on, "dir/x");
    ASSERT_TRUE(known);
    EXPECT_EQ(known->size, 2'500'000);
    EXPECT_EQ(known->modified, 1'500'000'000 * second);
    hasher whole{hash_type::md5};
    whole.update(content.data(), content.size());
    EXPECT_EQ(s->hash(on, "dir/x", hash_type::md5), whole.hex(hash_type::md5));
    EXPECT_TRUE(s->move_from(on, *s, "dir/x", "y"));
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("dir/", "y"));
    s->remove(on, "y");
    s->remove_directory(on, "dir");
    EXPECT_THAT(names_in(on, *s, ""), IsEmpty());
  });
  EXPECT_EQ(made->info().type, "chunker");
  EXPECT_EQ(made->info().precision, second);
  EXPECT_TRUE(made->info().hashes.has(hash_type::md5));
}

TEST_F(Bridge, ARootMayBeAFile) {
  write_file(folder / "chunks/sub/file", "content");

  const auto made = chunker("sub/file");

  EXPECT_EQ(made.file, "file");
  EXPECT_EQ(made.made->info().root, "sub");
}

TEST_F(Bridge, RemotesWithTheSameOptionsShareAServer) {
  const auto one = chunker("a").made, two = chunker("b").made;
  const auto other = make("chunker", "a", {{"remote", folder / "others"}}).made;

  EXPECT_EQ(servers().size(), 2U);
}

TEST_F(Bridge, AServerThatDiesIsStartedAgain) {
  const auto made = chunker().made;

  bench->run([&](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "x", "before");
    for (const auto pid : servers()) ::kill(pid, SIGKILL);

    EXPECT_EQ(read_object(on, *s, "x"), "before");
    put_object(on, *s, "y", "after");
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("x", "y"));
  });
  EXPECT_EQ(servers().size(), 1U);
}

TEST_F(Bridge, NoSecretIsSeenByOthers) {
  std::filesystem::create_directories(folder / "plain");
  const auto made =
      make("cache", "", {{"remote", folder / "plain"}, {"plex_password", obscure("very secret")}});

  EXPECT_EQ(servers().size(), 1U);
  for (const auto pid : servers()) {
    const auto words = read_file("/proc/" + std::to_string(pid) + "/cmdline");
    EXPECT_THAT(words, Not(HasSubstr("very secret")));
    EXPECT_THAT(words, Not(HasSubstr(obscure("very secret"))));
  }
  for (const auto& [level, line] : bench->log.lines()) EXPECT_THAT(line, Not(HasSubstr("very secret")));
}

TEST_F(Bridge, WhatRcloneRefusesIsSaidInItsWords) {
  const auto f = failure_of([&] { make("chunker", "", {}); });

  EXPECT_THAT(f.text, HasSubstr("remote"));
}

TEST_F(Bridge, ATypeThatRcloneDoesNotHaveIsNone) {
  bench->run([&](const may_block& on) { EXPECT_EQ(over.find(on, "nonsense"), nullptr); });
}

TEST_F(Bridge, WithoutRcloneItSaysWhy) {
  bridge none{{"/nonexistent/rclone", {}, {}}};
  bridge off{{"", {}, {}}};

  bench->run([&](const may_block& on) {
    EXPECT_THAT(failure_of([&] { none.find(on, "chunker"); }).text,
                "fork/exec /nonexistent/rclone: no such file or directory");
    EXPECT_EQ(off.find(on, "chunker"), nullptr);
  });
}

TEST(RcloneProviders, AreReadFromWhatItPrints) {
  const auto types = read_providers(
      R"([{"Name":"Amazon Drive","Prefix":"acd","Description":"d","Options":[{"Name":"pass","Help":"h","Default":"",)"
      R"("DefaultStr":"1h","Type":"Duration","IsPassword":true,"Examples":[{"Value":"v","Help":"e"}]}]}])");

  ASSERT_EQ(types.size(), 1U);
  EXPECT_EQ(types[0].name, "acd");
  ASSERT_EQ(types[0].options.size(), 1U);
  EXPECT_EQ(types[0].options[0].default_text, "1h");
  EXPECT_TRUE(types[0].options[0].is_password);
  EXPECT_EQ(types[0].options[0].examples[0].value, "v");
  EXPECT_THAT(failure_of([] { read_providers("no JSON"); }).text,
              HasSubstr("rclone config providers printed"));
}

TEST(RcloneWords, AreShownWithoutTimeAndLevel) {
  EXPECT_EQ(last_words("2026/11/27 17:32:28 NOTICE: first\n2026/11/27 17:32:28 Failed to serve: why\n"),
            "Failed to serve: why");
  EXPECT_EQ(last_words("plain"), "plain");
  EXPECT_EQ(last_words(""), "");
}

} // namespace
} // namespace argosy
