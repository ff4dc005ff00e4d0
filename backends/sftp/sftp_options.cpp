#include "backends/sftp/sftp_options.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

#include <pwd.h>
#include <unistd.h>

#include "backends/setting_values.hpp"
#include "core/duration.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

constexpr std::size_t usual_large_chunk = 255 << 10; // bytes; what OpenSSH takes
constexpr std::size_t largest_chunk = 16 << 20;      // bytes; servers take a quarter of a MiB
constexpr std::int64_t most_concurrency = 1 << 16;   // more would only be a slip of the pen

/// The options that hold a command to hash with, and what they hash.
constexpr std::pair<const char*, hash_type> command_options[] = {
    {"md5sum_command", hash_type::md5},     {"sha1sum_command", hash_type::sha1},
    {"crc32sum_command", hash_type::crc32}, {"sha256sum_command", hash_type::sha256},
    {"xxh3sum_command", hash_type::xxh3},   {"xxh128sum_command", hash_type::xxh128},
};

std::optional<struct passwd> user_entry(std::string& buffer) {
  buffer.resize(16384);
  struct passwd entry {};
  struct passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return entry;
}

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::string{} : value;
}

std::string current_user() {
  std::string buffer;
  if (const auto entry = user_entry(buffer)) return entry->pw_name;
  auto name = environment("USER");
  return name.empty() ? environment("LOGNAME") : name;
}

std::string home_folder() {
  auto home = environment("HOME");
  std::string buffer;
  if (home.empty())
    if (const auto entry = user_entry(buffer)) home = entry->pw_dir;
  return home;
}

/// A leading `~`, then `$NAME` and `${NAME}`.
std::string expanded_path(const std::string& path) {
  std::string text = path;
  if (!text.empty() && text[0] == '~' && (text.size() == 1 || text[1] == '/'))
    text = home_folder() + text.substr(1);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out += text[i];
      continue;
    }
    const bool braces = i + 1 < text.size() && text[i + 1] == '{';
    const auto begin = i + (braces ? 2 : 1);
    auto end = begin;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
      ++end;
    if (end == begin || (braces && (end == text.size() || text[end] != '}'))) {
      out += '$';
      continue;
    }
    out += environment(text.substr(begin, end - begin));
    i = braces ? end : end - 1;
  }
  return out;
}

/// One line of the configuration, with `\n` between the lines of the key.
std::string unescaped_pem(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char next = ++i < text.size() ? text[i] : '\0';
    switch (next) {
    case 'n': out += '\n'; break;
    case 'r': out += '\r'; break;
    case 't': out += '\t'; break;
    case '\\':
    case '"': out += next; break;
    default: fail(failure_kind::other, "pem key not formatted properly: invalid syntax");
    }
  }
  return out;
}

std::uint16_t port_of(const storage_request& request) {
  const auto text = text_setting(request, "port", "22");
  if (text.empty()) return 22;
  std::int64_t port = 0;
  try {
    port = go_parse_int(text);
  } catch (const failure&) {
    port = -1;
  }
  if (port < 1 || port > UINT16_MAX)
    fail(failure_kind::other, "sftp: port " + go_quote(text) + " is not a number from 1 to 65535");
  return static_cast<std::uint16_t>(port);
}

hash_set wanted_hashes(const storage_request& request) {
  const auto names = list_setting(request, "hashes", ',');
  if (names.empty()) return hash_set{hash_type::md5} | hash_type::sha1;
  hash_set wanted;
  for (const auto& name : names) {
    const auto type = parse_hash_type(name);
    bool known = false;
    for (const auto& [option, hash] : command_options) known = known || (type && *type == hash);
    if (known)
      wanted = wanted | *type;
    else
      request.log.write(log_level::notice, request.name + ": hash " + go_quote(name) +
                                               " of option hashes is not known for sftp");
  }
  return wanted & all_hashes();
}

std::vector<std::pair<std::string, std::string>> environment_of(const storage_request& request) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const auto& text : list_setting(request, "set_env", ' ')) {
    const auto equal = text.find('=');
    if (equal == std::string::npos) fail(failure_kind::other, "no = found in env var " + go_quote(text));
    variables.emplace_back(text.substr(0, equal), text.substr(equal + 1));
  }
  return variables;
}

std::size_t counted(const storage_request& request, const char* key, std::int64_t otherwise,
                    std::int64_t least, std::int64_t most) {
  const auto value = number_setting(request, key, otherwise);
  if (value < least || value > most)
    fail(failure_kind::other, std::string{"sftp: "} + key + " must be from " + std::to_string(least) +
                                  " to " + std::to_string(most) + ", not " + std::to_string(value));
  return static_cast<std::size_t>(value);
}

void refuse_unsupported(const storage_request& request, const sftp_options& options) {
  const bool given_otherwise = !options.password.empty();
  if (truth_setting(request, "ask_password", false) && !given_otherwise)
    fail(failure_kind::unsupported, "sftp: ask_password: a daemon has no terminal to ask on: set pass");
  const bool checks_keys_itself = options.ssh.empty() && options.known_hosts_file.empty();
  if (truth_setting(request, "pin_host_key", false) && checks_keys_itself)
    fail(failure_kind::unsupported, "sftp: pin_host_key is not supported: set host_keys to what ssh-keyscan "
                                    "prints after the host's name");
  if (options.http_proxy.compare(0, 8, "https://") == 0)
    fail(failure_kind::unsupported,
         "sftp: http_proxy: a proxy that is itself reached over TLS is not supported");
}

} // namespace

std::size_t sftp_options::chunk(std::size_t longest) const {
  if (longest == 0) return chunk_size;
  return std::min(longest, chunk_size_given ? chunk_size : std::max(chunk_size, usual_large_chunk));
}

sftp_options read_sftp_options(const storage_request& request) {
  sftp_options o;
  o.host = text_setting(request, "host");
  o.user = text_setting(request, "user");
  if (o.user.empty()) o.user = current_user();
  o.port = port_of(request);
  o.password = secret_setting(request, "pass");
  o.key_pem = unescaped_pem(text_setting(request, "key_pem"));
  o.key_file = expanded_path(text_setting(request, "key_file"));
  o.key_file_pass = secret_setting(request, "key_file_pass");
  o.pubkey = text_setting(request, "pubkey");
  o.pubkey_file = expanded_path(text_setting(request, "pubkey_file"));
  o.known_hosts_file = expanded_path(text_setting(request, "known_hosts_file"));
  o.host_keys = list_setting(request, "host_keys", ',');
  o.key_use_agent = truth_setting(request, "key_use_agent", false);
  o.use_insecure_cipher = truth_setting(request, "use_insecure_cipher", false);
  o.disable_hashcheck = truth_setting(request, "disable_hashcheck", false);
  o.path_override = text_setting(request, "path_override");
  o.encoding = encoding_setting(request, "Slash,Del,Ctl,Dot");
  o.set_modtime = truth_setting(request, "set_modtime", true);
  o.shell_type = text_setting(request, "shell_type");
  o.hashes = wanted_hashes(request);
  for (const auto& [option, hash] : command_options)
    if (auto command = text_setting(request, option); !command.empty())
      o.hash_commands[hash] = std::move(command);
  o.skip_links = truth_setting(request, "skip_links", false);
  o.subsystem = text_setting(request, "subsystem", "sftp");
  o.server_command = text_setting(request, "server_command");
  o.use_fstat = truth_setting(request, "use_fstat", false);
  o.disable_concurrent_reads = truth_setting(request, "disable_concurrent_reads", false);
  o.disable_concurrent_writes = truth_setting(request, "disable_concurrent_writes", false);
  const auto idle =
      duration_setting(request, "idle_timeout", std::chrono::nanoseconds{std::chrono::seconds{60}}.count());
  o.idle_timeout = std::chrono::nanoseconds{idle == duration_off ? 0 : idle};
  const auto chunk = size_setting(request, "chunk_size", 32768);
  if (chunk < 1 || chunk > static_cast<std::int64_t>(largest_chunk))
    fail(failure_kind::other, "sftp: chunk_size must be from 1 to 16Mi bytes, not " + std::to_string(chunk));
  o.chunk_size = static_cast<std::size_t>(chunk);
  o.chunk_size_given = request.option && request.option("chunk_size").has_value();
  o.concurrency = counted(request, "concurrency", 64, 1, most_concurrency);
  o.connections = counted(request, "connections", 0, 0, most_concurrency);
  o.environment = environment_of(request);
  o.ciphers = list_setting(request, "ciphers", ' ');
  o.key_exchange = list_setting(request, "key_exchange", ' ');
  o.macs = list_setting(request, "macs", ' ');
  o.host_key_algorithms = list_setting(request, "host_key_algorithms", ' ');
  o.ssh = list_setting(request, "ssh", ' ');
  o.socks_proxy = text_setting(request, "socks_proxy");
  o.http_proxy = text_setting(request, "http_proxy");
  o.copy_is_hardlink = truth_setting(request, "copy_is_hardlink", false);
  o.fsync = truth_setting(request, "fsync", false);
  o.connect_limit = std::chrono::nanoseconds{request.options.contimeout};
  o.silence_limit = std::chrono::nanoseconds{request.options.timeout};
  o.attempts = std::max<std::int64_t>(request.options.low_level_retries, 1);
  o.bind_address = request.options.bind_addr;

  if (o.use_insecure_cipher && (!o.ciphers.empty() || !o.key_exchange.empty()))
    fail(failure_kind::other,
         "use_insecure_cipher must be false if ciphers or key_exchange are set in advanced configuration");
  if (o.ssh.empty() && o.host.empty()) fail(failure_kind::other, "sftp: host is not set");
  if (!o.ssh.empty() && !o.environment.empty())
    fail(failure_kind::unsupported,
         "sftp: set_env has no effect on the program of option ssh: give it SetEnv");
  refuse_unsupported(request, o);
  return o;
}

namespace {

storage_option row(const char* name, const char* type, const char* default_text, const char* help) {
  storage_option o;
  o.name = name;
  o.help = help;
  o.default_text = default_text;
  o.type = type;
  return o;
}

storage_option advanced(const char* name, const char* type, const char* default_text, const char* help) {
  auto o = row(name, type, default_text, help);
  o.advanced = true;
  return o;
}

storage_option secret(storage_option o) {
  o.is_password = true;
  return o;
}

storage_option sensitive(storage_option o) {
  o.sensitive = true;
  return o;
}

storage_option with_examples(storage_option o, std::vector<storage_option::example> examples) {
  o.examples = std::move(examples);
  return o;
}

std::vector<storage_option> login_rows() {
  auto host = sensitive(row("host", "string", "", "Name or address of the server, such as \"example.com\"."));
  host.required = true;
  auto user = sensitive(row("user", "string", "", "Who to log in as."));
  user.default_text = current_user();
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
