#include "core/options.hpp"

#include <algorithm>

#include "core/failure.hpp"

namespace argosy {

namespace {

constexpr const char* log_level_names = "EMERGENCY,ALERT,CRITICAL,ERROR,WARNING,NOTICE,INFO,DEBUG,OFF";
constexpr const char* dump_names =
    "headers,bodies,requests,responses,auth,filters,goroutines,openfiles,mapper";

/// A call that could compare or transfer nothing would never end.
void raise_to_one(main_options& options) {
  options.transfers = std::max<std::int64_t>(options.transfers, 1);
  options.checkers = std::max<std::int64_t>(options.checkers, 1);
}

} // namespace

const option_table<main_options>& main_option_table() {
  using table = option_table<main_options>;
  // clang-format off
  static const table all{"fs.ConfigInfo", "fs.HTTPOption", {
    table::field<&main_options::log_level>({"LogLevel", "log_level", option_type::enumeration, "Logging", "Show log messages of this level and above", log_level_names}),
    table::field<&main_options::stats_log_level>({"StatsLogLevel", "stats_log_level", option_type::enumeration, "Logging", "Level at which statistics are logged", log_level_names}),
    table::field<&main_options::use_json_log>({"UseJSONLog", "use_json_log", option_type::boolean, "Logging", "Write the log as JSON"}),
    table::field<&main_options::dry_run>({"DryRun", "dry_run", option_type::boolean, "Config,Important", "Only say what would be done", "", "n"}),
    table::field<&main_options::interactive>({"Interactive", "interactive", option_type::boolean, "Config,Important", "Ask before each change", "", "i"}),
    table::field<&main_options::links>({"Links", "links", option_type::boolean, "Copy", "Translate symlinks to and from files whose names end in .rclonelink", "", "l"}),
    table::field<&main_options::checksum>({"CheckSum", "checksum", option_type::boolean, "Copy", "Compare files by size and hash instead of size and time", "", "c"}),
    table::field<&main_options::size_only>({"SizeOnly", "size_only", option_type::boolean, "Copy", "Compare files by size alone"}),
    table::field<&main_options::ignore_times>({"IgnoreTimes", "ignore_times", option_type::boolean, "Copy", "Transfer all files, also those whose size and time agree", "", "I"}),
    table::field<&main_options::ignore_existing>({"IgnoreExisting", "ignore_existing", option_type::boolean, "Copy", "Leave out files which the destination has"}),
    table::field<&main_options::ignore_errors>({"IgnoreErrors", "ignore_errors", option_type::boolean, "Sync", "Delete although errors have happened"}),
    table::field<&main_options::modify_window>({"ModifyWindow", "modify_window", option_type::duration, "Copy", "Times that differ by less count as equal"}),
    table::field<&main_options::checkers>({"Checkers", "checkers", option_type::integer, "Performance", "How many files are compared at the same time"}),
    table::field<&main_options::transfers>({"Transfers", "transfers", option_type::integer, "Performance", "How many files are transferred at the same time"}),
    table::field<&main_options::contimeout>({"ConnectTimeout", "contimeout", option_type::duration, "Networking", "Longest wait for a connection"}),
    table::field<&main_options::timeout>({"Timeout", "timeout", option_type::duration, "Networking", "Longest time without data on a connection"}),
    table::field<&main_options::expect_continue_timeout>({"ExpectContinueTimeout", "expect_continue_timeout", option_type::duration, "Networking", "Longest wait for \"100 Continue\""}),
    table::field<&main_options::dump>({"Dump", "dump", option_type::bits, "Debugging", "What to write to the log, a comma separated list", dump_names}),
    table::field<&main_options::no_check_certificate>({"InsecureSkipVerify", "no_check_certificate", option_type::boolean, "Networking", "Accept servers whose certificate cannot be verified"}),
    table::field<&main_options::delete_mode>({"DeleteMode", "delete_mode", option_type::delete_mode, "Sync", "When a sync deletes: 1 before, 2 during, 3 after the transfers", "", "", false}),
    table::field<&main_options::max_delete>({"MaxDelete", "max_delete", option_type::integer64, "Sync", "Most files that a sync may delete, -1 for any number"}),
    table::field<&main_options::max_delete_size>({"MaxDeleteSize", "max_delete_size", option_type::size, "Sync", "Most bytes that a sync may delete"}),
    table::field<&main_options::track_renames>({"TrackRenames", "track_renames", option_type::boolean, "Sync", "Recognise renamed files and move them at the destination"}),
    table::field<&main_options::track_renames_strategy>({"TrackRenamesStrategy", "track_renames_strategy", option_type::text, "Sync", "How renamed files are recognised: hash, modtime, leaf, size, joined by commas"}),
    table::field<&main_options::retries>({"Retries", "retries", option_type::integer, "Config", "How often a failed operation is started in all"}),
    table::field<&main_options::retries_sleep>({"RetriesInterval", "retries_sleep", option_type::duration, "Config", "Pause between two such starts"}),
    table::field<&main_options::low_level_retries>({"LowLevelRetries", "low_level_retries", option_type::integer, "Config", "How often one request is tried in all"}),
    table::field<&main_options::update>({"UpdateOlder", "update", option_type::boolean, "Copy", "Leave out files that are newer at the destination", "", "u"}),
    table::field<&main_options::no_gzip_encoding>({"NoGzip", "no_gzip_encoding", option_type::boolean, "Networking", "Do not ask servers for compressed answers"}),
    table::field<&main_options::max_depth>({"MaxDepth", "max_depth", option_type::integer, "Filter", "How many levels of folders are visited, -1 for all"}),
    table::field<&main_options::ignore_size>({"IgnoreSize", "ignore_size", option_type::boolean, "Copy", "Do not compare sizes"}),
    table::field<&main_options::ignore_checksum>({"IgnoreChecksum", "ignore_checksum", option_type::boolean, "Copy", "Do not verify hashes after a transfer"}),
    table::field<&main_options::ignore_case_sync>({"IgnoreCaseSync", "ignore_case_sync", option_type::boolean, "Copy", "Names that differ only in case are the same file"}),
    table::field<&main_options::fix_case>({"FixCase", "fix_case", option_type::boolean, "Sync", "Give names at the destination the case of the source"}),
    table::field<&main_options::no_traverse>({"NoTraverse", "no_traverse", option_type::boolean, "Copy", "Look files up one by one instead of listing the destination"}),
    table::field<&main_options::check_first>({"CheckFirst", "check_first", option_type::boolean, "Copy", "Compare everything before the first transfer"}),
    table::field<&main_options::no_check_dest>({"NoCheckDest", "no_check_dest", option_type::boolean, "Copy", "Transfer without looking at the destination"}),
    table::field<&main_options::no_unicode_normalization>({"NoUnicodeNormalization", "no_unicode_normalization", option_type::boolean, "Config", "Names in different Unicode forms are different files"}),
    table::field<&main_options::no_update_modtime>({"NoUpdateModTime", "no_update_modtime", option_type::boolean, "Copy", "Leave the times of equal files at the destination alone"}),
    table::field<&main_options::no_update_dir_modtime>({"NoUpdateDirModTime", "no_update_dir_modtime", option_type::boolean, "Copy", "Leave the times of folders at the destination alone"}),
    table::field<&main_options::stats_unit>({"DataRateUnit", "stats_unit", option_type::text, "Logging", "Unit of speeds in statistics: bits or bytes"}),
    table::field<&main_options::compare_dest>({"CompareDest", "compare_dest", option_type::text_list, "Copy", "Leave out files which these other places have"}),
    table::field<&main_options::copy_dest>({"CopyDest", "copy_dest", option_type::text_list, "Copy", "Copy files from these other places where they have them"}),
    table::field<&main_options::backup_dir>({"BackupDir", "backup_dir", option_type::text, "Sync", "Move files there instead of deleting or overwriting them"}),
    table::field<&main_options::suffix>({"Suffix", "suffix", option_type::text, "Sync", "Ending for the names of files that are replaced or deleted"}),
    table::field<&main_options::suffix_keep_extension>({"SuffixKeepExtension", "suffix_keep_extension", option_type::boolean, "Sync", "Put the suffix in front of the extension"}),
    table::field<&main_options::fast_list>({"UseListR", "fast_list", option_type::boolean, "Listing", "List recursively where possible: fewer requests, more memory"}),
    table::field<&main_options::list_cutoff>({"ListCutoff", "list_cutoff", option_type::integer, "Listing", "Folders with more entries are sorted on disk"}),
    table::field<&main_options::buffer_size>({"BufferSize", "buffer_size", option_type::size, "Performance", "Memory that each transfer may read ahead"}),
    table::field<&main_options::bwlimit>({"BwLimit", "bwlimit", option_type::bandwidth, "Networking", "Limit or timetable of bandwidth in KiB/s, or with a suffix"}),
    table::field<&main_options::bwlimit_file>({"BwLimitFile", "bwlimit_file", option_type::bandwidth, "Networking", "The same for each file"}),
    table::field<&main_options::tpslimit>({"TPSLimit", "tpslimit", option_type::real, "Networking", "Most requests a second, 0 for any number"}),
    table::field<&main_options::tpslimit_burst>({"TPSLimitBurst", "tpslimit_burst", option_type::integer, "Networking", "Most requests at once under that limit"}),
    table::field<&main_options::bind_addr>({"BindAddr", "bind_addr", option_type::address, "Networking", "Local address of outgoing connections", "", "", false}),
    table::field<&main_options::disable>({"DisableFeatures", "disable", option_type::text_list, "Config", "Features of storages that are not used", "", "", false}),
    table::field<&main_options::user_agent>({"UserAgent", "user_agent", option_type::text, "Networking", "User-Agent of requests"}),
    table::field<&main_options::immutable>({"Immutable", "immutable", option_type::boolean, "Copy", "Fail instead of changing a file that exists"}),
    table::field<&main_options::auto_confirm>({"AutoConfirm", "auto_confirm", option_type::boolean, "Config", "Answer questions with yes"}),
    table::field<&main_options::streaming_upload_cutoff>({"StreamingUploadCutoff", "streaming_upload_cutoff", option_type::size, "Copy", "Data of unknown size are kept in memory up to this many bytes"}),
    table::field<&main_options::stats_file_name_length>({"StatsFileNameLength", "stats_file_name_length", option_type::integer, "Logging", "Longest name in statistics, 0 for any"}),
    table::field<&main_options::ask_password>({"AskPassword", "ask_password", option_type::boolean, "Config", "Ask for the password of an encrypted configuration"}),
    table::field<&main_options::password_command>({"PasswordCommand", "password_command", option_type::words, "Config", "Command that prints the password of the configuration"}),
    table::field<&main_options::use_server_modtime>({"UseServerModTime", "use_server_modtime", option_type::boolean, "Config", "Use the server's time of a file instead of the stored one"}),
    table::field<&main_options::max_transfer>({"MaxTransfer", "max_transfer", option_type::size, "Copy", "Most bytes to transfer"}),
    table::field<&main_options::max_duration>({"MaxDuration", "max_duration", option_type::duration, "Copy", "Longest time to transfer, 0 for any"}),
    table::field<&main_options::cutoff_mode>({"CutoffMode", "cutoff_mode", option_type::enumeration, "Copy", "What happens when the most bytes are reached", "HARD,SOFT,CAUTIOUS"}),
    table::field<&main_options::max_backlog>({"MaxBacklog", "max_backlog", option_type::integer, "Copy,Check", "Most files waiting for their turn"}),
    table::field<&main_options::max_stats_groups>({"MaxStatsGroups", "max_stats_groups", option_type::integer, "Logging", "Most groups of statistics, the oldest are dropped"}),
    table::field<&main_options::stats_one_line>({"StatsOneLine", "stats_one_line", option_type::boolean, "Logging", "Statistics in one line"}),
    table::field<&main_options::stats_one_line_date>({"StatsOneLineDate", "stats_one_line_date", option_type::boolean, "Logging", "The same with the date in front"}),
    table::field<&main_options::stats_one_line_date_format>({"StatsOneLineDateFormat", "stats_one_line_date_format", option_type::text, "Logging", "The same with the date in this form"}),
    table::field<&main_options::error_on_no_transfer>({"ErrorOnNoTransfer", "error_on_no_transfer", option_type::boolean, "Config", "Exit with code 9 when nothing was transferred"}),
    table::field<&main_options::progress>({"Progress", "progress", option_type::boolean, "Logging", "Show progress while transferring", "", "P"}),
    table::field<&main_options::progress_terminal_title>({"ProgressTerminalTitle", "progress_terminal_title", option_type::boolean, "Logging", "Show progress in the title of the terminal"}),
    table::field<&main_options::use_cookies>({"Cookie", "use_cookies", option_type::boolean, "Networking", "Keep cookies during the session"}),
    table::field<&main_options::use_mmap>({"UseMmap", "use_mmap", option_type::boolean, "Config", "Take buffers from the system instead of the heap"}),
    table::field<&main_options::max_buffer_memory>({"MaxBufferMemory", "max_buffer_memory", option_type::size, "Config", "Most memory for all buffers together"}),
    table::field<&main_options::ca_cert>({"CaCert", "ca_cert", option_type::text_list, "Networking", "Certificates to verify servers with, PEM files"}),
    table::field<&main_options::client_cert>({"ClientCert", "client_cert", option_type::text, "Networking", "Certificate to show to servers, a PEM file"}),
    table::field<&main_options::client_key>({"ClientKey", "client_key", option_type::text, "Networking", "Its private key, a PEM file"}),
    table::field<&main_options::client_pass>({"ClientPass", "client_pass", option_type::text, "Networking", "The obscured password of that key"}),
    table::field<&main_options::multi_thread_cutoff>({"MultiThreadCutoff", "multi_thread_cutoff", option_type::size, "Copy", "Larger files are transferred in several parts at once"}),
    table::field<&main_options::multi_thread_streams>({"MultiThreadStreams", "multi_thread_streams", option_type::integer, "Copy", "How many parts of one file at once"}),
    table::field<&main_options::multi_thread_set>({"MultiThreadSet", "multi_thread_set", option_type::boolean, "Copy", "Whether the number of parts was chosen by the user", "", "", false}),
    table::field<&main_options::multi_thread_chunk_size>({"MultiThreadChunkSize", "multi_thread_chunk_size", option_type::size, "Copy", "Size of those parts where the storage does not set one"}),
    table::field<&main_options::multi_thread_write_buffer_size>({"MultiThreadWriteBufferSize", "multi_thread_write_buffer_size", option_type::size, "Copy", "Memory for writing each part"}),
    table::field<&main_options::order_by>({"OrderBy", "order_by", option_type::text, "Copy", "Order of transfers, such as size,descending"}),
    table::field<&main_options::upload_headers>({"UploadHeaders", "upload_headers", option_type::headers, "Networking", "HTTP headers of uploads", "", "", false}),
    table::field<&main_options::download_headers>({"DownloadHeaders", "download_headers", option_type::headers, "Networking", "HTTP headers of downloads", "", "", false}),
    table::field<&main_options::headers>({"Headers", "headers", option_type::headers, "Networking", "HTTP headers of all requests", "", "", false}),
    table::field<&main_options::metadata_set>({"MetadataSet", "metadata_set", option_type::map, "Metadata", "Metadata to set on uploads", "", "", false}),
    table::field<&main_options::refresh_times>({"RefreshTimes", "refresh_times", option_type::boolean, "Copy", "Set the times of files that are otherwise equal"}),
    table::field<&main_options::no_console>({"NoConsole", "no_console", option_type::boolean, "Config", "Hide the console window (Windows)"}),
    table::field<&main_options::traffic_class>({"TrafficClass", "traffic_class", option_type::byte, "Networking", "Traffic class of connections, the DSCP bits", "", "", false}),
    table::field<&main_options::fs_cache_expire_duration>({"FsCacheExpireDuration", "fs_cache_expire_duration", option_type::duration, "Config", "How long an unused remote is kept, 0 for not at all"}),
    table::field<&main_options::fs_cache_expire_interval>({"FsCacheExpireInterval", "fs_cache_expire_interval", option_type::duration, "Config", "How often unused remotes are looked for"}),
    table::field<&main_options::disable_http2>({"DisableHTTP2", "disable_http2", option_type::boolean, "Networking", "Do not use HTTP/2"}),
    table::field<&main_options::human_readable>({"HumanReadable", "human_readable", option_type::boolean, "Config", "Print sizes with the suffixes Ki, Mi, Gi, Ti, Pi"}),
    table::field<&main_options::kv_lock_time>({"KvLockTime", "kv_lock_time", option_type::duration, "Config", "Longest time to keep a database locked"}),
    table::field<&main_options::disable_http_keep_alives>({"DisableHTTPKeepAlives", "disable_http_keep_alives", option_type::boolean, "Networking", "Use each connection once"}),
    table::field<&main_options::metadata>({"Metadata", "metadata", option_type::boolean, "Metadata,Copy", "Keep metadata when copying", "", "M"}),
    table::field<&main_options::server_side_across_configs>({"ServerSideAcrossConfigs", "server_side_across_configs", option_type::boolean, "Copy", "Let servers copy between different remotes"}),
    table::field<&main_options::color>({"TerminalColorMode", "color", option_type::enumeration, "Config", "When to print in color", "AUTO,NEVER,ALWAYS"}),
    table::field<&main_options::default_time>({"DefaultTime", "default_time", option_type::moment, "Config,Listing", "Time of files and folders that have none"}),
    table::field<&main_options::inplace>({"Inplace", "inplace", option_type::boolean, "Copy", "Write to the final name instead of a temporary one"}),
    table::field<&main_options::partial_suffix>({"PartialSuffix", "partial_suffix", option_type::text, "Copy", "Ending of temporary names"}),
    table::field<&main_options::metadata_mapper>({"MetadataMapper", "metadata_mapper", option_type::words, "Metadata", "Program that rewrites metadata"}),
    table::field<&main_options::max_connections>({"MaxConnections", "max_connections", option_type::integer, "Networking", "Most connections of one storage at once, 0 for any number"}),
    table::field<&main_options::name_transform>({"NameTransform", "name_transform", option_type::text_list, "Copy", "Rewrite names on the way to the destination"}),
    table::field<&main_options::http_proxy>({"HTTPProxy", "http_proxy", option_type::text, "Networking", "Address of an HTTP proxy"}),
  }};
  // clang-format on
  return all;
}

void apply_overrides(main_options& options, const json& object) {
  main_option_table().apply_overrides(options, object, "_config");
  raise_to_one(options);
}

bool apply_flat(main_options& options, const std::string& flat_name, const json& value) {
  const bool applied = main_option_table().apply_flat(options, flat_name, value);
  if (applied) raise_to_one(options);
  return applied;
}

void assign(main_options& options, const json& object) { main_option_table().assign(options, object); }

json to_json(const main_options& options) { return main_option_table().to_json(options); }

void set_from_text(main_options& options, const std::string& flat_name, const std::string& text) {
  if (!main_option_table().set_from_text(options, flat_name, text)) {
    fail(failure_kind::other, "unknown option \"" + flat_name + "\"");
  }
}

void settle(main_options& options) {
  if (!options.compare_dest.empty() && !options.copy_dest.empty()) {
    fail(failure_kind::other, "can't use --compare-dest with --copy-dest");
  }
  constexpr std::size_t longest_suffix = 16;
  if (options.partial_suffix.size() > longest_suffix) {
    fail(failure_kind::other, "--partial-suffix: expecting suffix length not greater than " +
                                  std::to_string(longest_suffix) + " but got " +
                                  std::to_string(options.partial_suffix.size()));
  }
  if (options.dump != 0) options.log_level = static_cast<std::int64_t>(log_level::debug);
  // Without statistics nobody would see what was not done.
  if (options.dry_run || options.interactive)
    options.stats_log_level =
        std::min<std::int64_t>(options.stats_log_level, static_cast<std::int64_t>(log_level::notice));
  if (options.stats_unit != "bits" && options.stats_unit != "bytes") options.stats_unit = "bytes";
  options.retries = std::max<std::int64_t>(options.retries, 1);
  options.low_level_retries = std::max<std::int64_t>(options.low_level_retries, 1);
  raise_to_one(options);
}

} // namespace argosy
