#include "backends/ftp/ftp_listing.hpp"

#include <gtest/gtest.h>

#include "backends/ftp/ftp_client.hpp"
#include "backends/ftp/ftp_reply.hpp"
#include "backends/pacer.hpp"

namespace argosy {
namespace {

constexpr nanoseconds second = 1'000'000'000;
// 2024-03-10T12:00:00Z
constexpr nanoseconds present = 1'710'072'000 * second;

TEST(FtpListing, FactsTellNameKindSizeAndTime) {
  const auto file = read_facts("type=file;size=1234;modify=20240102030405.678;perm=adfr;unique=8U; a  b; c ");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->name, "a  b; c ");
  EXPECT_EQ(file->kind, ftp_entry::type::file);
  EXPECT_EQ(file->size, 1234);
  EXPECT_EQ(file->modified, 1'704'164'645 * second + 678'000'000);

  const auto folder = read_facts("Modify=20240102030405;Type=dir; sub");
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->kind, ftp_entry::type::directory);
  EXPECT_EQ(read_facts("type=OS.unix=slink:/target;size=3; link")->kind, ftp_entry::type::link);
}

TEST(FtpListing, FactsOfTheFolderItselfAreNoEntry) {
  EXPECT_FALSE(read_facts("type=cdir;modify=20240102030405; ."));
  EXPECT_FALSE(read_facts("type=pdir;modify=20240102030405; .."));
  EXPECT_FALSE(read_facts("type=dir; .."));
  EXPECT_FALSE(read_facts(""));
  EXPECT_FALSE(read_facts("nonsense"));
  EXPECT_FALSE(read_facts("no facts here"));
}

TEST(FtpListing, AReplyToMlstMayNameAPathAndTheFolderItself) {
  const auto file = read_facts_reply("Listing /a/b\n type=file;size=5;modify=20240102030405; /a/b\nEnd");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size, 5);
  EXPECT_EQ(read_facts_reply("Listing\n type=cdir; .\nEnd")->kind, ftp_entry::type::directory);
  EXPECT_FALSE(read_facts_reply("End"));
}

TEST(FtpListing, LinesOfLsAreRead) {
  const auto file = read_list_line("-rw-r--r--    1 0        65534       6 Nov 27 17:28  a b", present);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->name, " a b");
  EXPECT_EQ(file->size, 6);
  EXPECT_EQ(file->modified, 1'701'106'080 * second) << "of last year";

  const auto old = read_list_line("drwxr-xr-x+ 2 u g 4096 Feb  9  2011 dir", present);
  ASSERT_TRUE(old);
  EXPECT_EQ(old->kind, ftp_entry::type::directory);
  EXPECT_EQ(old->modified, 1'297'209'600 * second);

  const auto link = read_list_line("lrwxrwxrwx 1 u g 6 Mar 10 11:59 name -> target", present);
  ASSERT_TRUE(link);
  EXPECT_EQ(link->kind, ftp_entry::type::link);
  EXPECT_EQ(link->name, "name");
  EXPECT_EQ(link->modified, present - 60 * second);

  EXPECT_EQ(read_list_line("-rw-r--r-- 1 domain users 12 Jan  1  2020 two words of a group", present)->size,
            12);
  EXPECT_EQ(read_list_line("-rw-r--r-- 1 owner 7 Jan  1  2020 no group", present)->name, "no group");
}

TEST(FtpListing, LinesOfMsDosAreRead) {
  const auto file = read_list_line("10-23-12  09:05PM             12345 read me.txt", present);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->name, "read me.txt");
  EXPECT_EQ(file->size, 12345);
  EXPECT_EQ(file->modified, 1'351'026'300 * second);
  const auto folder = read_list_line("01-02-2021  12:30AM       <DIR>          sub", present);
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->kind, ftp_entry::type::directory);
  EXPECT_EQ(folder->modified, 1'609'547'400 * second);
}

TEST(FtpListing, WhatIsNoEntryIsLeftOut) {
  for (const auto* line :
       {"", "total 12", "drwxr-xr-x 2 u g 4096 Jan  1 10:00 .", "drwxr-xr-x 2 u g 4096 Jan  1 10:00 ..",
        "-rw-r--r-- 1 u g x Jan  1 10:00 size", "-rw-r--r-- 1 u g 5 Foo  1 10:00 month", "-rw-r--r--",
        "99-99-99  09:05PM  1 x", "crw-rw-rw- 1 root root 1, 3 Jan 1 10:00 null", "10-23-12"})
    EXPECT_FALSE(read_list_line(line, present)) << line;
}

TEST(FtpListing, TimesGoThereAndBack) {
  EXPECT_EQ(ftp_time(1'704'164'645 * second + 5), "20240102030405");
  EXPECT_EQ(ftp_time(-1), "19691231235959");
  EXPECT_EQ(read_ftp_time("19691231235959"), -second);
  for (const auto* wrong :
       {"", "2024", "20241302030405", "2024010203040x", "20240102030405.5x", "16000101000000"})
    EXPECT_FALSE(read_ftp_time(wrong)) << wrong;
}

TEST(FtpReply, LinesMakeReplies) {
  ftp_reply_reader reader;

  const auto one = reader.add("226 Transfer complete.");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->code, 226);
  EXPECT_EQ(one->text, "Transfer complete.");
  EXPECT_FALSE(reader.add("211-Features:"));
  EXPECT_FALSE(reader.add(" MDTM"));
  EXPECT_FALSE(reader.add("200 is not the end"));
  EXPECT_FALSE(reader.add("211-not yet"));
  const auto many = reader.add("211 End");
  ASSERT_TRUE(many);
  EXPECT_EQ(many->text, "Features:\n MDTM\n200 is not the end\n211-not yet\nEnd");
  EXPECT_FALSE(reader.add("garbage"));
  EXPECT_EQ(reader.add("257")->code, 257);
}

TEST(FtpReply, WhatIsBusyIsTriedAgain) {
  for (const int code : {421, 425, 426, 451}) EXPECT_THROW(throw_refused({code, "x"}), transient_failure);
  EXPECT_THROW(throw_refused({550, "x"}), ftp_refusal);
  try {
    throw_refused({530, "Login incorrect."}, "NewFs");
  } catch (const failure& why) {
    EXPECT_STREQ(why.what(), "NewFs: 530 Login incorrect.");
    EXPECT_EQ(why.kind(), failure_kind::permission_denied);
  }
}

TEST(FtpAbilities, AreReadFromTheReplyToFeat) {
  const auto able = ftp_abilities::of({211, "Extensions:\n MLST type*;size*;\n mfmt\n SIZE\nEnd"});

  EXPECT_TRUE(able.mlst);
  EXPECT_TRUE(able.mfmt);
  EXPECT_TRUE(able.size);
  EXPECT_FALSE(able.mdtm);
}

} // namespace
} // namespace argosy
