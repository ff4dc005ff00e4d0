#include "backends/local/local_session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xxhash.h>

#include "backends/local/file_metadata.hpp"
#include "backends/local/partial_name.hpp"
#include "backends/local/system_failure.hpp"
#include "core/name_encoding.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

// Block of a copy. 64 KiB to 4 MiB were measured (README.md): this one and what it reads back stay in the
// second-level cache together. Files up to this size are copied by one read and one write.
constexpr std::size_t block_size = 256 << 10;
constexpr std::size_t entries_size = 128 << 10;  // about 4000 entries a system call
constexpr std::size_t page_entries = 16'384;     // of a listing
constexpr std::size_t longest_target = 64 << 10; // of a symbolic link; Linux allows 4 KiB
// A partial file that nothing was written to for this long was left by a process that died.
constexpr nanoseconds abandoned_after = 600'000'000'000;

constexpr int read_flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK; // a pipe must not hold the thread up

// Go's time.Time text: 2006-01-02 15:04:05.999999999 -0700 MST.
std::string go_time(nanoseconds t) {
  const auto parts = to_timespec(t);
  std::tm local{};
  ::localtime_r(&parts.tv_sec, &local);
  char text[64];
  std::string out{text, std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local)};
  if (parts.tv_nsec != 0) {
    auto digits = std::to_string(1'000'000'000 + parts.tv_nsec);
    digits[0] = '.';
    digits.erase(digits.find_last_not_of('0') + 1);
    out += digits;
  }
  out.append(text, std::strftime(text, sizeof(text), " %z %Z", &local));
  return out;
}

// A source must not change while it is read (rc-surface 3.8).
void check_unchanged(std::int64_t size, nanoseconds modified, const struct stat& now) {
  constexpr auto prefix = "can't copy - source file is being updated ";
  if (size >= 0 && size != now.st_size)
    fail(failure_kind::no_retry, prefix + ("(size changed from " + std::to_string(size) + " to " +
                                           std::to_string(now.st_size) + ")"));
  if (modified != 0 && modified != to_nanoseconds(now.st_mtim))
    fail(failure_kind::no_retry, prefix + ("(mod time changed from " + go_time(modified) + " to " +
                                           go_time(to_nanoseconds(now.st_mtim)) + ")"));
}

void write_all(int fd, const char* data, std::size_t size, std::int64_t offset, const std::string& path) {
  while (size > 0) {
    const auto n = ::pwrite(fd, data, size, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_system("write", path, errno);
    data += n;
    offset += n;
    size -= static_cast<std::size_t>(n);
  }
}

// One pread(2): fewer bytes than asked for are the end of a file, or a signal came between.
std::size_t read_some(int fd, char* data, std::size_t size, std::int64_t offset, const std::string& path) {
  while (true) {
    const auto n = ::pread(fd, data, size, offset);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) fail_system("read", path, errno);
  }
}

// Reads until `size` bytes or the end.
std::size_t read_up_to(int fd, char* data, std::size_t size, std::int64_t offset, const std::string& path) {
  std::size_t got = 0;
  while (got < size) {
    const auto n = read_some(fd, data + got, size - got, offset + static_cast<std::int64_t>(got), path);
    if (n == 0) break;
    got += n;
  }
  return got;
}

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

std::string folder_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_regular_file(const struct stat& st) { return S_ISREG(st.st_mode); }

// Opens a new file. ENOENT: makes its folder first. A partial name that is taken belongs to somebody who
// writes the same object now: then another mark is used, unless that one is long abandoned.
template <class MakeName, class MakeFolder, class Path>
descriptor create_new(int directory, bool partial, MakeName name, MakeFolder missing_folder, Path path) {
  for (unsigned attempt = 0; attempt < 16;) {
    const std::string& leaf = name(attempt);
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | (partial ? O_EXCL | O_NOFOLLOW : O_TRUNC);
    descriptor fd{::openat(directory, leaf.c_str(), flags, 0666)};
    if (fd) return fd;
    if (errno == ENOENT && missing_folder(directory)) continue;
    if (errno != EEXIST || !partial) break;
    struct stat st {};
    if (::fstatat(directory, leaf.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) fail_system("lstat", path(), errno);
    } else if (now() - to_nanoseconds(st.st_ctim) > abandoned_after) {
      ::unlinkat(directory, leaf.c_str(), 0);
    } else {
      ++attempt;
    }
  }
  fail_system("open", path(), errno);
}

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

// The destination of a copy between two local disks. Removed unless it got its final name.
struct local_session::partial_file {
  int directory = -1;
  std::string name; // as it is called on disk at present; empty: there is none
  std::string leaf; // as it will be called
  descriptor fd;

  partial_file() = default;
  partial_file(const partial_file&) = delete;
  partial_file& operator=(const partial_file&) = delete;
  ~partial_file() {
    if (!name.empty()) ::unlinkat(directory, name.c_str(), 0);
  }
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

// A file being written through create().
class file_sink final : public object_sink {
public:
  file_sink(const may_block& on, const put_request& request, std::string path, bool in_place,
            bool set_modified) :
      request_(request),
      path_(std::move(path)), set_modified_(set_modified), hashes_(request.hashes),
      entry_(on.book().enter(resource::descriptor, "destination file", ledger::of_this_job)) {
    entry_.detail(path_);
    if (!in_place) partial_ = on.book().enter(resource::temporary_file, "partial file", ledger::of_this_job);
    struct stat st {};
    if (::stat(path_.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) fail_system("open", path_, EISDIR);
    const auto slash = path_.find_last_of('/');
    const auto folder = path_.substr(0, slash + 1);
    const auto leaf = path_.substr(slash + 1);
    bool made = false;
    fd_ = create_new(
        AT_FDCWD, !in_place,
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
          make_directories(folder_of(path_));
          return true;
        },
        [&] { return path_; });
    owned_ = true;
  }

  ~file_sink() override {
    fd_.close();
    if (owned_) ::unlink(written_.c_str());
  }

  void write(const may_block& on, const char* data, std::size_t size) override {
    on.check();
    write_all(fd_.get(), data, size, size_, path_);
    if (!request_.hashes.empty()) hashes_.update(data, size);
    size_ += static_cast<std::int64_t>(size);
  }

  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    on.check();
    struct stat st {};
    if (::fstat(fd_.get(), &st) != 0) fail_system("stat", path_, errno);
    put_result result;
    result.info.size = st.st_size;
    result.info.modified = request_.modified;
    for (const auto type : request_.hashes.list()) result.hashes[type] = hashes_.hex(type);
    if (verify) verify(result);
    if (!request_.metadata.empty()) write_file_metadata(fd_.get(), request_.metadata);
    if (set_modified_) {
      timespec times[2] = {to_timespec(request_.modified), to_timespec(request_.modified)};
      if (const auto read = request_.metadata.find("atime"); read != request_.metadata.end())
        times[0] = to_timespec(parse_rfc3339(read->second));
      if (::futimens(fd_.get(), times) != 0) fail_system("chtimes", path_, errno);
    }
    if (!fd_.close()) fail_system("close", path_, errno);
    if (written_ != path_ && ::rename(written_.c_str(), path_.c_str()) != 0)
      fail_system(errno == EISDIR ? "open" : "rename", path_, errno);
    owned_ = false;
    return result;
  }

private:
  put_request request_;
  std::string path_;    // final
  std::string written_; // path_ when in place
  ledger::entry partial_;
  bool set_modified_;
  hasher hashes_;
  ledger::entry entry_;
  descriptor fd_;
  std::int64_t size_ = 0;
  bool owned_ = false; // the file at written_ is to be removed
};

// A link being made out of its target.
class link_sink final : public object_sink {
public:
  link_sink(const put_request& request, std::string path) : request_(request), path_(std::move(path)) {}

  void write(const may_block& on, const char* data, std::size_t size) override {
    on.check();
    target_.append(data, size);
    if (target_.size() > longest_target)
      fail(failure_kind::no_retry, "failed to make link \"" + path_ + "\": its target is longer than 64 KiB");
  }

  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    on.check();
    put_result result;
    result.info.size = static_cast<std::int64_t>(target_.size());
    result.info.modified = request_.modified;
    hasher hashes{request_.hashes};
    hashes.update(target_.data(), target_.size());
    for (const auto type : request_.hashes.list()) result.hashes[type] = hashes.hex(type);
    if (verify) verify(result);
    const auto slash = path_.find_last_of('/');
    const auto made =
        path_.substr(0, slash + 1) + partial_name(path_.substr(slash + 1),
                                                  partial_mark(path_, result.info.size, request_.modified),
                                                  request_.partial_suffix);
    ::unlink(made.c_str());
    if (::symlink(target_.c_str(), made.c_str()) != 0) {
      if (errno != ENOENT) fail_system("symlink", path_, errno);
      make_directories(folder_of(path_));
      if (::symlink(target_.c_str(), made.c_str()) != 0) fail_system("symlink", path_, errno);
    }
    const timespec times[2] = {to_timespec(request_.modified), to_timespec(request_.modified)};
    ::utimensat(AT_FDCWD, made.c_str(), times, AT_SYMLINK_NOFOLLOW);
    if (::rename(made.c_str(), path_.c_str()) != 0) {
      const int reason = errno;
      ::unlink(made.c_str());
      fail_system("symlink", path_, reason);
    }
    return result;
  }

private:
  put_request request_;
  std::string path_;
  std::string target_;
};

} // namespace

local_session::local_session(const local_storage& s) : session(s), local_(s), directories_(s.disk_root()) {}

std::string local_session::on_disk(const std::string& path) const {
  return directories_.full(is_standard(path) ? path : disk_from_standard(path));
}

local_session::place local_session::place_of(const std::string& path) const {
  place p{on_disk(path), false};
  if (!options().links || !has_link_suffix(path)) return p;
  auto link = p.path.substr(0, p.path.size() - link_suffix.size());
  struct stat st {};
  // A plain file may be called like that, too.
  if (::lstat(p.path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && ::lstat(link.c_str(), &st) != 0) return p;
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
  const descriptor fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) {
    const auto why = errno;
    struct stat there {};
    if (why == ENOENT || (why == ENOTDIR && ::stat(path.c_str(), &there) != 0))
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
  if ((at.link ? ::lstat(at.path.c_str(), &st) : ::stat(at.path.c_str(), &st)) != 0) {
    // A root below a file is as absent as one below nothing.
    if (errno == ENOENT || (errno == ENOTDIR && path.empty())) return std::nullopt;
    fail_system("lstat", at.path, errno);
  }
  if (at.link ? !S_ISLNK(st.st_mode) : !S_ISDIR(st.st_mode) && !is_regular_file(st)) return std::nullopt;
  if (options().links && !at.link && !S_ISDIR(st.st_mode)) {
    // With links a link is known by its long name only.
    struct stat self {};
    if (::lstat(at.path.c_str(), &self) == 0 && S_ISLNK(self.st_mode)) return std::nullopt;
  }
  auto info = info_of_stat(st);
  if (at.link && info.size == 0)
    info.size = static_cast<std::int64_t>(read_link(AT_FDCWD, at.path.c_str(), at.path).size());
  return info;
}

descriptor local_session::open_source(const may_block& on, const std::string& path, struct stat& st,
                                      bool look) {
  parts p;
  split(path, p);
  descriptor fd;
  for (const bool fresh : {false, true}) {
    const int directory = directories_.get(on, p.directory, false, fresh);
    if (directory < 0) {
      errno = -directory;
    } else {
      fd = descriptor{::openat(directory, p.leaf, read_flags)};
    }
    if (fd || errno != ENOENT) break;
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
    auto target = read_link(AT_FDCWD, at.path.c_str(), at.path);
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

std::unique_ptr<object_sink> local_session::create(const may_block& on, const put_request& request) {
  on.check();
  const bool link = has_link_suffix(request.path);
  auto path = on_disk(request.path);
  if (link && options().links)
    return std::make_unique<link_sink>(request, path.substr(0, path.size() - link_suffix.size()));
  return std::make_unique<file_sink>(on, request, std::move(path), request.in_place || link,
                                     options().set_modified);
}

void local_session::remove(const may_block& on, const std::string& path) {
  on.check();
  if (options().links && has_link_suffix(path)) {
    const auto at = place_of(path);
    if (::unlink(at.path.c_str()) == 0) return;
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
  make_directories(on_disk(path));
}

void local_session::remove_directory(const may_block& on, const std::string& path) {
  on.check();
  directories_.clear();
  const auto disk = on_disk(path);
  if (::rmdir(disk.c_str()) == 0) return;
  if (errno == ENOTDIR) {
    struct stat st {};
    if (::lstat(disk.c_str(), &st) == 0) fail(failure_kind::is_a_file, "is a file not a directory");
    errno = ENOTDIR;
  }
  fail_system("remove", disk, errno == EEXIST ? ENOTEMPTY : errno);
}

void local_session::set_modified(const may_block& on, const std::string& path, nanoseconds modified) {
  on.check();
  if (!options().set_modified) return;
  const auto at = place_of(path);
  const timespec times[2] = {to_timespec(modified), to_timespec(modified)};
  if (::utimensat(AT_FDCWD, at.path.c_str(), times, at.link ? AT_SYMLINK_NOFOLLOW : 0) != 0)
    fail_system("chtimes", at.path, errno, failure_kind::object_not_found);
}

void local_session::set_directory_modified(const may_block& on, const std::string& path,
                                           nanoseconds modified) {
  on.check();
  if (!options().set_modified) return;
  const auto disk = on_disk(path);
  const timespec times[2] = {to_timespec(modified), to_timespec(modified)};
  // The slash makes the system refuse a file of that name.
  if (::utimensat(AT_FDCWD, (disk + "/").c_str(), times, 0) == 0) return;
  if (errno == ENOTDIR) fail(failure_kind::directory_not_found, "chtimes " + disk + ": not a directory");
  fail_system("chtimes", disk, errno, failure_kind::directory_not_found);
}

std::string local_session::hash(const may_block& on, const std::string& path, hash_type type) {
  if (!local_.info().hashes.has(type)) return {};
  const auto source = open(on, path, 0, -1);
  if (!block_) block_ = {on.book(), block_size + 1, 0};
  hasher h{type};
  while (const auto got = source->read(on, block_.get(), block_size)) h.update(block_.get(), got);
  return h.hex(type);
}

bool local_session::adopt(const may_block& on, session& other, const copy_request& request,
                          const copy_policy& policy) {
  auto* from = dynamic_cast<local_session*>(&other);
  if (from == nullptr) return false;
  // Links that are shown as files go the general way: one side may want the text, the other a link.
  if (has_link_suffix(request.from) || has_link_suffix(request.to)) return false;
  if (!block_) block_ = {on.book(), block_size + 1, 0};
  if (!read_back_) read_back_ = {on.book(), block_size, 0};
  on.check();
  try {
    struct stat st {};
    const bool small = request.size <= static_cast<std::int64_t>(block_size); // or unknown
    const auto source = [&] {
      try {
        return from->open_source(on, request.from, st, !small);
      } catch (const failure& f) {
        throw f.within("failed to open source object");
      }
    }();
    if (small)
      copy_small(on, *from, source.get(), request, policy);
    else
      copy_large(on, *from, source.get(), st, request, policy);
  } catch (...) {
    // An open directory may be the reason; the next file looks again.
    directories_.clear();
    throw;
  }
  return true;
}

void local_session::open_partial(const may_block& on, const copy_request& request, const copy_policy& policy,
                                 partial_file& out) {
  parts p;
  split(request.to, p);
  out.leaf = p.leaf;
  out.directory = directories_.get(on, p.directory, true);
  if (out.directory < 0) fail_system("open", directories_.full(p.directory), -out.directory);
  bool looked_again = false;
  std::string name;
  out.fd = create_new(
      out.directory, !policy.in_place,
      [&](unsigned attempt) -> const std::string& {
        name = policy.in_place
                   ? out.leaf
                   : partial_name(out.leaf, partial_mark(request.to, request.size, request.modified, attempt),
                                  policy.partial_suffix);
        return name;
      },
      [&](int& directory) {
        if (std::exchange(looked_again, true)) return false;
        directory = out.directory = directories_.get(on, p.directory, true, true);
        return directory >= 0;
      },
      [&] { return on_disk(request.to); });
  out.name = std::move(name);
}

void local_session::compare_block(local_session& from, int fd, std::int64_t offset, std::size_t size) {
  const auto got = read_up_to(fd, read_back_.get(), size, offset, local_.disk_root());
  if (got == size && std::memcmp(block_.get(), read_back_.get(), size) == 0) return;
  const auto hex = [](const char* data, std::size_t length) {
    char text[17];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(XXH3_64bits(data, length)));
    return std::string{text};
  };
  fail(failure_kind::retryable, "corrupted on transfer: xxh3 hashes differ src(" +
                                    from.local_.info().description + ") \"" + hex(block_.get(), size) +
                                    "\" vs dst(" + local_.info().description + ") \"" +
                                    hex(read_back_.get(), got) + "\"");
}

void local_session::copy_small(const may_block& on, local_session& from, int source,
                               const copy_request& request, const copy_policy& policy) {
  // One byte more than fits shows a file that has grown.
  std::size_t size = 0;
  try {
    size = read_some(source, block_.get(), block_size + 1, 0, request.from);
  } catch (const failure& f) {
    if (f.kind() != failure_kind::is_a_directory) throw;
    fail(failure_kind::is_a_directory, "is a directory not a file");
  }
  // Looked at after the reading, so that one call says both that it is the listed file and that it stayed so.
  struct stat st {};
  if (::fstat(source, &st) != 0) fail_system("stat", from.on_disk(request.from), errno);
  if (!is_regular_file(st)) fail(failure_kind::object_not_found, "object not found");
  if (size <= block_size && static_cast<std::int64_t>(size) < st.st_size)
    size += read_up_to(source, block_.get() + size, block_size + 1 - size, static_cast<std::int64_t>(size),
                       request.from);
  if (policy.check_updated && from.options().check_updated) {
    check_unchanged(request.size, request.modified, st);
    if (size <= block_size) check_unchanged(static_cast<std::int64_t>(size), 0, st);
  } else if (request.size >= 0) {
    size = std::min(size, static_cast<std::size_t>(request.size));
  }
  if (size > block_size) return copy_large(on, from, source, st, request, policy);

  partial_file out;
  open_partial(on, request, policy, out);
  on.account(size);
  write_all(out.fd.get(), block_.get(), size, 0, out.leaf);
  if (policy.verify_checksum) compare_block(from, out.fd.get(), 0, size);
  finish(request, policy, source, st, out);
}

void local_session::copy_large(const may_block& on, local_session& from, int source,
                               const struct stat& before, const copy_request& request,
                               const copy_policy& policy) {
  const bool check = policy.check_updated && from.options().check_updated;
  const auto listed = [&](const struct stat& st) {
    if (check)
      check_unchanged(request.size >= 0 ? request.size : before.st_size, to_nanoseconds(before.st_mtim), st);
  };
  if (check) check_unchanged(request.size, request.modified, before);
  const std::int64_t size =
      check || request.size < 0 ? before.st_size : std::min<std::int64_t>(before.st_size, request.size);
  const auto in_book = on.book().enter(resource::temporary_file, "partial file", ledger::of_this_job);
  partial_file out;
  open_partial(on, request, policy, out);
  struct stat st {};

  if (size == before.st_size && ::ioctl(out.fd.get(), FICLONE, source) == 0) {
    // Both names share the same blocks: there is nothing that could differ but the length.
    if (::fstat(out.fd.get(), &st) != 0) fail_system("stat", on_disk(request.to), errno);
    if (st.st_size == size) {
      on.account_free(static_cast<std::uint64_t>(size));
      if (::fstat(source, &st) != 0) fail_system("stat", from.on_disk(request.from), errno);
      listed(st);
      return finish(request, policy, source, st, out);
    }
    if (::ftruncate(out.fd.get(), 0) != 0) fail_system("truncate", on_disk(request.to), errno);
  }

  ::posix_fadvise(source, 0, 0, POSIX_FADV_SEQUENTIAL);
  const bool sparse = before.st_blocks * 512 < before.st_size;
  std::int64_t at = 0;
  while (at < size) {
    auto end = size;
    if (sparse) {
      const auto data = ::lseek(source, at, SEEK_DATA);
      if (data < 0 && errno != ENXIO) fail_system("seek", from.on_disk(request.from), errno);
      const auto begin = data < 0 ? size : std::min<std::int64_t>(data, size);
      on.account_free(static_cast<std::uint64_t>(begin - at));
      at = begin;
      if (at == size) break;
      const auto hole = ::lseek(source, at, SEEK_HOLE);
      if (hole > at) end = std::min<std::int64_t>(hole, size);
    }
    while (at < end) {
      const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(end - at, block_size));
      on.account(wanted);
      const auto got = read_up_to(source, block_.get(), wanted, at, request.from);
      write_all(out.fd.get(), block_.get(), got, at, out.leaf);
      if (policy.verify_checksum) compare_block(from, out.fd.get(), at, got);
      at += static_cast<std::int64_t>(got);
      if (got < wanted) break;
    }
    if (at < end) break; // cut off meanwhile
  }
  if (::fstat(source, &st) != 0) fail_system("stat", from.on_disk(request.from), errno);
  listed(st);
  if (at < size)
    fail(failure_kind::retryable, "corrupted on transfer: sizes differ src(" +
                                      from.local_.info().description + ") " + std::to_string(size) +
                                      " vs dst(" + local_.info().description + ") " + std::to_string(at));
  if (sparse && ::ftruncate(out.fd.get(), size) != 0) fail_system("truncate", on_disk(request.to), errno);
  struct stat written {};
  if (::fstat(out.fd.get(), &written) != 0) fail_system("stat", on_disk(request.to), errno);
  // Who cleans up partial files may have taken this one for an abandoned one.
  if (written.st_nlink == 0)
    fail(failure_kind::retryable,
         "the partial file of " + on_disk(request.to) + " was removed while it was written");
  finish(request, policy, source, st, out);
}

void local_session::finish(const copy_request& request, const copy_policy& policy, int source,
                           const struct stat& st, partial_file& out) {
  timespec times[2] = {st.st_mtim, st.st_mtim};
  if (policy.metadata) {
    copy_file_metadata(source, st, out.fd.get());
    times[0] = st.st_atim;
  }
  if (options().set_modified && ::futimens(out.fd.get(), times) != 0)
    fail_system("chtimes", on_disk(request.to), errno);
  if (!out.fd.close()) fail_system("close", on_disk(request.to), errno);
  if (!policy.in_place && ::renameat(out.directory, out.name.c_str(), out.directory, out.leaf.c_str()) != 0)
    fail_system(errno == EISDIR ? "open" : "rename", on_disk(request.to), errno);
  out.name.clear();
}

bool local_session::move_from(const may_block& on, session& other, const std::string& from,
                              const std::string& to) {
  on.check();
  auto* source = dynamic_cast<local_session*>(&other);
  if (source == nullptr) return false;
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
  if (::lstat(old_place.path.c_str(), &st) != 0) {
    if (errno == ENOENT) fail(failure_kind::object_not_found, "object not found");
    fail_system("lstat", old_place.path, errno);
  }
  if (S_ISDIR(st.st_mode)) fail(failure_kind::is_a_directory, "is a directory not a file");
  if (old_place.path == new_path) return true;
  for (const bool again : {false, true}) {
    if (::rename(old_place.path.c_str(), new_path.c_str()) == 0) return true;
    if (again || (errno != ENOENT && errno != ENOTDIR)) break;
    make_directories(folder_of(new_path));
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
  const auto old_path = source->on_disk(from);
  const auto new_path = on_disk(to);
  struct stat st {};
  if (::lstat(old_path.c_str(), &st) != 0) {
    if (errno == ENOENT) fail(failure_kind::directory_not_found, "directory not found");
    fail_system("lstat", old_path, errno);
  }
  if (!S_ISDIR(st.st_mode)) return false;
  directories_.clear();
  source->directories_.clear();
  // Looked at first, because making the parents of a target inside the source would be in vain.
  if (::lstat(new_path.c_str(), &st) == 0 || new_path.compare(0, old_path.size() + 1, old_path + "/") == 0)
    return false;
  make_directories(folder_of(new_path));
  if (::renameat2(AT_FDCWD, old_path.c_str(), AT_FDCWD, new_path.c_str(), RENAME_NOREPLACE) == 0) return true;
  // Some file systems lack the flag; a rename over an empty directory that appeared just now does no harm.
  if (errno == EINVAL && ::rename(old_path.c_str(), new_path.c_str()) == 0) return true;
  if (errno == EXDEV || errno == EEXIST || errno == ENOTEMPTY || errno == EINVAL || errno == EBUSY)
    return false;
  fail_system("rename", old_path + " " + new_path, errno);
}

storage_usage local_session::about(const may_block& on) {
  on.check();
  struct statvfs fs {};
  if (::statvfs(local_.disk_root().c_str(), &fs) != 0) {
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
  return read_file_metadata(at.path, !at.link);
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
