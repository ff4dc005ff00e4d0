#include "backends/bridge/bridge.hpp"

#include <algorithm>
#include <utility>

#include "backends/bridge/bridge_storage.hpp"
#include "backends/bridge/rclone_server.hpp"
#include "backends/sftp/sftp_storage.hpp"
#include "core/json.hpp"
#include "core/obscure.hpp"
#include "core/remote_name.hpp"

namespace argosy {

namespace {

// How rclone calls a remote that has no name in the configuration: defined in its environment alone.
constexpr const char* nameless = "argosybridge";
// A shorter text would take too much out of a log, and is no secret.
constexpr std::size_t shortest_secret = 4;

std::string upper(std::string text) {
  for (auto& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
  return text;
}

std::string variable(const std::string& remote, std::string key, const std::string& value) {
  std::replace(key.begin(), key.end(), '-', '_');
  return "RCLONE_CONFIG_" + upper(remote + "_" + key) + "=" + value;
}

/// What to leave out of the log: passwords as they were given, and in the clear.
std::vector<std::string> secrets_of(const storage_type& type, const storage_request& request) {
  std::vector<std::string> out;
  for (const auto& option : type.options) {
    const auto value = request.option(option.name);
    if (!value || value->size() < shortest_secret || !(option.is_password || option.sensitive)) continue;
    out.push_back(*value);
    if (!option.is_password) continue;
    try {
      if (auto clear = reveal(*value); clear.size() >= shortest_secret) out.push_back(std::move(clear));
    } catch (const failure&) {
      continue; // given in the clear
    }
  }
  return out;
}

storage_option read_option(const json& row) {
  storage_option o;
  o.name = row.at("Name").get<std::string>();
  o.help = row.value("Help", "");
  o.provider = row.value("Provider", "");
  o.default_text = row.value("DefaultStr", "");
  o.type = row.value("Type", "string");
  if (o.type == "MultiEncoder") o.type = "Encoding"; // as newer versions call it, and our own rows
  o.short_flag = row.value("ShortOpt", "");
  o.hide = row.value("Hide", 0);
  o.required = row.value("Required", false);
  o.is_password = row.value("IsPassword", false);
  o.no_prefix = row.value("NoPrefix", false);
  o.advanced = row.value("Advanced", false);
  o.exclusive = row.value("Exclusive", false);
  o.sensitive = row.value("Sensitive", false);
  if (const auto examples = row.find("Examples"); examples != row.end() && examples->is_array())
    for (const auto& one : *examples) o.examples.push_back({one.value("Value", ""), one.value("Help", "")});
  return o;
}

/// The same of an SFTP server with this key.
option_lookup options_of(const rclone_server& server) {
  std::string pem;
  for (const char c : server.key().private_pem()) pem += c == '\n' ? std::string{"\\n"} : std::string(1, c);
  const std::map<std::string, std::string, std::less<>> options{{"host", "127.0.0.1"},
                                                                {"user", "argosy"},
                                                                {"key_pem", pem},
                                                                {"shell_type", "unix"},
                                                                {"host_keys", server.key().public_line()}};
  return [options](std::string_view key) -> std::optional<std::string> {
    const auto found = options.find(key);
    return found == options.end() ? std::nullopt : std::optional{found->second};
  };
}

storage_info info_of(const storage_request& request, const storage_type& type, const std::string& root,
                     const storage_info& inner, const bridged_features& told) {
  storage_info info;
  info.type = type.name;
  info.name = request.name;
  info.root = root;
  info.description = type.name + " root '" + root + "' through rclone";
  info.config_text = request.prefix + root;
  info.precision = told.precision;
  info.hashes = inner.hashes & told.hashes;
  const auto& theirs = told.features;
  auto& f = info.features;
  f.About = theirs.About;
  f.BucketBased = theirs.BucketBased;
  f.CanHaveEmptyDirectories = theirs.CanHaveEmptyDirectories;
  f.CaseInsensitive = theirs.CaseInsensitive;
  f.Move = theirs.Move || theirs.Copy;
  f.DirMove = theirs.DirMove;
  f.PartialUploads = f.Move;
  f.PutStream = f.Shutdown = true;
  f.SlowHash = theirs.SlowHash;
  f.SlowModTime = theirs.SlowModTime;
  return info;
}

} // namespace

std::vector<storage_type> read_providers(const std::string& printed) {
  std::vector<storage_type> out;
  try {
    for (const auto& provider : json::parse(printed)) {
      storage_type type;
      // As in connection strings and as the value of `type`.
      type.name = provider.value("Prefix", provider.at("Name").get<std::string>());
      type.description = provider.value("Description", "");
      if (const auto options = provider.find("Options"); options != provider.end() && options->is_array())
        for (const auto& option : *options) type.options.push_back(read_option(option));
      out.push_back(std::move(type));
    }
  } catch (const json::exception& e) {
    fail(failure_kind::other,
         std::string{"rclone config providers printed what cannot be read: "} + e.what());
  }
  return out;
}

bridge::bridge(settings how) : how_(std::move(how)) {}
bridge::~bridge() = default;

const std::vector<storage_type>& bridge::types(const may_block& on) {
  static const std::vector<storage_type> none;
  if (!enabled()) return none;
  {
    std::lock_guard lock{mutex_};
    if (types_) return *types_;
  }
  // Not under the lock: this takes as long as rclone does.
  auto read = read_providers(output_of(on, {how_.program, "", {"config", "providers"}, {}}));
  std::lock_guard lock{mutex_};
  if (!types_) {
    types_ = std::move(read);
    for (auto& type : *types_)
      type.make = [this, &type](const may_block& o, const storage_request& request) {
        return make(o, type, request);
      };
  }
  return *types_;
}

const storage_type* bridge::find(const may_block& on, const std::string& type) {
  const auto& all = types(on);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const storage_type& t) { return t.name == type; });
  return found == all.end() ? nullptr : &*found;
}

std::optional<std::string> bridge::password(const may_block& on) const {
  return how_.config_password ? how_.config_password(on) : std::nullopt;
}

std::shared_ptr<rclone_server> bridge::server_of(const may_block& on, const storage_type& type,
                                                 const storage_request& request) {
  const auto remote = remote_name::parse(request.prefix);
  const auto name = remote.inline_backend ? std::string{nameless} : remote.name;
  rclone_call call;
  call.program = how_.program;
  if (how_.config_path) call.config_path = how_.config_path(on);
  if (remote.inline_backend || call.config_path.empty()) {
    // rclone cannot find out by itself.
    call.environment.push_back(variable(name, "type", type.name));
    for (const auto& option : type.options)
      if (const auto value = request.option(option.name))
        call.environment.push_back(variable(name, option.name, *value));
  } else {
    // What rclone finds in the file it also updates there, such as tokens.
    for (const auto& [key, value] : remote.parameters) call.environment.push_back(variable(name, key, value));
  }
  if (auto secret = call.config_path.empty() ? std::nullopt : password(on))
    call.environment.push_back("RCLONE_CONFIG_PASS=" + *secret);
  const auto fs = name + (!request.path.empty() && request.path.front() == '/' ? ":/" : ":");
  auto key = fs + '\0' + call.config_path;
  for (const auto& one : call.environment) key += '\0' + one;

  std::lock_guard lock{mutex_};
  if (auto known = servers_[key].lock()) return known;
  for (auto at = servers_.begin(); at != servers_.end();)
    at = at->second.expired() ? servers_.erase(at) : std::next(at);
  auto made = std::make_shared<rclone_server>(std::move(call), fs, request.name, secrets_of(type, request),
                                              request.log);
  servers_[key] = made;
  return made;
}

made_storage bridge::make(const may_block& on, const storage_type& type, const storage_request& request) {
  const auto server = server_of(on, type, request);
  const auto told = bridged_features::read(server->features(on));
  const bool absolute = !request.path.empty() && request.path.front() == '/';
  const auto path = absolute ? request.path : "/" + request.path;
  const storage_request behind{request.name,  "", path,        options_of(*server), request.options,
                               request.table, {}, request.log, request.net};
  auto inner = make_sftp_at(on, behind, [server](const may_block& o) { return server->port(o); });
  auto root = inner.made->info().root;
  if (!absolute) root.erase(0, root.empty() ? 0 : 1);
  auto info = info_of(request, type, root, inner.made->info(), told);
  const bool renames = info.features.Move, renames_directories = info.features.DirMove;
  return {std::make_shared<bridge_storage>(std::move(info), renames, renames_directories, server,
                                           std::move(inner.made)),
          std::move(inner.file)};
}

} // namespace argosy
