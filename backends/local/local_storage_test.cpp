#include "backends/local/local_storage.hpp"

#include <csignal>
#include <set>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/local/descriptor.hpp"
#include "backends/testing.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr nanoseconds some_time = 1'234'567'890'123'456'789;

void set_time(const std::string& path, nanoseconds t) {
  const timespec times[2] = {{t / 1'000'000'000, t % 1'000'000'000}, {t / 1'000'000'000, t % 1'000'000'000}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
}

struct stat stat_of(const std::string& path) {
  struct stat st {};
  EXPECT_EQ(::lstat(path.c_str(), &st), 0) << path;
  return st;
}

class LocalStorage : public ::testing::Test {
protected:
  void TearDown() override { EXPECT_EQ(bench.book.live(resource::descriptor), 0U); }

  /// Runs `work(on, session)` with a session of the storage at `path`.
  template <class Work>
  auto with(const std::string& path, Work work) {
    return with(path, {}, std::move(work));
  }
  template <class Work>
  auto with(const std::string& path, bench_of_storages::option_map options, Work work) {
    const auto made = bench.make("local", path, std::move(options)).made;
    return bench.run([&](const may_block& on) {
      const auto s = made->connect(on);
      return work(on, *s);
    });
  }
  /// The failure of copying `from` to `to` between two roots, with size and time as they are on disk.
  failure_info copy(const std::string& from_root, const std::string& from, const std::string& to_root,
                    const std::string& to, const copy_policy& policy = {}) {
    const auto source = bench.make("local", from_root).made;
    const auto target = bench.make("local", to_root).made;
    return failure_of([&] {
      bench.run([&](const may_block& on) {
        const auto a = source->connect(on);
        const auto b = target->connect(on);
        copy_request request{from, to, -1, 0};
        if (const auto info = a->stat(on, from)) {
          request.size = info->size;
          request.modified = info->modified;
        }
        copy_object(on, *a, *b, request, policy);
      });
    });
  }

  scratch_folder folder;
  bench_of_storages bench;
};

TEST_F(LocalStorage, DescribesItselfAsRcloneDoes) {
  const auto made = bench.make("local", folder.path() + "/x/../t/").made;
  const auto& info = made->info();

  EXPECT_EQ(info.name, "local");
  EXPECT_EQ(info.root, folder / "t");
  EXPECT_EQ(info.description, "Local file system at " + (folder / "t"));
  EXPECT_EQ(info.config_text, folder / "t");
  EXPECT_EQ(info.precision, 1);
  EXPECT_TRUE(info.features.Move && info.features.PartialUploads && info.features.About);
  EXPECT_FALSE(info.features.Copy || info.features.Purge || info.features.ListR ||
               info.features.CaseInsensitive);
}

TEST_F(LocalStorage, RelativePathsStartInTheWorkingDirectory) {
  EXPECT_EQ(bench.make("local", "some/dir").made->info().root, (fs::current_path() / "some/dir").string());
  EXPECT_EQ(bench.make("local", "../../../../../../../../..").made->info().root, "/");
}

TEST_F(LocalStorage, AFileIsShownThroughItsFolder) {
  write_file(folder / "d/f.txt", "x");

  const auto made = bench.make("local", folder / "d/f.txt");

  EXPECT_EQ(made.made->info().root, folder / "d");
  EXPECT_EQ(made.file, "f.txt");
  EXPECT_EQ(bench.make("local", folder / "d").file, std::nullopt);
}

TEST_F(LocalStorage, ASessionCopiesAfterItHashed) {
  write_file(folder / "from/f", "content");
  const auto source = bench.make("local", folder / "from").made;
  const auto target = bench.make("local", folder / "to").made;

  bench.run([&](const may_block& on) {
    const auto a = source->connect(on);
    const auto b = target->connect(on);
    b->hash(on, "none", hash_type::none);
    write_file(folder / "to/other", "x");
    b->hash(on, "other", hash_type::md5);
    copy_object(on, *a, *b, {"f", "f", 7, 0}, {});
  });

  EXPECT_EQ(read_file(folder / "to/f"), "content");
}

TEST_F(LocalStorage, LinksAndCopyLinksExcludeEachOther) {
  EXPECT_EQ(failure_of([&] {
              bench.make("local", "/", {{"links", "true"}, {"copy_links", "true"}});
            }).text,
            "can't use -l/--links with -L/--copy-links");
}

TEST_F(LocalStorage, ANonsenseOptionIsNamed) {
  EXPECT_THAT(failure_of([&] {
                bench.make("local", "/", {{"links", "perhaps"}});
              }).text,
              HasSubstr("\"links\" = \"perhaps\""));
}

TEST_F(LocalStorage, ControlCharactersOnDiskAreSymbolsInNames) {
  write_file(folder / "new\nline", "3");
  write_file(folder / "tab\t", "6");

  with(folder.path(), [&](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("new\xe2\x90\x8aline", "tab\xe2\x90\x89"));
    EXPECT_EQ(read_object(on, s, "new\xe2\x90\x8aline"), "3");
    s.remove(on, "tab\xe2\x90\x89");
  });
  EXPECT_THAT(tree_of(folder.path()), ElementsAre("new\nline"));
}

TEST_F(LocalStorage, DotsInAPathNeverClimb) {
  fs::create_directories(folder / "t");

  with(folder / "t", [&](const may_block& on, session& s) {
    s.make_directory(on, "../up");
    put_object(on, s, "../../f", "x");
  });

  EXPECT_THAT(tree_of(folder.path()),
              ElementsAre("t/", "t/\xef\xbc\x8e\xef\xbc\x8e/", "t/\xef\xbc\x8e\xef\xbc\x8e/up/",
                          "t/\xef\xbc\x8e\xef\xbc\x8e/\xef\xbc\x8e\xef\xbc\x8e/",
                          "t/\xef\xbc\x8e\xef\xbc\x8e/\xef\xbc\x8e\xef\xbc\x8e/f"));
}

TEST_F(LocalStorage, PipesAndSocketsAreSkippedSilently) {
  write_file(folder / "f", "x");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);

  with(folder.path(), [&](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("f"));
    EXPECT_FALSE(s.stat(on, "pipe"));
    EXPECT_EQ(failure_of([&] { s.open(on, "pipe"); }).kind, failure_kind::object_not_found);
  });
  EXPECT_THAT(bench.log.lines(), IsEmpty());
}

TEST_F(LocalStorage, LinksAreSkippedWithANotice) {
  write_file(folder / "d/f", "x");
  fs::create_symlink("f", folder / "d/l");

  with(folder.path(),
       [&](const may_block& on, session& s) { EXPECT_THAT(names_in(on, s, "d"), ElementsAre("f")); });

  ASSERT_EQ(bench.log.lines().size(), 1U);
  EXPECT_EQ(bench.log.lines()[0].first, log_level::notice);
  EXPECT_EQ(bench.log.lines()[0].second, "d/l: Can't follow symlink without -L/--copy-links");
}

TEST_F(LocalStorage, SkipLinksSkipsThemSilently) {
  fs::create_symlink("f", folder / "l");

  with(folder.path(), {{"skip_links", "true"}},
       [&](const may_block& on, session& s) { EXPECT_THAT(names_in(on, s, ""), IsEmpty()); });
  EXPECT_THAT(bench.log.lines(), IsEmpty());
}

TEST_F(LocalStorage, StatFollowsALinkAndRemoveRemovesIt) {
  write_file(folder / "target", "3");
  fs::create_symlink("target", folder / "link");

  with(folder.path(), [&](const may_block& on, session& s) {
    EXPECT_EQ(s.stat(on, "link")->size, 1);
    s.remove(on, "link");
  });
  EXPECT_THAT(tree_of(folder.path()), ElementsAre("target"));
}

TEST_F(LocalStorage, CopyLinksShowsWhatTheyPointAt) {
  write_file(folder / "t/d/g", "12345");
  fs::create_symlink("d/g", folder / "t/l");
  fs::create_symlink("d", folder / "t/dl");

  with(folder / "t", {{"copy_links", "true"}}, [&](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("d/", "dl/", "l"));
    EXPECT_EQ(list_all(on, s, "")[2].size, 5);
    EXPECT_THAT(names_in(on, s, "dl"), ElementsAre("g"));
  });
}

TEST_F(LocalStorage, ADanglingLinkFailsAListingWithCopyLinksAfterTheRestWasShown) {
  write_file(folder / "t/f", "1");
  fs::create_symlink("none", folder / "t/dangling");

  with(folder / "t", {{"copy_links", "true"}}, [&](const may_block& on, session& s) {
    std::size_t shown = 0;
    const auto f = failure_of([&] { s.list(on, "", [&](listing&& page) { shown += page.size(); }); });
    EXPECT_EQ(f.text, "failed to read directory \"\": stat " + (folder / "t/dangling") +
                          ": no such file or directory");
    EXPECT_EQ(shown, 1U);
  });
}

TEST_F(LocalStorage, LinksAreFilesThatHoldTheirTarget) {
  write_file(folder / "t/f", "file");
  fs::create_symlink("f", folder / "t/l");
  set_time(folder / "t/l", some_time);

  with(folder / "t", {{"links", "true"}}, [&](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("f", "l.rclonelink"));
    const auto link = s.stat(on, "l.rclonelink");
    ASSERT_TRUE(link);
    EXPECT_EQ(link->size, 1);
    EXPECT_EQ(link->modified, some_time);
    EXPECT_FALSE(s.stat(on, "l"));
    EXPECT_EQ(read_object(on, s, "l.rclonelink"), "f");
    s.set_modified(on, "l.rclonelink", 77);
    EXPECT_EQ(s.stat(on, "l.rclonelink")->modified, 77);
    s.remove(on, "l.rclonelink");
  });
  EXPECT_THAT(tree_of(folder / "t"), ElementsAre("f"));
}

TEST_F(LocalStorage, LinksBecomeLinksOrFilesAsTheOtherSideWants) {
  write_file(folder / "t/f", "file");
  fs::create_symlink("f", folder / "t/l");
  set_time(folder / "t/l", some_time);
  const auto from = bench.make("local", folder / "t", {{"links", "true"}}).made;
  const auto to_links = bench.make("local", folder / "links", {{"links", "true"}}).made;
  const auto to_files = bench.make("local", folder / "files").made;

  bench.run([&](const may_block& on) {
    const auto a = from->connect(on);
    for (const auto& target : {to_links, to_files}) {
      const auto b = target->connect(on);
      copy_object(on, *a, *b, {"l.rclonelink", "d/l.rclonelink", 1, some_time}, {});
    }
  });

  EXPECT_EQ(fs::read_symlink(folder / "links/d/l"), "f");
  EXPECT_EQ(stat_of(folder / "links/d/l").st_mtim.tv_nsec, some_time % 1'000'000'000);
  EXPECT_TRUE(S_ISREG(stat_of(folder / "files/d/l.rclonelink").st_mode));
  EXPECT_EQ(read_file(folder / "files/d/l.rclonelink"), "f");
  EXPECT_THAT(tree_of(folder / "links"), ElementsAre("d/", "d/l"));
}

TEST_F(LocalStorage, AnUnreadableDirectoryIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  fs::create_directories(folder / "shut");
  fs::permissions(folder / "shut", fs::perms::none);

  with(folder.path(), [&](const may_block& on, session& s) {
    const auto f = failure_of([&] { list_all(on, s, "shut"); });
    EXPECT_EQ(f.kind, failure_kind::permission_denied);
    EXPECT_EQ(f.text, "failed to open directory \"shut\": open " + (folder / "shut") + ": permission denied");
  });
}

TEST_F(LocalStorage, ListingAFileSaysWhichOne) {
  write_file(folder / "f", "x");

  with(folder.path(), [&](const may_block& on, session& s) {
    EXPECT_EQ(failure_of([&] { list_all(on, s, "f"); }).text,
              "failed to read directory entry: readdirent " + (folder / "f") + ": not a directory");
  });
}

TEST_F(LocalStorage, ALargeDirectoryIsListedWholeInPages) {
  fs::create_directories(folder / "many");
  for (int i = 0; i < 20'000; ++i) ::close(::creat((folder / ("many/" + std::to_string(i))).c_str(), 0600));

  with(folder.path(), [&](const may_block& on, session& s) {
    std::set<std::string> names;
    int pages = 0;
    s.list(on, "many", [&](listing&& page) {
      ++pages;
      for (std::size_t i = 0; i < page.size(); ++i) names.insert(std::string{page[i].name});
    });
    EXPECT_EQ(names.size(), 20'000U);
    EXPECT_GT(pages, 1);
  });
}

TEST_F(LocalStorage, ErrorsHaveRclonesWords) {
  write_file(folder / "p/x", "file");
  write_file(folder / "p/full/f", "f");
  const auto p = folder / "p";

  with(p, [&](const may_block& on, session& s) {
    const auto text = [&](auto work) { return failure_of(work).text; };
    EXPECT_EQ(text([&] { s.make_directory(on, "x"); }), "mkdir " + p + "/x: not a directory");
    EXPECT_EQ(text([&] { s.make_directory(on, "x/y/z"); }), "mkdir " + p + "/x: not a directory");
    EXPECT_EQ(text([&] { s.remove_directory(on, "full"); }), "remove " + p + "/full: directory not empty");
    EXPECT_EQ(text([&] { s.remove_directory(on, "none"); }),
              "remove " + p + "/none: no such file or directory");
    EXPECT_EQ(text([&] { s.remove_directory(on, "x"); }), "is a file not a directory");
    EXPECT_EQ(text([&] { s.stat(on, "x/y"); }), "lstat " + p + "/x/y: not a directory");
    EXPECT_EQ(text([&] { s.remove(on, "x/y"); }), "lstat " + p + "/x/y: not a directory");
    EXPECT_EQ(text([&] { s.open(on, "none"); }), "open " + p + "/none: no such file or directory");
    EXPECT_EQ(text([&] { s.move_from(on, s, "x", "full"); }), "can't move file onto non-file");
  });
  EXPECT_EQ(copy(p, "x", p, "full").text, "open " + p + "/full: is a directory");
  EXPECT_EQ(copy(p, "full/f", p, "x/f").text, "mkdir " + p + "/x: not a directory");
  EXPECT_THAT(tree_of(p), ElementsAre("full/", "full/f", "x"));
}

TEST_F(LocalStorage, AboutCountsBytesOfTheFileSystem) {
  with(folder.path(), [&](const may_block& on, session& s) {
    const auto usage = s.about(on);
    EXPECT_GT(usage.total, 0);
    EXPECT_GE(usage.total, usage.used + usage.free);
    EXPECT_EQ(usage.objects, -1);
  });
  with(folder / "none", [&](const may_block& on, session& s) {
    EXPECT_EQ(failure_of([&] { s.about(on); }).kind, failure_kind::directory_not_found);
  });
}

TEST_F(LocalStorage, NoopEchoesAndFails) {
  with(folder.path(), [&](const may_block& on, session& s) {
    EXPECT_EQ(s.command(on, "noop", {{"echo", "yes"}, {"blue", ""}}, {"path1", "path2"}),
              json::parse(R"({"arg":["path1","path2"],"name":"noop","opt":{"blue":"","echo":"yes"}})"));
    EXPECT_TRUE(s.command(on, "noop", {}, {}).is_null());
    EXPECT_EQ(failure_of([&] { s.command(on, "noop", {{"error", "my error"}}, {}); }).text, "my error");
    EXPECT_EQ(failure_of([&] { s.command(on, "noop", {{"error", ""}}, {}); }).text, "unspecified error");
  });
}

TEST_F(LocalStorage, MetadataIsThatOfTheFile) {
  write_file(folder / "x", "x");
  ASSERT_EQ(::chmod((folder / "x").c_str(), 0640), 0);
  set_time(folder / "x", some_time);

  with(folder.path(), [&](const may_block& on, session& s) {
    const auto m = s.metadata(on, "x");
    EXPECT_EQ(m.at("mode"), "100640");
    EXPECT_EQ(m.at("uid"), std::to_string(::getuid()));
    EXPECT_EQ(m.at("gid"), std::to_string(::getgid()));
    EXPECT_EQ(parse_rfc3339(m.at("mtime")), some_time);
    EXPECT_EQ(m.count("rdev"), 0U);
  });
}

TEST_F(LocalStorage, ModesAreCopiedOnlyWithMetadata) {
  for (const mode_t mode : {0755U, 0600U, 0444U}) {
    write_file(folder / "src", "x");
    ASSERT_EQ(::chmod((folder / "src").c_str(), mode), 0);
    copy_policy with_metadata;
    with_metadata.metadata = true;

    EXPECT_EQ(copy(folder.path(), "src", folder.path(), "plain").text, "");
    EXPECT_EQ(copy(folder.path(), "src", folder.path(), "same", with_metadata).text, "");

    const auto mask = ::umask(0);
    ::umask(mask);
    EXPECT_EQ(stat_of(folder / "plain").st_mode & 07777U, 0666U & ~mask);
    EXPECT_EQ(stat_of(folder / "same").st_mode & 07777U, mode);
  }
}

TEST_F(LocalStorage, MetadataOfAPutIsWritten) {
  with(folder.path(), [&](const may_block& on, session& s) {
    put_request request;
    request.path = "x";
    request.size = 0;
    request.metadata = {{"mode", "100750"}, {"atime", "2001-02-03T04:05:06.000000007Z"}};
    s.create(on, request)->commit(on, {});
  });

  EXPECT_EQ(stat_of(folder / "x").st_mode & 07777U, 0750U);
  EXPECT_EQ(stat_of(folder / "x").st_atim.tv_nsec, 7);
}

TEST_F(LocalStorage, PartialFilesHaveRclonesNames) {
  const auto made = bench.make("local", folder.path()).made;
  put_request request;
  request.path = "d/name.txt";
  request.size = 3;

  bench.run([&](const may_block& on) {
    const auto s = made->connect(on);
    const auto sink = s->create(on, request);
    sink->write(on, "abc", 3);
    const auto names = names_in(on, *s, "d");
    ASSERT_EQ(names.size(), 1U);
    EXPECT_THAT(names[0], ::testing::MatchesRegex("name\\.txt\\.[0-9a-f]{8}\\.partial"));
    sink->commit(on, {});
    EXPECT_THAT(names_in(on, *s, "d"), ElementsAre("name.txt"));
  });
}

TEST_F(LocalStorage, InPlaceWritesUnderTheFinalName) {
  write_file(folder / "src", "new");
  copy_policy policy;
  policy.in_place = true;
  with(folder.path(), [&](const may_block& on, session& s) {
    put_request request;
    request.path = "x";
    request.size = 3;
    request.in_place = true;
    const auto sink = s.create(on, request);
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("src", "x"));
    sink->commit(on, {});
  });

  EXPECT_EQ(copy(folder.path(), "src", folder.path(), "x", policy).text, "");
  EXPECT_EQ(read_file(folder / "x"), "new");
}

TEST_F(LocalStorage, TwoPutsOfOneNameAtOnceDoNotMix) {
  const auto made = bench.make("local", folder.path()).made;
  put_request request;
  request.path = "x";
  request.size = 1;

  bench.run([&](const may_block& on) {
    const auto s = made->connect(on);
    const auto first = s->create(on, request);
    const auto second = s->create(on, request);
    first->write(on, "1", 1);
    second->write(on, "2", 1);
    first->commit(on, {});
    EXPECT_EQ(read_object(on, *s, "x"), "1");
    second->commit(on, {});
    EXPECT_EQ(read_object(on, *s, "x"), "2");
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("x"));
  });
}

TEST_F(LocalStorage, ASourceThatGrewIsRefused) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{1'000'000}}) {
    write_file(folder / "src", noise(size));
    const auto made = bench.make("local", folder.path()).made;

    const auto f = failure_of([&] {
      bench.run([&](const may_block& on) {
        const auto s = made->connect(on);
        copy_object(on, *s, *s, {"src", "dst", static_cast<std::int64_t>(size) - 1, 0}, {});
      });
    });

    EXPECT_EQ(f.kind, failure_kind::no_retry);
    EXPECT_EQ(f.text, "can't copy - source file is being updated (size changed from " +
                          std::to_string(size - 1) + " to " + std::to_string(size) + ")");
    EXPECT_THAT(tree_of(folder.path()), ElementsAre("src"));
  }
}

TEST_F(LocalStorage, ASourceThatWasTouchedIsRefused) {
  write_file(folder / "src", "x");
  set_time(folder / "src", some_time);
  const auto made = bench.make("local", folder.path()).made;

  const auto f = failure_of([&] {
    bench.run([&](const may_block& on) {
      const auto s = made->connect(on);
      copy_object(on, *s, *s, {"src", "dst", 1, some_time - 1}, {});
    });
  });

  EXPECT_THAT(f.text, StartsWith("can't copy - source file is being updated (mod time changed from "));
  EXPECT_THAT(f.text, HasSubstr(".123456788 "));
  EXPECT_THAT(tree_of(folder.path()), ElementsAre("src"));
}

TEST_F(LocalStorage, WithoutThatCheckOnlyTheListedSizeIsCopied) {
  write_file(folder / "src", "0123456789");
  copy_policy policy;
  policy.check_updated = false;
  const auto made = bench.make("local", folder.path()).made;

  bench.run([&](const may_block& on) {
    const auto s = made->connect(on);
    copy_object(on, *s, *s, {"src", "dst", 4, 5}, policy);
  });

  EXPECT_EQ(read_file(folder / "dst"), "0123");
}

TEST_F(LocalStorage, HolesStayHoles) {
  const std::int64_t size = 64 << 20;
  const descriptor fd{::open((folder / "src").c_str(), O_CREAT | O_RDWR, 0600)};
  ASSERT_EQ(::ftruncate(fd.get(), size), 0);
  ASSERT_EQ(::pwrite(fd.get(), "middle", 6, 20 << 20), 6);

  EXPECT_EQ(copy(folder.path(), "src", folder.path(), "dst").text, "");

  const auto st = stat_of(folder / "dst");
  EXPECT_EQ(st.st_size, size);
  EXPECT_LT(st.st_blocks * 512, 1 << 20);
  EXPECT_TRUE(read_file(folder / "dst") == read_file(folder / "src"));
}

TEST_F(LocalStorage, AnUnknownSizeIsLookedUp) {
  for (const std::size_t size : {std::size_t{100}, std::size_t{700'000}}) {
    write_file(folder / "src", noise(size));
    with(folder.path(), [&](const may_block& on, session& s) {
      copy_object(on, s, s, {"src", "dst", -1, 0}, {});
      EXPECT_TRUE(read_object(on, s, "dst") == noise(size));
    });
  }
}

TEST_F(LocalStorage, AFullDiskLeavesNothingBehind) {
  write_file(folder / "src", noise(1'000'000));
  fs::create_directories(folder / "to");
  ASSERT_EQ(bench.io.threads(), 0U) << "a process with threads must not fork";
  const auto child = ::fork();
  if (child == 0) {
    // In a process of its own, because the limit cannot be taken back: EFBIG stands for a full disk.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{500'000, 500'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    bench_of_storages alone;
    const auto f = failure_of([&] {
      const auto here = alone.make("local", folder.path()).made;
      alone.run([&](const may_block& on) {
        const auto s = here->connect(on);
        copy_object(on, *s, *s, {"src", "to/dst", 1'000'000, 0}, {});
      });
    });
    ::_exit(f.text.find("file too large") != std::string::npos ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);

  EXPECT_EQ(status, 0);
  EXPECT_THAT(tree_of(folder / "to"), IsEmpty());
}

TEST_F(LocalStorage, ADirectoryThatIsReplacedBetweenTwoTasksIsNotWrittenTo) {
  write_file(folder / "src/a", "a");
  write_file(folder / "src/b", "b");
  const auto source = bench.make("local", folder / "src").made;
  const auto target = bench.make("local", folder / "dst").made;
  std::unique_ptr<session> a;
  std::unique_ptr<session> b;

  bench.run([&](const may_block& on) {
    a = source->connect(on);
    b = target->connect(on);
    copy_object(on, *a, *b, {"a", "d/a", 1, 0}, {});
  });
  fs::rename(folder / "dst", folder / "moved");
  bench.run([&](const may_block& on) { copy_object(on, *a, *b, {"b", "d/b", 1, 0}, {}); });
  a.reset();
  b.reset();

  EXPECT_THAT(tree_of(folder / "moved"), ElementsAre("d/", "d/a"));
  EXPECT_THAT(tree_of(folder / "dst"), ElementsAre("d/", "d/b"));
}

TEST_F(LocalStorage, ADirectoryThatIsRemovedWithinATaskIsMadeAgain) {
  write_file(folder / "src/a", "a");
  const auto made = bench.make("local", folder.path()).made;

  bench.run([&](const may_block& on) {
    const auto s = made->connect(on);
    copy_object(on, *s, *s, {"src/a", "d/e/a", 1, 0}, {});
    fs::remove_all(folder / "d");
    copy_object(on, *s, *s, {"src/a", "d/e/b", 1, 0}, {});
  });

  EXPECT_THAT(tree_of(folder / "d"), ElementsAre("e/", "e/b"));
}

TEST_F(LocalStorage, ADirectoryMovesToWhereNothingIs) {
  write_file(folder / "a/d/f", "x");
  fs::create_directories(folder / "taken");

  with(folder.path(), [&](const may_block& on, session& s) {
    EXPECT_FALSE(s.move_directory_from(on, s, "a", "taken"));
    EXPECT_FALSE(s.move_directory_from(on, s, "a", "a/inside"));
    EXPECT_TRUE(s.move_directory_from(on, s, "a", "b/c"));
    EXPECT_EQ(failure_of([&] { s.move_directory_from(on, s, "none", "x"); }).kind,
              failure_kind::directory_not_found);
  });
  EXPECT_THAT(tree_of(folder.path()), ElementsAre("b/", "b/c/", "b/c/d/", "b/c/d/f", "taken/"));
}

TEST_F(LocalStorage, AMoveToAnotherFileSystemIsACopy) {
  struct stat here {};
  struct stat there {};
  const fs::path elsewhere = fs::temp_directory_path();
  ASSERT_EQ(::stat(folder.path().c_str(), &here), 0);
  ASSERT_EQ(::stat(elsewhere.c_str(), &there), 0);
  if (here.st_dev == there.st_dev) GTEST_SKIP() << "there is only one file system";
  auto pattern = (elsewhere / "argosy-backends-test-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  write_file(folder / "x", "content");
  const auto source = bench.make("local", folder.path()).made;
  const auto target = bench.make("local", pattern).made;

  bench.run([&](const may_block& on) {
    const auto a = source->connect(on);
    const auto b = target->connect(on);
    EXPECT_FALSE(move_object(on, *a, *b, {"x", "y", 7, 0}, {}));
  });

  EXPECT_EQ(read_file(pattern + "/y"), "content");
  EXPECT_THAT(tree_of(folder.path()), IsEmpty());
  fs::remove_all(pattern);
}

TEST_F(LocalStorage, EveryHashIsTheKnownOneOfItsContent) {
  write_file(folder / "f", "abc");

  with(folder.path(), [&](const may_block& on, session& s) {
    EXPECT_EQ(s.hash(on, "f", hash_type::md5), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(s.hash(on, "f", hash_type::sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(s.hash(on, "f", hash_type::crc32), "352441c2");
  });
}

TEST_F(LocalStorage, TreesMayBeDeeperThanAPathOfTheSystem) {
  std::string deep;
  for (int level = 0; level < 60; ++level) deep += (deep.empty() ? "" : "/") + std::string(250, 'd');

  with(folder.path(), [&](const may_block& on, session& s) {
    put_object(on, s, deep + "/x", "found", 42);
    copy_object(on, s, s, {deep + "/x", deep + "/copies/y", 5, 42}, {});
    EXPECT_EQ(read_object(on, s, deep + "/copies/y"), "found");
    EXPECT_THAT(names_in(on, s, deep), ElementsAre("copies/", "x"));
    EXPECT_EQ(s.stat(on, deep + "/copies/y")->modified, 42);
    EXPECT_FALSE(s.stat(on, deep + "/nothing"));
    EXPECT_FALSE(s.stat(on, "nothing/" + deep + "/nothing"));

    s.set_modified(on, deep + "/x", 43);
    s.set_directory_modified(on, deep, 44);
    EXPECT_EQ(s.stat(on, deep)->modified, 44);
    EXPECT_EQ(s.metadata(on, deep + "/x").at("mode"), s.metadata(on, deep + "/copies/y").at("mode"));
    EXPECT_TRUE(s.move_from(on, s, deep + "/x", deep + "/copies/z"));
    EXPECT_TRUE(s.move_directory_from(on, s, deep + "/copies", "moved"));
    EXPECT_THAT(names_in(on, s, "moved"), ElementsAre("y", "z"));
    s.remove_directory(on, deep);
    EXPECT_FALSE(s.stat(on, deep));
    const auto too_long = failure_of([&] { put_object(on, s, std::string(5000, 'n'), "x"); });
    EXPECT_THAT(too_long.text, HasSubstr("file name too long"));
  });
}

TEST_F(LocalStorage, WhatIsNotComparedIsCopiedByTheKernel) {
  const auto content = noise(9'000'001);
  write_file(folder / "src", content);
  copy_policy policy;
  policy.verify_checksum = false;

  EXPECT_EQ(copy(folder.path(), "src", folder.path(), "dst", policy).text, "");

  EXPECT_TRUE(read_file(folder / "dst") == content);
}

TEST_F(LocalStorage, DirectoryTimesCanBeSet) {
  fs::create_directories(folder / "d");

  with(folder.path(), [&](const may_block& on, session& s) {
    s.set_directory_modified(on, "d", -1);
    EXPECT_EQ(s.stat(on, "d")->modified, -1);
    EXPECT_EQ(failure_of([&] { s.set_directory_modified(on, "x", 1); }).kind,
              failure_kind::directory_not_found);
  });
}

TEST_F(LocalStorage, NoSetModtimeLeavesTimesAlone) {
  with(folder.path(), {{"no_set_modtime", "true"}}, [&](const may_block& on, session& s) {
    put_object(on, s, "x", "x", some_time);
    EXPECT_NE(s.stat(on, "x")->modified, some_time);
  });
}

} // namespace
} // namespace argosy
