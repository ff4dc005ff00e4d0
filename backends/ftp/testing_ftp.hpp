#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/testing.hpp"
#include "backends/web/testing_servers.hpp"
#include "core/obscure.hpp"

/// For tests: FTP servers on loopback. Whoever logs in as `anonymous` with the password `secret` may do
/// everything in one folder.
namespace argosy::testing {

/// vsftpd over `folder`, which is made; it has neither MLSD nor MFMT. What it needs beside that lies in
/// `scratch`; `lines` are added to its configuration.
inline std::unique_ptr<real_server> vsftpd(const std::string& folder, const std::string& scratch,
                                           const std::string& lines = {}) {
  std::filesystem::create_directories(folder);
  std::filesystem::create_directories(scratch + "/empty");
  return std::make_unique<real_server>([&](const std::string& port) {
    write_file(scratch + "/passwords", "secret\n");
    write_file(scratch + "/vsftpd.conf",
               "listen=YES\nlisten_address=127.0.0.1\nbackground=NO\nlisten_port=" + port +
                   "\nrun_as_launching_user=YES\nlocal_enable=NO\nanonymous_enable=YES\nwrite_enable=YES\n"
                   "anon_upload_enable=YES\nanon_mkdir_write_enable=YES\nanon_other_write_enable=YES\n"
                   "anon_world_readable_only=NO\nanon_umask=022\nanon_root=" +
                   folder + "\nsecure_email_list_enable=YES\nemail_password_file=" + scratch +
                   "/passwords\nsecure_chroot_dir=" + scratch +
                   "/empty\nallow_writeable_chroot=YES\nseccomp_sandbox=NO\n" + lines);
    return std::vector<std::string>{"vsftpd", scratch + "/vsftpd.conf"};
  });
}

/// pyftpdlib's server over `folder`, which is made; it has MLSD, MLST and MFMT.
inline std::unique_ptr<real_server> pyftpd(const std::string& folder) {
  std::filesystem::create_directories(folder);
  return std::make_unique<real_server>([&](const std::string& port) {
    return std::vector<std::string>{
        "/usr/bin/python3", "-c",
        "import sys\n"
        "from pyftpdlib.authorizers import DummyAuthorizer\n"
        "from pyftpdlib.handlers import FTPHandler\n"
        "from pyftpdlib.servers import FTPServer\n"
        "users = DummyAuthorizer()\n"
        "users.add_user('anonymous', 'secret', sys.argv[1], perm='elradfmwMT')\n"
        "FTPHandler.authorizer = users\n"
        "FTPHandler.use_sendfile = False\n"
        "FTPServer(('127.0.0.1', int(sys.argv[2])), FTPHandler).serve_forever()\n",
        folder, port};
  });
}

/// One for all tests of this process, over a folder of its own. Each of them takes a new one in it.
inline const real_server& shared_vsftpd() {
  static const scratch_folder folder;
  static const auto server = vsftpd(folder / "served", folder / "vsftpd");
  return *server;
}

inline const real_server& shared_pyftpd() {
  static const scratch_folder folder;
  static const auto server = pyftpd(folder / "served");
  return *server;
}

/// Options of a remote that works.
inline bench_of_storages::option_map ftp_login(const std::string& port) {
  return {{"host", "127.0.0.1"}, {"port", port}, {"user", "anonymous"}, {"pass", obscure("secret")}};
}

/// Why there are no such tests here; nothing: there are.
inline std::optional<std::string> ftp_server_missing() {
  if (!is_program("vsftpd")) return "vsftpd is not installed";
  if (!std::filesystem::exists("/usr/lib/python3/dist-packages/pyftpdlib"))
    return "python3-pyftpdlib is not installed";
  return std::nullopt;
}

} // namespace argosy::testing
