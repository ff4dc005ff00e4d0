#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/option_rows.hpp"
#include "backends/sftp/sftp_options.hpp"

namespace argosy {

namespace {

using option_rows::advanced;
using option_rows::row;
using option_rows::sensitive;
using option_rows::with_examples;

storage_option secret(storage_option o) {
  o.is_password = true;
  return o;
}

std::vector<storage_option> login_rows() {
  auto host = sensitive(row("host", "string", "", "Name or address of the server, such as \"example.com\"."));
  host.required = true;
  auto user = sensitive(row("user", "string", "", "Who to log in as."));
  user.default_text = sftp_default_user();
  auto pin = advanced("pin_host_key", "bool", "false",
                      "Not supported: would trust the first key a server shows and store it in host_keys.\n\n"
                      "Set host_keys instead.");
  pin.hide = 2;
  return {
      std::move(host),
      std::move(user),
      row("port", "int", "22", "Port of the server."),
      secret(row("pass", "string", "", "Password. Leave it out to use a key, or the agent.")),
      sensitive(
          row("key_pem", "string", "",
              "The private key itself, as one line with \\n between its lines.\n\nTakes precedence over "
              "key_file.")),
      row("key_file", "string", "",
          "File with the private key, PEM or OpenSSH.\n\nA leading ~ and variables such as ${HOME} are "
          "replaced. Leave it out, or set key_use_agent, to use the agent."),
      sensitive(secret(row("key_file_pass", "string", "", "What the private key is encrypted with."))),
      row("pubkey", "string", "",
          "Certificate for the key, as one line.\n\nTakes precedence over pubkey_file."),
      row("pubkey_file", "string", "",
          "File with a certificate for the key.\n\nA leading ~ and variables such as ${HOME} are replaced."),
      with_examples(
          advanced("known_hosts_file", "string", "",
                   "File with the keys of known servers: one whose key is not in it is "
                   "refused.\n\n\"none\" silences the notice that the server is not verified. A leading ~ "
                   "and variables such as ${HOME} are replaced."),
          {{"~/.ssh/known_hosts", "The file of OpenSSH."}}),
      std::move(pin),
      advanced(
          "host_keys", "CommaSepList", "",
          "Keys of which the server must show one, as \"algorithm base64\" with commas between them.\n\nThe "
          "form of the second and third column of known_hosts, which is what ssh-keyscan prints. Of no "
          "effect with known_hosts_file."),
      row("key_use_agent", "bool", "false",
          "Use the agent at SSH_AUTH_SOCK.\n\nWith key_file only keys of that file's kind are tried; the "
          "file is "
          "the public key, or has one beside it with .pub at its end."),
  };
}

std::vector<storage_option> cipher_rows() {
  return {
      with_examples(
          row("use_insecure_cipher", "bool", "false",
              "Allow old ciphers and key exchanges: aes128-cbc, aes192-cbc, aes256-cbc, 3des-cbc, "
              "diffie-hellman-group-exchange-sha256 and -sha1.\n\nThey may reveal what is transferred. Not "
              "together with ciphers or key_exchange."),
          {{"false", "Only those that are considered safe."}, {"true", "The old ones too."}}),
      row("disable_hashcheck", "bool", "false",
          "Do not look for commands that compute hashes on the server; there are none then."),
      advanced("ask_password", "bool", "false", "Not supported: a daemon has no terminal to ask on."),
      advanced("path_override", "string", "",
               "Where commands on the server find the root of this remote, when that is not where SFTP has "
               "it.\n\nWith @ in front it is put before the path that SFTP has."),
      advanced("encoding", "Encoding", "Slash,Del,Ctl,Dot", "How names are encoded on the server."),
      advanced("set_modtime", "bool", "true", "Set modification times on the server."),
      with_examples(advanced("shell_type", "string", "", "The shell of the server. Found out when left out."),
                    {{"none", "No shell, or none to be used"},
                     {"unix", "A shell of Unix"},
                     {"powershell", "PowerShell"},
                     {"cmd", "The command prompt of Windows"}}),
      advanced(
          "hashes", "CommaSepList", "",
          "Hashes to look for commands for: md5, sha1, crc32, sha256, xxh3, xxh128. The first two when left "
          "out."),
  };
}

std::vector<storage_option> command_rows() {
  std::vector<storage_option> rows;
  for (const char* hash : {"md5", "sha1", "crc32", "sha256", "blake3", "xxh3", "xxh128"}) {
    const auto name = std::string{hash} + "sum_command";
    const auto help =
        std::string{"Command on the server that prints the "} + hash +
        " of a file. Found out when left out; \"none\": there is none." +
        (std::string_view{hash} == "blake3" ? "\n\nOf no effect: this hash is not known here." : "");
    rows.push_back(advanced(name.c_str(), "string", "", help.c_str()));
  }
  return rows;
}

std::vector<storage_option> protocol_rows() {
  return {
      advanced(
          "skip_links", "bool", "false",
          "Leave symbolic links out of listings, and everything else that is neither file nor directory."),
      advanced("subsystem", "string", "sftp", "Name of the subsystem on the server."),
      advanced("server_command", "string", "",
               "Command that runs the SFTP server, in place of the subsystem."),
      advanced(
          "use_fstat", "bool", "false",
          "Ask for the size of a file through the open file, not by its path.\n\nFor servers that allow one "
          "open file only."),
      advanced(
          "disable_concurrent_reads", "bool", "false",
          "Ask for one part of a file at a time.\n\nFor servers that limit how often a file is read; slow."),
      advanced("disable_concurrent_writes", "bool", "false", "Send one part of a file at a time; slow."),
      advanced("idle_timeout", "Duration", "1m0s",
               "Close connections that nobody used this long; 0 keeps them. Looked at once a minute."),
      advanced("chunk_size", "SizeSuffix", "32Ki",
               "Most bytes of content in one packet.\n\nMore is faster where the server can take it; OpenSSH "
               "takes "
               "255Ki, and without this option that much is used where the server says so."),
      advanced("concurrency", "int", "64",
               "Most packets under way for one file. More of them help over long distances and need memory."),
      advanced("connections", "int", "0",
               "Most connections at a time; 0 for no limit.\n\nA copy within one remote needs two."),
      advanced(
          "set_env", "SpaceSepList", "",
          "Environment of the SFTP server and of commands, as VAR=value with blanks between them; in double "
          "quotes as a whole where the value has blanks."),
      advanced("ciphers", "SpaceSepList", "", "Ciphers, the preferred first, with blanks between them."),
      advanced("key_exchange", "SpaceSepList", "",
               "Key exchanges, the preferred first, with blanks between them."),
      advanced("macs", "SpaceSepList", "",
               "Message authentication codes, the preferred first, with blanks between them."),
      advanced("host_key_algorithms", "SpaceSepList", "",
               "Kinds of keys of the server, the preferred first, with blanks between them."),
      row("ssh", "SpaceSepList", "",
          "Program that makes the connection, with its arguments, such as \"ssh user@example.com\".\n\nIt is "
          "run "
          "with \"-s sftp\", or a command, at the end; must not ask for a password; and takes the place of "
          "all "
          "options about host, login and ciphers."),
      advanced("socks_proxy", "string", "",
               "SOCKS 5 proxy, as host:port, user@host:port or user:pass@host:port."),
      advanced("http_proxy", "string", "",
               "Proxy that understands CONNECT, as http://host:port or http://user:pass@host:port."),
      advanced(
          "copy_is_hardlink", "bool", "false",
          "Copy within the server by making hard links.\n\nTakes no space; but source and copy are then the "
          "same file, and change together."),
      advanced(
          "fsync", "bool", "false",
          "Wait until the server has a file on disk before it gets its name. Only of Argosy; needs OpenSSH's "
          "extension."),
  };
}

} // namespace

std::vector<storage_option> sftp_option_rows() {
  std::vector<storage_option> rows;
  for (auto part : {login_rows(), cipher_rows(), command_rows(), protocol_rows()})
    for (auto& one : part) rows.push_back(std::move(one));
  return rows;
}

} // namespace argosy
