#include "http/rc/command.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "actors/links/remote_maker.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/obscure.hpp"
#include "core/remote_name.hpp"
#include "http/params.hpp"
#include "http/rc/config_questions.hpp"

namespace argosy::rc {

namespace {

using config_reader = std::function<std::string(config_store&)>;
/// Null: nobody has that type.
using type_finder = std::function<const storage_type*(const std::string& type)>;
using config_change =
    std::function<std::string(config_store& store, config_text& text, const type_finder& find_type)>;

/// Runs `read` with the configuration on an I/O thread and ends the job with what it returns.
void read_config(job_context& job, const daemon& d, config_reader read) {
  job.block_and_finish(
      [&d, read = std::move(read)](const may_block& on) { return d.maker.config().use(on, read); });
}

/// Forgets the cached remotes whose text begins with any of the prefixes, from the last on, then ends the
/// job.
void forget_and_finish(job_context& job, std::vector<std::string> prefixes, const std::string& output) {
  if (prefixes.empty()) return job.succeed(output);
  const auto prefix = prefixes.back();
  prefixes.pop_back();
  job.ask(
      job.around().remotes, [&job, prefixes, output] { forget_and_finish(job, prefixes, output); },
      caf::delete_atom_v, prefix);
}

/// Changes a copy of the configuration, then saves it: what fails changes nothing. Afterwards nobody gets a
/// remote that was made from the old text.
void change_config(job_context& job, const daemon& d, const std::string& remote, config_change change) {
  job.block(
      [&d, change = std::move(change)](const may_block& on) {
        const type_finder find_type = [&](const std::string& type) { return d.maker.find_type(on, type); };
        return d.maker.config().use(on, [&](config_store& store) {
          auto next = store.load();
          auto output = change(store, next, find_type);
          store.save(std::move(next));
          return output;
        });
      },
      [&job, remote](const std::string& output) {
        forget_and_finish(job, {remote + ":", remote + ","}, output);
      });
}

json remote_as_json(config_store& store, const std::string& name) {
  auto out = json::object();
  const auto& text = store.load();
  for (const auto& key : text.keys(name)) {
    // A variable of the environment wins; it never brings a key that the file has not.
    const auto value = store.remote_option(name, key);
    out[key] = value ? *value : text.get(name, key).value_or("");
  }
  return out;
}

// ---- create, update, password

struct update_options {
  bool obscure = false;
  bool no_obscure = false;
  bool non_interactive = false;
  bool go_on = false; ///< `continue`
  bool all = false;
  std::string state;
  std::string result;
};

std::string struct_text(const json& object, const char* field) {
  for (const auto& [key, value] : object.items()) {
    std::string lower = key;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != field || value.is_null()) continue;
    if (!value.is_string()) {
      fail(failure_kind::bad_parameter,
           std::string{"key \"opt\": Reshape failed to Unmarshal: json: cannot unmarshal "} +
               (value.is_boolean() ? "bool" : value.type_name()) + " into Go struct field UpdateRemoteOpt." +
               field + " of type string");
    }
    return value.get<std::string>();
  }
  return {};
}

/// A bad value of the old spelling counts as absent, as in rclone.
void read_old_flag(const json& input, const char* key, bool& flag) {
  try {
    flag = optional_bool(input, key, flag);
  } catch (const failure&) {}
}

update_options read_update_options(const json& input) {
  const auto object = optional_object(input, "opt", "config.UpdateRemoteOpt");
  const auto flag = [&](const char* field) {
    return struct_bool(object, "opt", "UpdateRemoteOpt", field, false);
  };
  update_options options;
  options.obscure = flag("obscure");
  options.no_obscure = flag("noObscure");
  flag("noOutput");
  options.non_interactive = flag("nonInteractive");
  options.go_on = flag("continue");
  options.all = flag("all");
  flag("edit");
  options.state = struct_text(object, "state");
  options.result = struct_text(object, "result");
  read_old_flag(input, "obscure", options.obscure);
  read_old_flag(input, "noObscure", options.no_obscure);
  return options;
}

/// As a password option is written: obscured, unless it already was.
std::string obscured_value(const std::string& value, bool even_so) {
  if (!even_so) {
    try {
      reveal(value);
      return value;
    } catch (const failure&) {}
  }
  return obscure(value);
}

bool has_line_end(const std::string& text) { return text.find_first_of("\r\n") != std::string::npos; }

/// The reply.
std::string update_remote(config_store& store, config_text& text, const type_finder& find_type,
                          const std::string& name, const json& parameters, const update_options& options,
                          bool editing) {
  if (options.obscure && options.no_obscure)
    fail(failure_kind::other, "can't use --obscure and --no-obscure together");
  check_config_name(name);
  remote_setup setup;
  setup.get = [&](const std::string& key) {
    auto value = text.get(name, key);
    return value && !value->empty() ? value : store.remote_option(name, key);
  };
  setup.set = [&](const std::string& key, const std::string& value) { text.set(name, key, value); };
  setup.editing = editing;
  const auto type_name = setup.get("type");
  if (!type_name) fail(failure_kind::other, "couldn't find type field in config");
  const auto* type = find_type(*type_name);
  if (type == nullptr) fail(failure_kind::other, "couldn't find backend for type " + go_quote(*type_name));
  for (const auto& [key, any] : parameters.items()) {
    auto value = go_text(any);
    if (has_line_end(key) || has_line_end(value))
      fail(failure_kind::other, "update remote: invalid key or value contains \\n or \\r");
    const auto is_password = [&k = key](const storage_option& o) { return o.is_password && o.name == k; };
    if (!options.no_obscure && std::any_of(type->options.begin(), type->options.end(), is_password))
      value = obscured_value(value, options.obscure);
    setup.answers[key] = value;
    // Keys of the one kind only answer questions; the other cannot be written, and rclone passes over it.
    if (key.rfind("config_", 0) != 0 && !key.empty()) text.set(name, key, value);
  }
  if (!options.non_interactive && !options.go_on) {
    if (options.all)
      fail(failure_kind::other, "a daemon has no terminal to ask questions on: use opt.nonInteractive");
    return "{}";
  }
  const auto state = options.state.empty() && options.all ? "*all" : options.state;
  const auto step = go_on(*type, setup, state, options.result);
  if (!options.non_interactive) return "{}";
  return json_text(
      {{"Error", ""}, {"Option", step.option.value_or(json{})}, {"Result", ""}, {"State", step.state}});
}

void create(job_context& job, const daemon& d) {
  const auto name = require_string(job.input(), "name");
  require_value(job.input(), "parameters");
  const auto parameters = optional_object(job.input(), "parameters", "rc.Params");
  const auto options = read_update_options(job.input());
  const auto type = require_string(job.input(), "type");
  change_config(job, d, name, [=](config_store& store, config_text& text, const type_finder& find_type) {
    check_config_name(name);
    if (!options.go_on) {
      text.erase_section(name);
      text.set(name, "type", type);
    }
    return update_remote(store, text, find_type, name, parameters, options, false);
  });
}

void update(job_context& job, const daemon& d) {
  const auto name = require_string(job.input(), "name");
  require_value(job.input(), "parameters");
  const auto parameters = optional_object(job.input(), "parameters", "rc.Params");
  const auto options = read_update_options(job.input());
  change_config(job, d, name, [=](config_store& store, config_text& text, const type_finder& find_type) {
    return update_remote(store, text, find_type, name, parameters, options, true);
  });
}

void password(job_context& job, const daemon& d) {
  const auto name = require_string(job.input(), "name");
  require_value(job.input(), "parameters");
  auto parameters = optional_object(job.input(), "parameters", "rc.Params");
  const auto given = read_update_options(job.input());
  change_config(job, d, name, [=](config_store& store, config_text& text, const type_finder& find_type) {
    auto obscured = json::object();
    for (const auto& [key, value] : parameters.items()) obscured[key] = obscure(go_text(value));
    update_options options;
    options.no_obscure = true;
    options.non_interactive = given.non_interactive;
    return update_remote(store, text, find_type, name, obscured, options, true);
  });
}

// ---- the rest

void remove(job_context& job, const daemon& d) {
  const auto name = require_string(job.input(), "name");
  change_config(job, d, name, [name](config_store&, config_text& text, const type_finder&) {
    text.erase_section(name);
    return std::string{"{}"};
  });
}

void unset(job_context& job, const daemon& d) {
  const auto name = require_string(job.input(), "name");
  require_value(job.input(), "keys");
  const auto keys = optional_list(job.input(), "keys", "[]string");
  change_config(job, d, name, [name, keys](config_store&, config_text& text, const type_finder&) {
    if (!text.has_section(name)) fail(failure_kind::other, "remote " + go_quote(name) + " doesn't exist");
    json removed; // null when there was none
    for (const auto& key : keys) {
      const auto one = go_text(key);
      if (one == "type")
        fail(failure_kind::other,
             "can't unset the \"type\" of a remote - delete the remote with config/delete instead");
      if (text.erase_key(name, one)) removed.push_back(one);
    }
    return json_text({{"removed", removed}});
  });
}

void dump(job_context& job, const daemon& d) {
  read_config(job, d, [](config_store& store) {
    auto out = json::object();
    for (const auto& name : store.load().sections()) out[name] = remote_as_json(store, name);
    return json_text(out);
  });
}

void get(job_context& job, const daemon& d) {
  read_config(job, d, [name = require_string(job.input(), "name")](config_store& store) {
    return json_text(remote_as_json(store, name));
  });
}

void list_remotes(job_context& job, const daemon& d) {
  read_config(job, d, [](config_store& store) { return json_text({{"remotes", store.remotes()}}); });
}

void providers(job_context& job, const daemon& d) {
  job.block_and_finish([&d](const may_block& on) {
    std::string out;
    json_writer w{out};
    w.begin_object();
    w.key("providers");
    w.begin_array();
    for (const auto& own : d.storages.types()) write_provider(w, own);
    for (const auto* other : d.maker.other_types(on)) write_provider(w, *other);
    w.end_array();
    w.end_object();
    return out;
  });
}

void paths(job_context& job, const daemon& d) {
  read_config(job, d, [&d](config_store& store) {
    return json_text({{"cache", d.cache_folder}, {"config", store.path()}, {"temp", d.temporary_folder}});
  });
}

/// Every name may now mean something else.
void forget_all_and_finish(job_context& job, const std::string& output) {
  forget_and_finish(job, {""}, output);
}

void set_path(job_context& job, const daemon& d) {
  const auto path = require_string(job.input(), "path");
  job.block(
      [&d, path](const may_block& on) {
        d.maker.config().use(on, [&](config_store& store) { store.set_path(path); });
        return std::string{"{}"};
      },
      [&job](const std::string& output) { forget_all_and_finish(job, output); });
}

void unlock(job_context& job, const daemon& d) {
  const auto& input = job.input();
  const auto key = input.find("configPassword") == input.end() && input.find("config_password") != input.end()
                       ? "config_password"
                       : "configPassword";
  const auto given = require_string(input, key);
  job.block(
      [&d, given](const may_block& on) {
        try {
          d.maker.config().use(on, [&](config_store& store) { store.unlock(given); });
        } catch (const failure&) {
          fail(failure_kind::other, "failed to set config password");
        }
        return std::string{"{}"};
      },
      [&job](const std::string& output) { forget_all_and_finish(job, output); });
}

std::string oauth_status(const json&, const daemon&) { return json_text({{"status", "stopped"}}); }

std::string oauth_stop(const json&, const daemon&) {
  fail(failure_kind::other, "no oauth authentication is in progress");
}

const parameter of_remote{"name", "string", true, "name of the remote"};
const parameter of_options{"parameters", "object", true, "options of the remote: name to value"};
const parameter of_call{
    "opt",
    "{obscure?: boolean, noObscure?: boolean, noOutput?: boolean, nonInteractive?: boolean, "
    "continue?: boolean, all?: boolean, state?: string, result?: string}",
    false, "how to take the options, and with nonInteractive the answer to the question before"};
const parameter of_old_obscure{"obscure", "boolean", false, "the same as in opt"};
const parameter of_old_no_obscure{"noObscure", "boolean", false, "the same as in opt"};
const char* setup_help =
    "Passwords are obscured unless they already are. With nonInteractive the reply is the next "
    "question, if any: State, Option, Error, Result.\n";

} // namespace

std::vector<command> config_commands() {
  const auto needed = right::authenticated;
  return {
      {"config/create",
       "create the config for a remote.",
       needed,
       needed,
       {of_remote,
        {"type", "string", true, "type of the storage, one of config/providers"},
        of_options,
        of_call,
        of_old_obscure,
        of_old_no_obscure},
       "{} | ConfigQuestion",
       setup_help,
       {},
       create},
      {"config/update",
       "update the config for a remote.",
       needed,
       needed,
       {of_remote, of_options, of_call, of_old_obscure, of_old_no_obscure},
       "{} | ConfigQuestion",
       setup_help,
       {},
       update},
      {"config/password",
       "password the config for a remote.",
       needed,
       needed,
       {of_remote, of_options},
       "{} | ConfigQuestion",
       "As config/update, but every value is obscured.\n",
       {},
       password},
      {"config/delete",
       "Delete a remote in the config file.",
       needed,
       needed,
       {of_remote},
       "{}",
       "Removes a remote. An unknown one is fine.\n",
       {},
       remove},
      {"config/unset",
       "Unset keys in a remote in the config file.",
       needed,
       needed,
       {of_remote, {"keys", "string[]", true, "names of options"}},
       "{removed: string[] | null}",
       "Returns\n\n- removed - the names that were set, or null\n",
       {},
       unset},
      {"config/dump",
       "Dumps the config file.",
       needed,
       needed,
       {},
       "{*: {*: string}}",
       "Returns an object for each remote: option name to value.\n",
       {},
       dump},
      {"config/get",
       "Get a remote in the config file.",
       needed,
       needed,
       {of_remote},
       "{*: string}",
       "Returns the options of a remote: name to value.\n",
       {},
       get},
      {"config/listremotes",
       "Lists the remotes in the config file and defined in environment variables.",
       needed,
       needed,
       {},
       "{remotes: string[]}",
       "Returns\n\n- remotes - names\n",
       {},
       list_remotes},
      {"config/providers",
       "Shows how providers are configured in the config file.",
       needed,
       needed,
       {},
       "{providers: Provider[]}",
       "Returns\n\n- providers - a list of objects: name, description and options of each type of storage;\n"
       "  those of an installed rclone come last\n",
       {},
       providers},
      {"config/paths",
       "Reads the config file path and other important paths.",
       needed,
       needed,
       {},
       "{config: string, cache: string, temp: string}",
       "Returns\n\n- config - the configuration file\n- cache, temp - folders\n",
       {},
       paths},
      {"config/setpath",
       "Set the path of the config file",
       needed,
       needed,
       {{"path", "string", true, "of the file; empty to keep the configuration in memory"}},
       "{}",
       "Uses another configuration file from now on.\n",
       {},
       set_path},
      {"config/unlock",
       "Unlock the config file.",
       needed,
       needed,
       {{"configPassword", "string", true, "password of the configuration file"}},
       "{}",
       "Gives the password of an encrypted configuration file. From then on the file is written encrypted "
       "with "
       "it. Whether it is the right one shows when the file is read next.\n",
       {},
       unlock},
      {"config/oauthstatus",
       "Get the status of the OAuth authentication server.",
       needed,
       needed,
       {},
       "{status: \"running\" | \"stopped\", authUrl?: string}",
       "Returns\n\n- status - running or stopped\n",
       oauth_status,
       {}},
      {"config/oauthstop",
       "Stop any running OAuth authentication server.",
       needed,
       needed,
       {},
       "{}",
       "Fails when there is none.\n",
       oauth_stop,
       {}},
  };
}

} // namespace argosy::rc
