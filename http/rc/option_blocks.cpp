#include "http/rc/option_blocks.hpp"

#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>
#include <unistd.h>

#include "backends/local/system_failure.hpp"
#include "core/failure.hpp"
#include "core/time_text.hpp"

namespace argosy::rc {

const option_table<log_options>& log_option_table() {
  using table = option_table<log_options>;
  // clang-format off
  static const table all{"log.Options", "log.Options", {
    table::field<&log_options::file>({"File", "log_file", option_type::text, "Logging", "Write the log to this file"}),
    table::field<&log_options::max_size>({"MaxSize", "log_file_max_size", option_type::size, "Logging", "Begin a new log file at this size"}),
    table::field<&log_options::max_backups>({"MaxBackups", "log_file_max_backups", option_type::integer, "Logging", "Old log files to keep"}),
    table::field<&log_options::max_age>({"MaxAge", "log_file_max_age", option_type::duration, "Logging", "Longest time to keep old log files"}),
    table::field<&log_options::compress>({"Compress", "log_file_compress", option_type::boolean, "Logging", "Compress old log files"}),
    table::field<&log_options::format>({"Format", "log_format", option_type::text, "Logging", "What stands before each log message, comma separated"}),
    table::field<&log_options::use_syslog>({"UseSyslog", "syslog", option_type::boolean, "Logging", "Log to syslog"}),
    table::field<&log_options::syslog_facility>({"SyslogFacility", "syslog_facility", option_type::text, "Logging", "Facility for syslog"}),
    table::field<&log_options::systemd>({"LogSystemdSupport", "log_systemd", option_type::boolean, "Logging", "Log in the form that the journal of systemd reads"}),
  }};
  // clang-format on
  return all;
}

const option_table<mount_options>& mount_option_table() {
  using table = option_table<mount_options>;
  // clang-format off
  static const table all{"mountlib.Options", "mountlib.Options", {
    table::field<&mount_options::debug_fuse>({"DebugFUSE", "debug_fuse", option_type::boolean, "Mount", "Log what FUSE asks"}),
    table::field<&mount_options::allow_non_empty>({"AllowNonEmpty", "allow_non_empty", option_type::boolean, "Mount", "Mount over a directory that is not empty"}),
    table::field<&mount_options::allow_root>({"AllowRoot", "allow_root", option_type::boolean, "Mount", "Let root in"}),
    table::field<&mount_options::allow_other>({"AllowOther", "allow_other", option_type::boolean, "Mount", "Let other users in"}),
    table::field<&mount_options::default_permissions>({"DefaultPermissions", "default_permissions", option_type::boolean, "Mount", "Let the kernel check permissions"}),
    table::field<&mount_options::writeback_cache>({"WritebackCache", "write_back_cache", option_type::boolean, "Mount", "Let the kernel gather writes"}),
    table::field<&mount_options::daemon>({"Daemon", "daemon", option_type::boolean, "Mount", "Mount in the background"}),
    table::field<&mount_options::daemon_wait>({"DaemonWait", "daemon_wait", option_type::duration, "Mount", "How long to wait for a mount in the background"}),
    table::field<&mount_options::max_read_ahead>({"MaxReadAhead", "max_read_ahead", option_type::size, "Mount", "Bytes that the kernel reads ahead"}),
    table::field<&mount_options::extra_options>({"ExtraOptions", "option", option_type::text_list, "Mount", "Options for libfuse", "", "o"}),
    table::field<&mount_options::extra_flags>({"ExtraFlags", "fuse_flag", option_type::text_list, "Mount", "Flags for libfuse"}),
    table::field<&mount_options::attribute_timeout>({"AttrTimeout", "attr_timeout", option_type::duration, "Mount", "How long the kernel keeps attributes"}),
    table::field<&mount_options::device_name>({"DeviceName", "devname", option_type::text, "Mount", "Name of the device"}),
    table::field<&mount_options::volume_name>({"VolumeName", "volname", option_type::text, "Mount", "Name of the volume"}),
    table::field<&mount_options::no_apple_double>({"NoAppleDouble", "noappledouble", option_type::boolean, "Mount", "Ignore .DS_Store and ._ files"}),
    table::field<&mount_options::no_apple_xattr>({"NoAppleXattr", "noapplexattr", option_type::boolean, "Mount", "Ignore extended attributes of Apple"}),
    table::field<&mount_options::daemon_timeout>({"DaemonTimeout", "daemon_timeout", option_type::duration, "Mount", "Longest time for an answer to the kernel"}),
    table::field<&mount_options::async_read>({"AsyncRead", "async_read", option_type::boolean, "Mount", "Read asynchronously"}),
    table::field<&mount_options::network_mode>({"NetworkMode", "network_mode", option_type::boolean, "Mount", "Mount as a network drive"}),
    table::field<&mount_options::direct_io>({"DirectIO", "direct_io", option_type::boolean, "Mount", "Read and write past the page cache"}),
  }};
  // clang-format on
  return all;
}

namespace {

// The rows of one server_options in the struct `options`: how its objects are shown, and how its flags begin.
// Strings are put together by the preprocessor, since they have to live as long as the program.
// clang-format off
#define ARGOSY_SERVER_ROW(options, server, shown, prefix, group, member, go_name, name, type, help) \
  {{shown go_name, prefix name, option_type::type, group, help}, \
   [](options& o) -> option_reference { return &o.server.member; }},
#define ARGOSY_SERVER_ROWS(options, server, shown, prefix, group) { \
  ARGOSY_BARE_SERVER_ROWS(options, server, shown, prefix, group) \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, template_path, "Template.Path", "template", text, "File with the template of listings") \
  }
#define ARGOSY_BARE_SERVER_ROWS(options, server, shown, prefix, group) \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, listen_addresses, "HTTP.ListenAddr", "addr", text_list, "Addresses to listen on") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, base_url, "HTTP.BaseURL", "baseurl", text, "First part of all paths") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, read_timeout, "HTTP.ServerReadTimeout", "server_read_timeout", duration, "Longest time to read a request") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, write_timeout, "HTTP.ServerWriteTimeout", "server_write_timeout", duration, "Longest time to write a reply") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, max_header_bytes, "HTTP.MaxHeaderBytes", "max_header_bytes", integer, "Longest header of a request") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, certificate, "HTTP.TLSCert", "cert", text, "File with the certificate for TLS") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, key, "HTTP.TLSKey", "key", text, "File with the private key for TLS") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, client_authority, "HTTP.ClientCA", "client_ca", text, "File with the authorities that certify clients") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, min_tls_version, "HTTP.MinTLSVersion", "min_tls_version", text, "Oldest version of TLS") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, allow_origin, "HTTP.AllowOrigin", "allow_origin", text, "Origin that browsers may call from") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, response_headers, "HTTP.ResponseHeaders", "response_header", text_list, "Header to add to every reply") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, htpasswd, "Auth.HtPasswd", "htpasswd", text, "File with users and hashes of their passwords") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, realm, "Auth.Realm", "realm", text, "Realm for authentication") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, user, "Auth.BasicUser", "user", text, "User name") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, password, "Auth.BasicPass", "pass", text, "Password") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, salt, "Auth.Salt", "salt", text, "Salt of the password's hash") \
  ARGOSY_SERVER_ROW(options, server, shown, prefix, group, user_from_header, "Auth.UserFromHeader", "user_from_header", text, "Header that names the user")
// clang-format on

template <class Row>
std::vector<Row> joined(std::initializer_list<std::vector<Row>> parts) {
  std::vector<Row> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

} // namespace

const option_table<rc_options>& rc_option_table() {
  using table = option_table<rc_options>;
  // clang-format off
  static const table all{"rc.Options", "rc.Options", joined<table::row>({
    ARGOSY_SERVER_ROWS(rc_options, server, "", "rc_", "RC"),
    {
      table::field<&rc_options::enabled>({"Enabled", "rc", option_type::boolean, "RC", "Serve remote control"}),
      table::field<&rc_options::files>({"Files", "rc_files", option_type::text, "RC", "Folder to serve"}),
      table::field<&rc_options::serve>({"Serve", "rc_serve", option_type::boolean, "RC", "Serve remotes"}),
      table::field<&rc_options::serve_no_modtime>({"ServeNoModTime", "rc_serve_no_modtime", option_type::boolean, "RC", "Leave times out of listings"}),
      table::field<&rc_options::no_auth>({"NoAuth", "rc_no_auth", option_type::boolean, "RC", "Allow all commands without authentication"}),
      table::field<&rc_options::web_gui>({"WebUI", "rc_web_gui", option_type::boolean, "RC", "Serve the web GUI"}),
      table::field<&rc_options::web_gui_update>({"WebGUIUpdate", "rc_web_gui_update", option_type::boolean, "RC", "Look for a newer web GUI"}),
      table::field<&rc_options::web_gui_force_update>({"WebGUIForceUpdate", "rc_web_gui_force_update", option_type::boolean, "RC", "Fetch the web GUI anew"}),
      table::field<&rc_options::web_gui_no_open_browser>({"WebGUINoOpenBrowser", "rc_web_gui_no_open_browser", option_type::boolean, "RC", "Do not open a browser"}),
      table::field<&rc_options::web_gui_fetch_url>({"WebGUIFetchURL", "rc_web_fetch_url", option_type::text, "RC", "Where the web GUI comes from"}),
      table::field<&rc_options::enable_metrics>({"EnableMetrics", "rc_enable_metrics", option_type::boolean, "RC,Metrics", "Serve /metrics"}),
    },
    ARGOSY_SERVER_ROWS(rc_options, metrics, "Metrics", "metrics_", "Metrics"),
    {
      table::field<&rc_options::job_expire_duration>({"JobExpireDuration", "rc_job_expire_duration", option_type::duration, "RC", "How long finished jobs are remembered"}),
      table::field<&rc_options::job_expire_interval>({"JobExpireInterval", "rc_job_expire_interval", option_type::duration, "RC", "How often to look for jobs to forget"}),
    }})};
  // clang-format on
  return all;
}

const option_table<serve_http_options>& serve_http_option_table() {
  using table = option_table<serve_http_options>;
  // clang-format off
  static const table all{"http.Options", "http.Options", joined<table::row>({
    ARGOSY_SERVER_ROWS(serve_http_options, server, "", "", ""),
    {
      table::field<&serve_http_options::disable_zip>({"DisableZip", "disable_zip", option_type::boolean, "", "Offer no zip downloads"}),
      table::field<&serve_http_options::disable_dir_list>({"DisableDirList", "disable_dir_list", option_type::boolean, "", "Show no listings"}),
    }})};
  // clang-format on
  return all;
}

// clang-format off
const option_table<dlna_options>& dlna_option_table() {
  using table = option_table<dlna_options>;
  static const table all{"dlna.Options", "dlna.Options", {
    table::field<&dlna_options::address>({"ListenAddr", "addr", option_type::text, "", "Address to listen on"}),
    table::field<&dlna_options::friendly_name>({"FriendlyName", "name", option_type::text, "", "Name that players show"}),
    table::field<&dlna_options::log_trace>({"LogTrace", "log_trace", option_type::boolean, "", "Log the SOAP messages"}),
    table::field<&dlna_options::interfaces>({"InterfaceNames", "interface", option_type::text_list, "", "Network interface to announce on"}),
    table::field<&dlna_options::announce_interval>({"AnnounceInterval", "announce_interval", option_type::duration, "", "Time between announcements"}),
  }};
  return all;
}

const option_table<ftp_options>& ftp_option_table() {
  using table = option_table<ftp_options>;
  static const table all{"ftp.Options", "ftp.Options", {
    table::field<&ftp_options::address>({"ListenAddr", "addr", option_type::text, "", "Address to listen on"}),
    table::field<&ftp_options::public_ip>({"PublicIP", "public_ip", option_type::text, "", "Address to tell for passive connections"}),
    table::field<&ftp_options::passive_ports>({"PassivePorts", "passive_port", option_type::text, "", "Range of ports for passive connections"}),
    table::field<&ftp_options::user>({"User", "user", option_type::text, "", "User name"}),
    table::field<&ftp_options::password>({"Pass", "pass", option_type::text, "", "Password; any one when empty"}),
    table::field<&ftp_options::certificate>({"TLSCert", "cert", option_type::text, "", "File with the certificate for TLS"}),
    table::field<&ftp_options::key>({"TLSKey", "key", option_type::text, "", "File with the private key for TLS"}),
  }};
  return all;
}

const option_table<nfs_options>& nfs_option_table() {
  using table = option_table<nfs_options>;
  static const table all{"nfs.Options", "nfs.Options", {
    table::field<&nfs_options::address>({"ListenAddr", "addr", option_type::text, "", "Address to listen on"}),
    table::field<&nfs_options::handle_limit>({"HandleLimit", "nfs_cache_handle_limit", option_type::integer, "", "File handles that are kept at once, 5 or more"}),
    table::field<&nfs_options::handle_cache>({"HandleCache", "nfs_cache_type", option_type::enumeration, "", "Where file handles are kept", "memory,disk,symlink"}),
    table::field<&nfs_options::handle_cache_folder>({"HandleCacheDir", "nfs_cache_dir", option_type::text, "", "Folder for file handles"}),
  }};
  return all;
}

const option_table<proxy_options>& proxy_option_table() {
  using table = option_table<proxy_options>;
  static const table all{"proxy.Options", "proxy.Options", {
    table::field<&proxy_options::program>({"AuthProxy", "auth_proxy", option_type::text, "", "Program that makes a remote for each user"}),
  }};
  return all;
}

const option_table<restic_options>& restic_option_table() {
  using table = option_table<restic_options>;
  static const table all{"restic.Options", "restic.Options", joined<table::row>({
    {ARGOSY_BARE_SERVER_ROWS(restic_options, server, "", "", "")},
    {
      table::field<&restic_options::stdio>({"Stdio", "stdio", option_type::boolean, "", "Serve on the standard channels"}),
      table::field<&restic_options::append_only>({"AppendOnly", "append_only", option_type::boolean, "", "Let nobody delete"}),
      table::field<&restic_options::private_repos>({"PrivateRepos", "private_repos", option_type::boolean, "", "Show users their own repositories only"}),
      table::field<&restic_options::cache_objects>({"CacheObjects", "cache_objects", option_type::boolean, "", "Remember what was listed"}),
    }})};
  return all;
}

const option_table<s3_options>& s3_option_table() {
  using table = option_table<s3_options>;
  static const table all{"s3.Options", "s3.Options", joined<table::row>({
    {
      table::field<&s3_options::force_path_style>({"ForcePathStyle", "force_path_style", option_type::boolean, "", "Buckets stand in the path, not in the host name"}),
      table::field<&s3_options::etag_hash>({"EtagHash", "etag_hash", option_type::text, "", "Hash for ETag, auto, or nothing for none"}),
      table::field<&s3_options::auth_keys>({"AuthKey", "auth_key", option_type::text_list, "", "Access key id and secret, comma separated"}),
      table::field<&s3_options::no_cleanup>({"NoCleanup", "no_cleanup", option_type::boolean, "", "Keep folders that become empty"}),
      table::field<&s3_options::disable_multipart_streaming>({"DisableMultipartStreaming", "disable_multipart_streaming", option_type::boolean, "", "Hold uploads in parts in memory"}),
      table::field<&s3_options::multipart_buffer_limit>({"MultipartStreamingBufferLimit", "multipart_streaming_buffer_limit", option_type::size, "", "Memory of one upload in parts for those out of order, 0 for any"}),
      table::field<&s3_options::multipart_expiry>({"MultipartExpiry", "multipart_expiry", option_type::duration, "", "When to give up an upload in parts that rests, 0 for never"}),
    },
    {ARGOSY_BARE_SERVER_ROWS(s3_options, server, "", "", "")}})};
  return all;
}

const option_table<sftp_options>& sftp_option_table() {
  using table = option_table<sftp_options>;
  static const table all{"sftp.Options", "sftp.Options", {
    table::field<&sftp_options::address>({"ListenAddr", "addr", option_type::text, "", "Address to listen on"}),
    table::field<&sftp_options::host_keys>({"HostKeys", "key", option_type::text_list, "", "File with a private host key; made when there is none"}),
    table::field<&sftp_options::authorized_keys>({"AuthorizedKeys", "authorized_keys", option_type::text, "", "File with the keys of users"}),
    table::field<&sftp_options::user>({"User", "user", option_type::text, "", "User name"}),
    table::field<&sftp_options::password>({"Pass", "pass", option_type::text, "", "Password"}),
    table::field<&sftp_options::no_auth>({"NoAuth", "no_auth", option_type::boolean, "", "Let everybody in"}),
    table::field<&sftp_options::stdio>({"Stdio", "stdio", option_type::boolean, "", "Serve on the standard channels"}),
  }};
  return all;
}

const option_table<webdav_options>& webdav_option_table() {
  using table = option_table<webdav_options>;
  static const table all{"webdav.Options", "webdav.Options", joined<table::row>({
    ARGOSY_SERVER_ROWS(webdav_options, server, "", "", ""),
    {
      table::field<&webdav_options::etag_hash>({"EtagHash", "etag_hash", option_type::text, "", "Hash for ETag, auto, or nothing for none"}),
      table::field<&webdav_options::disable_dir_list>({"DisableDirList", "disable_dir_list", option_type::boolean, "", "Show no listings"}),
      table::field<&webdav_options::disable_zip>({"DisableZip", "disable_zip", option_type::boolean, "", "Offer no zip downloads"}),
    }})};
  return all;
}
// clang-format on

const option_table<vfs_options>& vfs_option_table() {
  using table = option_table<vfs_options>;
  // clang-format off
  static const table all{"vfscommon.Options", "vfscommon.Options", {
    table::field<&vfs_options::no_modtime>({"NoModTime", "no_modtime", option_type::boolean, "VFS", "Leave modification times alone"}),
    table::field<&vfs_options::no_checksum>({"NoChecksum", "no_checksum", option_type::boolean, "VFS", "Do not compare checksums"}),
    table::field<&vfs_options::no_seek>({"NoSeek", "no_seek", option_type::boolean, "VFS", "Do not allow seeking in files"}),
    table::field<&vfs_options::read_only>({"ReadOnly", "read_only", option_type::boolean, "VFS", "Allow reading only"}),
    table::field<&vfs_options::links>({"Links", "vfs_links", option_type::boolean, "VFS", "Show files named .rclonelink as symlinks"}),
    table::field<&vfs_options::refresh>({"Refresh", "vfs_refresh", option_type::boolean, "VFS", "Read all directories at the start"}),
    table::field<&vfs_options::directory_cache_time>({"DirCacheTime", "dir_cache_time", option_type::duration, "VFS", "How long directories are remembered"}),
    table::field<&vfs_options::poll_interval>({"PollInterval", "poll_interval", option_type::duration, "VFS", "How often to ask for changes"}),
    table::field<&vfs_options::cache_mode>({"CacheMode", "vfs_cache_mode", option_type::enumeration, "VFS", "What is kept on disk", "off,minimal,writes,full"}),
    table::field<&vfs_options::cache_poll_interval>({"CachePollInterval", "vfs_cache_poll_interval", option_type::duration, "VFS", "How often to look at the cache"}),
    table::field<&vfs_options::cache_max_age>({"CacheMaxAge", "vfs_cache_max_age", option_type::duration, "VFS", "Longest time in the cache"}),
    table::field<&vfs_options::cache_max_size>({"CacheMaxSize", "vfs_cache_max_size", option_type::size, "VFS", "Largest size of the cache"}),
    table::field<&vfs_options::cache_min_free_space>({"CacheMinFreeSpace", "vfs_cache_min_free_space", option_type::size, "VFS", "Space to leave free beside the cache"}),
    table::field<&vfs_options::chunk_size>({"ChunkSize", "vfs_read_chunk_size", option_type::size, "VFS", "Size of the first part that is read"}),
    table::field<&vfs_options::chunk_size_limit>({"ChunkSizeLimit", "vfs_read_chunk_size_limit", option_type::size, "VFS", "Up to which parts are doubled"}),
    table::field<&vfs_options::chunk_streams>({"ChunkStreams", "vfs_read_chunk_streams", option_type::integer, "VFS", "Parts that are read at once"}),
    table::field<&vfs_options::directory_permissions>({"DirPerms", "dir_perms", option_type::integer, "VFS", "Permissions of directories"}),
    table::field<&vfs_options::file_permissions>({"FilePerms", "file_perms", option_type::integer, "VFS", "Permissions of files"}),
    table::field<&vfs_options::link_permissions>({"LinkPerms", "link_perms", option_type::integer, "VFS", "Permissions of symlinks"}),
    table::field<&vfs_options::case_insensitive>({"CaseInsensitive", "vfs_case_insensitive", option_type::boolean, "VFS", "Find names in any case"}),
    table::field<&vfs_options::block_normalised_duplicates>({"BlockNormDupes", "vfs_block_norm_dupes", option_type::boolean, "VFS", "Hide names that are equal once normalised"}),
    table::field<&vfs_options::write_wait>({"WriteWait", "vfs_write_wait", option_type::duration, "VFS", "How long to wait for writes in order"}),
    table::field<&vfs_options::read_wait>({"ReadWait", "vfs_read_wait", option_type::duration, "VFS", "How long to wait for reads in order"}),
    table::field<&vfs_options::write_back>({"WriteBack", "vfs_write_back", option_type::duration, "VFS", "How long closed files wait for upload"}),
    table::field<&vfs_options::read_ahead>({"ReadAhead", "vfs_read_ahead", option_type::size, "VFS", "Bytes read ahead beyond buffer_size"}),
    table::field<&vfs_options::used_is_size>({"UsedIsSize", "vfs_used_is_size", option_type::boolean, "VFS", "Count the space used by listing"}),
    table::field<&vfs_options::fast_fingerprint>({"FastFingerprint", "vfs_fast_fingerprint", option_type::boolean, "VFS", "Notice changes by fast properties only"}),
    table::field<&vfs_options::disk_space_total_size>({"DiskSpaceTotalSize", "vfs_disk_space_total_size", option_type::size, "VFS", "Total size of the disk to show"}),
    table::field<&vfs_options::umask>({"Umask", "umask", option_type::integer, "VFS", "Permissions that are taken away"}),
    table::field<&vfs_options::user_id>({"UID", "uid", option_type::integer, "VFS", "Owner of files"}),
    table::field<&vfs_options::group_id>({"GID", "gid", option_type::integer, "VFS", "Group of files"}),
    table::field<&vfs_options::handle_caching>({"HandleCaching", "vfs_handle_caching", option_type::duration, "VFS", "How long closed files stay open"}),
    table::field<&vfs_options::metadata_extension>({"MetadataExtension", "vfs_metadata_extension", option_type::text, "VFS", "Extension of files that show metadata"}),
  }};
  // clang-format on
  return all;
}

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) fail(failure_kind::other, path_error("open", path, errno));
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

std::shared_ptr<const filter> make_rules(const filter_options& options) {
  filter rules{options, now(), content_of};
  if (!rules.active() && !rules.deletes_excluded()) return nullptr;
  return std::make_shared<const filter>(std::move(rules));
}

vfs_options process_vfs_options() {
  vfs_options options;
  options.user_id = ::getuid();
  options.group_id = ::getgid();
  // umask(2) cannot look without changing, which other threads would notice.
  std::ifstream status{"/proc/self/status"};
  constexpr std::string_view key = "Umask:\t";
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, key.size(), key) == 0)
      std::from_chars(line.data() + key.size(), line.data() + line.size(), options.umask, 8);
  }
  return options;
}

} // namespace argosy::rc
