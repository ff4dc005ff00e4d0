#include "backends/local/directory_cache.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "backends/local/kernel_path.hpp"
#include "backends/local/system_failure.hpp"

namespace argosy {

namespace {

constexpr std::chrono::milliseconds longest_trust{100};

} // namespace

directory_cache::directory_cache(std::string root, const path_bounds* within) :
    root_(std::move(root)), within_(within) {
  open_.reserve(capacity);
}

std::string directory_cache::full(std::string_view path) const {
  std::string text;
  text.reserve(root_.size() + 1 + path.size());
  text += root_;
  if (path.empty()) return text;
  if (root_.back() != '/') text += '/';
  text += path;
  return text;
}

int directory_cache::get(const may_block& on, std::string_view directory, bool make, bool fresh) {
  const auto now = clock::now();
  const auto found =
      std::find_if(open_.begin(), open_.end(), [&](const item& i) { return i.directory == directory; });
  if (found != open_.end()) {
    if (!fresh && found->task == on.task() && now - found->opened < longest_trust) return found->fd.get();
    open_.erase(found);
  }
  const auto path = full(directory);
  constexpr int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  descriptor fd{::open(kernel_path{path, within_, last_link::followed}.c_str(), flags)};
  if (!fd && make && (errno == ENOENT || errno == ENOTDIR)) {
    make_directories(path, within_);
    fd = descriptor{::open(kernel_path{path, within_, last_link::followed}.c_str(), flags)};
  }
  if (!fd) return -errno;
  if (open_.size() == capacity) open_.erase(open_.begin());
  open_.push_back({std::string{directory}, std::move(fd), on.task(), now,
                   on.book().enter(resource::descriptor, "directory")});
  return open_.back().fd.get();
}

void make_directories(const std::string& path, const path_bounds* within) {
  if (::mkdir(kernel_path{path, within, last_link::kept}.c_str(), 0777) == 0) return;
  const int reason = errno;
  if (reason == EEXIST) {
    struct stat st {};
    if (::stat(kernel_path{path, within, last_link::followed}.c_str(), &st) == 0 && S_ISDIR(st.st_mode))
      return;
    fail_system("mkdir", path, ENOTDIR);
  }
  const auto slash = path.find_last_of('/');
  if ((reason != ENOENT && reason != ENOTDIR) || slash == 0 || slash == std::string::npos)
    fail_system("mkdir", path, reason);
  make_directories(path.substr(0, slash), within);
  if (::mkdir(kernel_path{path, within, last_link::kept}.c_str(), 0777) != 0 && errno != EEXIST)
    fail_system("mkdir", path, errno);
}

} // namespace argosy
