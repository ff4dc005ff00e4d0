#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/filter.hpp"
#include "core/option_table.hpp"

/// The blocks of options/get besides main (rc-surface 3.11), with rclone's defaults. Durations are
/// nanoseconds, sizes bytes.
namespace argosy::rc {

inline constexpr std::int64_t second = 1'000'000'000;

struct log_options {
  std::string file;
  std::int64_t max_size = -1;
  std::int64_t max_backups = 0;
  std::int64_t max_age = 0;
  bool compress = false;
  std::string format = "date,time";
  bool use_syslog = false;
  std::string syslog_facility = "DAEMON";
  bool systemd = false;
};

/// Shown and settable for clients that look for them: nothing can be mounted.
struct mount_options {
  bool debug_fuse = false;
  bool allow_non_empty = false;
  bool allow_root = false;
  bool allow_other = false;
  bool default_permissions = false;
  bool writeback_cache = false;
  bool daemon = false;
  std::int64_t daemon_wait = 60 * second;
  std::int64_t max_read_ahead = 128 * 1024;
  std::vector<std::string> extra_options;
  std::vector<std::string> extra_flags;
  std::int64_t attribute_timeout = second;
  std::string device_name;
  std::string volume_name;
  bool no_apple_double = true;
  bool no_apple_xattr = false;
  std::int64_t daemon_timeout = 0;
  bool async_read = true;
  bool network_mode = false;
  bool direct_io = false;
};

/// What every HTTP server of rclone can be told (rc-surface 2.14).
struct server_options {
  server_options() = default;
  explicit server_options(const char* address) : listen_addresses{address} {}
  std::vector<std::string> listen_addresses;
  std::string base_url;
  std::int64_t read_timeout = 3600 * second;
  std::int64_t write_timeout = 3600 * second;
  std::int64_t max_header_bytes = 4096;
  std::string certificate;
  std::string key;
  std::string client_authority;
  std::string min_tls_version = "tls1.0";
  std::string allow_origin;
  std::vector<std::string> response_headers;
  std::string htpasswd;
  std::string realm;
  std::string user;
  std::string password;
  std::string salt = "dlPL2MqE";
  std::string user_from_header;
  std::string template_path;
};

/// The flags --rc-... and --metrics-... The servers take them at the start: options/set changes only what is
/// shown.
struct rc_options {
  server_options server{"localhost:5572"};
  bool enabled = false;
  std::string files;
  bool serve = false;
  bool serve_no_modtime = false;
  bool no_auth = false;
  bool web_gui = false;
  bool web_gui_update = false;
  bool web_gui_force_update = false;
  bool web_gui_no_open_browser = false;
  std::string web_gui_fetch_url = "https://api.github.com/repos/rclone/rclone-webui-react/releases/latest";
  bool enable_metrics = false;
  server_options metrics; ///< no address: no such server
  std::int64_t job_expire_duration = 60 * second;
  std::int64_t job_expire_interval = 10 * second;
};

/// Shown and settable as mount_options are.
struct serve_http_options {
  server_options server{"127.0.0.1:8080"};
  bool disable_zip = false;
  bool disable_dir_list = false;
};

/// Shown and settable as mount_options are.
struct vfs_options {
  bool no_modtime = false;
  bool no_checksum = false;
  bool no_seek = false;
  bool read_only = false;
  bool links = false;
  bool refresh = false;
  std::int64_t directory_cache_time = 300 * second;
  std::int64_t poll_interval = 60 * second;
  std::int64_t cache_mode = 0; ///< index of off, minimal, writes, full
  std::int64_t cache_poll_interval = 60 * second;
  std::int64_t cache_max_age = 3600 * second;
  std::int64_t cache_max_size = -1;
  std::int64_t cache_min_free_space = -1;
  std::int64_t chunk_size = 128 << 20;
  std::int64_t chunk_size_limit = -1;
  std::int64_t chunk_streams = 0;
  std::int64_t directory_permissions = 0777;
  std::int64_t file_permissions = 0666;
  std::int64_t link_permissions = 0666;
  bool case_insensitive = false;
  bool block_normalised_duplicates = false;
  std::int64_t write_wait = second;
  std::int64_t read_wait = second / 50;
  std::int64_t write_back = 5 * second;
  std::int64_t read_ahead = 0;
  bool used_is_size = false;
  bool fast_fingerprint = false;
  std::int64_t disk_space_total_size = -1;
  std::int64_t umask = 022;
  std::int64_t user_id = 0;
  std::int64_t group_id = 0;
  std::int64_t handle_caching = 5 * second;
  std::string metadata_extension;
};

// Of the other servers of rclone: shown and settable as mount_options are.

struct dlna_options {
  std::string address = ":7879";
  std::string friendly_name;
  bool log_trace = false;
  std::vector<std::string> interfaces;
  std::int64_t announce_interval = 12 * 60 * second;
};

struct ftp_options {
  std::string address = "localhost:2121";
  std::string public_ip;
  std::string passive_ports = "30000-32000";
  std::string user = "anonymous";
  std::string password;
  std::string certificate;
  std::string key;
};

struct nfs_options {
  std::string address;
  std::int64_t handle_limit = 1'000'000;
  std::int64_t handle_cache = 0; ///< index of memory, disk, symlink
  std::string handle_cache_folder;
};

struct proxy_options {
  std::string program;
};

struct restic_options {
  server_options server{"127.0.0.1:8080"};
  bool stdio = false;
  bool append_only = false;
  bool private_repos = false;
  bool cache_objects = true;
};

struct s3_options {
  bool force_path_style = true;
  std::string etag_hash = "MD5";
  std::vector<std::string> auth_keys;
  bool no_cleanup = false;
  bool disable_multipart_streaming = false;
  std::int64_t multipart_buffer_limit = 256 << 20;
  std::int64_t multipart_expiry = 24 * 3600 * second;
  server_options server{"127.0.0.1:8080"};
};

struct sftp_options {
  std::string address = "localhost:2022";
  std::vector<std::string> host_keys;
  std::string authorized_keys = "~/.ssh/authorized_keys";
  std::string user;
  std::string password;
  bool no_auth = false;
  bool stdio = false;
};

struct webdav_options {
  server_options server{"127.0.0.1:8080"};
  std::string etag_hash;
  bool disable_dir_list = false;
  bool disable_zip = false;
};

const option_table<dlna_options>& dlna_option_table();
const option_table<ftp_options>& ftp_option_table();
const option_table<nfs_options>& nfs_option_table();
const option_table<proxy_options>& proxy_option_table();
const option_table<restic_options>& restic_option_table();
const option_table<s3_options>& s3_option_table();
const option_table<sftp_options>& sftp_option_table();
const option_table<webdav_options>& webdav_option_table();
const option_table<log_options>& log_option_table();
const option_table<mount_options>& mount_option_table();
const option_table<rc_options>& rc_option_table();
const option_table<serve_http_options>& serve_http_option_table();
const option_table<vfs_options>& vfs_option_table();

/// The filter that the options make; null when everything passes. Reads the files that they name, which are
/// small and local like the configuration.
std::shared_ptr<const filter> make_rules(const filter_options& options);

/// With the umask, user and group of this process.
vfs_options process_vfs_options();

/// The values of those blocks, and of block filter. Thread-safe.
class option_blocks {
public:
  struct values {
    dlna_options dlna;
    filter_options filter;
    ftp_options ftp;
    serve_http_options http;
    log_options log;
    mount_options mount;
    nfs_options nfs;
    proxy_options proxy;
    rc_options rc;
    restic_options restic;
    s3_options s3;
    sftp_options sftp;
    vfs_options vfs = process_vfs_options();
    webdav_options webdav;
  };
  explicit option_blocks(values initial) : values_(std::move(initial)) {}
  values current() const {
    std::lock_guard<std::mutex> guard{mutex_};
    return values_;
  }
  /// Block filter alone: every call that becomes a job wants it.
  filter_options filters() const {
    std::lock_guard<std::mutex> guard{mutex_};
    return values_.filter;
  }
  void replace(values next) {
    std::lock_guard<std::mutex> guard{mutex_};
    values_ = std::move(next);
  }
  /// Held by whoever reads, changes and replaces, so that no change is lost.
  std::unique_lock<std::mutex> changing() { return std::unique_lock<std::mutex>{changing_}; }

private:
  mutable std::mutex mutex_;
  values values_;
  std::mutex changing_;
};

} // namespace argosy::rc
