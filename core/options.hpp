#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/bandwidth_limit.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "core/option_table.hpp"

namespace argosy {

/// The release of rclone that clients and servers are told they talk to.
inline constexpr const char* compatible_version = "v1.76.0";

/// Values of delete_mode.
enum delete_mode_choice : std::int64_t {
  delete_mode_off,
  delete_mode_before,
  delete_mode_during,
  delete_mode_after,
  delete_mode_only
};
/// Values of cutoff_mode.
enum cutoff_mode_choice : std::int64_t { cutoff_hard, cutoff_soft, cutoff_cautious };
/// Bits of dump.
enum dump_choice : std::int64_t {
  dump_headers = 1 << 0,
  dump_bodies = 1 << 1,
  dump_requests = 1 << 2,
  dump_responses = 1 << 3,
  dump_auth = 1 << 4,
  dump_filters = 1 << 5,
  dump_goroutines = 1 << 6,
  dump_openfiles = 1 << 7,
  dump_mapper = 1 << 8
};

/// Block `main` (rc-surface 3.11): the members are the flat names, in the order of options/get, with rclone's
/// defaults.
struct main_options {
  static constexpr std::int64_t second = 1000000000; ///< nanoseconds
  static constexpr std::int64_t mebibyte = 1 << 20;

  std::int64_t log_level = static_cast<std::int64_t>(argosy::log_level::notice);
  std::int64_t stats_log_level = static_cast<std::int64_t>(argosy::log_level::info);
  bool use_json_log = false;
  bool dry_run = false;
  bool interactive = false;
  bool links = false;
  bool checksum = false;
  bool size_only = false;
  bool ignore_times = false;
  bool ignore_existing = false;
  bool ignore_errors = false;
  std::int64_t modify_window = 1; ///< nanoseconds
  std::int64_t checkers = 8;
  std::int64_t transfers = 4;
  std::int64_t contimeout = 60 * second;         ///< nanoseconds
  std::int64_t timeout = 300 * second;           ///< nanoseconds
  std::int64_t expect_continue_timeout = second; ///< nanoseconds
  std::int64_t dump = 0;
  bool no_check_certificate = false;
  std::int64_t delete_mode = delete_mode_after;
  std::int64_t max_delete = -1;
  std::int64_t max_delete_size = -1; ///< bytes, -1 is off
  bool track_renames = false;
  std::string track_renames_strategy = "hash";
  std::int64_t retries = 3;
  std::int64_t retries_sleep = 0; ///< nanoseconds
  std::int64_t low_level_retries = 10;
  bool update = false;
  bool no_gzip_encoding = false;
  std::int64_t max_depth = -1;
  bool ignore_size = false;
  bool ignore_checksum = false;
  bool ignore_case_sync = false;
  bool fix_case = false;
  bool no_traverse = false;
  bool check_first = false;
  bool no_check_dest = false;
  bool no_unicode_normalization = false;
  bool no_update_modtime = false;
  bool no_update_dir_modtime = false;
  std::string stats_unit = "bytes";
  std::vector<std::string> compare_dest;
  std::vector<std::string> copy_dest;
  std::string backup_dir;
  std::string suffix;
  bool suffix_keep_extension = false;
  bool fast_list = false;
  std::int64_t list_cutoff = 1000000;
  std::int64_t buffer_size = 16 * mebibyte; ///< bytes
  bandwidth_timetable bwlimit;
  bandwidth_timetable bwlimit_file;
  double tpslimit = 0;
  std::int64_t tpslimit_burst = 1;
  std::string bind_addr;
  std::vector<std::string> disable;
  std::string user_agent = std::string{"rclone/"} + compatible_version;
  bool immutable = false;
  bool auto_confirm = false;
  std::int64_t streaming_upload_cutoff = 100 * 1024; ///< bytes
  std::int64_t stats_file_name_length = 45;
  bool ask_password = true;
  std::vector<std::string> password_command;
  bool use_server_modtime = false;
  std::int64_t max_transfer = -1; ///< bytes, -1 is off
  std::int64_t max_duration = 0;  ///< nanoseconds
  std::int64_t cutoff_mode = cutoff_hard;
  std::int64_t max_backlog = 10000;
  std::int64_t max_stats_groups = 1000;
  bool stats_one_line = false;
  bool stats_one_line_date = false;
  std::string stats_one_line_date_format;
  bool error_on_no_transfer = false;
  bool progress = false;
  bool progress_terminal_title = false;
  bool use_cookies = false;
  bool use_mmap = false;
  std::int64_t max_buffer_memory = -1; ///< bytes, -1 is off
  std::vector<std::string> ca_cert;
  std::string client_cert;
  std::string client_key;
  std::string client_pass;
  std::int64_t multi_thread_cutoff = 256 * mebibyte; ///< bytes
  std::int64_t multi_thread_streams = 4;
  bool multi_thread_set = false;
  std::int64_t multi_thread_chunk_size = 64 * mebibyte;     ///< bytes
  std::int64_t multi_thread_write_buffer_size = 128 * 1024; ///< bytes
  std::string order_by;
  std::vector<http_header> upload_headers;
  std::vector<http_header> download_headers;
  std::vector<http_header> headers;
  std::map<std::string, std::string> metadata_set;
  bool refresh_times = false;
  bool no_console = false;
  std::int64_t traffic_class = 0;
  std::int64_t fs_cache_expire_duration = 300 * second; ///< nanoseconds
  std::int64_t fs_cache_expire_interval = 60 * second;  ///< nanoseconds
  bool disable_http2 = false;
  bool human_readable = false;
  std::int64_t kv_lock_time = second; ///< nanoseconds
  bool disable_http_keep_alives = false;
  bool metadata = false;
  bool server_side_across_configs = false;
  std::int64_t color = 0;
  std::int64_t default_time = 946684800 * second; ///< nanoseconds since 1970
  bool inplace = false;
  std::string partial_suffix = ".partial";
  std::vector<std::string> metadata_mapper;
  std::int64_t max_connections = 0;
  std::vector<std::string> name_transform;
  std::string http_proxy;
};

/// Every field of main_options with its names, type and help.
const option_table<main_options>& main_option_table();

/// `_config`: an object, or a string that holds one. Keys are Go names in any case; unknown ones are ignored.
/// transfers and checkers become at least 1, since no hook runs that would do it. Throws
/// failure(bad_parameter) `key "_config": ...`.
void apply_overrides(main_options& options, const json& object);
/// A flat parameter: false when there is none of this name or the value is an object, which is not consumed.
/// transfers and checkers become at least 1. Throws failure(other).
bool apply_flat(main_options& options, const std::string& flat_name, const json& value);
/// options/set: as apply_overrides, but throws failure(other) without `key "_config"` in front. Fields before
/// the one at fault stay assigned, as in rclone. settle() comes afterwards.
void assign(main_options& options, const json& object);
/// As options/get shows it. main_option_table().write() keeps rclone's order of keys too.
json to_json(const main_options& options);
/// A whole value, as in RCLONE_<NAME>: lists are comma separated. Throws failure(other), also for an unknown
/// name.
void set_from_text(main_options& options, const std::string& flat_name, const std::string& text);
/// One flag of the command line, without its leading dashes: lists grow by one element. Knows the flags whose
/// names are not flat names as well (header, bind, delete-before...). False: no such flag. Throws
/// failure(other).
bool set_from_flag(main_options& options, std::string_view flag, const std::string& text);
/// True when the flag may stand without a value, which then is "true".
bool is_switch(std::string_view flag);

/// What rclone does with block main when it starts and after options/set: lower limits, defaults that depend
/// on other options. Throws failure(other) when options exclude each other.
void settle(main_options& options);

} // namespace argosy
