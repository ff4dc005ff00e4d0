#include "backends/local/new_file.hpp"

#include <utility>

#include "backends/local/directory_cache.hpp"
#include "backends/local/file_io.hpp"
#include "backends/local/file_metadata.hpp"
#include "backends/local/partial_name.hpp"

namespace argosy {

bool is_abandoned(const struct stat& st) {
  constexpr nanoseconds abandoned_after = 600'000'000'000;
  return now() - to_nanoseconds(st.st_ctim) > abandoned_after;
}

new_file::new_file(const may_block& on, const put_request& request, std::string path, bool in_place,
                   const path_bounds* within) :
    within_(within),
    path_(std::move(path)),
    entry_(on.book().enter(resource::descriptor, "destination file", ledger::of_this_job)) {
  entry_.detail(path_);
  if (!in_place) partial_ = on.book().enter(resource::temporary_file, "partial file", ledger::of_this_job);
  struct stat st {};
  if (::stat(kernel_path{path_, within_, last_link::followed}.c_str(), &st) == 0 && S_ISDIR(st.st_mode))
    fail_system("open", path_, EISDIR);
  const auto slash = path_.find_last_of('/');
  const auto folder = path_.substr(0, slash + 1);
  const auto leaf = path_.substr(slash + 1);
  bool made = false;
  fd_ = create_new(
      AT_FDCWD, !in_place, within_,
      [&](unsigned attempt) -> const std::string& {
        written_ =
            in_place
                ? path_
                : folder + partial_name(leaf, partial_mark(path_, request.size, request.modified, attempt),
                                        request.partial_suffix);
        return written_;
      },
      [&](int) {
        if (std::exchange(made, true)) return false;
        make_directories(folder_of(path_), within_);
        return true;
      },
      [&] { return path_; });
  owned_ = true;
}

new_file::~new_file() {
  fd_.close();
  if (!owned_) return;
  try {
    ::unlink(kernel_path{written_, within_, last_link::kept}.c_str());
  } catch (const failure&) {
    // Its folder was moved out of the bounds: the file is out of reach.
  }
}

std::int64_t new_file::size() const {
  struct stat st {};
  if (::fstat(fd_.get(), &st) != 0) fail_system("stat", path_, errno);
  return st.st_size;
}

void new_file::finish(const put_request& request, bool set_modified) {
  if (!request.metadata.empty()) write_file_metadata(fd_.get(), request.metadata);
  if (set_modified) {
    timespec times[2] = {to_timespec(request.modified), to_timespec(request.modified)};
    if (const auto read = request.metadata.find("atime"); read != request.metadata.end())
      times[0] = to_timespec(parse_rfc3339(read->second));
    if (::futimens(fd_.get(), times) != 0) fail_system("chtimes", path_, errno);
  }
  if (!fd_.close()) fail_system("close", path_, errno);
  if (written_ != path_ && ::rename(kernel_path{written_, within_, last_link::kept}.c_str(),
                                    kernel_path{path_, within_, last_link::kept}.c_str()) != 0)
    fail_system(errno == EISDIR ? "open" : "rename", path_, errno);
  owned_ = false;
}

} // namespace argosy
