#include "http/rc/command.hpp"

#include <algorithm>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/remote_name.hpp"
#include "http/params.hpp"

namespace argosy::rc {

command_table::command_table() {
  for (auto* family :
       {backend_commands, cache_commands, cluster_commands, config_commands, core_commands, debug_commands,
        fscache_commands, job_commands, leak_commands, mount_commands, operations_commands, options_commands,
        rc_commands, serve_commands, stats_commands, sync_commands, vfs_commands}) {
    auto rows = family();
    std::move(rows.begin(), rows.end(), std::back_inserter(commands_));
  }
  std::sort(commands_.begin(), commands_.end(), [](const command& a, const command& b) {
    return std::string_view{a.path} < std::string_view{b.path};
  });
  for (const auto& row : commands_) by_path_.emplace(row.path, &row);
}

command repeatable(command row) {
  row.repeats = true;
  row.parameters.push_back(
      {"_retries", "integer", false,
       "begin again up to this many times in all when it fails, as --retries of rclone; 1 without it"});
  return row;
}

const command* command_table::find(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

std::string require_fs(const json& input, const char* key) {
  const auto value = require_value(input, key);
  if (value.is_string()) return value.get<std::string>();
  try {
    return fs_text_from_object(value);
  } catch (const failure& why) {
    if (why.kind() != failure_kind::bad_parameter) throw;
    fail(why.kind(), "key " + go_quote(key) + ": " + why.what());
  }
}

void unreachable_nodes(json_writer& w, const std::vector<std::string>& names) {
  if (names.empty()) return;
  w.key("unreachable");
  w.begin_array();
  for (const auto& name : names) w.value(name);
  w.end_array();
}

namespace {

void refuse_files(const std::vector<remote>& remotes) {
  for (const auto& one : remotes)
    if (one.file) fail(failure_kind::is_a_file, "is a file not a directory");
}

} // namespace

void on_session(job_context& job, const std::string& fs,
                std::function<std::string(const may_block& on, session& s)> work) {
  job.open_remotes({fs}, [&job, work = std::move(work)](const std::vector<remote>& opened) {
    refuse_files(opened);
    job.lease(opened, [&job, work](std::vector<session_loan> loans) {
      job.block_and_finish(
          [work, loans = std::move(loans)](const may_block& on) { return work(on, loans[0].open(on)); });
    });
  });
}

void on_sessions(job_context& job, const std::string& from, const std::string& to,
                 std::function<std::string(const may_block& on, session& from, session& to)> work) {
  job.open_remotes({from, to}, [&job, work = std::move(work)](const std::vector<remote>& opened) {
    refuse_files(opened);
    job.lease(opened, [&job, work](std::vector<session_loan> loans) {
      job.block_and_finish([work, loans = std::move(loans)](const may_block& on) {
        return work(on, loans[0].open(on), loans[1].open(on));
      });
    });
  });
}

} // namespace argosy::rc
