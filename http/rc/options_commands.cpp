#include "http/rc/command.hpp"

#include <algorithm>
#include <ctime>

#include "actors/tell.hpp"
#include "core/call_options.hpp"
#include "core/failure.hpp"
#include "core/filter.hpp"
#include "core/go_text.hpp"
#include "core/options.hpp"
#include "http/params.hpp"
#include "http/rc/option_blocks.hpp"
#include "http/rc/option_schema.hpp"

namespace argosy::rc {

namespace {

struct options_in_force {
  main_options main;
  option_blocks::values other;
};

options_in_force in_force(const daemon& d) { return {*d.with.options.current(), d.blocks.current()}; }

void keep(options_in_force&, const daemon&) {}

/// What rclone calls the reload of a block: checks the values and brings what depends on them up to date.
void reload_main(options_in_force& all, const daemon&) { settle(all.main); }
void reload_filter(options_in_force& all, const daemon&) { make_rules(all.other.filter); }

/// One block as a row.
struct block {
  const char* name;
  void (*assign)(options_in_force&, const json&);
  void (*reload)(options_in_force&, const daemon&);
  void (*write)(json_writer&, const options_in_force&);
  void (*write_info)(json_writer&, const options_in_force&);
  json (*schema)();
};

template <auto Table, auto Member>
block other_block(const char* name, void (*reload)(options_in_force&, const daemon&)) {
  return {name,
          [](options_in_force& all, const json& value) { Table().assign(all.other.*Member, value); },
          reload,
          [](json_writer& out, const options_in_force& all) { Table().write(out, all.other.*Member); },
          [](json_writer& out, const options_in_force& all) { Table().write_info(out, all.other.*Member); },
          [] { return schema_of_options(Table()); }};
}

/// Sorted by name.
const std::vector<block>& blocks() {
  using values = option_blocks::values;
  static const std::vector<block> all{
      other_block<dlna_option_table, &values::dlna>("dlna", keep),
      other_block<filter_option_table, &values::filter>("filter", reload_filter),
      other_block<ftp_option_table, &values::ftp>("ftp", keep),
      other_block<serve_http_option_table, &values::http>("http", keep),
      other_block<log_option_table, &values::log>("log", keep),
      {"main", [](options_in_force& o, const json& value) { assign(o.main, value); }, reload_main,
       [](json_writer& out, const options_in_force& o) { main_option_table().write(out, o.main); },
       [](json_writer& out, const options_in_force& o) { main_option_table().write_info(out, o.main); },
       [] { return schema_of_options(main_option_table()); }},
      other_block<mount_option_table, &values::mount>("mount", keep),
      other_block<nfs_option_table, &values::nfs>("nfs", keep),
      other_block<proxy_option_table, &values::proxy>("proxy", keep),
      other_block<rc_option_table, &values::rc>("rc", keep),
      other_block<restic_option_table, &values::restic>("restic", keep),
      other_block<s3_option_table, &values::s3>("s3", keep),
      other_block<sftp_option_table, &values::sftp>("sftp", keep),
      other_block<vfs_option_table, &values::vfs>("vfs", keep),
      other_block<webdav_option_table, &values::webdav>("webdav", keep),
  };
  return all;
}

} // namespace

json option_block_schemas() {
  auto schemas = json::object();
  for (const auto& one : blocks()) schemas[one.name] = one.schema();
  return schemas;
}

namespace {

std::string names(const json&, const daemon&) {
  std::string out;
  json_writer w{out};
  w.begin_object();
  w.key("options");
  w.begin_array();
  for (const auto& one : blocks()) w.value(one.name);
  w.end_array();
  w.end_object();
  return out;
}

/// Every block, or those of the comma separated parameter `blocks`.
std::string each_block(const json& input, const daemon& d,
                       void (*block::*write)(json_writer&, const options_in_force&)) {
  const auto wanted = optional_string(input, "blocks");
  const auto all = in_force(d);
  std::string out;
  json_writer w{out};
  w.begin_object();
  for (const auto& one : blocks()) {
    if (!wanted.empty() && ("," + wanted + ",").find("," + std::string{one.name} + ",") == std::string::npos)
      continue;
    w.key(one.name);
    (one.*write)(w, all);
  }
  w.end_object();
  return out;
}

std::string get(const json& input, const daemon& d) { return each_block(input, d, &block::write); }
std::string info(const json& input, const daemon& d) { return each_block(input, d, &block::write_info); }

void local(job_context& job, const daemon& d) {
  // Once more than the dispatcher did: a job knows its rules only in the form in which they decide.
  auto options = *job.options();
  auto rules = d.blocks.filters();
  apply_option_overrides(job.request().overrides, options, rules);
  std::string out;
  json_writer w{out};
  w.begin_object();
  w.key("config");
  main_option_table().write(w, std::move(options));
  w.key("filter");
  filter_option_table().write(w, rules);
  w.end_object();
  job.succeed(std::move(out));
}

/// Makes new values take effect. Only what differs is brought to others: a limit that core/bwlimit set stays
/// when another option changes.
void put_in_force(const daemon& d, const options_in_force& before, const options_in_force& next) {
  const auto limit = [](const options_in_force& all) {
    return main_option_table().to_text(all.main, "bwlimit");
  };
  if (limit(before) != limit(next)) d.limits.follow(next.main.bwlimit, minute_of_week(std::time(nullptr)));
  if (before.main.max_stats_groups != next.main.max_stats_groups)
    tell(d.around.stats, caf::put_atom_v,
         static_cast<std::uint64_t>(std::max<std::int64_t>(next.main.max_stats_groups, 0)));
  d.follow(next.main);
  d.with.options.replace(next.main);
  d.blocks.replace(next.other);
}

/// Blocks before the one at fault stay set, as in rclone; the one at fault stays as it was.
void set(job_context& job, const daemon& d) {
  job.block_and_finish([&d, input = job.input()](const may_block&) {
    const auto alone = d.blocks.changing();
    for (const auto& [name, value] : input.items()) {
      const auto one =
          std::find_if(blocks().begin(), blocks().end(), [&n = name](const block& b) { return b.name == n; });
      if (one == blocks().end()) fail(failure_kind::other, "unknown option block " + go_quote(name));
      const auto before = in_force(d);
      auto next = before;
      try {
        one->assign(next, value);
      } catch (const failure& bad) {
        throw bad.within("failed to write options from block " + go_quote(name));
      }
      try {
        one->reload(next, d);
      } catch (const failure& bad) {
        throw bad.within("failed to reload options from block " + go_quote(name));
      }
      put_in_force(d, before, next);
    }
    return std::string{"{}"};
  });
}

const parameter which{"blocks", "string", false, "names of blocks, comma separated; without it all"};

} // namespace

std::vector<command> options_commands() {
  return {
      {"options/blocks",
       "List all the option blocks",
       right::authenticated,
       right::open,
       {},
       "{options: string[]}",
       "Returns\n\n- options - names of the blocks of global options\n",
       names,
       {}},
      {"options/get",
       "Get all the global options",
       right::authenticated,
       right::open,
       {which},
       "OptionBlocks",
       "Returns an object for each block: option name to value.\n",
       get,
       {}},
      {"options/info",
       "Get info about all the global options",
       right::authenticated,
       right::open,
       {which},
       "{*: Option[]}",
       "Returns a list for each block: name, help, default and type of each option.\n",
       info,
       {}},
      {"options/local",
       "Get the currently active config for this call",
       right::authenticated,
       right::open,
       {},
       "{config: MainOptions, filter: FilterOptions}",
       "Returns\n\n- config - block main as it is for this call, _config applied\n- filter - block filter, "
       "_filter applied\n",
       {},
       local},
      // Open by the old rule; options decide what this daemon does for everybody.
      {"options/set",
       "Set an option",
       right::authenticated,
       right::authenticated,
       {{"dlna", "DlnaOptions", false, "options of serving DLNA"},
        {"filter", "FilterOptions", false, "options of filters"},
        {"ftp", "FtpOptions", false, "options of serving FTP"},
        {"http", "HttpOptions", false, "options of serving HTTP"},
        {"log", "LogOptions", false, "options of the log"},
        {"main", "MainOptions", false, "global options"},
        {"mount", "MountOptions", false, "options of mounts"},
        {"nfs", "NfsOptions", false, "options of serving NFS"},
        {"proxy", "ProxyOptions", false, "options of authentication proxies"},
        {"rc", "RcOptions", false, "options of the remote control"},
        {"restic", "ResticOptions", false, "options of serving restic"},
        {"s3", "S3Options", false, "options of serving S3"},
        {"sftp", "SftpOptions", false, "options of serving SFTP"},
        {"vfs", "VfsOptions", false, "options of the VFS"},
        {"webdav", "WebdavOptions", false, "options of serving WebDAV"}},
       "{}",
       "Every parameter is the name of a block and an object of the options to set in it.\n",
       {},
       set},
  };
}

} // namespace argosy::rc
