#include "core/config_store.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "core/failure.hpp"

namespace argosy {

namespace {

std::string upper_environment_name(std::string_view name) {
  std::string out{name};
  for (char& c : out) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string system_reason() { return std::strerror(errno); }

/// Closes on every path.
class file_descriptor {
public:
  explicit file_descriptor(int fd) : fd_(fd) {}
  ~file_descriptor() { close(); }
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  int get() const { return fd_; }
  bool close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0;
  }

private:
  int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::int64_t nanoseconds_of(const timespec& time) {
  return time.tv_sec * std::int64_t{1000000000} + time.tv_nsec;
}

/// The file that a symlink leads to, also when that does not exist yet.
std::filesystem::path resolved(const std::string& path) {
  std::error_code ignored; // an unresolvable path is used as it is: opening it gives the error worth showing
  auto real = std::filesystem::weakly_canonical(path, ignored);
  return ignored || real.empty() ? std::filesystem::path{path} : real;
}

} // namespace

config_store::version config_store::version::of(const struct stat& file) {
  return {nanoseconds_of(file.st_mtim), file.st_size, file.st_ino};
}

config_store::config_store(std::string path, std::map<std::string, std::string> environment,
                           password_source ask, complaint complain) :
    environment_(std::move(environment)),
    ask_(std::move(ask)), complain_(std::move(complain)) {
  set_path(path);
}

void config_store::set_path(const std::string& path) {
  const bool memory_only =
      path.empty() || path == "/dev/null" || std::filesystem::path{path}.filename() == "notfound";
  path_ = memory_only ? std::string{} : std::filesystem::absolute(path).lexically_normal().string();
  text_ = {};
  loaded_.reset();
  unreadable_.reset();
}

void config_store::unlock(std::string_view password) {
  key_.emplace(password);
  // Read anew, so that a wrong password fails and does not encrypt what the right one opened.
  loaded_.reset();
  unreadable_.reset();
}

const config_text& config_store::load() {
  if (path_.empty()) return text_;
  const auto context = "failed to load config file \"" + path_ + "\"";
  struct stat now {};
  if (::stat(path_.c_str(), &now) != 0) {
    // A file that does not exist yet is an empty configuration; one that has vanished stays as it was.
    if (errno != ENOENT && errno != ENOTDIR) fail(failure_kind::other, context + ": " + system_reason());
    unreadable_.reset();
    return text_;
  }
  auto found = version::of(now);
  if (found == loaded_ || found == unreadable_) return text_;
  try {
    locked_ = false;
    text_ = read(found);
    loaded_ = found;
    unreadable_.reset();
  } catch (const failure& f) {
    if (!loaded_) throw f.within(context);
    unreadable_ = found;
    why_unreadable_ = f.what();
    if (complain_) complain_("Failed to read config file - using previous config: " + why_unreadable_);
  }
  return text_;
}

config_text config_store::read(version& found) {
  const file_descriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat now {};
  // What is remembered belongs to the very file that is read, not to one put in its place meanwhile.
  if (file.get() < 0 || ::fstat(file.get(), &now) != 0) fail(failure_kind::other, system_reason());
  found = version::of(now);
  std::string content;
  char buffer[16384];
  while (true) {
    const auto size = ::read(file.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail(failure_kind::other, system_reason());
    if (size == 0) break;
    content.append(buffer, static_cast<std::size_t>(size));
  }
  return config_text::parse(is_encrypted_config(content) ? decrypted(content) : content);
}

std::string config_store::decrypted(std::string_view file) {
  if (key_) {
    if (auto text = decrypt_config(file, *key_)) return *text;
  }
  const auto given = ask_ ? ask_() : std::nullopt;
  if (!given) {
    locked_ = true;
    fail(failure_kind::other, "unable to decrypt configuration and not allowed to ask for password - set "
                              "RCLONE_CONFIG_PASS to your configuration password");
  }
  const auto refusal = "using " + given->source + " password, unable to decrypt configuration";
  std::optional<config_key> key;
  try {
    key.emplace(given->text);
  } catch (const failure& f) {
    throw f.within(refusal);
  }
  auto text = decrypt_config(file, *key);
  if (!text) fail(failure_kind::other, refusal);
  key_ = key;
  return *text;
}

void config_store::save(config_text next) {
  if (path_.empty()) {
    text_ = std::move(next);
    return;
  }
  const auto target = resolved(path_);
  const auto refuse = [&](const std::string& doing, const std::string& reason) {
    fail(failure_kind::other, "failed to save config file \"" + path_ + "\": " + doing + ": " + reason);
  };
  if (unreadable_) refuse("it was changed and cannot be read any more", why_unreadable_);
  std::error_code error;
  std::filesystem::create_directories(target.parent_path(), error);
  if (error) refuse("failed to create its folder", error.message());
  std::string temporary = target.string() + ".XXXXXX";
  file_descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)}; // mode 0600
  if (file.get() < 0) refuse("failed to create a temporary file", system_reason());
  const auto give_up = [&](const std::string& doing) {
    const auto reason = system_reason();
    ::unlink(temporary.c_str());
    refuse(doing, reason);
  };
  struct stat old {};
  if (::stat(target.c_str(), &old) == 0) {
    // Only root may give files away. The owner comes first because changing it clears mode bits.
    if (::fchown(file.get(), old.st_uid, old.st_gid) != 0 && errno != EPERM)
      give_up("failed to keep the owner");
    if (::fchmod(file.get(), old.st_mode & 07777) != 0) give_up("failed to keep the mode");
  }
  const auto text = next.render();
  if (!write_all(file.get(), key_ ? encrypt_config(text, *key_) : text)) give_up("failed to write");
  if (::fsync(file.get()) != 0) give_up("failed to sync");
  struct stat written {};
  if (::fstat(file.get(), &written) != 0) give_up("failed to stat");
  if (!file.close()) give_up("failed to close");
  if (::rename(temporary.c_str(), target.c_str()) != 0) give_up("failed to rename");
  text_ = std::move(next);
  loaded_ = version::of(written);
}

std::optional<std::string> config_store::variable(std::string_view name) const {
  const auto found = environment_.find("RCLONE_" + upper_environment_name(name));
  if (found == environment_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> config_store::environment_option(std::string_view remote,
                                                            std::string_view key) const {
  return variable("config_" + std::string{remote} + "_" + std::string{key});
}

std::optional<std::string> config_store::remote_option(std::string_view remote, std::string_view key) {
  if (auto chosen = environment_option(remote, key)) return chosen;
  const auto& text = load();
  if (const auto value = text.get(remote, key); value && !value->empty()) return value;
  return std::nullopt;
}

std::vector<std::string> config_store::remotes() {
  constexpr std::string_view prefix = "RCLONE_CONFIG_";
  constexpr std::string_view suffix = "_TYPE";
  std::vector<std::string> out;
  for (const auto& [name, value] : environment_) {
    const std::string_view view = name;
    if (view.size() <= prefix.size() + suffix.size() || view.substr(0, prefix.size()) != prefix) continue;
    if (view.substr(view.size() - suffix.size()) != suffix) continue;
    std::string remote{view.substr(prefix.size(), view.size() - prefix.size() - suffix.size())};
    for (char& c : remote) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out.push_back(std::move(remote));
  }
  for (auto& section : load().sections()) {
    if (std::find(out.begin(), out.end(), section) == out.end()) out.push_back(std::move(section));
  }
  return out;
}

std::optional<std::string> config_store::backend_option(std::string_view backend,
                                                        std::string_view key) const {
  return variable(std::string{backend} + "_" + std::string{key});
}

std::optional<std::string> config_store::global_option(std::string_view key) const { return variable(key); }

std::string default_config_path(const std::map<std::string, std::string>& environment,
                                const std::string& executable_folder) {
  const auto variable = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
  };
  if (auto chosen = variable("RCLONE_CONFIG"); !chosen.empty()) return chosen;
  const auto home = variable("HOME");
  const auto xdg = variable("XDG_CONFIG_HOME");
  std::vector<std::string> candidates;
  if (!executable_folder.empty()) candidates.push_back(executable_folder + "/rclone.conf");
  if (!xdg.empty()) candidates.push_back(xdg + "/rclone/rclone.conf");
  if (!home.empty()) {
    candidates.push_back(home + "/.config/rclone/rclone.conf");
    candidates.push_back(home + "/.rclone.conf");
  }
  std::error_code ignored; // what cannot be looked at is not there
  for (const auto& candidate : candidates) {
    if (std::filesystem::exists(candidate, ignored)) return candidate;
  }
  if (!xdg.empty()) return xdg + "/rclone/rclone.conf";
  if (!home.empty()) return home + "/.config/rclone/rclone.conf";
  return ".rclone.conf";
}

} // namespace argosy
