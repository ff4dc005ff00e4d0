#include "backends/sftp/ssh_host_keys.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "backends/local/system_failure.hpp"
#include "backends/sftp/ssh_library.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

constexpr std::size_t most_pinned = 16; // rclone's bound

[[noreturn]] void refuse(const std::string& why) {
  fail(failure_kind::no_retry, "ssh: handshake failed: " + why);
}

std::string host_and_port(const std::string& host, unsigned port) {
  return port == 22 ? host : "[" + host + "]:" + std::to_string(port);
}

std::string fingerprint_of(ssh_key key) {
  unsigned char* hash = nullptr;
  std::size_t size = 0;
  if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) != 0) return "unknown";
  const ssh::text_owner text{ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size)};
  ssh_clean_pubkey_hash(&hash);
  return text ? text.get() : "unknown";
}

enum class marker { none, revoked, authority };

/// One line of a file of known hosts; nothing for other hosts, comments and what cannot be read.
struct known_host {
  marker mark = marker::none;
  ssh::key_owner key;
};

known_host known_host_of(std::string line, const std::string& name) {
  std::replace(line.begin(), line.end(), '\t', ' ');
  line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
  known_host found;
  if (line.empty() || line.front() == '#') return found;
  if (line.front() == '@') {
    const auto end = line.find(' ');
    if (end == std::string::npos) return found;
    found.mark = line.compare(0, end, "@revoked") == 0 ? marker::revoked : marker::authority;
    line.erase(0, line.find_first_not_of(' ', end));
  }
  ssh_knownhosts_entry* entry = nullptr;
  if (ssh_known_hosts_parse_line(name.c_str(), line.c_str(), &entry) != SSH_OK) return found;
  found.key.reset(entry->publickey);
  entry->publickey = nullptr;
  ssh_knownhosts_entry_free(entry);
  return found;
}

std::vector<std::string> lines_of(const std::string& path) {
  errno = 0;
  std::ifstream file{path};
  if (!file)
    fail(failure_kind::other,
         "couldn't parse known_hosts_file: " + path_error("open", path, errno != 0 ? errno : EIO));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

void add_algorithms(std::vector<std::string>& all, const std::string& type) {
  // RSA keys go by one name, their signatures by three; servers of today refuse the one with SHA-1.
  if (type == "ssh-rsa") {
    all.emplace_back("rsa-sha2-512");
    all.emplace_back("rsa-sha2-256");
  }
  if (std::find(all.begin(), all.end(), type) == all.end()) all.push_back(type);
}

} // namespace

ssh_host_keys::ssh_host_keys(const sftp_options& options) {
  if (options.known_hosts_file == "none") return;
  if (!options.known_hosts_file.empty()) {
    known_ = lines_of(options.known_hosts_file);
    from_file_ = true;
    return;
  }
  for (std::size_t i = 0; i < options.host_keys.size(); ++i) {
    const auto& entry = options.host_keys[i];
    const auto where = "couldn't parse host_keys: host_keys entry " + std::to_string(i + 1);
    const auto blank = entry.find(' ');
    if (blank == std::string::npos || entry.find(' ', blank + 1) != std::string::npos)
      fail(failure_kind::other, where + ": expected \"<algo> <base64>\", got " + go_quote(entry));
    pinned_key key{entry.substr(0, blank), entry.substr(blank + 1)};
    ssh_key parsed = nullptr;
    const auto type = ssh_key_type_from_name(key.algorithm.c_str());
    if (type == SSH_KEYTYPE_UNKNOWN ||
        ssh_pki_import_pubkey_base64(key.base64.c_str(), type, &parsed) != SSH_OK)
      fail(failure_kind::other, where + " (" + key.algorithm + "): not a valid SSH public key");
    const ssh::key_owner owner{parsed};
    key.base64 = ssh::base64_of(parsed);
    pinned_.push_back(std::move(key));
  }
  if (pinned_.size() > most_pinned)
    fail(failure_kind::other, "couldn't parse host_keys: host_keys has more than " +
                                  std::to_string(most_pinned) +
                                  " entries; trim it or use known_hosts_file instead");
}

void ssh_host_keys::check_pinned(const std::string& host, ssh_key shown) const {
  const auto base64 = ssh::base64_of(shown);
  for (const auto& key : pinned_)
    if (key.base64 == base64) return;
  refuse("host key mismatch for " + host + ": the server shows a key with fingerprint " +
         fingerprint_of(shown) + ", which is not in host_keys");
}

void ssh_host_keys::check(const std::string& host, unsigned port, ssh_key shown) const {
  const auto name = host_and_port(host, port);
  if (!pinned_.empty()) return check_pinned(name, shown);
  if (!from_file_) return;
  bool known = false;
  bool same = false;
  for (const auto& line : known_) {
    const auto found = known_host_of(line, name);
    if (!found.key || found.mark == marker::authority) continue;
    const bool equal = ssh_key_cmp(found.key.get(), shown, SSH_KEY_CMP_PUBLIC) == 0;
    if (found.mark == marker::revoked) {
      if (equal) refuse("knownhosts: key is revoked");
      continue;
    }
    known = true;
    same = same || equal;
  }
  if (same) return;
  refuse(known ? "knownhosts: key mismatch" : "knownhosts: key is unknown");
}

std::vector<std::string> ssh_host_keys::algorithms(const std::string& host, unsigned port) const {
  std::vector<std::string> all;
  for (const auto& key : pinned_) add_algorithms(all, key.algorithm);
  for (const auto& line : known_) {
    const auto found = known_host_of(line, host_and_port(host, port));
    if (!found.key || found.mark != marker::none) continue;
    add_algorithms(all, ssh_key_type_to_char(ssh_key_type(found.key.get())));
  }
  return all;
}

} // namespace argosy
