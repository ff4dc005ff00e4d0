#include "actors/links/portable_remotes.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "actors/links/remote_options.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/json.hpp"
#include "core/remote_name.hpp"

namespace argosy {

std::string to_text(const portable_remotes& remotes) {
  return json{{"flags", remotes.flags}, {"sections", remotes.sections}}.dump(-1, ' ', false,
                                                                             json::error_handler_t::replace);
}

portable_remotes portable_remotes_from(std::string_view text) {
  portable_remotes remotes;
  try {
    const auto all = json::parse(text);
    all.at("flags").get_to(remotes.flags);
    all.at("sections").get_to(remotes.sections);
  } catch (const json::exception&) {
    fail(failure_kind::other, "what a remote needs of the configuration cannot be read");
  }
  return remotes;
}

namespace {

/// Follows remotes that point at remotes.
class search_of_remotes {
public:
  search_of_remotes(const storage_table& table, const std::map<std::string, std::string>& flags,
                    config_store& store) :
      table_(table),
      flags_(flags), store_(store), names_(store.remotes()) {}

  void add(const std::string& fs) {
    const auto remote = remote_name::parse(fs);
    if (remote.is_local_path()) return;
    if (remote.inline_backend)
      add_type(remote.name);
    else
      add_section(remote.name);
    for (const auto& [key, value] : remote.parameters) add_mentioned(value);
  }

  portable_remotes found; // so far

private:
  const storage_type& row_of(const std::string& type) const {
    const auto* row = table_.find(type);
    if (row == nullptr) fail(failure_kind::unsupported, "backend \"" + type + "\" is not a part of argosy");
    return *row;
  }

  void add_type(const std::string& type) {
    if (!types_.insert(type).second) return;
    remote_name bare;
    bare.name = type;
    bare.inline_backend = true;
    const auto& row = row_of(type);
    const remote_options chosen{bare, row, flags_, store_};
    for (const auto& option : row.options)
      if (const auto value = chosen.get(option.name)) {
        found.flags[flag_name_of(row, option)] = *value;
        add_mentioned(*value);
      }
  }

  void add_section(const std::string& name) {
    if (found.sections.count(name) != 0) return;
    const auto type = store_.remote_option(name, "type");
    if (!type) fail(failure_kind::other, "didn't find section in config file (\"" + name + "\")");
    auto& section = found.sections[name];
    section["type"] = *type;
    remote_name bare;
    bare.name = name;
    const auto& row = row_of(*type);
    const remote_options chosen{bare, row, flags_, store_};
    auto keys = store_.load().keys(name);
    for (const auto& option : row.options) keys.push_back(option.name);
    for (const auto& key : keys)
      if (const auto value = chosen.get(key); value && key != "type") section[key] = *value;
    for (const auto& [key, value] : section) add_mentioned(value);
  }

  /// Options of several types name remotes, each in its own way: whatever looks like one counts.
  void add_mentioned(const std::string& value) {
    if (value.find(':') == std::string::npos) return;
    for (const auto& name : names_)
      if (value.find(name + ":") != std::string::npos || value.find(name + ",") != std::string::npos)
        add_section(name);
    for (const auto& row : table_.types())
      if (value.find(":" + row.name + ":") != std::string::npos ||
          value.find(":" + row.name + ",") != std::string::npos)
        add_type(row.name);
  }

  const storage_table& table_;
  const std::map<std::string, std::string>& flags_;
  config_store& store_;
  const std::vector<std::string> names_;
  std::set<std::string> types_;
};

} // namespace

portable_remotes needed_by(const may_block& on, configuration& config, const storage_table& table,
                           const std::map<std::string, std::string>& flags,
                           const std::vector<std::string>& texts) {
  return config.use(on, [&](config_store& store) {
    store.load();
    search_of_remotes all{table, flags, store};
    for (const auto& fs : texts) all.add(fs);
    return std::move(all.found);
  });
}

bool is_within(const std::vector<std::string>& folders, const std::string& path) {
  const auto plain = std::filesystem::path{path}.lexically_normal();
  if (!plain.is_absolute()) return false;
  return std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
    const auto outer = std::filesystem::path{folder}.lexically_normal();
    auto inner = plain.begin();
    for (const auto& part : outer) {
      if (part.empty()) continue; // of a slash at the end
      if (inner == plain.end() || *inner++ != part) return false;
    }
    return true;
  });
}

namespace {

class reach {
public:
  reach(const portable_remotes& remotes, const std::vector<std::string>& folders) :
      remotes_(remotes), folders_(folders) {}

  void check(const std::string& fs) const {
    const auto remote = remote_name::parse(fs);
    auto type = remote.name;
    if (remote.is_local_path()) {
      type = "local";
    } else if (!remote.inline_backend) {
      const auto found = remotes_.sections.find(remote.name);
      if (found == remotes_.sections.end()) refuse(fs);
      type = found->second.at("type");
    }
    if (type == "memory" || (type == "local" && !is_within(folders_, remote.path))) refuse(fs);
    for (const auto& [key, value] : remote.parameters) option(key, value);
  }
  void check_wrapped() const {
    for (const auto& [name, section] : remotes_.sections)
      for (const auto& [key, value] : section) option(key, value);
    for (const auto& [name, value] : remotes_.flags) {
      const auto key = name.find('_');
      option(key == std::string::npos ? name : name.substr(key + 1), value);
    }
  }

private:
  [[noreturn]] static void refuse(const std::string& what) {
    fail(failure_kind::unsupported, "another node does not reach " + go_quote(what));
  }
  /// The options by which storages name those behind them: one, or several with blanks between and words
  /// before and after each.
  void option(const std::string& key, const std::string& value) const {
    if (key != "remote" && key != "upstreams" && key != "remotes") return;
    std::istringstream words{value};
    for (std::string word; words >> word;) {
      if (const auto name = word.find('='); name != std::string::npos && name < word.find_first_of(":/,"))
        word.erase(0, name + 1);
      if (word.size() > 3 && word.find('/') == 0)
        if (const auto mode = word.rfind(':'); mode != std::string::npos) word.erase(mode);
      check(word);
    }
  }
  const portable_remotes& remotes_;
  const std::vector<std::string>& folders_;
};

} // namespace

void check_reachable(const portable_remotes& remotes, const std::vector<std::string>& texts,
                     const std::vector<std::string>& folders) {
  const reach all{remotes, folders};
  for (const auto& fs : texts) all.check(fs);
  all.check_wrapped();
}

} // namespace argosy
