#include "backends/sftp/sftp_storage.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "backends/sftp/testing_sshd.hpp"
#include "core/obscure.hpp"

namespace argosy {
namespace {

using namespace argosy::testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using option_map = bench_of_storages::option_map;
namespace fs = std::filesystem;

/// A folder behind an sshd. `server` is started by the first test that needs it, with the lines it wants.
class SftpStorage : public ::testing::Test {
protected:
  void SetUp() override {
    if (const auto why = test_sshd::missing()) GTEST_SKIP() << *why;
  }
  void TearDown() override {
    // The pool's threads are the only things that live on.
    EXPECT_EQ(bench.book.live(), bench.book.live(resource::thread));
  }

  test_sshd& server(const std::string& lines = {}) {
    if (!server_) server_.emplace(lines);
    return *server_;
  }
  /// Options of a remote that works, with others in their place; those that are empty go.
  option_map options(const option_map& others = {}) {
    auto all = others;
    all.merge(server().options());
    for (auto i = all.begin(); i != all.end();) i = i->second.empty() ? all.erase(i) : std::next(i);
    return all;
  }
  made_storage make(const option_map& others = {}, const std::string& path = "") {
    return bench.make("sftp", folder.path() + path, options(others));
  }
  std::string refusal(const option_map& others) {
    return failure_of([&] { make(others); }).text;
  }
  template <class Work>
  auto with(const option_map& others, Work work) {
    const auto made = make(others).made;
    return bench.run([&](const may_block& on) {
      const auto s = made->connect(on);
      return work(on, *s);
    });
  }
  /// One object goes there and comes back.
  void expect_usable(const option_map& others) {
    with(others, [](const may_block& on, session& s) {
      put_object(on, s, "d/x", "content");
      EXPECT_EQ(read_object(on, s, "d/x"), "content");
    });
  }
  std::vector<std::string> notices() const {
    std::vector<std::string> texts;
    for (const auto& [level, text] : bench.log.lines())
      if (level == log_level::notice) texts.push_back(text);
    return texts;
  }

  scratch_folder folder;
  bench_of_storages bench;

private:
  std::optional<test_sshd> server_;
};

// -- what it says of itself
// -------------------------------------------------------------------------------------

TEST_F(SftpStorage, DescribesItselfAsRcloneDoes) {
  const auto made = make({}, "/none").made;
  const auto& info = made->info();
  const auto root = folder / "none";

  EXPECT_EQ(info.type, "sftp");
  EXPECT_EQ(info.name, ":sftp");
  EXPECT_EQ(info.root, root);
  EXPECT_EQ(info.description,
            "sftp://" + server().user() + "@127.0.0.1:" + std::to_string(server().port()) + "/" + root);
  EXPECT_EQ(info.precision, 1'000'000'000);
  EXPECT_EQ(info.hashes.list(), (std::vector<hash_type>{hash_type::md5, hash_type::sha1}));
  const auto& f = info.features;
  EXPECT_TRUE(f.About && f.CanHaveEmptyDirectories && f.DirMove && f.Move && f.PutStream && f.SlowHash &&
              f.Shutdown);
  EXPECT_FALSE(f.Copy || f.Purge || f.ReadMetadata || f.BucketBased || f.PublicLink || f.CleanUp ||
               f.Command);
}

TEST_F(SftpStorage, ARelativePathBeginsInTheHomeFolder) {
  const auto made = bench.make("sftp", "", options()).made;
  const auto home = bench.run([&](const may_block& on) {
    const auto s = made->connect(on);
    return s->stat(on, "");
  });

  EXPECT_EQ(made->info().root, "");
  ASSERT_TRUE(home);
  EXPECT_EQ(home->kind, entry_kind::directory);
}

TEST_F(SftpStorage, ARemoteThatPointsAtAFileIsItsFolder) {
  write_file(folder / "d/file", "x");

  const auto made = make({}, "/d/file");

  EXPECT_EQ(made.file, "file");
  EXPECT_EQ(made.made->info().root, folder / "d");
  EXPECT_FALSE(make({}, "/d/file/").file) << "a slash at the end means a folder";
  EXPECT_FALSE(make({}, "/d/missing").file);
}

TEST_F(SftpStorage, TellsHowMuchSpaceThereIs) {
  const auto usage = with({}, [](const may_block& on, session& s) { return s.about(on); });

  const auto space = fs::space(folder.path());
  EXPECT_EQ(usage.total, static_cast<std::int64_t>(space.capacity));
  EXPECT_EQ(usage.used + usage.free, usage.total);
}

TEST_F(SftpStorage, NeverLeavesItsFolder) {
  write_file(folder / "secret", "x");
  fs::create_directory(folder / "root");

  const auto made = make({}, "/root").made;
  bench.run([&](const may_block& on) {
    const auto s = made->connect(on);
    EXPECT_FALSE(s->stat(on, "../secret"));
    put_object(on, *s, "../new", "y");
  });

  EXPECT_THAT(tree_of(folder.path()), ElementsAre("root/", "root/\xef\xbc\x8e\xef\xbc\x8e/",
                                                  "root/\xef\xbc\x8e\xef\xbc\x8e/new", "secret"));
}

// -- keys and passwords
// -------------------------------------------------------------------------------------------

TEST_F(SftpStorage, KeysOfAllKindsLogIn) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> kinds{
      {"rsa", {"-t", "rsa", "-b", "2048"}},
      {"ecdsa", {"-t", "ecdsa"}},
      {"pem", {"-t", "rsa", "-b", "2048", "-m", "PEM"}},
      {"pkcs8", {"-t", "ecdsa", "-m", "PKCS8"}}};
  for (const auto& [name, how] : kinds) {
    server().make_key(name, how);
    server().authorize(name);

    expect_usable({{"key_file", server().file(name)}});
  }
}

TEST_F(SftpStorage, EncryptedKeysNeedTheirPassphrase) {
  server().make_key("sealed", {"-t", "ed25519"}, "potato");
  server().make_key("sealed_pem", {"-t", "rsa", "-b", "2048", "-m", "PEM"}, "potato");
  for (const char* name : {"sealed", "sealed_pem"}) {
    server().authorize(name);
    const auto file = server().file(name);

    expect_usable({{"key_file", file}, {"key_file_pass", obscure("potato")}});
    EXPECT_EQ(refusal({{"key_file", file}}),
              "failed to parse private key file: ssh: this private key is passphrase protected");
    EXPECT_THAT(refusal({{"key_file", file}, {"key_file_pass", obscure("turnip")}}),
                StartsWith("failed to parse private key file: x509: decryption password incorrect"));
  }
}

TEST_F(SftpStorage, AKeyMayStandInTheConfiguration) {
  std::string line;
  for (const char c : read_file(server().file("key")))
    line += c == '\n' ? std::string{"\\n"} : std::string{c};

  expect_usable({{"key_file", ""}, {"key_pem", line}});
  EXPECT_EQ(refusal({{"key_file", ""}, {"key_pem", "a\\qb"}}),
            "pem key not formatted properly: invalid syntax");
}

TEST_F(SftpStorage, ACertificateLogsInForItsKey) {
  scratch_folder authority;
  run_program({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", authority / "ca"});
  server("TrustedUserCAKeys " + authority / "ca.pub");
  server().make_key("certified", {"-t", "ed25519"});
  run_program({"/usr/bin/ssh-keygen", "-q", "-s", authority / "ca", "-I", "test", "-n", server().user(),
               server().file("certified.pub")});
  const auto key = server().file("certified");
  const auto certificate = server().file("certified-cert.pub");

  expect_usable({{"key_file", key}, {"pubkey_file", certificate}});
  expect_usable({{"key_file", key}, {"pubkey", read_file(certificate)}});
  EXPECT_THAT(refusal({{"key_file", key}}), HasSubstr("attempted methods [none publickey]"));
  EXPECT_EQ(refusal({{"key_file", key}, {"pubkey_file", key + ".pub"}}),
            "public key file is not a certificate file: " + key + ".pub");
}

TEST_F(SftpStorage, KeysOfTheAgentLogIn) {
  const auto socket = folder / "agent";
  const auto agent = start_program({"/usr/bin/ssh-agent", "-D", "-a", socket}, "/dev/null");
  while (!fs::exists(socket)) ::poll(nullptr, 0, 5);
  ::setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
  EXPECT_THAT(refusal({{"key_file", ""}}), HasSubstr("attempted methods [none publickey]")) << "no key yet";
  server().make_key("other", {"-t", "rsa", "-b", "2048"});
  for (const char* name : {"other", "key"}) run_program({"/usr/bin/ssh-add", "-q", server().file(name)});

  expect_usable({{"key_file", ""}});
  expect_usable({{"key_use_agent", "true"}, {"key_file", server().file("key.pub")}});
  EXPECT_THAT(refusal({{"key_use_agent", "true"}, {"key_file", server().file("other")}}),
              HasSubstr("attempted methods [none publickey]"))
      << "only keys of its kind are tried";

  ::unsetenv("SSH_AUTH_SOCK");
  ::kill(agent, SIGKILL);
  ::waitpid(agent, nullptr, 0);
}

TEST_F(SftpStorage, WhoCannotLogInIsToldWhyAsByRclone) {
  write_file(folder / "nonsense", "no key");
  EXPECT_EQ(refusal({{"key_file", "/nonexistent"}}),
            "failed to read private key file: open /nonexistent: no such file or directory");
  EXPECT_EQ(refusal({{"key_file", folder / "nonsense"}}),
            "failed to parse private key file: ssh: no key found");
  EXPECT_EQ(refusal({{"key_file", ""}}),
            "couldn't connect to ssh-agent: SSH agent requested but SSH_AUTH_SOCK not-specified");
  const auto unknown = failure_of([&] { make({{"key_file", ""}, {"pass", obscure("wrong secret")}}); });
  EXPECT_EQ(unknown.text,
            "NewFs: couldn't connect SSH: ssh: handshake failed: ssh: unable to authenticate, attempted "
            "methods [none], no supported methods remain");
  EXPECT_EQ(unknown.kind, failure_kind::no_retry);
}

TEST_F(SftpStorage, NoSecretReachesLogErrorsOrLedger) {
  const auto text = refusal({{"key_file", ""}, {"pass", obscure("wrong secret")}}) +
                    refusal({{"key_file", ""}, {"key_pem", "wrong secret"}}) +
                    refusal({{"key_file_pass", obscure("wrong secret")}, {"key_file", "/nonexistent"}});
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  with({{"pass", obscure("wrong secret")}}, [&](const may_block& on, session& s) {
    put_object(on, s, "x", "1");
    for (const auto& entry : bench.book.records())
      EXPECT_THAT(entry.detail + entry.label, Not(HasSubstr("secret")));
  });
  for (const auto& [level, line] : bench.log.lines()) EXPECT_THAT(line, Not(HasSubstr("secret")));
}

// -- which server it is
// ---------------------------------------------------------------------------------------------

TEST_F(SftpStorage, TheServerMustBeAKnownOne) {
  const std::string handshake = "NewFs: couldn't connect SSH: ssh: handshake failed: ";
  auto& s = server();
  const auto known = [&](const std::string& content) {
    write_file(folder / "hosts", content);
    return option_map{{"known_hosts_file", folder / "hosts"}};
  };
  const auto host_key = read_file(s.file("host_key.pub"));
  const auto other_key = read_file(s.file("key.pub"));

  expect_usable(known("# comment\n\nother " + other_key + "*.example.com," + s.address() + " " + host_key));
  EXPECT_EQ(refusal(known("")), handshake + "knownhosts: key is unknown");
  EXPECT_EQ(refusal(known("example.com " + host_key)), handshake + "knownhosts: key is unknown");
  EXPECT_EQ(refusal(known(s.address() + " " + other_key)), handshake + "knownhosts: key mismatch");
  EXPECT_EQ(refusal(known(s.address() + " " + host_key + "@revoked * " + host_key)),
            handshake + "knownhosts: key is revoked");
  EXPECT_EQ(refusal({{"known_hosts_file", "/nonexistent"}}),
            "couldn't parse known_hosts_file: open /nonexistent: no such file or directory");
}

TEST_F(SftpStorage, HashedNamesOfKnownServersAreFound) {
  const auto hosts = folder / "hosts";
  write_file(hosts, read_file(server().file("known_hosts")));
  run_program({"/usr/bin/ssh-keygen", "-q", "-H", "-f", hosts});
  ASSERT_THAT(read_file(hosts), StartsWith("|1|"));

  expect_usable({{"known_hosts_file", hosts}});
}

TEST_F(SftpStorage, AServerWithSeveralKeysShowsTheOneThatIsKnown) {
  scratch_folder keys;
  run_program({"/usr/bin/ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", keys / "rsa"});
  server("HostKey " + keys / "rsa");
  write_file(folder / "hosts", server().address() + " " + read_file(keys / "rsa.pub"));

  expect_usable({{"known_hosts_file", folder / "hosts"}});
}

TEST_F(SftpStorage, PinnedKeysVerifyTheServerToo) {
  const auto entry = [&](const char* name) {
    const auto text = read_file(server().file(name));
    return text.substr(0, text.find(' ', text.find(' ') + 1));
  };
  const auto pinned = [&](const std::string& keys) {
    return option_map{{"known_hosts_file", ""}, {"host_keys", keys}};
  };

  expect_usable(pinned(entry("key.pub") + "," + entry("host_key.pub")));
  EXPECT_THAT(notices(), IsEmpty());
  EXPECT_THAT(refusal(pinned(entry("key.pub"))),
              HasSubstr("ssh: handshake failed: host key mismatch for [127.0.0.1]:"));
  EXPECT_THAT(refusal(pinned("ssh-ed25519")), HasSubstr("expected \"<algo> <base64>\", got \"ssh-ed25519\""));
  EXPECT_THAT(refusal(pinned("ssh-ed25519 AAAA")), HasSubstr("not a valid SSH public key"));
}

TEST_F(SftpStorage, AServerThatIsNotVerifiedIsNoticed) {
  expect_usable({{"known_hosts_file", ""}});
  EXPECT_THAT(notices(), Contains(HasSubstr("No host key validation is being performed")));

  const auto before = notices().size();
  expect_usable({{"known_hosts_file", "none"}});
  EXPECT_EQ(notices().size(), before);
}

// -- options of the connection
// -----------------------------------------------------------------------------------

TEST_F(SftpStorage, CiphersAndTheirLikeCanBeChosen) {
  for (const auto& chosen :
       std::vector<option_map>{{{"ciphers", "chacha20-poly1305@openssh.com"}},
                               {{"ciphers", "aes256-ctr aes128-ctr"}, {"macs", "hmac-sha2-512"}},
                               {{"ciphers", "aes256-ctr"}, {"macs", "hmac-sha2-256-etm@openssh.com"}},
                               {{"key_exchange", "ecdh-sha2-nistp256"}},
                               {{"host_key_algorithms", "ssh-ed25519"}}})
    expect_usable(chosen);
  EXPECT_EQ(refusal({{"ciphers", "rot13"}}),
            "NewFs: couldn't connect SSH: sftp: none of the ciphers \"rot13\" is known here");
}

TEST_F(SftpStorage, OldCiphersNeedToBeAllowed) {
  server("Ciphers aes128-cbc\nKexAlgorithms diffie-hellman-group-exchange-sha256");

  expect_usable({{"use_insecure_cipher", "true"}});
  const auto f = failure_of([&] { make(); });
  EXPECT_THAT(f.text, HasSubstr("no match for method"));
  EXPECT_EQ(f.kind, failure_kind::no_retry);
  EXPECT_EQ(refusal({{"use_insecure_cipher", "true"}, {"ciphers", "aes128-ctr"}}),
            "use_insecure_cipher must be false if ciphers or key_exchange are set in advanced configuration");
}

TEST_F(SftpStorage, KeysAreExchangedAnewInTheMiddleOfAFile) {
  server("RekeyLimit 1M");
  const auto content = noise(6'000'000);

  with({}, [&](const may_block& on, session& s) {
    put_object(on, s, "x", content);
    EXPECT_TRUE(read_object(on, s, "x") == content);
  });
}

TEST_F(SftpStorage, AServerThatCannotBeReachedIsTriedAgainAndThenAnError) {
  bench.main.low_level_retries = 2;

  const auto f = failure_of([&] { make({{"port", "1"}}); });

  EXPECT_EQ(f.text, "NewFs: couldn't connect SSH: dial tcp 127.0.0.1:1: connect: connection refused");
  EXPECT_EQ(f.kind, failure_kind::retryable);
}

TEST_F(SftpStorage, WhatCannotBeAHostIsRefused) {
  EXPECT_EQ(refusal({{"host", "user@host"}}),
            "NewFs: couldn't connect SSH: sftp: host \"user@host\" cannot be the name of a host");
  EXPECT_EQ(refusal({{"host", ""}}), "sftp: host is not set");
  EXPECT_EQ(refusal({{"port", "x"}}), "sftp: port \"x\" is not a number from 1 to 65535");
}

TEST_F(SftpStorage, WhatIsNotSupportedIsRefusedByName) {
  for (const auto& [name, value] :
       option_map{{"pin_host_key", "true"}, {"ask_password", "true"}, {"http_proxy", "https://x"}})
    EXPECT_THAT(refusal({{name, value}, {"known_hosts_file", ""}}), HasSubstr(name));
}

TEST_F(SftpStorage, ValuesOutOfBoundsAreRefusedByName) {
  EXPECT_THAT(refusal({{"chunk_size", "0"}}), HasSubstr("chunk_size must be from 1 to 16Mi bytes, not 0"));
  EXPECT_THAT(refusal({{"concurrency", "0"}}), HasSubstr("concurrency must be from 1 to 65536, not 0"));
  EXPECT_THAT(refusal({{"connections", "-1"}}), HasSubstr("connections must be from 0 to 65536, not -1"));
  EXPECT_EQ(refusal({{"set_env", "NAME"}}), "no = found in env var \"NAME\"");
  EXPECT_THAT(refusal({{"encoding", "Nothing"}}), HasSubstr("bad encoding \"Nothing\""));
  EXPECT_THAT(refusal({{"idle_timeout", "x"}}), HasSubstr("as fs.Duration"));
}

TEST_F(SftpStorage, LimitsOfConnectionsAreThoseOfTheOptions) {
  const auto made = make({{"connections", "3"}, {"idle_timeout", "5s"}}).made;

  EXPECT_EQ(made->connection_limit(), 3U);
  EXPECT_EQ(made->idle_limit(), std::chrono::seconds{5});
}

TEST_F(SftpStorage, EnvironmentReachesCommandsWhereTheServerAllowsIt) {
  server("AcceptEnv ARGOSY_*");
  const option_map others{{"md5sum_command", "printf %s \"$ARGOSY_TEST\" #"},
                          {"set_env", "\"ARGOSY_TEST=a b\" ARGOSY_2=c"}};

  with(others, [](const may_block& on, session& s) { EXPECT_EQ(s.hash(on, "x", hash_type::md5), "a"); });
  EXPECT_THAT(refusal({{"set_env", "OTHER=x"}}), HasSubstr("failed to set env var \"OTHER\""));
}

TEST_F(SftpStorage, TheServersProgramCanBeChosen) {
  expect_usable({{"server_command", "/usr/lib/openssh/sftp-server"}});
  EXPECT_THAT(refusal({{"subsystem", "nothing"}}),
              HasSubstr("couldn't initialise SFTP: ssh: subsystem request failed"));
  bench.main.low_level_retries = 1;
  EXPECT_THAT(refusal({{"server_command", "echo no sftp here"}}),
              HasSubstr("not a packet of SFTP: \"no sftp here\""));
}

TEST_F(SftpStorage, AnExternalProgramMayMakeTheConnection) {
  const auto ssh = "ssh -F none -o UserKnownHostsFile=" + server().file("known_hosts") +
                   " -o BatchMode=yes -i " + server().file("key") + " -p " + std::to_string(server().port()) +
                   " " + server().user() + "@127.0.0.1";
  const option_map by_program{{"ssh", ssh}, {"host", ""},     {"user", ""},
                              {"port", ""}, {"key_file", ""}, {"known_hosts_file", ""}};

  with(by_program, [](const may_block& on, session& s) {
    put_object(on, s, "x", "file1 contents");
    EXPECT_EQ(read_object(on, s, "x"), "file1 contents");
    EXPECT_EQ(s.hash(on, "x", hash_type::md5), "0ef726ce9b1a7692357ff70dd321d595");
  });
  EXPECT_THAT(notices(), IsEmpty()) << "the program verifies the server";
}

TEST_F(SftpStorage, AnExternalProgramThatFailsSaysWhy) {
  bench.main.low_level_retries = 1;
  const auto refused = [&](const std::string& program) { return refusal({{"ssh", program}}); };

  EXPECT_EQ(refused("/nonexistent/ssh"),
            "NewFs: couldn't initialise SFTP: fork/exec /nonexistent/ssh: no such file or directory");
  EXPECT_THAT(refused("sh -c \"echo no way >&2\""), HasSubstr("connection lost: no way"));
}

// -- options of files
// -----------------------------------------------------------------------------------------------

TEST_F(SftpStorage, FilesOfAllSizesPassInAnyChunks) {
  for (const auto& chosen : std::vector<option_map>{{},
                                                    {{"chunk_size", "1000"}, {"concurrency", "3"}},
                                                    {{"chunk_size", "32Ki"}},
                                                    {{"chunk_size", "1Mi"}, {"concurrency", "1"}},
                                                    {{"disable_concurrent_reads", "true"}},
                                                    {{"disable_concurrent_writes", "true"}},
                                                    {{"use_fstat", "true"}},
                                                    {{"fsync", "true"}}})
    with(chosen, [](const may_block& on, session& s) {
      for (const std::size_t size : {0, 1, 999, 1000, 1001, 32768, 300'001}) {
        const auto content = noise(size, size);
        put_object(on, s, "x", content);
        EXPECT_TRUE(read_object(on, s, "x") == content) << size;
        EXPECT_TRUE(read_object(on, s, "x", 500, 100) ==
                    content.substr(std::min<std::size_t>(500, size), 100));
      }
    });
}

TEST_F(SftpStorage, WhatHasNoSizeIsReadToItsEnd) {
  const auto made = bench.make("sftp", "/proc/self", options()).made;

  const auto status = bench.run([&](const may_block& on) {
    const auto s = made->connect(on);
    return read_object(on, *s, "status");
  });

  EXPECT_THAT(status, HasSubstr("Name:"));
}

TEST_F(SftpStorage, LinksAreShownAsWhatTheyPointAt) {
  write_file(folder / "file", "12345");
  fs::create_directory(folder / "folder");
  fs::create_symlink("file", folder / "to_file");
  fs::create_symlink("folder", folder / "to_folder");
  fs::create_symlink("nothing", folder / "to_nothing");
  ::mkfifo((folder / "pipe").c_str(), 0600);

  with({}, [](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("file", "folder/", "to_file", "to_folder/"));
    EXPECT_EQ(list_all(on, s, "")[2].size, 5);
    EXPECT_FALSE(s.stat(on, "pipe"));
  });
  EXPECT_THAT(notices(), Contains(StartsWith("pipe: left out of the listing")));
  EXPECT_THAT(notices(), Contains(StartsWith("to_nothing: left out of the listing: file does not exist")));
  with({{"skip_links", "true"}}, [](const may_block& on, session& s) {
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("file", "folder/"));
  });
}

TEST_F(SftpStorage, ALargeFolderComesWhole) {
  constexpr int files = 20'000;
  for (int i = 0; i < files; ++i) std::ofstream{folder / std::to_string(i)};
  std::size_t pages = 0;
  std::size_t entries = 0;

  with({}, [&](const may_block& on, session& s) {
    s.list(on, "", [&](listing&& page) {
      ++pages;
      entries += page.size();
    });
  });

  EXPECT_EQ(entries, std::size_t{files});
  EXPECT_EQ(pages, 2U);
}

TEST_F(SftpStorage, NamesAreEncodedAsTheOptionSays) {
  with({{"encoding", "Slash,Colon,RightSpace"}}, [&](const may_block& on, session& s) {
    put_object(on, s, "a:b ", "x");
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("a:b "));
    EXPECT_EQ(read_object(on, s, "a:b "), "x");
  });

  EXPECT_THAT(tree_of(folder.path()), ElementsAre("a\xef\xbc\x9a"
                                                  "b\xe2\x90\xa0"));
}

TEST_F(SftpStorage, TimesStayAsTheServerSetsThemWhenTheyAreNotToBeSet) {
  with({{"set_modtime", "false"}}, [](const may_block& on, session& s) {
    put_object(on, s, "x", "1", 1'000'000'000);
    s.set_modified(on, "x", 1'000'000'000);
    EXPECT_GT(s.stat(on, "x")->modified, now() - 3'600'000'000'000);
  });
}

TEST_F(SftpStorage, TimesOfFoldersCanBeSet) {
  with({}, [](const may_block& on, session& s) {
    s.make_directory(on, "d");
    s.set_directory_modified(on, "d", 1'000'000'000'000'000'000);
    EXPECT_EQ(s.stat(on, "d")->modified, 1'000'000'000'000'000'000);
    EXPECT_EQ(failure_of([&] { s.set_directory_modified(on, "none", 1); }).kind,
              failure_kind::directory_not_found);
  });
}

TEST_F(SftpStorage, WhatTheServerForbidsIsPermissionDenied) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may do everything";
  fs::create_directory(folder / "closed");
  fs::permissions(folder / "closed", fs::perms::none);
  with({}, [](const may_block& on, session& s) {
    EXPECT_EQ(failure_of([&] { list_all(on, s, "closed"); }).kind, failure_kind::permission_denied);
    EXPECT_EQ(failure_of([&] { put_object(on, s, "closed/x", "1"); }).text,
              "Update Create failed: permission denied");
  });
  fs::permissions(folder / "closed", fs::perms::owner_all);
}

TEST_F(SftpStorage, AFolderIsMovedAsAWhole) {
  with({}, [](const may_block& on, session& s) {
    put_object(on, s, "a/b/x", "1");
    put_object(on, s, "taken/y", "2");
    EXPECT_FALSE(s.move_directory_from(on, s, "a", "taken"));
    EXPECT_FALSE(s.move_directory_from(on, s, "a", "a/inside"));
    EXPECT_TRUE(s.move_directory_from(on, s, "a", "new/place"));
    EXPECT_EQ(failure_of([&] { s.move_directory_from(on, s, "a", "other"); }).kind,
              failure_kind::directory_not_found);
  });

  EXPECT_THAT(tree_of(folder.path()),
              ElementsAre("new/", "new/place/", "new/place/b/", "new/place/b/x", "taken/", "taken/y"));
}

TEST_F(SftpStorage, AMoveIntoANewFolderMakesItAndOneOfNothingDoesNot) {
  with({}, [](const may_block& on, session& s) {
    put_object(on, s, "x", "1");
    EXPECT_EQ(failure_of([&] { s.move_from(on, s, "none", "unwanted/x"); }).kind,
              failure_kind::object_not_found);
    EXPECT_TRUE(s.move_from(on, s, "x", "made/for/it"));
  });

  EXPECT_THAT(tree_of(folder.path()), ElementsAre("made/", "made/for/", "made/for/it"));
}

TEST_F(SftpStorage, ACopyByHardLinkIsTheSameFile) {
  with({{"copy_is_hardlink", "true"}}, [](const may_block& on, session& s) {
    EXPECT_TRUE(s.of().info().features.Copy);
    put_object(on, s, "x", "content");
    put_object(on, s, "d/y", "overwritten");
    copy_object(on, s, s, {"x", "d/y", 7, 0}, {});
    copy_object(on, s, s, {"x", "d/y", 7, 0}, {});
    EXPECT_EQ(failure_of([&] {
                copy_object(on, s, s, {"none", "z", 1, 0}, {});
              }).kind,
              failure_kind::object_not_found);
  });

  EXPECT_TRUE(fs::equivalent(folder / "x", folder / "d/y"));
  EXPECT_EQ(fs::hard_link_count(folder / "x"), 2U);
}

TEST_F(SftpStorage, APartialFileOfSomebodyElseIsLeftAloneUnlessItIsOld) {
  const auto first_partial = [&] {
    with({}, [&](const may_block& on, session& s) {
      put_request request;
      request.path = "x";
      request.size = 4;
      const auto sink = s.create(on, request);
      for (const auto& name : tree_of(folder.path())) write_file(folder / "name", name);
    });
    const auto name = read_file(folder / "name");
    fs::remove(folder / "name");
    return folder / name;
  }();
  ASSERT_THAT(first_partial, ::testing::EndsWith(".partial"));
  write_file(first_partial, "of somebody else");
  const auto put = [&] {
    with({}, [](const may_block& on, session& s) { put_object(on, s, "x", "mine", 0); });
  };

  put();
  EXPECT_EQ(read_file(first_partial), "of somebody else");

  const timeval long_ago[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ::utimes(first_partial.c_str(), long_ago);
  put();
  EXPECT_FALSE(fs::exists(first_partial));
  EXPECT_EQ(read_file(folder / "x"), "mine");
}

// -- hashes
// -----------------------------------------------------------------------------------------------------------

TEST_F(SftpStorage, HashesAreComputedByTheServer) {
  with({{"hashes", "md5,sha1,sha256"}}, [](const may_block& on, session& s) {
    put_object(on, s, "a \"b\"\n'c'$d", "file1 contents");
    const std::string name = "a \"b\"\n'c'$d";
    EXPECT_EQ(s.hash(on, name, hash_type::md5), "0ef726ce9b1a7692357ff70dd321d595");
    EXPECT_EQ(s.hash(on, name, hash_type::sha1), "a379624177abc4679cafafa8eae1d73e1478aaa6");
    EXPECT_EQ(s.hash(on, name, hash_type::sha256).size(), 64U);
    EXPECT_EQ(s.hash(on, name, hash_type::crc32), "");
    s.make_directory(on, "d");
    EXPECT_EQ(failure_of([&] { s.hash(on, "d", hash_type::md5); }).kind, failure_kind::is_a_directory);
  });
}

TEST_F(SftpStorage, WithoutCommandsThereAreNoHashes) {
  for (const auto& chosen :
       std::vector<option_map>{{{"disable_hashcheck", "true"}},
                               {{"shell_type", "none"}},
                               {{"md5sum_command", "none"}, {"sha1sum_command", "none"}}}) {
    EXPECT_TRUE(make(chosen).made->info().hashes.empty());
    expect_usable(chosen);
  }
}

TEST_F(SftpStorage, AServerThatAllowsFilesOnlyHasNoHashes) {
  server("ForceCommand internal-sftp");

  EXPECT_TRUE(make().made->info().hashes.empty());
  expect_usable({});
}

TEST_F(SftpStorage, AServerThatAllowsOneChannelHasNoHashes) {
  server("MaxSessions 1");

  EXPECT_TRUE(make().made->info().hashes.empty());
  expect_usable({});
}

TEST_F(SftpStorage, CommandsMayFindTheFolderElsewhere) {
  write_file(folder / "x", "file1 contents");
  scratch_folder elsewhere;
  write_file(elsewhere / "x", "other contents");
  fs::create_directories(elsewhere.path() + folder.path());
  write_file(elsewhere.path() + folder.path() + "/x", "third");
  const auto hash_with = [&](const option_map& chosen) {
    return with(chosen, [](const may_block& on, session& s) { return s.hash(on, "x", hash_type::md5); });
  };
  const auto md5 = [](const std::string& content) {
    hasher h{hash_type::md5};
    h.update(content.data(), content.size());
    return h.hex(hash_type::md5);
  };

  EXPECT_EQ(hash_with({}), md5("file1 contents"));
  EXPECT_EQ(hash_with({{"path_override", elsewhere.path()}}), md5("other contents"));
  EXPECT_EQ(hash_with({{"path_override", "@" + elsewhere.path()}}), md5("third"));
}

// -- trouble
// ------------------------------------------------------------------------------------------------------------

TEST_F(SftpStorage, AnIdleConnectionThatWasClosedIsMadeAgain) {
  with({}, [&](const may_block& on, session& s) {
    put_object(on, s, "x", "1");
    server().stop();
    server().start();

    EXPECT_EQ(read_object(on, s, "x"), "1");
    EXPECT_THAT(names_in(on, s, ""), ElementsAre("x"));
  });
}

TEST_F(SftpStorage, AConnectionThatTheServerClosedIsNoticedWithoutUsingIt) {
  with({}, [&](const may_block& on, session& s) {
    s.stat(on, "x");
    EXPECT_FALSE(s.closed_by_peer());
    server().stop();

    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!s.closed_by_peer() && std::chrono::steady_clock::now() < end) ::poll(nullptr, 0, 1);
    EXPECT_TRUE(s.closed_by_peer());
  });
}

TEST_F(SftpStorage, TheLedgerTellsWhatAConnectionDoesAndWhereItWasLast) {
  write_file(folder / "x", noise(100'000));
  with({}, [&](const may_block& on, session& s) {
    const auto of_socket = [&] {
      for (auto& record : bench.book.records(resource::descriptor))
        if (std::string_view{record.kind} == "ssh socket") return record;
      return ledger::record{};
    };
    s.stat(on, "nothing");
    const auto record = of_socket();
    EXPECT_STREQ(record.state, "idle");
    EXPECT_EQ(record.detail, folder / "nothing");
    EXPECT_EQ(record.label, ":sftp");
    EXPECT_GE(record.socket, 0);
    const auto source = s.open(on, "x");
    EXPECT_EQ(of_socket().detail, folder / "x");
  });
}

TEST_F(SftpStorage, ReadingGoesOnAfterTheServerWasRestarted) {
  const auto content = noise(8'000'000);
  write_file(folder / "x", content);
  with({}, [&](const may_block& on, session& s) {
    const auto source = s.open(on, "x");
    std::string got(content.size() + 1, '\0');
    std::size_t at = 0;
    while (at < 2'000'000) at += source->read(on, &got[at], 100'000);
    server().stop();
    server().start();

    while (const auto more = source->read(on, &got[at], got.size() - at)) at += more;
    got.resize(at);
    EXPECT_TRUE(got == content);
  });
}

TEST_F(SftpStorage, AFileThatChangedWhileTheServerWasAwayIsNotReadOn) {
  write_file(folder / "x", noise(4'000'000));
  with({}, [&](const may_block& on, session& s) {
    const auto source = s.open(on, "x");
    std::string got(1'000'000, '\0');
    source->read(on, got.data(), got.size());
    server().stop();
    server().start();
    write_file(folder / "x", noise(4'000'001));

    const auto f = failure_of([&] {
      while (source->read(on, got.data(), got.size()) > 0) {}
    });
    EXPECT_THAT(f.text, HasSubstr("the file has changed"));
    EXPECT_EQ(f.kind, failure_kind::retryable);
  });
}

TEST_F(SftpStorage, WritingGoesOnAfterTheServerWasRestarted) {
  const auto content = noise(8'000'000);
  with({}, [&](const may_block& on, session& s) {
    put_request request;
    request.path = "d/x";
    request.size = static_cast<std::int64_t>(content.size());
    request.hashes = hash_type::md5;
    const auto sink = s.create(on, request);
    sink->write(on, content.data(), 5'000'000);
    server().stop();
    server().start();
    sink->write(on, content.data() + 5'000'000, 3'000'000);
    server().stop();
    server().start();

    const auto result = sink->commit(on, {});
    EXPECT_EQ(result.info.size, 8'000'000);
  });

  EXPECT_TRUE(read_file(folder / "d/x") == content);
  EXPECT_THAT(tree_of(folder.path()), ElementsAre("d/", "d/x"));
}

TEST_F(SftpStorage, AServerThatStaysAwayIsAnError) {
  bench.main.low_level_retries = 2;
  with({}, [&](const may_block& on, session& s) {
    server().stop();

    const auto f = failure_of([&] { s.stat(on, "x"); });
    EXPECT_THAT(f.text, HasSubstr("connection refused"));
    EXPECT_EQ(f.kind, failure_kind::retryable);
  });
}

TEST_F(SftpStorage, ASilentServerIsGivenUpAfterTheTimeout) {
  bench.main.low_level_retries = 1;
  bench.main.timeout = 200'000'000;
  with({}, [&](const may_block& on, session& s) {
    server().signal_connections(SIGSTOP);

    const auto f = failure_of([&] { s.stat(on, "x"); });
    EXPECT_THAT(f.text, HasSubstr("i/o timeout"));
    server().signal_connections(SIGCONT);
  });
}

TEST_F(SftpStorage, CancellingEndsEverythingWhileTheServerStandsStill) {
  write_file(folder / "x", noise(5'000'000));
  const auto made = make().made;
  std::unique_ptr<session> s;
  std::unique_ptr<object_source> source;
  std::unique_ptr<object_sink> sink;
  const auto block = noise(4'000'000);
  bench.run([&](const may_block& on) {
    s = made->connect(on);
    source = s->open(on, "x");
    put_request request;
    request.path = "y";
    sink = s->create(on, request);
  });
  server().signal_connections(SIGSTOP);
  const std::vector<std::function<void(const may_block&)>> calls{
      [&](const may_block& on) { s->stat(on, "x"); },
      [&](const may_block& on) { list_all(on, *s, ""); },
      [&](const may_block& on) {
        std::string got(5'000'000, '\0');
        while (source->read(on, got.data(), got.size()) > 0) {}
      },
      [&](const may_block& on) {
        for (int i = 0; i < 10; ++i) sink->write(on, block.data(), block.size());
      },
      [&](const may_block& on) { s->hash(on, "x", hash_type::md5); },
      [&](const may_block& on) { made->connect(on)->stat(on, "x"); }};
  for (const auto& call : calls) {
    cancellation stop;
    std::atomic<bool> begun{false};
    bench.io.post({}, [&](const may_block&) {
      while (!begun) ::poll(nullptr, 0, 1);
      stop.cancel();
    });

    const auto f = failure_of([&] {
      bench.run(
          [&](const may_block& on) {
            begun = true;
            call(on);
          },
          {stop, nullptr, nullptr});
    });

    EXPECT_EQ(f.kind, failure_kind::cancelled) << f.text;
  }

  sink.reset(); // with its partial file still there: the server does not answer
  server().signal_connections(SIGCONT);
  bench.run([&](const may_block& on) {
    EXPECT_THAT(names_in(on, *s, ""), ElementsAre("x")) << "removed as soon as the server could";
  });
  source.reset();
  s.reset();
}

TEST_F(SftpStorage, AClosedConnectionLeavesNoDescriptor) {
  const auto open_descriptors = [] {
    return std::distance(fs::directory_iterator{"/proc/self/fd"}, fs::directory_iterator{});
  };
  expect_usable({});
  const auto before = open_descriptors();

  for (int i = 0; i < 3; ++i) expect_usable({});
  refusal({{"pass", ""}, {"key_file", server().file("host_key")}});

  EXPECT_EQ(open_descriptors(), before);
}

} // namespace
} // namespace argosy
