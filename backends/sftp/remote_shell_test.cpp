#include "backends/sftp/remote_shell.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/sftp/ssh_program.hpp"
#include "backends/testing.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::HasSubstr;

TEST(ShellKind, IsWhatTheServerEchoes) {
  EXPECT_EQ(shell_kind_from_echo("%ComSpec%\n"), shell_kind::posix);
  EXPECT_EQ(shell_kind_from_echo("Microsoft.PowerShell%ComSpec%\r\n"), shell_kind::powershell);
  EXPECT_EQ(shell_kind_from_echo("${ShellId}C:\\WINDOWS\\system32\\cmd.exe\r\n"), shell_kind::cmd);
  EXPECT_EQ(shell_kind_from_echo(""), shell_kind::posix) << "fish";
  EXPECT_EQ(shell_kind_from_echo("This account is limited"), shell_kind::posix);
}

TEST(ShellKind, HasTheNamesOfRclone) {
  for (const char* name : {"none", "unix", "powershell", "cmd"})
    EXPECT_STREQ(shell_name(shell_kind_of(name)), name);
}

TEST(QuotedForShell, LeavesNothingToTheShell) {
  EXPECT_EQ(quoted_for_shell(shell_kind::posix, "/a-b_c.1,:@/\xc3\xa9"), "/a-b_c.1,:@/\xc3\xa9");
  EXPECT_EQ(quoted_for_shell(shell_kind::posix, "$(id) 'x'\n;*"), "\\$\\(id\\)\\ \\'x\\''\n'\\;\\*");
  EXPECT_EQ(quoted_for_shell(shell_kind::powershell, "C:/it's"), "'C:/it''s'");
  EXPECT_EQ(quoted_for_shell(shell_kind::powershell, "\xe2\x80\x99"), "'\xe2\x80\x99\xe2\x80\x99'");
  EXPECT_EQ(quoted_for_shell(shell_kind::cmd, "C:\\a b"), "\"C:\\a b\"");
}

TEST(QuotedForShell, RefusesWhatTheCommandPromptWouldChange) {
  for (const char* path : {"%TEMP%", "a\"b", "a!b", "a\nb"})
    EXPECT_THROW(quoted_for_shell(shell_kind::cmd, path), failure) << path;
}

TEST(HashInOutput, IsTheFirstWord) {
  EXPECT_EQ(hash_in_output("0EF726ce  /a file\n"), "0ef726ce");
  EXPECT_EQ(hash_in_output("\\0ef726ce  /odd\\nname\n"), "0ef726ce");
  EXPECT_EQ(hash_in_output("0ef726ce\n"), "0ef726ce");
  EXPECT_EQ(hash_in_output(""), "");
}

TEST(UsageInOutput, IsThatOfTheOneFileSystem) {
  const auto usage = usage_in_output("Filesystem 1K-blocks Used Available Use% Mounted on\n"
                                     "/dev/sda1  1000      300  600       34% /\n");

  EXPECT_EQ(usage.total, 1024'000);
  EXPECT_EQ(usage.used, 307'200);
  EXPECT_EQ(usage.free, 614'400);
  EXPECT_EQ(usage_in_output("nothing").total, -1);
  EXPECT_EQ(usage_in_output("head\n/dev/sda1 x 300 600 34% /").total, -1);
  EXPECT_EQ(drive_usage_in_output("300 600\r\n").total, 900);
  EXPECT_EQ(drive_usage_in_output("").used, -1);
}

/// Commands run by this machine's sh: `sh -c 'eval "$0"' COMMAND`, or with `login` in front of it.
class RemoteShell : public ::testing::Test {
protected:
  template <class Work>
  auto with(Work work, shell_kind kind = shell_kind::posix, const std::string& login = "") {
    return bench.run([&](const may_block& on) {
      ssh_program transport{{"sh", "-c", login + "eval \"$0\""}, "test"};
      remote_shell shell{transport, options, kind, [this](const may_block&) { ++pings; }};
      return work(on, shell);
    });
  }
  bench_of_storages bench;
  sftp_options options;
  scratch_folder folder;
  int pings = 0;
};

TEST_F(RemoteShell, GivesWhatTheCommandPrints) {
  for (const auto kind : {shell_kind::posix, shell_kind::cmd})
    with(
        [&](const may_block& on, remote_shell& shell) {
          EXPECT_EQ(shell.run(on, "echo one; echo ignored >&2"), "one\n");
          EXPECT_EQ(shell.run(on, "printf two"), "two");
          EXPECT_EQ(shell.run(on, "cat"), "") << "has no input";
        },
        kind);
}

TEST_F(RemoteShell, RunsCommandsOfUnixInOneProgram) {
  const auto started = folder / "started";
  with(
      [&](const may_block& on, remote_shell& shell) {
        const auto first = shell.run(on, "echo $$");
        EXPECT_EQ(shell.run(on, "echo $$"), first);
        EXPECT_NE(shell.run_alone(on, "echo $$"), first);
      },
      shell_kind::posix, "echo x >> " + started + "; ");

  EXPECT_EQ(read_file(started), "x\nx\n");
}

TEST_F(RemoteShell, ACommandThatFailsSaysWhy) {
  with([&](const may_block& on, remote_shell& shell) {
    const auto f = failure_of([&] { shell.run(on, "echo broken >&2; false"); });
    EXPECT_EQ(f.text, "failed to run \"echo broken >&2; false\": broken: Process exited with status 1");
    EXPECT_EQ(shell.run(on, "echo next"), "next\n");
  });
}

TEST_F(RemoteShell, ACommandThatEndsTheProgramHarmsNobody) {
  with([&](const may_block& on, remote_shell& shell) {
    EXPECT_THAT(failure_of([&] { shell.run(on, "exit 3"); }).text, HasSubstr("Process exited with status 3"));
    EXPECT_EQ(shell.run(on, "echo next"), "next\n");
  });
}

TEST_F(RemoteShell, AServerWithoutShRunsEachCommandAlone) {
  with(
      [&](const may_block& on, remote_shell& shell) {
        EXPECT_EQ(shell.run(on, "echo one"), "one\n");
        EXPECT_EQ(shell.run(on, "echo two"), "two\n");
      },
      shell_kind::posix, "[ \"$0\" != 'exec sh' ] || { echo 'not allowed'; exit 1; }; ");
}

TEST_F(RemoteShell, NamesWithEverythingInThemStayArguments) {
  const std::string name = "a b'c\"d$(touch x)`touch y`\\e\nf;g*?#&|<>";
  write_file(folder / name, "content");
  with([&](const may_block& on, remote_shell& shell) {
    EXPECT_EQ(shell.run(on, "cat " + quoted_for_shell(shell_kind::posix, folder / name)), "content");
  });

  EXPECT_EQ(tree_of(folder.path()), std::vector<std::string>{name});
}

TEST_F(RemoteShell, ACancelledCommandEndsTheWaitAndTheNextIsNotConfused) {
  write_file(folder / "wait", "");
  cancellation stop;
  ssh_program transport{{"sh", "-c", "eval \"$0\""}, "test"};
  remote_shell shell{transport, options, shell_kind::posix, [](const may_block&) {}};
  bench.run([&](const may_block& on) { shell.run(on, "true"); });
  stop.cancel();

  const auto f = failure_of([&] {
    bench.run([&](const may_block& on) { shell.run(on, "echo late"); }, {stop, nullptr, nullptr});
  });

  EXPECT_EQ(f.kind, failure_kind::cancelled);
  EXPECT_EQ(bench.run([&](const may_block& on) { return shell.run(on, "echo next"); }), "next\n");
}

} // namespace
} // namespace argosy
