#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/cluster/settings.hpp"
#include "actors/jobs/job_table.hpp"
#include "backends/table.hpp"
#include "core/filter.hpp"
#include "core/options.hpp"
#include "http/rc/option_blocks.hpp"

namespace argosy {

/// Flags of `argosy rc` (rc-surface 2.16).
struct client_flags {
  std::string url = "http://localhost:5572/";
  std::string user, password, json_text, unix_socket;
  std::vector<std::string> options, arguments; ///< -o key=value, -a value
  bool no_output = false, loopback = false;
};

/// Everything that is read from the command line and the environment: once, before anything starts.
struct settings_of_run {
  std::string command;            ///< rcd, rc, version, help
  std::vector<std::string> words; ///< what follows the command and is no flag
  main_options options;
  filter_options filters;
  rc::rc_options rc;
  rc::log_options log;
  bool seed_rights = false;     ///< --rc-auth-compat=seed
  std::size_t http_threads = 0; ///< 0: one less than the cores
  std::uint64_t max_body_bytes = std::uint64_t{1} << 30;
  std::uint64_t history_bytes = job_table_limits{}.history_bytes;
  cluster_settings cluster;
  client_flags client;
  std::map<std::string, std::string>
      storage_flags; ///< options of storages, with underscores: copy_links, sftp_host
  std::map<std::string, std::string> environment;
  std::string config_path, cache_folder, temporary_folder, executable;
  bool leak_watch = true;                 ///< --leak-watch
  std::string leak_state;                 ///< --leak-state; empty: in the folder for caches
  std::vector<std::string> planted_leaks; ///< --inject-leak
  std::string bridge_rclone = "rclone";   ///< program for types of storages that only it has; "": none
  int verbosity = 0;                      ///< how often -v stands
  bool quiet = false, help = false;
};

/// Throws failure(bad_parameter) for flags that nobody knows or that lack their value, failure(other)
/// otherwise: with rclone's texts.
settings_of_run read_command_line(const std::vector<std::string>& arguments,
                                  std::map<std::string, std::string> environment,
                                  const storage_table& storages);

/// The text of `argosy help [command]`.
std::string usage(const std::string& command);

} // namespace argosy
