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

std::string sftp_default_user() {
  std::string buffer;
  if (const auto entry = user_entry(buffer)) return entry->pw_name;
  auto name = environment("USER");
  return name.empty() ? environment("LOGNAME") : name;
}

std::size_t sftp_options::chunk(std::size_t longest) const {
  if (longest == 0) return chunk_size;
  return std::min(longest, chunk_size_given ? chunk_size : std::max(chunk_size, usual_large_chunk));
}

sftp_options read_sftp_options(const storage_request& request) {
  sftp_options o;
  o.host = text_setting(request, "host");
  o.user = text_setting(request, "user");
  if (o.user.empty()) o.user = sftp_default_user();
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
  o.traffic_class = static_cast<int>(request.options.traffic_class);

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

} // namespace argosy
