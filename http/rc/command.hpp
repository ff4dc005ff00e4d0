#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/bandwidth.hpp"
#include "actors/jobs/job.hpp"
#include "actors/jobs/job_numbers.hpp"
#include "backends/table.hpp"
#include "core/json.hpp"
#include "core/mime_type.hpp"

namespace argosy {
class cluster_node;
}

/// An rc command is a row: everything about it stands in one file of http/rc/, and table.cpp only joins the
/// families.
namespace argosy::rc {

class command_table;
class option_blocks;

/// What handlers use of the daemon. Outlives them; everything in it is thread-safe.
struct daemon {
  services& with;
  caf::actor_system& system;
  directory around;
  const remote_maker& maker;
  const command_table& commands;
  const mime_types& types;
  std::string version;           ///< rclone's version that we speak as, e.g. "v1.76.0"
  std::string executable;        ///< path of this program, for core/command
  std::string cache_folder;      ///< default of core/du
  std::string temporary_folder;  ///< shown by config/paths
  std::function<void(int)> quit; ///< begins the end of the process with that exit code
  bandwidth& limits;             ///< of the process, both ways
  const storage_table& storages;
  option_blocks& blocks;                           ///< what options/get shows besides block main
  job_numbers& numbers;                            ///< of jobs
  std::function<void(const main_options&)> follow; ///< tells those who keep options of their own
  const cluster_node* cluster = nullptr;           ///< null: this daemon is alone
};

/// Who may call it while no HTTP authentication is configured (rc-surface 2.9).
enum class right {
  open,
  authenticated, ///< refused with 403 then, unless --rc-no-auth
};

struct parameter {
  const char* name;
  const char* type; ///< in the notation of type_notation.hpp
  bool required;
  const char* help;
};

/// A command that only computes a value: answered on the HTTP thread, so it must not block. Returns the reply
/// as JSON laid out at depth 0.
using value_handler = std::function<std::string(const json& input, const daemon& d)>;
/// A command that runs as a job actor.
using work_handler = std::function<void(job_context& job, const daemon& d)>;

struct command {
  const char* path;
  const char* title;
  right newest; ///< rclone's rule since v1.74.0
  right seed;   ///< the rule before (--rc-auth-compat=seed)
  std::vector<parameter> parameters;
  const char* result; ///< type of a reply without an error, in the notation of type_notation.hpp
  const char* help;
  value_handler value; ///< one of these two
  work_handler work;
  bool needs_request = false;  ///< reads the raw request (rc/list shows it)
  bool needs_response = false; ///< writes the raw reply
  bool streams = false;        ///< may write the raw reply, but need not
  bool repeats = false;        ///< its work may be done again: takes _retries, can be retried by job/retry
};

/// A row whose work may be done again.
command repeatable(command row);

class command_table {
public:
  command_table();
  const command* find(std::string_view path) const;
  /// Sorted by path.
  const std::vector<command>& all() const { return commands_; }

private:
  std::vector<command> commands_;
  std::unordered_map<std::string_view, const command*> by_path_;
};

// One function a family, one file each.
std::vector<command> backend_commands();
std::vector<command> cache_commands();
std::vector<command> cluster_commands();
std::vector<command> config_commands();
std::vector<command> core_commands();
std::vector<command> debug_commands();
std::vector<command> fscache_commands();
std::vector<command> job_commands();
std::vector<command> leak_commands();
std::vector<command> mount_commands();
std::vector<command> operations_commands();
std::vector<command> options_commands();
std::vector<command> rc_commands();
std::vector<command> serve_commands();
std::vector<command> stats_commands();
std::vector<command> sync_commands();
std::vector<command> vfs_commands();

/// The fs text of a parameter: a string, or an object (rc-surface 2.7). Throws failure(bad_parameter).
std::string require_fs(const json& input, const char* key);

/// `unreachable`: the nodes of the cluster whose part is missing from the reply; nothing when none is.
void unreachable_nodes(json_writer& w, const std::vector<std::string>& names);

/// Opens the remote of one fs parameter and leases a connection, then runs `work` on an I/O thread and ends
/// the job with the JSON text it returns. A remote that points at a file is failure(is_a_file).
void on_session(job_context& job, const std::string& fs,
                std::function<std::string(const may_block& on, session& s)> work);

/// The same for two remotes.
void on_sessions(job_context& job, const std::string& from, const std::string& to,
                 std::function<std::string(const may_block& on, session& from, session& to)> work);

} // namespace argosy::rc
