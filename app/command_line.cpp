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
#include "core/size_suffix.hpp"

namespace argosy {

namespace {

/// One flag of ours: what takes its value, and whether it may stand without one.
struct flag {
  const char* name;
  bool is_switch;
  const char* help;
  std::function<void(settings_of_run&, const std::string&)> take;
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

log_level level_of(const std::string& text) {
  const char* names[] = {"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING",
                         "NOTICE",    "INFO",  "DEBUG",    "OFF"};
  std::string upper = text;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (int i = 0; i < 9; ++i)
    if (upper == names[i]) return static_cast<log_level>(i);
  fail(failure_kind::bad_parameter, "unknown log level \"" + text + "\"");
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
      {"config", false, "configuration file", [](auto& s, auto& v) { s.config_path = v; }},
      {"cache-dir", false, "folder for caches", [](auto& s, auto& v) { s.cache_folder = v; }},
      {"log-file", false, "write the log there", [](auto& s, auto& v) { s.log_file = v; }},
      {"log-level", false, "DEBUG, INFO, NOTICE or ERROR (NOTICE)",
       [](auto& s, auto& v) { s.level = level_of(v); }},
      {"verbose", true, "say more; twice: everything",
       [](auto& s, auto&) { s.level = s.level == log_level::info ? log_level::debug : log_level::info; }},
      {"quiet", true, "errors only", [](auto& s, auto&) { s.level = log_level::error; }},
      {"help", true, "this text", [](auto& s, auto&) { s.help = true; }},
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
       [](auto& s, auto& v) { s.client.options.push_back(v); }},
      {"arg", false, "argument, for the parameter arg (repeatable)",
       [](auto& s, auto& v) { s.client.arguments.push_back(v); }},
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

/// Whether a flag without its dashes, with underscores, is an option of a storage.
bool is_storage_flag(const storage_table& storages, const std::string& name, bool& is_switch) {
  for (const auto& type : storages.types())
    for (const auto& option : type.options)
      if (name == flag_name_of(type, option)) {
        is_switch = option.type == "bool";
        return true;
      }
  return false;
}

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

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

private:
  void long_flag(const std::string& text) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const auto value = [&](bool is_switch) {
      if (equals != std::string::npos) return text.substr(equals + 1);
      return is_switch ? std::string{"true"} : next("--" + name);
    };
    try {
      for (const auto* flags : {&daemon_flags(), &client_flag_list()})
        if (const auto* own = find(*flags, name)) return own->take(into_, value(own->is_switch));
      const auto option = with_underscores(name);
      if (const auto* of_rc = rc::rc_option_table().find(option))
        return rc_flag(*of_rc, value(of_rc->type == option_type::boolean));
      const auto* of_filter = filter_option_table().find(option);
      const auto is_switch_flag =
          argosy::is_switch(name) || (of_filter != nullptr && of_filter->type == option_type::boolean);
      // The local storage shares some names with options of block main (links): both learn it.
      bool storage_switch = false;
      const auto of_storage = is_storage_flag(storages_, option, storage_switch);
      const auto taken = value(of_storage ? storage_switch : is_switch_flag);
      if (of_storage) into_.storage_flags[option] = taken;
      const auto of_main = set_from_flag(into_.options, name, taken);
      if (of_filter != nullptr) filter_option_table().set_from_flag(into_.filters, option, taken);
      if (!of_main && !of_storage && of_filter == nullptr) fail(failure_kind::bad_parameter, "unknown flag");
    } catch (const failure& f) {
      throw f.within("--" + name);
    }
  }

  /// The first use of a list replaces what the default or the environment gave, the others add to it.
  void rc_flag(const option_info& info, const std::string& text) {
    const auto& table = rc::rc_option_table();
    if (info.type == option_type::text_list && used_.insert(info.flat_name).second)
      table.set_from_text(into_.rc, info.flat_name, {});
    table.set_from_flag(into_.rc, info.flat_name, text);
  }

  void short_flags(const std::string& letters) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const auto rest = letters.substr(i + 1);
      switch (letters[i]) {
      case 'v': long_flag("verbose"); break;
      case 'q': long_flag("quiet"); break;
      case 'h': long_flag("help"); break;
      case 'n': long_flag("dry-run"); break;
      case 'c': long_flag("checksum"); break;
      case 'L': long_flag("copy-links"); break;
      case 'l': long_flag("links"); break;
      case 'M': long_flag("metadata"); break;
      case 'o': return long_flag("opt=" + (rest.empty() ? next("-o") : rest));
      case 'a': return long_flag("arg=" + (rest.empty() ? next("-a") : rest));
      default:
        fail(failure_kind::bad_parameter,
             std::string{"unknown shorthand flag: '"} + letters[i] + "' in -" + letters);
      }
    }
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
  std::set<std::string_view> used_; // lists among the flags that were given
};

/// RCLONE_RC_ADDR and its like: the flags of the daemon from the environment.
void read_environment(settings_of_run& into) {
  main_option_table().set_from_environment(into.options, into.environment);
  filter_option_table().set_from_environment(into.filters, into.environment);
  rc::rc_option_table().set_from_environment(into.rc, into.environment);
  for (const auto& own : daemon_flags()) {
    auto name = with_underscores(own.name);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const auto found = into.environment.find("RCLONE_" + name);
    if (found == into.environment.end()) continue;
    try {
      own.take(into, found->second);
    } catch (const failure& f) {
      throw f.within(found->first);
    }
  }
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
  s.cache_folder = (cache.empty() ? variable("HOME") + "/.cache" : cache) + "/rclone";
  read_environment(s);
  reader{s, storages, arguments}.all();
  settle(s.options);
  s.command = s.words.empty() ? "help" : s.words.front();
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
  }
  return out;
}

} // namespace argosy
