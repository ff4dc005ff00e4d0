#include "app/command_line.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <string_view>

#include "actors/links/remote_options.hpp"
#include "core/config_store.hpp"
#include "core/duration.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/option_flags.hpp"
#include "core/size_suffix.hpp"

namespace argosy {

namespace {

/// One flag of ours: what takes its value, and whether it may stand without one.
struct flag {
  const char* name;
  bool is_switch;
  const char* help;
  std::function<void(settings_of_run&, const std::string&)> take;
  const char* letter = "";
};

bool truth(const std::string& text) {
  for (const auto* yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  for (const auto* no : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == no) return false;
  fail(failure_kind::bad_parameter, "invalid boolean value \"" + text + "\"");
}

std::int64_t number(const std::string& text, std::int64_t least) {
  std::size_t used = 0;
  std::int64_t value = 0;
  try {
    value = std::stoll(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (text.empty() || used != text.size() || value < least)
    fail(failure_kind::bad_parameter, "invalid number \"" + text + "\"");
  return value;
}

std::uint64_t bytes(const std::string& text) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, parse_size(text)));
}

/// --verbose may stand several times, or with the number of times.
void more_verbose(settings_of_run& s, const std::string& text) {
  s.verbosity =
      text == "true" ? s.verbosity + 1 : static_cast<int>(std::min<std::int64_t>(number(text, 0), 2));
}

const std::vector<flag>& daemon_flags() {
  static const std::vector<flag> flags{
      {"rc-auth-compat", false, "newest: rclone's rights since v1.74.0; seed: those before",
       [](auto& s, auto& v) {
         if (v != "newest" && v != "seed")
           fail(failure_kind::bad_parameter, "\"" + v + "\" is neither newest nor seed");
         s.seed_rights = v == "seed";
       }},
      {"rc-max-body-bytes", false, "Size of a request body (1Gi)",
       [](auto& s, auto& v) { s.max_body_bytes = bytes(v); }},
      {"rc-threads", false, "HTTP threads (cores - 1)",
       [](auto& s, auto& v) { s.http_threads = static_cast<std::size_t>(number(v, 1)); }},
      {"rc-job-history-size", false, "Memory for the records of ended synchronous calls (8Mi)",
       [](auto& s, auto& v) { s.history_bytes = bytes(v); }},
      {"bridge-rclone", false, "rclone for the types of storages that only it has; empty: none (rclone)",
       [](auto& s, auto& v) { s.bridge_rclone = v; }},
      {"node", false, "name of this node in its cluster (the host's)",
       [](auto& s, auto& v) { s.cluster.node = v; }},
      {"cluster-listen", false, "host:port where the other nodes of a cluster reach this one",
       [](auto& s, auto& v) { s.cluster.listen = v; }},
      {"cluster-join", false, "host:port of any member of the cluster (repeatable)",
       [](auto& s, auto& v) { s.cluster.join.push_back(v); }},
      {"cluster-secret-file", false, "file with the secret that all nodes share",
       [](auto& s, auto& v) { s.cluster.secret_file = v; }},
      {"cluster-cert", false, "certificate of this node, PEM; with --cluster-key and --cluster-ca",
       [](auto& s, auto& v) { s.cluster.certificate = v; }},
      {"cluster-key", false, "its key, PEM", [](auto& s, auto& v) { s.cluster.key = v; }},
      {"cluster-shared", false, "local folder that all nodes of the cluster have (repeatable)",
       [](auto& s, auto& v) { s.cluster.shared.push_back(v); }},
      {"cluster-ca", false, "authority of the nodes' certificates, PEM",
       [](auto& s, auto& v) { s.cluster.authority = v; }},
      {"cluster-export", false,
       "DIR[:ro|rw]: folder that other nodes may use; read-only without :rw (repeatable)",
       [](auto& s, auto& v) { s.cluster.exports.push_back(v); }},
      {"config", false, "configuration file", [](auto& s, auto& v) { s.config_path = v; }},
      {"cache-dir", false, "folder for caches", [](auto& s, auto& v) { s.cache_folder = v; }},
      {"temp-dir", false, "folder for temporary files", [](auto& s, auto& v) { s.temporary_folder = v; }},
      {"leak-watch", true, "judge the curves of what is alive (true)",
       [](auto& s, auto& v) { s.leak_watch = truth(v); }},
      {"leak-state", false,
       "File that keeps the history of the leak watch over restarts; \"-\": none (in the folder for caches)",
       [](auto& s, auto& v) { s.leak_state = v; }},
#ifdef ARGOSY_FAULT_INJECTOR
      {"inject-leak", false,
       "TASK:KIND:N: leak N things after each run of a task, to try the leak watch (repeatable)",
       [](auto& s, auto& v) { s.planted_leaks.push_back(v); }},
#endif
      {"stats", false, "accepted for compatibility: a daemon prints no statistics",
       [](auto&, auto& v) { parse_duration(v, now()); }},
      {"verbose", true, "say more; twice: everything", more_verbose, "v"},
      {"quiet", true, "errors only", [](auto& s, auto& v) { s.quiet = truth(v); }, "q"},
      {"help", true, "this text", [](auto& s, auto&) { s.help = true; }, "h"},
      {"version", true, "show the version", [](auto& s, auto&) { s.command = "version"; }, "V"},
  };
  return flags;
}

const std::vector<flag>& client_flag_list() {
  static const std::vector<flag> flags{
      {"url", false, "where the daemon is (http://localhost:5572/)",
       [](auto& s, auto& v) { s.client.url = v; }},
      {"user", false, "user name", [](auto& s, auto& v) { s.client.user = v; }},
      {"pass", false, "password", [](auto& s, auto& v) { s.client.password = v; }},
      {"json", false, "input as a JSON object", [](auto& s, auto& v) { s.client.json_text = v; }},
      {"opt", false, "option name=value or name, for the parameter opt (repeatable)",
       [](auto& s, auto& v) { s.client.options.push_back(v); }, "o"},
      {"arg", false, "argument, for the parameter arg (repeatable)",
       [](auto& s, auto& v) { s.client.arguments.push_back(v); }, "a"},
      {"unix-socket", false, "path of the daemon's unix socket",
       [](auto& s, auto& v) { s.client.unix_socket = v; }},
      {"no-output", true, "do not print the reply", [](auto& s, auto& v) { s.client.no_output = truth(v); }},
      {"loopback", true, "run the command in this process, without a daemon",
       [](auto& s, auto& v) { s.client.loopback = truth(v); }},
  };
  return flags;
}

const flag* find(const std::vector<flag>& flags, const std::string& name) {
  const auto found = std::find_if(flags.begin(), flags.end(), [&](const flag& f) { return name == f.name; });
  return found == flags.end() ? nullptr : &*found;
}

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string with_dashes(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

/// A flag that somebody knows: several do when a storage shares a name with an option of block main (links).
struct known_flag {
  std::string letter; ///< the other way to write it; may be empty
  bool is_switch = false;
  std::vector<std::function<void(const std::string&)>> takers;
};

/// Reads the words from left to right, with the manners of pflag.
class reader {
public:
  reader(settings_of_run& into, const storage_table& storages, const std::vector<std::string>& arguments) :
      into_(into), storages_(storages), arguments_(arguments) {}

  void all() {
    while (at_ < arguments_.size()) {
      const auto& word = arguments_[at_++];
      if (only_words_ || word.size() < 2 || word[0] != '-') {
        into_.words.push_back(word);
      } else if (word == "--") {
        only_words_ = true;
      } else if (word[1] == '-') {
        long_flag(word.substr(2));
      } else {
        short_flags(word.substr(1));
      }
    }
  }
  /// Whether the flag stood on the command line.
  bool given(std::string_view name) const { return used_.count(name) > 0; }

private:
  void long_flag(const std::string& text) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const auto found = find_flag(name);
    if (found.takers.empty()) fail(failure_kind::bad_parameter, "unknown flag: --" + name);
    if (equals != std::string::npos) return take(found, name, text.substr(equals + 1));
    take(found, name, found.is_switch ? "true" : next("--" + name));
  }

  void short_flags(const std::string& letters) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const auto letter = letters.substr(i, 1);
      const auto name = long_name_of(letter);
      if (name.empty())
        fail(failure_kind::bad_parameter,
             "unknown shorthand flag: '" + letter + "' in -" + letters.substr(i));
      const auto found = find_flag(name);
      auto rest = letters.substr(i + 1);
      if (found.is_switch && rest.substr(0, 1) != "=") {
        take(found, name, "true");
        continue;
      }
      if (rest.substr(0, 1) == "=") rest.erase(0, 1);
      return take(found, name, rest.empty() ? next("'" + letter + "' in -" + letters.substr(i)) : rest);
    }
  }

  void take(const known_flag& found, const std::string& name, const std::string& text) {
    try {
      for (const auto& taker : found.takers) taker(text);
      used_.insert(name);
    } catch (const failure& f) {
      const auto shown = (found.letter.empty() ? "" : "-" + found.letter + ", ") + "--" + name;
      fail(failure_kind::bad_parameter,
           "invalid argument " + go_quote(text) + " for \"" + shown + "\" flag: " + f.what());
    }
  }

  known_flag find_flag(const std::string& name) {
    known_flag out;
    for (const auto* flags : {&daemon_flags(), &client_flag_list()})
      if (const auto* own = find(*flags, name)) {
        out.letter = own->letter;
        out.is_switch = own->is_switch;
        out.takers.emplace_back([this, own](const std::string& text) { own->take(into_, text); });
        return out;
      }
    offer(out, name, rc::rc_option_table(), into_.rc);
    offer(out, name, rc::log_option_table(), into_.log);
    offer(out, name, filter_option_table(), into_.filters);
    if (!out.takers.empty()) return out;
    offer_main(out, name);
    const auto option = with_underscores(name);
    for (const auto& type : storages_.types())
      for (const auto& of_storage : type.options)
        if (option == flag_name_of(type, of_storage)) {
          out.letter = of_storage.short_flag;
          out.is_switch = of_storage.type == "bool";
          out.takers.emplace_back(
              [this, option](const std::string& text) { into_.storage_flags[option] = text; });
          return out;
        }
    return out;
  }

  template <class Options>
  void offer(known_flag& out, const std::string& name, const option_table<Options>& table, Options& into) {
    const auto option = with_underscores(name);
    const auto* info = table.find(option);
    if (info == nullptr || !info->declared) return;
    out.letter = info->short_flag;
    out.is_switch = info->type == option_type::boolean;
    out.takers.push_back([this, name, option, info, &table, &into](const std::string& text) {
      // The first use of a list replaces what the default or the environment gave, the others add to it.
      if (info->type == option_type::text_list && !given(name)) table.set_from_text(into, option, {});
      table.set_from_flag(into, option, text);
    });
  }

  void offer_main(known_flag& out, const std::string& name) {
    const auto* info = main_flag(name);
    if (info == nullptr) return;
    if (flag_name(*info) == name) out.letter = info->short_flag;
    out.is_switch = argosy::is_switch(name);
    out.takers.emplace_back([this, name, info](const std::string& text) {
      if (info->type == option_type::text_list && !given(name))
        set_from_text(into_.options, info->flat_name, {});
      set_from_flag(into_.options, name, text);
    });
  }

  /// The flag that a letter stands for; empty: none.
  std::string long_name_of(std::string_view letter) const {
    for (const auto* flags : {&daemon_flags(), &client_flag_list()})
      for (const auto& own : *flags)
        if (letter == own.letter) return own.name;
    std::string found;
    const auto look = [&](const auto& table) {
      for (const auto& row : table.rows())
        if (found.empty() && row.info.declared && letter == row.info.short_flag) found = flag_name(row.info);
    };
    look(main_option_table());
    look(filter_option_table());
    for (const auto& type : storages_.types())
      for (const auto& option : type.options)
        if (found.empty() && letter == option.short_flag) found = with_dashes(flag_name_of(type, option));
    return found;
  }

  std::string next(const std::string& flag_name) {
    if (at_ == arguments_.size()) fail(failure_kind::bad_parameter, "flag needs an argument: " + flag_name);
    return arguments_[at_++];
  }

  settings_of_run& into_;
  const storage_table& storages_;
  const std::vector<std::string>& arguments_;
  std::size_t at_ = 0;
  bool only_words_ = false;
  std::set<std::string, std::less<>> used_;
};

void read_environment(settings_of_run& into, const std::vector<flag>& flags) {
  for (const auto& own : flags) {
    auto name = with_underscores(own.name);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const auto found = into.environment.find("RCLONE_" + name);
    if (found == into.environment.end()) continue;
    try {
      own.take(into, found->second);
    } catch (const failure& f) {
      throw f.within(std::string{"Invalid value when setting --"} + own.name + " from environment variable " +
                     found->first + "=" + go_quote(found->second));
    }
  }
}

/// RCLONE_RC_ADDR and its like: flags from the environment.
void read_environment(settings_of_run& into) {
  main_option_table().set_from_environment(into.options, into.environment);
  filter_option_table().set_from_environment(into.filters, into.environment);
  rc::rc_option_table().set_from_environment(into.rc, into.environment);
  rc::log_option_table().set_from_environment(into.log, into.environment);
  read_environment(into, daemon_flags());
  read_environment(into, client_flag_list());
}

/// What -v and -q mean. They exclude each other and --log-level.
void settle_log_level(settings_of_run& s, bool level_given) {
  const auto refuse = [](const char* one, const char* other) {
    fail(failure_kind::other, std::string{"Can't set "} + one + " and " + other);
  };
  if (s.quiet && s.verbosity > 0) refuse("-v", "-q");
  if (level_given && s.verbosity > 0) refuse("-v", "--log-level");
  if (level_given && s.quiet) refuse("-q", "--log-level");
  if (s.quiet) s.options.log_level = static_cast<std::int64_t>(log_level::error);
  if (s.verbosity > 0)
    s.options.log_level = static_cast<std::int64_t>(s.verbosity > 1 ? log_level::debug : log_level::info);
}

} // namespace

settings_of_run read_command_line(const std::vector<std::string>& arguments,
                                  std::map<std::string, std::string> environment,
                                  const storage_table& storages) {
  settings_of_run s;
  s.environment = std::move(environment);
  std::error_code none;
  s.executable = std::filesystem::read_symlink("/proc/self/exe", none).string();
  s.config_path =
      default_config_path(s.environment, std::filesystem::path(s.executable).parent_path().string());
  const auto variable = [&](const char* name) {
    const auto found = s.environment.find(name);
    return found == s.environment.end() ? std::string{} : found->second;
  };
  const auto cache = variable("XDG_CACHE_HOME");
  const auto temporary = variable("TMPDIR");
  s.temporary_folder = temporary.empty() ? "/tmp" : temporary;
  s.cache_folder = (cache.empty() ? variable("HOME") + "/.cache" : cache) + "/rclone";
  read_environment(s);
  reader words{s, storages, arguments};
  words.all();
  settle_log_level(s, words.given("log-level"));
  settle(s.options);
  if (s.command.empty()) s.command = s.words.empty() ? "help" : s.words.front();
  if (!s.words.empty()) s.words.erase(s.words.begin());
  return s;
}

std::string usage(const std::string& command) {
  std::string out =
      "Argosy moves files between storages and speaks rclone's remote control.\n\n"
      "  argosy rcd [flags]                        run the daemon\n"
      "  argosy rc [path] [key=value ...] [flags]  call a daemon; without a path list its commands\n"
      "  argosy version                            show the version\n"
      "  argosy help [rcd|rc]                      show the flags\n";
  const auto line = [&](std::string left, const std::string& help) {
    left.resize(std::max<std::size_t>(left.size() + 2, 36), ' ');
    out += left + help + "\n";
  };
  const auto list = [&](const std::vector<flag>& flags) {
    for (const auto& f : flags) line(std::string{"  --"} + f.name + (f.is_switch ? "" : " value"), f.help);
  };
  if (command == "rcd") {
    const auto& table = rc::rc_option_table();
    out += "\nFlags:\n";
    for (const auto& row : table.rows()) {
      const auto fallback = table.to_text({}, row.info.flat_name).value_or("");
      const bool is_switch = row.info.type == option_type::boolean;
      line("  --" + flag_name(row.info) + (is_switch ? "" : " value"),
           row.info.help + (is_switch || fallback.empty() ? "" : " (" + fallback + ")"));
    }
    list(daemon_flags());
    out += "\nEach is also an environment variable, RCLONE_RC_ADDR and so on; rclone's own option flags "
           "(--transfers, --bwlimit, ...) are\n"
           "taken as well.\n";
  } else if (command == "rc") {
    out += "\nFlags:\n";
    list(client_flag_list());
    out += "\nEach is also an environment variable, RCLONE_URL and so on.\n";
  }
  return out;
}

} // namespace argosy
