#include "backends/local/local_session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/local/file_io.hpp"
#include "backends/local/file_metadata.hpp"
#include "backends/local/kernel_path.hpp"
#include "backends/local/sinks.hpp"
#include "backends/local/system_failure.hpp"
#include "core/name_encoding.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

constexpr std::size_t entries_size = 128 << 10; // about 4000 entries a system call
constexpr std::size_t page_entries = 16'384;    // of a listing

constexpr int read_flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK; // a pipe must not hold the thread up

std::string read_link(int directory, const char* path, const std::string& full) {
  std::string target(256, '\0');
  while (true) {
    const auto n = ::readlinkat(directory, path, target.data(), target.size());
    if (n < 0) fail_system("readlink", full, errno, failure_kind::object_not_found);
    if (static_cast<std::size_t>(n) < target.size()) {
      target.resize(static_cast<std::size_t>(n));
      return target;
    }
    target.resize(target.size() * 4);
  }
}

object_info info_of_stat(const struct stat& st) {
  object_info info;
  info.kind = S_ISDIR(st.st_mode) ? entry_kind::directory : entry_kind::file;
  info.size = S_ISDIR(st.st_mode) ? -1 : st.st_size;
  info.modified = to_nanoseconds(st.st_mtim);
  return info;
}

bool is_regular_file(const struct stat& st) { return S_ISREG(st.st_mode); }

} // namespace

// A file being read through open().
class local_session::reader final : public object_source {
public:
  reader(const may_block& on, descriptor fd, std::string path, const struct stat& st, std::int64_t offset,
         std::int64_t length, bool check) :
      entry_(on.book().enter(resource::descriptor, "source file", ledger::of_this_job)),
      fd_(std::move(fd)), path_(std::move(path)), offset_(offset), left_(length), size_(st.st_size),
      modified_(to_nanoseconds(st.st_mtim)), check_(check) {
    entry_.detail(path_);
  }

  std::size_t read(const may_block& on, char* data, std::size_t size) override {
    on.check();
    if (left_ >= 0)
      size = static_cast<std::size_t>(std::min<std::int64_t>(left_, static_cast<std::int64_t>(size)));
    if (size == 0) return 0;
    const auto got = read_up_to(fd_.get(), data, size, offset_, path_);
    offset_ += static_cast<std::int64_t>(got);
    if (left_ >= 0) left_ -= static_cast<std::int64_t>(got);
    if (got < size && check_) {
      struct stat st {};
      if (::fstat(fd_.get(), &st) != 0) fail_system("stat", path_, errno);
      check_unchanged(size_, modified_, st);
    }
    return got;
  }

private:
  ledger::entry entry_;
  descriptor fd_;
  std::string path_;
  std::int64_t offset_;
  std::int64_t left_; // bytes; -1: to the end
  std::int64_t size_;
  nanoseconds modified_;
  bool check_;
};

namespace {

// The target of a link, read as if it were a file.
class text_source final : public object_source {
public:
  explicit text_source(std::string text) : text_(std::move(text)) {}
  std::size_t read(const may_block& on, char* data, std::size_t size) override {
    on.check();
    const auto got = std::min(size, text_.size() - at_);
    std::memcpy(data, text_.data() + at_, got);
    at_ += got;
    return got;
  }

private:
  std::string text_;
  std::size_t at_ = 0;
};

} // namespace

local_session::local_session(const local_storage& s) :
    session(s), local_(s), directories_(s.disk_root(), s.bounds()) {}

std::string local_session::on_disk(const std::string& path) const {
  return directories_.full(is_standard(path) ? path : disk_from_standard(path));
}

local_session::place local_session::place_of(const std::string& path) const {
  place p{on_disk(path), false};
  if (!options().links || !has_link_suffix(path)) return p;
  auto link = p.path.substr(0, p.path.size() - link_suffix.size());
  struct stat st {};
  // A plain file may be called like that, too.
  if (::lstat(kept(p.path).c_str(), &st) == 0 && S_ISREG(st.st_mode) && ::lstat(kept(link).c_str(), &st) != 0)
    return p;
  return {std::move(link), true};
}

void local_session::split(const std::string& path, parts& out) const {
  const std::string* disk = &path;
  if (!is_standard(path)) {
    out.changed = disk_from_standard(path);
    disk = &out.changed;
  }
  const auto slash = disk->find_last_of('/');
  const bool deep = slash != std::string::npos;
  out.directory = deep ? std::string_view{*disk}.substr(0, slash) : std::string_view{};
  out.leaf = disk->c_str() + (deep ? slash + 1 : 0);
}

void local_session::list(const may_block& on, const std::string& directory, const page_sink& page) {
  on.check();
  const auto path = on_disk(directory);
  const descriptor fd{::open(followed(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) {
    const auto why = errno;
    struct stat there {};
    if (why == ENOENT || (why == ENOTDIR && ::stat(followed(path).c_str(), &there) != 0))
      fail(failure_kind::directory_not_found, "directory not found");
    if (why == ENOTDIR)
      fail(failure_kind::is_a_file,
           "failed to read directory entry: " + path_error("readdirent", path, ENOTDIR));
    try {
      fail_system("open", path, why);
    } catch (const failure& f) {
      throw f.within("failed to open directory \"" + directory + "\"");
    }
  }
  struct stat own {};
  if (options().one_file_system && ::fstat(fd.get(), &own) != 0) fail_system("stat", path, errno);
  if (!entries_) entries_ = std::make_unique<char[]>(entries_size);

  listing entries;
  std::string scratch;
  std::string trouble; // the first entry that could not be looked at
  const auto skip = [&](std::string_view name, const char* why) {
    if (options().skip_links || !local_.log().enabled(log_level::notice)) return;
    std::string text{directory};
    if (!text.empty()) text += '/';
    local_.log().write(log_level::notice, text.append(standard_from_disk(name)).append(": ").append(why));
  };
  while (true) {
    const auto got = ::syscall(SYS_getdents64, fd.get(), entries_.get(), entries_size);
    if (got < 0 && errno == ENOENT)
      fail(failure_kind::directory_not_found, "directory not found"); // removed meanwhile
    if (got < 0) {
      try {
        fail_system("readdirent", path, errno);
      } catch (const failure& f) {
        throw f.within("failed to read directory entry");
      }
    }
    if (got == 0) break;
    on.check();
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries_.get() + at);
      at += entry->d_reclen;
      const char* leaf = entry->d_name;
      if (leaf[0] == '.' && (leaf[1] == '\0' || (leaf[1] == '.' && leaf[2] == '\0'))) continue;
      const auto type = entry->d_type;
      if (type == DT_SOCK || type == DT_FIFO || type == DT_CHR || type == DT_BLK) continue;
      if (type == DT_LNK && !options().links && !options().copy_links) {
        skip(leaf, "Can't follow symlink without -L/--copy-links");
        continue;
      }
      struct stat st {};
      if (::fstatat(fd.get(), leaf, &st, options().copy_links ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT && type != DT_LNK) continue; // removed meanwhile
        if (trouble.empty()) trouble = path_error("stat", path + "/" + leaf, errno);
        continue;
      }
      std::string_view name{leaf};
      auto kind = entry_kind::file;
      std::int64_t size = st.st_size;
      if (S_ISDIR(st.st_mode)) {
        if (options().one_file_system && st.st_dev != own.st_dev) continue;
        kind = entry_kind::directory;
        size = -1;
      } else if (S_ISLNK(st.st_mode)) {
        if (!options().links) { // of an unknown type before
          skip(leaf, "Can't follow symlink without -L/--copy-links");
          continue;
        }
        if (size == 0) size = static_cast<std::int64_t>(read_link(fd.get(), leaf, path).size());
        scratch.assign(name).append(link_suffix);
        name = scratch;
      } else if (!is_regular_file(st)) {
        continue;
      }
      if (!is_standard(name)) name = scratch = standard_from_disk(name);
      if (options().unicode_normalization && !is_ascii(name)) name = scratch = normalize_nfc(name);
      entries.add(name, kind, size, to_nanoseconds(st.st_mtim));
    }
    if (entries.size() >= page_entries) page(std::exchange(entries, {}));
  }
  if (!entries.empty()) page(std::move(entries));
  // Said last, so that what could be seen has been handed over.
  if (!trouble.empty())
    fail(failure_kind::other, "failed to read directory \"" + directory + "\": " + trouble);
}

std::optional<object_info> local_session::stat(const may_block& on, const std::string& path) {
  on.check();
  const auto at = place_of(path);
  struct stat st {};
  if ((at.link ? ::lstat(kept(at.path).c_str(), &st) : ::stat(followed(at.path).c_str(), &st)) != 0) {
    // A root below a file is as absent as one below nothing.
    if (errno == ENOENT || (errno == ENOTDIR && path.empty())) return std::nullopt;
    fail_system("lstat", at.path, errno);
  }
  if (at.link ? !S_ISLNK(st.st_mode) : !S_ISDIR(st.st_mode) && !is_regular_file(st)) return std::nullopt;
  if (options().links && !at.link && !S_ISDIR(st.st_mode)) {
    // With links a link is known by its long name only.
    struct stat self {};
    if (::lstat(kept(at.path).c_str(), &self) == 0 && S_ISLNK(self.st_mode)) return std::nullopt;
  }
  auto info = info_of_stat(st);
  if (at.link && info.size == 0)
    info.size = static_cast<std::int64_t>(read_link(AT_FDCWD, kept(at.path).c_str(), at.path).size());
  return info;
}

descriptor local_session::open_source(const may_block& on, const std::string& path, struct stat& st,
                                      bool look) {
  parts p;
  split(path, p);
  descriptor fd;
  if (local_.bounds() != nullptr) {
    // A last link may lead anywhere.
    fd = descriptor{::open(followed(on_disk(path)).c_str(), read_flags)};
  } else {
    for (const bool fresh : {false, true}) {
      const int directory = directories_.get(on, p.directory, false, fresh);
      if (directory < 0) {
        errno = -directory;
      } else {
        fd = descriptor{::openat(directory, p.leaf, read_flags)};
      }
      if (fd || errno != ENOENT) break;
    }
  }
  if (!fd) fail_system("open", on_disk(path), errno, failure_kind::object_not_found);
  if (look) {
    if (::fstat(fd.get(), &st) != 0) fail_system("stat", on_disk(path), errno);
    if (S_ISDIR(st.st_mode)) fail(failure_kind::is_a_directory, "is a directory not a file");
    if (!is_regular_file(st)) fail(failure_kind::object_not_found, "object not found");
  }
  return fd;
}

std::unique_ptr<object_source> local_session::open(const may_block& on, const std::string& path,
                                                   std::int64_t offset, std::int64_t length) {
  on.check();
  auto at = place_of(path);
  if (at.link) {
    auto target = read_link(AT_FDCWD, kept(at.path).c_str(), at.path);
    const auto from = std::min(target.size(), static_cast<std::size_t>(std::max<std::int64_t>(offset, 0)));
    return std::make_unique<text_source>(
        target.substr(from, length < 0 ? std::string::npos : static_cast<std::size_t>(length)));
  }
  struct stat st {};
  auto fd = open_source(on, path, st, true);
  const bool whole = offset == 0 && length < 0;
  return std::make_unique<reader>(on, std::move(fd), std::move(at.path), st, offset, length,
                                  whole && options().check_updated);
}

void local_session::require_unchanged(const may_block& on, const copy_request& request) {
  on.check();
  const auto at = place_of(request.from);
  if (!options().check_updated || at.link) return;
  struct stat st {};
  if (::stat(followed(at.path).c_str(), &st) != 0)
    fail_system("stat", at.path, errno, failure_kind::object_not_found);
  check_unchanged(request.size, request.modified, st);
}

std::unique_ptr<object_sink> local_session::create(const may_block& on, const put_request& request) {
  on.check();
  require_writable();
  const bool link = has_link_suffix(request.path);
  auto path = on_disk(request.path);
  if (link && options().links)
    return make_link_sink(request, path.substr(0, path.size() - link_suffix.size()), local_.bounds());
  return make_file_sink(on, request, std::move(path), request.in_place || link, options().set_modified,
                        local_.bounds());
}

std::unique_ptr<chunked_object> local_session::create_chunked(const may_block& on, const put_request& request,
                                                              std::int64_t chunk_size) {
  on.check();
  require_writable();
  if (has_link_suffix(request.path)) return nullptr;
  return make_chunked_file(on, request, on_disk(request.path), chunk_size, options().set_modified,
                           local_.bounds());
}

void local_session::remove(const may_block& on, const std::string& path) {
  on.check();
  require_writable();
  if (options().links && has_link_suffix(path)) {
    const auto at = place_of(path);
    if (::unlink(kept(at.path).c_str()) == 0) return;
    if (errno == ENOENT) fail(failure_kind::object_not_found, "object not found");
    fail_system("remove", at.path, errno);
  }
  parts p;
  split(path, p);
  for (const bool fresh : {false, true}) {
    const int directory = directories_.get(on, p.directory, false, fresh);
    if (directory < 0) {
      errno = -directory;
    } else if (::unlinkat(directory, p.leaf, 0) == 0) {
      return;
    }
    if (errno != ENOENT) break;
  }
  if (errno == ENOENT) fail(failure_kind::object_not_found, "object not found");
  if (errno == EISDIR) fail(failure_kind::is_a_directory, "is a directory not a file");
  fail_system(errno == ENOTDIR ? "lstat" : "remove", on_disk(path), errno);
}

void local_session::make_directory(const may_block& on, const std::string& path) {
  on.check();
  require_writable();
  make_directories(on_disk(path), local_.bounds());
}

void local_session::remove_directory(const may_block& on, const std::string& path) {
  on.check();
  require_writable();
  directories_.clear();
  const auto disk = on_disk(path);
  if (::rmdir(kept(disk).c_str()) == 0) return;
  if (errno == ENOTDIR) {
    struct stat st {};
    if (::lstat(kept(disk).c_str(), &st) == 0) fail(failure_kind::is_a_file, "is a file not a directory");
    errno = ENOTDIR;
  }
  fail_system("remove", disk, errno == EEXIST ? ENOTEMPTY : errno);
}

void local_session::set_modified(const may_block& on, const std::string& path, nanoseconds modified) {
  on.check();
  require_writable();
  if (!options().set_modified) return;
  const auto at = place_of(path);
  const timespec times[2] = {to_timespec(modified), to_timespec(modified)};
  const auto reached = at.link ? kept(at.path) : followed(at.path);
  if (::utimensat(AT_FDCWD, reached.c_str(), times, at.link ? AT_SYMLINK_NOFOLLOW : 0) != 0)
    fail_system("chtimes", at.path, errno, failure_kind::object_not_found);
}

void local_session::set_directory_modified(const may_block& on, const std::string& path,
                                           nanoseconds modified) {
  on.check();
  require_writable();
  if (!options().set_modified) return;
  const auto disk = on_disk(path);
  const timespec times[2] = {to_timespec(modified), to_timespec(modified)};
  // The slash makes the system refuse a file of that name.
  const auto slashed = disk + "/";
  if (::utimensat(AT_FDCWD, followed(slashed).c_str(), times, 0) == 0) return;
  if (errno == ENOTDIR) fail(failure_kind::directory_not_found, "chtimes " + disk + ": not a directory");
  fail_system("chtimes", disk, errno, failure_kind::directory_not_found);
}

std::string local_session::hash(const may_block& on, const std::string& path, hash_type type) {
  if (!local_.info().hashes.has(type)) return {};
  const auto source = open(on, path, 0, -1);
  if (!block_) block_ = {on.book(), local_block_size + 1, 0};
  hasher h{type};
  while (const auto got = source->read(on, block_.get(), local_block_size)) h.update(block_.get(), got);
  return h.hex(type);
}

bool local_session::move_from(const may_block& on, session& other, const std::string& from,
                              const std::string& to) {
  on.check();
  auto* source = dynamic_cast<local_session*>(&other);
  if (source == nullptr) return false;
  source->require_writable();
  require_writable();
  // A link as a link, or what both sides agree to call so.
  if ((has_link_suffix(from) || has_link_suffix(to)) && source->options().links != options().links)
    return false;
  const auto old_place = source->place_of(from);
  auto new_path = on_disk(to);
  if (old_place.link) {
    if (!has_link_suffix(to)) return false;
    new_path.resize(new_path.size() - link_suffix.size());
  }
  struct stat st {};
  if (::lstat(source->kept(old_place.path).c_str(), &st) != 0) {
    if (errno == ENOENT) fail(failure_kind::object_not_found, "object not found");
    fail_system("lstat", old_place.path, errno);
  }
  if (S_ISDIR(st.st_mode)) fail(failure_kind::is_a_directory, "is a directory not a file");
  if (old_place.path == new_path) return true;
  for (const bool again : {false, true}) {
    if (::rename(source->kept(old_place.path).c_str(), kept(new_path).c_str()) == 0) return true;
    if (again || (errno != ENOENT && errno != ENOTDIR)) break;
    make_directories(folder_of(new_path), local_.bounds());
  }
  if (errno == EXDEV) return false;
  if (errno == EISDIR) fail(failure_kind::is_a_directory, "can't move file onto non-file");
  fail_system("rename", old_place.path + " " + new_path, errno, failure_kind::object_not_found);
}

bool local_session::move_directory_from(const may_block& on, session& other, const std::string& from,
                                        const std::string& to) {
  on.check();
  auto* source = dynamic_cast<local_session*>(&other);
  if (source == nullptr) return false;
  source->require_writable();
  require_writable();
  const auto old_path = source->on_disk(from);
  const auto new_path = on_disk(to);
  struct stat st {};
  if (::lstat(source->kept(old_path).c_str(), &st) != 0) {
    if (errno == ENOENT) fail(failure_kind::directory_not_found, "directory not found");
    fail_system("lstat", old_path, errno);
  }
  if (!S_ISDIR(st.st_mode)) return false;
  directories_.clear();
  source->directories_.clear();
  // Looked at first, because making the parents of a target inside the source would be in vain.
  if (::lstat(kept(new_path).c_str(), &st) == 0 ||
      new_path.compare(0, old_path.size() + 1, old_path + "/") == 0)
    return false;
  make_directories(folder_of(new_path), local_.bounds());
  if (::renameat2(AT_FDCWD, source->kept(old_path).c_str(), AT_FDCWD, kept(new_path).c_str(),
                  RENAME_NOREPLACE) == 0)
    return true;
  // Some file systems lack the flag; a rename over an empty directory that appeared just now does no harm.
  if (errno == EINVAL && ::rename(source->kept(old_path).c_str(), kept(new_path).c_str()) == 0) return true;
  if (errno == EXDEV || errno == EEXIST || errno == ENOTEMPTY || errno == EINVAL || errno == EBUSY)
    return false;
  fail_system("rename", old_path + " " + new_path, errno);
}

storage_usage local_session::about(const may_block& on) {
  on.check();
  struct statvfs fs {};
  if (::statvfs(followed(local_.disk_root()).c_str(), &fs) != 0) {
    if (errno == ENOENT) fail(failure_kind::directory_not_found, "directory not found");
    fail_system("statfs", local_.disk_root(), errno);
  }
  const auto bytes = [&](fsblkcnt_t blocks) { return static_cast<std::int64_t>(blocks * fs.f_frsize); };
  storage_usage usage;
  usage.total = bytes(fs.f_blocks);
  usage.used = bytes(fs.f_blocks - fs.f_bfree);
  usage.free = bytes(fs.f_bavail);
  return usage;
}

std::map<std::string, std::string> local_session::metadata(const may_block& on, const std::string& path) {
  on.check();
  const auto at = place_of(path);
  return read_file_metadata(at.path, !at.link, local_.bounds());
}

void local_session::set_directory_metadata(const may_block& on, const std::string& path,
                                           const std::map<std::string, std::string>& metadata) {
  on.check();
  require_writable();
  const auto disk = on_disk(path);
  make_directories(disk, local_.bounds());
  const descriptor fd{::open(followed(disk).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) fail_system("open", disk, errno, failure_kind::directory_not_found);
  write_file_metadata(fd.get(), metadata);
  const auto time_of = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? timespec{0, UTIME_OMIT} : to_timespec(parse_rfc3339(found->second));
  };
  const timespec times[2] = {time_of("atime"), time_of("mtime")};
  if (options().set_modified && ::futimens(fd.get(), times) != 0) fail_system("chtimes", disk, errno);
}

json local_session::command(const may_block& on, const std::string& name,
                            const std::map<std::string, std::string>& options,
                            const std::vector<std::string>& arguments) {
  on.check();
  if (name != "noop") fail(failure_kind::other, "command not found");
  if (const auto error = options.find("error"); error != options.end())
    fail(failure_kind::other, error->second.empty() ? "unspecified error" : error->second);
  if (options.count("echo") == 0) return nullptr;
  return json{{"name", name}, {"arg", arguments}, {"opt", options}};
}

} // namespace argosy
