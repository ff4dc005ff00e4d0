#include "backends/s3/credentials.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/go_text.hpp"
#include "core/header_text.hpp"

namespace argosy::s3 {

namespace {

using sections = std::map<std::string, std::map<std::string, std::string>>;

std::string first_of(const environment& env, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (auto value = env(name); value && !value->empty()) return *std::move(value);
  return {};
}

std::string value_in(const sections& all, const std::string& section, const std::string& key) {
  const auto found = all.find(section);
  if (found == all.end()) return {};
  const auto value = found->second.find(key);
  return value == found->second.end() ? std::string{} : value->second;
}

sections read_profiles(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return parse_profiles(text.str());
}

std::string home_path(const environment& env, const char* name) {
  return env("HOME").value_or(std::string{}) + "/.aws/" + name;
}

} // namespace

std::optional<std::string> process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::make_optional<std::string>(value);
}

sections parse_profiles(const std::string& text) {
  sections out;
  std::string section;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    line.erase(std::remove(line.begin(), line.end(), '\r'), line.end());
    const auto trimmed = trim_header(line);
    if (trimmed.empty() || trimmed.front() == '#' || trimmed.front() == ';') continue;
    if (trimmed.front() == '[' && trimmed.back() == ']') {
      section = trim_header(trimmed.substr(1, trimmed.size() - 2));
      constexpr std::string_view prefix = "profile ";
      if (section.compare(0, prefix.size(), prefix) == 0)
        section = trim_header(std::string_view{section}.substr(prefix.size()));
      continue;
    }
    const auto equals = trimmed.find('=');
    if (equals == std::string_view::npos) continue;
    out[section][lower_header(trim_header(trimmed.substr(0, equals)))] =
        trim_header(trimmed.substr(equals + 1));
  }
  return out;
}

found_credentials find_credentials(const environment& env, const std::string& profile,
                                   const std::string& file) {
  found_credentials out;
  auto section = profile.empty() ? first_of(env, {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) : profile;
  if (section.empty()) section = "default";
  auto path = file.empty() ? first_of(env, {"AWS_SHARED_CREDENTIALS_FILE"}) : file;
  if (path.empty()) path = home_path(env, "credentials");
  auto config = first_of(env, {"AWS_CONFIG_FILE"});
  if (config.empty()) config = home_path(env, "config");
  const auto own = read_profiles(path), other = read_profiles(config);
  const auto look_up = [&](const char* key) {
    auto value = value_in(own, section, key);
    return value.empty() ? value_in(other, section, key) : value;
  };

  out.region = first_of(env, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (out.region.empty()) out.region = look_up("region");
  out.who = {first_of(env, {"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"}),
             first_of(env, {"AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"}),
             first_of(env, {"AWS_SESSION_TOKEN"})};
  // A profile that was asked for counts more than what happens to be in the environment.
  if (!profile.empty() || out.who.key_id.empty() || out.who.secret.empty())
    out.who = {look_up("aws_access_key_id"), look_up("aws_secret_access_key"), look_up("aws_session_token")};
  if (out.who.key_id.empty() || out.who.secret.empty()) out.who = {};
  out.where = "in the environment, nor for profile " + go_quote(section) + " in " + go_quote(path);
  return out;
}

} // namespace argosy::s3
