#include "http/rc/host_facts.hpp"

#include <algorithm>
#include <charconv>

namespace argosy::rc {

namespace {

/// Calls `use` with each line, without its end.
template <class F>
void for_lines(std::string_view text, F use) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    use(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

/// The value of `KEY=value` with its quotes removed; nothing for another line.
std::optional<std::string> assigned(std::string_view line, std::string_view key) {
  if (line.size() <= key.size() || line.substr(0, key.size()) != key || line[key.size()] != '=')
    return std::nullopt;
  line.remove_prefix(key.size() + 1);
  if (line.size() > 1 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front())
    line = line.substr(1, line.size() - 2);
  return std::string{line};
}

/// proc(5) writes blanks in paths as \040 and the like.
std::string without_octal(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const auto digits = text.substr(i + 1, 3);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
    if (text[i] != '\\' || digits.size() != 3 || read.ptr != digits.data() + 3) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(value);
    i += 3;
  }
  return out;
}

bool is_for_media(std::string_view path) {
  for (const std::string_view root : {"/run/media", "/media", "/mnt"}) {
    if (path == root ||
        (path.size() > root.size() && path.substr(0, root.size()) == root && path[root.size()] == '/'))
      return true;
  }
  return false;
}

} // namespace

std::string os_version(std::string_view os_release, bool is_64_bit) {
  std::string id = "linux";
  std::string version;
  for_lines(os_release, [&](std::string_view line) {
    if (auto value = assigned(line, "ID")) id = *value;
    if (auto value = assigned(line, "VERSION_ID")) version = " " + *value;
  });
  return id + version + (is_64_bit ? " (64 bit)" : " (32 bit)");
}

std::array<int, 3> decompose_version(std::string_view version) {
  std::array<int, 3> numbers{};
  if (!version.empty() && version.front() == 'v') version.remove_prefix(1);
  const char* at = version.data();
  const char* const end = at + version.size();
  for (auto& number : numbers) {
    const auto read = std::from_chars(at, end, number);
    if (read.ec != std::errc{}) break;
    at = read.ptr;
    if (at == end || *at != '.') break;
    ++at;
  }
  return numbers;
}

std::vector<std::string> disk_list(const disk_sources& from) {
  std::vector<std::string> all;
  const auto add = [&all](std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (!path.empty() && std::find(all.begin(), all.end(), path) == all.end()) all.push_back(std::move(path));
  };
  add(from.home);
  add("/");
  for_lines(from.mounts, [&](std::string_view line) {
    const auto begin = line.find(' ');
    if (begin == std::string_view::npos) return;
    const auto path = without_octal(line.substr(begin + 1, line.find(' ', begin + 1) - begin - 1));
    if (is_for_media(path)) add(path);
  });
  for_lines(from.user_dirs, [&](std::string_view line) {
    for (const char* key :
         {"XDG_DESKTOP_DIR", "XDG_DOWNLOAD_DIR", "XDG_DOCUMENTS_DIR", "XDG_MUSIC_DIR", "XDG_PICTURES_DIR",
          "XDG_VIDEOS_DIR", "XDG_TEMPLATES_DIR", "XDG_PUBLICSHARE_DIR"}) {
      auto path = assigned(line, key);
      if (!path) continue;
      constexpr std::string_view home = "$HOME";
      if (path->compare(0, home.size(), home) == 0) path->replace(0, home.size(), from.home);
      add(std::move(*path));
    }
  });
  return all;
}

} // namespace argosy::rc
