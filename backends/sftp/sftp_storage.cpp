#include "backends/sftp/sftp_storage.hpp"

#include <algorithm>
#include <utility>

#include "backends/setting_values.hpp"
#include "backends/sftp/sftp_session.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

constexpr nanoseconds second = 1'000'000'000;
/// Servers whose shells are remembered.
constexpr std::size_t most_known_servers = 1000;

/// A way to hash a file, with what prints the hash of nothing.
struct hash_command {
  hash_type type;
  const char* of_nothing;            ///< hex
  std::vector<const char*> commands; ///< the first that works is taken
};

const std::vector<hash_command>& hash_commands() {
  static const std::vector<hash_command> all{
      {hash_type::md5, "d41d8cd98f00b204e9800998ecf8427e", {"md5sum", "md5 -r", "rclone md5sum"}},
      {hash_type::sha1, "da39a3ee5e6b4b0d3255bfef95601890afd80709", {"sha1sum", "sha1 -r", "rclone sha1sum"}},
      {hash_type::crc32, "00000000", {"crc32", "rclone hashsum crc32"}},
      {hash_type::sha256,
       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
       {"sha256sum", "sha256 -r", "rclone hashsum sha256"}},
      {hash_type::xxh3, "2d06800538d394c2", {"rclone hashsum xxh3"}},
      {hash_type::xxh128,
       "99aa06d3014798d86001c324468d497f",
       {"xxh128sum", "xxhsum -H2", "rclone hashsum xxh128"}},
  };
  return all;
}

/// PowerShell has a command for some; it reads a path, or here nothing.
std::string powershell_hash(const char* algorithm, bool of_nothing) {
  const std::string name = algorithm;
  if (of_nothing)
    return "Get-FileHash -Algorithm " + name +
           " -InputStream ([System.IO.MemoryStream]::new()) -ErrorAction Stop|Select-Object -First 1 "
           "-ExpandProperty Hash|ForEach-Object{$_.ToLower()}";
  return "&{param($Path);Get-FileHash -Algorithm " + name +
         " -LiteralPath $Path -ErrorAction Stop|Select-Object -First 1 -ExpandProperty "
         "Hash|ForEach-Object{\"$($_.ToLower())  ${Path}\"}}";
}

const char* powershell_algorithm(hash_type type) {
  switch (type) {
  case hash_type::md5: return "MD5";
  case hash_type::sha1: return "SHA1";
  case hash_type::sha256: return "SHA256";
  default: return nullptr;
  }
}

/// Finds out what a server's shell is and which hashes it can compute.
class shell_search {
public:
  shell_search(const may_block& on, sftp_connection& connection, const sftp_options& options, logger& log) :
      on_(on), connection_(connection), options_(options), log_(log) {}

  sftp_shell find() {
    sftp_shell found;
    found.kind = options_.shell_type.empty() ? asked_kind() : shell_kind_of(options_.shell_type);
    if (options_.disable_hashcheck || found.kind == shell_kind::none) return found;
    for (const auto& one : hash_commands()) {
      if (!options_.hashes.has(one.type)) continue;
      const auto given = options_.hash_commands.find(one.type);
      auto command = given != options_.hash_commands.end() ? given->second : working_command(found.kind, one);
      if (!command.empty() && command != "none") found.hash_commands[one.type] = std::move(command);
    }
    return found;
  }

private:
  shell_kind asked_kind() {
    // The helper of Unix is not to be tried before it is known to be one.
    const auto printed = attempt(shell_kind::cmd, "echo ${ShellId}%ComSpec%");
    if (!reached_) return shell_kind::none;
    return printed ? shell_kind_from_echo(*printed) : shell_kind::posix;
  }

  std::string working_command(shell_kind kind, const hash_command& of) {
    const auto is_right = [&](const std::string& command) {
      const auto printed = attempt(kind, command);
      return printed && hash_in_output(*printed) == of.of_nothing;
    };
    for (const auto* command : of.commands)
      if (is_right(command)) return command;
    if (const auto* algorithm = powershell_algorithm(of.type);
        kind == shell_kind::powershell && algorithm != nullptr)
      if (is_right(powershell_hash(algorithm, true))) return powershell_hash(algorithm, false);
    return {};
  }

  /// Nothing when it fails; `reached_` tells whether commands can be run at all.
  std::optional<std::string> attempt(shell_kind kind, const std::string& command) {
    try {
      auto& shell = connection_.shell(kind);
      return kind == shell_kind::posix ? shell.run(on_, command) : shell.run_alone(on_, command);
    } catch (const connection_lost&) {
      throw;
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      if (std::string_view{why.what()}.substr(0, 13) != "failed to run") reached_ = false;
      log_.write(log_level::debug, std::string{"sftp: "} + why.what());
      return std::nullopt;
    }
  }

  const may_block& on_;
  sftp_connection& connection_;
  const sftp_options& options_;
  logger& log_;
  bool reached_ = true;
};

/// What was found out about servers, so that it is not asked for each folder again. Thread-safe.
class known_shells {
public:
  std::optional<sftp_shell> find(const std::string& key) {
    std::lock_guard lock{mutex_};
    const auto found = all_.find(key);
    return found == all_.end() ? std::nullopt : std::optional{found->second};
  }
  void keep(const std::string& key, const sftp_shell& shell) {
    std::lock_guard lock{mutex_};
    if (all_.size() >= most_known_servers) all_.clear();
    all_[key] = shell;
  }
  static std::string key_of(const sftp_options& o) {
    std::string key = o.user + "@" + o.host + ":" + std::to_string(o.port) + "\n" + o.shell_type + "\n" +
                      (o.disable_hashcheck ? "no hashes" : "");
    for (const auto& word : o.ssh) key += "\n" + word;
    for (const auto type : o.hashes.list()) key.append("\n").append(hash_name(type));
    for (const auto& [type, command] : o.hash_commands)
      key.append("\n").append(hash_name(type)).append(command);
    return key;
  }

private:
  std::mutex mutex_;
  std::map<std::string, sftp_shell> all_;
};

/// Go's path.Join of two: without empty elements, `.` and `..`.
std::string joined(const std::string& a, const std::string& b) {
  std::vector<std::string_view> elements;
  const auto whole = a + "/" + b;
  for (std::string_view rest{whole}; !rest.empty();) {
    const auto end = std::min(rest.find('/'), rest.size());
    const auto element = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (element == "..") {
      if (!elements.empty()) elements.pop_back();
    } else if (!element.empty() && element != ".") {
      elements.push_back(element);
    }
  }
  std::string path;
  for (const auto element : elements) path.append("/").append(element);
  return path.empty() ? "/" : path;
}

/// The folder on the server, absolute: a relative one begins where the server puts whoever logs in.
std::string absolute_root(const may_block& on, sftp_client& files, const std::string& root) {
  if (!root.empty() && root.front() == '/') return joined(root, "");
  const auto real = [&](const std::string& path) {
    std::string found;
    (void)files.names(on, files.send(sftp_message::realpath, path),
                      [&](const sftp_client::name& n) { found = n.text; });
    return found;
  };
  try {
    return joined(real(root.empty() ? "." : root), "");
  } catch (const sftp_refusal&) {
    // Some servers only tell where they begin.
    return joined(real("."), root);
  }
}

storage_info info_of(const storage_request& request, const sftp_options& options, const std::string& root,
                     const sftp_shell& shell) {
  storage_info info;
  info.type = "sftp";
  info.name = request.name;
  info.root = root;
  info.description =
      "sftp://" + options.user + "@" + options.host + ":" + std::to_string(options.port) + "/" + root;
  info.config_text = request.prefix + root;
  info.precision = second;
  for (const auto& [type, command] : shell.hash_commands) info.hashes = info.hashes | type;
  auto& f = info.features;
  f.About = f.CanHaveEmptyDirectories = f.DirModTimeUpdatesOnWrite = f.DirMove = f.DirSetModTime = f.Move =
      true;
  f.PartialUploads = f.PutStream = f.Shutdown = f.SlowHash = f.WriteDirSetModTime = true;
  f.Copy = options.copy_is_hardlink;
  return info;
}

/// What making a remote finds on the server.
struct surveyed {
  sftp_shell shell;
  std::string root; ///< absolute, on the server
  bool is_file = false;
};

surveyed survey(const may_block& on, sftp_connection& connection, const storage_request& request,
                const sftp_options& options, known_shells& shells) {
  surveyed found;
  const auto key = known_shells::key_of(options);
  if (const auto known = shells.find(key)) {
    found.shell = *known;
  } else {
    found.shell = shell_search{on, connection, options, request.log}.find();
    shells.keep(key, found.shell);
  }
  auto& files = connection.files();
  found.root = absolute_root(on, files, options.encoding.from_standard(request.path));
  if (request.path.empty() || request.path.back() == '/') return found;
  try {
    found.is_file = files.attributes(on, files.send(sftp_message::stat, found.root)).is_regular();
  } catch (const sftp_refusal& refusal) {
    if (refusal.status() != sftp_status::no_such_file) throw refusal.within("stat failed");
  }
  return found;
}

made_storage make_sftp(known_shells& shells, const may_block& on, const storage_request& request,
                       std::function<std::uint16_t(const may_block&)> find_port = {}) {
  on.check();
  const auto server = std::make_shared<sftp_server>(read_sftp_options(request), request.name, request.net);
  server->find_port = std::move(find_port);
  const auto& options = server->options;
  if (server->keys && !server->keys->verifies() && options.known_hosts_file != "none")
    request.log.write(log_level::notice,
                      request.name + ": No host key validation is being performed. Set known_hosts_file (to "
                                     "\"none\" to silence this notice) or host_keys to enable it.");
  sftp_link link{server};
  surveyed found;
  try {
    found = link.use(
        on, [&](sftp_connection& connection) { return survey(on, connection, request, options, shells); });
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    throw why.within("NewFs");
  }
  auto root = request.path;
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  std::optional<std::string> leaf;
  if (found.is_file) {
    const auto slash = root.find_last_of('/');
    leaf = slash == std::string::npos ? root : root.substr(slash + 1);
    root = slash == std::string::npos ? "" : slash == 0 ? "/" : root.substr(0, slash);
    const auto server_slash = found.root.find_last_of('/');
    found.root.resize(std::max<std::size_t>(server_slash, 1));
  }
  return {std::make_shared<sftp_storage>(info_of(request, options, root, found.shell), server, found.root,
                                         found.shell, link.release(), request.log),
          std::move(leaf)};
}

} // namespace

sftp_storage::sftp_storage(storage_info info, std::shared_ptr<const sftp_server> server, std::string root,
                           sftp_shell shell, std::unique_ptr<sftp_connection> first, logger& log) :
    storage(std::move(info)),
    server_(std::move(server)), root_(std::move(root)), shell_(std::move(shell)), log_(log),
    first_(std::move(first)) {}

std::unique_ptr<session> sftp_storage::connect(const may_block&) const {
  std::lock_guard lock{first_use_};
  return std::make_unique<sftp_session>(*this, sftp_link{server_, std::move(first_)});
}

std::string sftp_storage::on_server(const std::string& path) const {
  if (path.empty()) return root_;
  return (root_ == "/" ? root_ : root_ + "/") + options().encoding.from_standard(path);
}

std::string sftp_storage::place_in_command(const std::string& place) const {
  const auto& override_ = options().path_override;
  auto path = place;
  if (!override_.empty()) {
    const auto below_root = place.substr(std::min(root_ == "/" ? 0 : root_.size(), place.size()));
    path = override_.front() == '@' ? joined(override_.substr(1), place) : joined(override_, below_root);
    if (!override_.empty() && override_.front() != '/' && override_.front() != '@') path.erase(0, 1);
  } else if (shell_.kind == shell_kind::powershell || shell_.kind == shell_kind::cmd) {
    // SFTP shows `C:\x` as `/C:/x`.
    if (path.size() >= 3 && path[0] == '/' && path[2] == ':' && (path.size() == 3 || path[3] == '/'))
      path.erase(0, 1);
  }
  return quoted_for_shell(shell_.kind, path);
}

storage_type sftp_type() {
  storage_type type;
  type.name = "sftp";
  type.description = "SSH/SFTP";
  type.options = sftp_option_rows();
  type.make = [shells = std::make_shared<known_shells>()](const may_block& on,
                                                          const storage_request& request) {
    return make_sftp(*shells, on, request);
  };
  return type;
}

made_storage make_sftp_at(const may_block& on, const storage_request& request,
                          std::function<std::uint16_t(const may_block&)> find_port) {
  known_shells none;
  return make_sftp(none, on, request, std::move(find_port));
}

} // namespace argosy
