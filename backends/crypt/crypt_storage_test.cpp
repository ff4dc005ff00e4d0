#include "backends/crypt/crypt_storage.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/testing.hpp"
#include "core/obscure.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using option_map = bench_of_storages::option_map;

class Crypt : public ::testing::Test {
protected:
  template <class Work>
  auto run(Work work, io_pool::scope scope = {}) {
    return bench.run(std::move(work), std::move(scope));
  }

  /// With keys of "potato" and "sausage" over `folder`/enc, and these options beside.
  option_map options(option_map more = {}) const {
    option_map all{
        {"remote", folder / "enc"}, {"password", obscure("potato")}, {"password2", obscure("sausage")}};
    for (auto& [key, value] : more) all[key] = value;
    return all;
  }

  made_storage make(option_map more = {}, const std::string& path = "", const std::string& name = "c") {
    return bench.make("crypt", path, options(std::move(more)), name);
  }

  std::string error_of(option_map more) {
    return failure_of([&] { make(std::move(more)); }).text;
  }

  bool said(const std::string& text) const {
    const auto lines = bench.log.lines();
    return std::any_of(lines.begin(), lines.end(), [&](const auto& l) { return l.second == text; });
  }

  scratch_folder folder;
  bench_of_storages bench;
};

TEST_F(Crypt, StoresUnderEncryptedNamesOnly) {
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "dir/hello.txt", "hello");
    s->make_directory(on, "dir/\xc3\xa9t\xc3\xa9.txt");
  });

  EXPECT_THAT(tree_of(folder / "enc"), ElementsAre("fiooieinr1qr8o3th3fofaipek/",
                                                   "fiooieinr1qr8o3th3fofaipek/5ecs3385g9ccvp77hscq4d0tbg/",
                                                   "fiooieinr1qr8o3th3fofaipek/dvhjn229ej4s3k94n1mf5une30"));
  const auto stored = read_file(folder / "enc/fiooieinr1qr8o3th3fofaipek/dvhjn229ej4s3k94n1mf5une30");
  EXPECT_EQ(stored.size(), 32U + 16 + 5);
  EXPECT_THAT(stored, ::testing::Not(HasSubstr("hello")));
}

TEST_F(Crypt, IsDescribedAsInRclone) {
  const auto made = make({}, "a/b/").made;

  EXPECT_EQ(made->info().name, "c");
  EXPECT_EQ(made->info().root, "a/b");
  EXPECT_EQ(made->info().description, "Encrypted drive 'c:a/b'");
  EXPECT_TRUE(made->info().hashes.empty());
  EXPECT_EQ(made->info().precision, 1);
  ASSERT_NE(made->wrapped(), nullptr);
  EXPECT_EQ(made->wrapped()->info().type, "local");
}

TEST_F(Crypt, CanWhatTheWrappedStorageCanAsFarAsItEncrypts) {
  const auto over_local = make().made->info().features;
  EXPECT_TRUE(over_local.About && over_local.Move && over_local.DirMove && over_local.PutStream &&
              over_local.CanHaveEmptyDirectories && over_local.PartialUploads && over_local.WriteMetadata &&
              over_local.DirSetModTime);
  EXPECT_TRUE(over_local.Command && over_local.UnWrap && over_local.WrapFs && over_local.SetWrapper &&
              over_local.ListP);
  EXPECT_FALSE(over_local.IsLocal || over_local.OpenWriterAt || over_local.SlowHash ||
               over_local.FilterAware || over_local.Copy || over_local.CaseInsensitive);
  const auto over_memory = make({{"remote", "memory:"}}).made->info().features;
  EXPECT_TRUE(over_memory.Copy && over_memory.BucketBased && over_memory.ListR && over_memory.Command);
  EXPECT_FALSE(over_memory.Move || over_memory.ReadMimeType || over_memory.WriteMimeType ||
               over_memory.ServerSideAcrossConfigs || over_memory.CanHaveEmptyDirectories);
}

TEST_F(Crypt, CanPointAtAFile) {
  for (const std::string mode : {"standard", "obfuscate", "off"}) {
    const option_map more{{"filename_encryption", mode}, {"remote", folder / mode}};
    run([&, made = make(more).made](const may_block& on) {
      const auto s = made->connect(on);
      put_object(on, *s, "dir/file", "content");
      put_object(on, *s, "top", "content");
    });

    const auto deep = make(more, "dir/file");
    EXPECT_EQ(deep.file, "file") << mode;
    EXPECT_EQ(deep.made->info().root, "dir");
    EXPECT_EQ(run([&](const may_block& on) { return read_object(on, *deep.made->connect(on), "file"); }),
              "content");
    const auto top = make(more, "top");
    EXPECT_EQ(top.file, "top") << mode;
    EXPECT_EQ(top.made->info().root, "");
    EXPECT_EQ(make(more, "dir").file, std::nullopt);
    EXPECT_EQ(make(more, "dir/none").file, std::nullopt);
  }
}

TEST_F(Crypt, NamesThatCannotBeDecryptedAreLeftOutWithANotice) {
  write_file(folder / "enc/readme.txt", "x");
  write_file(folder / "enc/plain/f", "x");
  const auto made = make({{"show_mapping", "true"}}).made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "hello.txt", "hello");
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("hello.txt"));
  });

  EXPECT_TRUE(said("readme.txt: Skipping undecryptable file name: illegal base32 data at input byte 6"));
  EXPECT_TRUE(said("plain: Skipping undecryptable dir name: not a multiple of blocksize"));
  EXPECT_TRUE(said("hello.txt: Encrypts to \"dvhjn229ej4s3k94n1mf5une30\""));
}

TEST_F(Crypt, WithStrictNamesTheyAreAnError) {
  write_file(folder / "enc/readme.txt", "x");
  const auto made = make({{"strict_names", "true"}}).made;

  const auto f = failure_of([&] { run([&](const may_block& on) { list_all(on, *made->connect(on), ""); }); });

  EXPECT_EQ(f.text, "there were 1 undecryptable name errors. first error: readme.txt: undecryptable file "
                    "name detected: illegal base32 data at input byte 6");
}

TEST_F(Crypt, DirectoryNamesCanStayReadable) {
  const auto made = make({{"directory_name_encryption", "false"}}).made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "dir/hello.txt", "hello");
    EXPECT_THAT(tree_of(folder / "enc"), ElementsAre("dir/", "dir/dvhjn229ej4s3k94n1mf5une30"));
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("dir/"));
    EXPECT_EQ(s->stat(on, "dir")->kind, entry_kind::directory);
    EXPECT_EQ(s->stat(on, "dir/hello.txt")->size, 5);
    EXPECT_FALSE(s->stat(on, "hello.txt"));
    EXPECT_EQ(failure_of([&] { s->remove(on, "dir"); }).text, "is a directory not a file");
    EXPECT_EQ(failure_of([&] { s->open(on, "dir"); }).kind, failure_kind::is_a_directory);
  });
}

TEST_F(Crypt, AFileAndADirectoryOfOneNameAreToldApartWithoutEncryption) {
  const auto made = make({{"filename_encryption", "off"}, {"suffix", "secret"}}).made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "x", "file");
    put_object(on, *s, "y/z", "in directory");
    s->make_directory(on, "dir.secret");
    EXPECT_THAT(tree_of(folder / "enc"), ElementsAre("dir.secret/", "x.secret", "y/", "y/z.secret"));
    EXPECT_EQ(s->stat(on, "x")->kind, entry_kind::file);
    EXPECT_EQ(s->stat(on, "y")->kind, entry_kind::directory);
    EXPECT_FALSE(s->stat(on, "dir"));
    EXPECT_EQ(s->stat(on, "dir.secret")->kind, entry_kind::directory);
  });
  EXPECT_TRUE(said("crypt: bad suffix: suffix config setting should include a '.'"));
}

TEST_F(Crypt, ContentCanStayReadable) {
  const auto made = make({{"no_data_encryption", "true"}}).made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "hello.txt", "hello");
    EXPECT_EQ(read_file(folder / "enc/dvhjn229ej4s3k94n1mf5une30"), "hello");
    EXPECT_EQ(s->stat(on, "hello.txt")->size, 5);
    EXPECT_EQ(read_object(on, *s, "hello.txt", 1, 3), "ell");
  });
}

TEST_F(Crypt, AnotherPasswordReadsNothing) {
  const auto made = make().made;
  const auto other = make({{"password2", obscure("other")}}).made;
  const auto names_off =
      make({{"filename_encryption", "off"}, {"suffix", "none"}, {"password", obscure("no")}}).made;

  run([&](const may_block& on) {
    put_object(on, *made->connect(on), "hello.txt", "hello");
    EXPECT_THAT(names_in(on, *other->connect(on), ""), IsEmpty());
    const auto f =
        failure_of([&] { read_object(on, *names_off->connect(on), "dvhjn229ej4s3k94n1mf5une30"); });
    EXPECT_EQ(f.text, "failed to authenticate decrypted block - bad password?");
  });
}

TEST_F(Crypt, WhatCannotBeDecryptedGetsNoFinalName) {
  const auto made = make().made;
  const auto path = folder / "enc/dvhjn229ej4s3k94n1mf5une30";
  const auto content = noise(200'000);
  run([&](const may_block& on) { put_object(on, *made->connect(on), "hello.txt", content); });
  const auto whole = read_file(path);
  auto altered = whole;
  altered[150'000] ^= 1;
  const struct {
    std::string stored, error;
  } rows[] = {
      {altered, "failed to authenticate decrypted block - bad password?"},
      {whole.substr(0, 150'000), "failed to authenticate decrypted block - bad password?"},
      {whole.substr(0, 32 + 65552 + 5), "file has truncated block header"},
      {whole.substr(0, 32 + 65552), "corrupted on transfer: sizes differ"},
      {whole.substr(0, 20), "file is too short to be encrypted"},
      {"", "file is too short to be encrypted"},
      {std::string(200'000, 'x'), "not an encrypted file - bad magic string"},
  };
  const auto target = bench.make("local", folder / "out").made;

  for (const auto& row : rows) {
    write_file(path, row.stored);
    run([&](const may_block& on) {
      const auto from = made->connect(on), to = target->connect(on);
      const auto f = failure_of([&] { copy_object(on, *from, *to, {"hello.txt", "copy", 200'000, 0}, {}); });
      EXPECT_THAT(f.text, HasSubstr(row.error));
      to->make_directory(on, "");
      EXPECT_THAT(names_in(on, *to, ""), IsEmpty());
    });
  }
}

TEST_F(Crypt, AFileOfAnImpossibleSizeIsShownAsEmpty) {
  write_file(folder / "enc/dvhjn229ej4s3k94n1mf5une30", "short");
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_EQ(list_all(on, *s, "")[0].size, 0);
    EXPECT_EQ(s->stat(on, "hello.txt")->size, 0);
  });
  EXPECT_TRUE(said("hello.txt: Bad size for decrypt: file is too short to be encrypted"));
}

TEST_F(Crypt, EncodesAndDecodesNamesByCommand) {
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_EQ(s->command(on, "encode", {}, {"hello.txt", "dir"}),
              (json{"dvhjn229ej4s3k94n1mf5une30", "fiooieinr1qr8o3th3fofaipek"}));
    EXPECT_EQ(s->command(on, "decode", {}, {"fiooieinr1qr8o3th3fofaipek/dvhjn229ej4s3k94n1mf5une30"}),
              json::array({"dir/hello.txt"}));
    EXPECT_EQ(s->command(on, "encode", {}, {}), json::array());
    EXPECT_EQ(failure_of([&] { s->command(on, "decode", {}, {"x.y"}); }).text,
              "failed to decrypt: x.y: illegal base32 data at input byte 0");
    EXPECT_EQ(failure_of([&] { s->command(on, "other", {}, {}); }).text, "command not found");
  });
}

TEST_F(Crypt, CopiesWithinTheWrappedStorageCountDecryptedBytes) {
  const auto made = make({{"remote", "memory:bucket"}}).made;
  const auto content = noise(100'000);
  cancel_after counted{{}, UINT64_MAX};
  run([&](const may_block& on) { put_object(on, *made->connect(on), "a", content, 77); });

  run(
      [&](const may_block& on) {
        const auto s = made->connect(on);
        ASSERT_TRUE(s->copy_from(on, *s, {"a", "b", 100'000, 77}, {}));
      },
      {{}, nullptr, &counted});

  EXPECT_EQ(counted.seen, 100'000U);
  run([&](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_TRUE(read_object(on, *s, "b") == content);
    EXPECT_EQ(s->stat(on, "b")->modified, 77);
  });
}

TEST_F(Crypt, FilesOfAnotherKeyAreNotTakenOver) {
  const auto made = make({}, "", "c").made;
  const auto other = make({{"password2", obscure("other")}}, "", "c").made;

  run([&](const may_block& on) {
    const auto s = made->connect(on), there = other->connect(on);
    put_object(on, *s, "a", "content");
    s->make_directory(on, "d");
    EXPECT_FALSE(there->move_from(on, *s, "a", "b"));
    EXPECT_FALSE(there->copy_from(on, *s, {"a", "b", 7, 0}, {}));
    EXPECT_FALSE(there->move_directory_from(on, *s, "d", "e"));
    move_object(on, *s, *there, {"a", "b", 7, 0}, {});
    EXPECT_EQ(read_object(on, *there, "b"), "content");
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("d/"));
  });
}

TEST_F(Crypt, MovesFilesAndDirectoriesByTheirEncryptedNames) {
  const auto made = make().made;
  const auto below = make({}, "below").made;

  run([&](const may_block& on) {
    const auto s = made->connect(on), there = below->connect(on);
    put_object(on, *s, "a/b/f", "content");
    EXPECT_TRUE(there->move_directory_from(on, *s, "a/b", "c"));
    EXPECT_EQ(read_object(on, *s, "below/c/f"), "content");
    EXPECT_TRUE(s->move_from(on, *there, "c/f", "g"));
    EXPECT_EQ(read_object(on, *s, "g"), "content");
  });
}

TEST_F(Crypt, KeepsTimesAndMetadataOfTheWrappedStorage) {
  const auto made = make().made;

  run([&](const may_block& on) {
    const auto s = made->connect(on);
    put_object(on, *s, "f", "content", 1'000'000'007);
    s->make_directory(on, "d");
    s->set_directory_modified(on, "d", 2'000'000'009);
    EXPECT_EQ(s->stat(on, "f")->modified, 1'000'000'007);
    EXPECT_EQ(s->stat(on, "d")->modified, 2'000'000'009);
    EXPECT_EQ(s->metadata(on, "f").count("mode"), 1U);
    EXPECT_GT(s->about(on).total, 0);
  });
}

TEST_F(Crypt, WrongOptionsAreNamed) {
  EXPECT_EQ(error_of({{"password", ""}}), "password not set in config file");
  EXPECT_THAT(error_of({{"password", "plain text!"}}),
              HasSubstr("failed to decrypt password: base64 decode failed when revealing password"));
  EXPECT_THAT(error_of({{"password2", "short"}}), HasSubstr("failed to decrypt password2: "));
  EXPECT_EQ(error_of({{"filename_encryption", "sideways"}}),
            "unknown file name encryption mode \"sideways\"");
  EXPECT_EQ(error_of({{"filename_encoding", "base1"}}), "unknown file name encoding mode \"base1\"");
  EXPECT_THAT(error_of({{"strict_names", "maybe"}}),
              HasSubstr("couldn't parse config item \"strict_names\" = \"maybe\" as bool"));
  EXPECT_EQ(error_of({{"remote", "c:x"}}),
            "can't point crypt remote at itself - check the value of the remote setting");
  EXPECT_EQ(error_of({{"remote", "nosuch:x"}}),
            "failed to make remote \"nosuch:x\" to wrap: didn't find backend called \"nosuch\"");
}

} // namespace
} // namespace argosy
