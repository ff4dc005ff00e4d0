#include "backends/local/local_session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xxhash.h>

#include "backends/local/file_io.hpp"
#include "backends/local/file_metadata.hpp"
#include "backends/local/new_file.hpp"
#include "backends/local/partial_name.hpp"
#include "backends/local/system_failure.hpp"

// The quick way of a session: from one local disk to another.
namespace argosy {

namespace {

constexpr std::int64_t kernel_block_size = 4 << 20;

// copy_file_range(2) at the same place of both files. 0: it cannot be done so, or the source ends there.
std::int64_t copy_range(int from, int to, std::int64_t at, std::size_t size, const std::string& path) {
  off64_t from_at = at, to_at = at;
  while (true) {
    const auto done = ::copy_file_range(from, &from_at, to, &to_at, size, 0);
    if (done >= 0) return done;
    switch (errno) {
    case EINTR: continue;
    case ENOSYS:
    case EXDEV:
    case EINVAL:
    case EOPNOTSUPP:
    case EPERM: return 0;
    default: fail_system("write", path, errno);
    }
  }
}

} // namespace

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

bool local_session::adopt(const may_block& on, session& other, const copy_request& request,
                          const copy_policy& policy) {
  auto* from = dynamic_cast<local_session*>(&other);
  if (from == nullptr) return false;
  // Links that are shown as files go the general way: one side may want the text, the other a link.
  if (has_link_suffix(request.from) || has_link_suffix(request.to)) return false;
  require_writable();
  if (!block_) block_ = {on.book(), local_block_size + 1, 0};
  if (!read_back_) read_back_ = {on.book(), local_block_size, 0};
  on.check();
  try {
    struct stat st {};
    const bool small = request.size <= static_cast<std::int64_t>(local_block_size); // or unknown
    const auto source = [&] {
      try {
        return from->open_source(on, request.from, st, !small || policy.metadata);
      } catch (const failure& f) {
        throw f.within("failed to open source object");
      }
    }();
    source_read_ = st.st_atim; // reading it will change that
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
      out.directory, !policy.in_place, local_.bounds(),
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

void local_session::compare_block(local_session& from, int fd, std::int64_t offset, std::size_t size,
                                  const std::string& path) {
  const auto got = read_up_to(fd, read_back_.get(), size, offset, path);
  if (got == size && std::memcmp(block_.get(), read_back_.get(), size) == 0) return;
  const auto hex = [](const char* data, std::size_t length) {
    char text[17];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(XXH3_64bits(data, length)));
    return std::string{text};
  };
  throw corruption("corrupted on transfer: xxh3 hashes differ src(" + from.local_.info().description +
                   ") \"" + hex(block_.get(), size) + "\" vs dst(" + local_.info().description + ") \"" +
                   hex(read_back_.get(), got) + "\"");
}

void local_session::copy_small(const may_block& on, local_session& from, int source,
                               const copy_request& request, const copy_policy& policy) {
  // One byte more than fits shows a file that has grown.
  std::size_t size = 0;
  struct stat st {};
  try {
    size = read_some(source, block_.get(), local_block_size + 1, 0, request.from);
  } catch (const failure& f) {
    if (f.kind() == failure_kind::is_a_directory)
      fail(failure_kind::is_a_directory, "is a directory not a file");
    if (::fstat(source, &st) == 0 && !S_ISREG(st.st_mode))
      fail(failure_kind::object_not_found, "object not found");
    throw;
  }
  // Looked at after the reading, so that one call says both that it is the listed file and that it stayed so.
  if (::fstat(source, &st) != 0) fail_system("stat", from.on_disk(request.from), errno);
  if (!S_ISREG(st.st_mode)) fail(failure_kind::object_not_found, "object not found");
  if (size <= local_block_size && static_cast<std::int64_t>(size) < st.st_size)
    size += read_up_to(source, block_.get() + size, local_block_size + 1 - size,
                       static_cast<std::int64_t>(size), request.from);
  if (policy.check_updated && from.options().check_updated) {
    check_unchanged(request.size, request.modified, st);
    if (size <= local_block_size) check_unchanged(static_cast<std::int64_t>(size), 0, st);
  } else if (request.size >= 0) {
    size = std::min(size, static_cast<std::size_t>(request.size));
  }
  if (size > local_block_size) return copy_large(on, from, source, st, request, policy);

  partial_file out;
  open_partial(on, request, policy, out);
  on.account(size);
  write_all(out.fd.get(), block_.get(), size, 0, out.leaf);
  if (policy.verify_checksum) compare_block(from, out.fd.get(), 0, size, request.to);
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
  // What nobody compares need not come here.
  bool in_kernel = !policy.verify_checksum;
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
      if (in_kernel) {
        const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(end - at, kernel_block_size));
        const auto got = copy_range(source, out.fd.get(), at, wanted, out.leaf);
        on.account(static_cast<std::uint64_t>(got));
        at += got;
        in_kernel = got > 0;
        continue;
      }
      const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(end - at, local_block_size));
      on.account(wanted);
      const auto got = read_up_to(source, block_.get(), wanted, at, request.from);
      write_all(out.fd.get(), block_.get(), got, at, out.leaf);
      if (policy.verify_checksum) compare_block(from, out.fd.get(), at, got, request.to);
      at += static_cast<std::int64_t>(got);
      if (got < wanted) break;
    }
    if (at < end) break; // cut off meanwhile
  }
  if (::fstat(source, &st) != 0) fail_system("stat", from.on_disk(request.from), errno);
  listed(st);
  if (at < size)
    throw corruption("corrupted on transfer: sizes differ src(" + from.local_.info().description + ") " +
                     std::to_string(size) + " vs dst(" + local_.info().description + ") " +
                     std::to_string(at));
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
    times[0] = source_read_;
    if (!policy.metadata_set.empty()) {
      write_file_metadata(out.fd.get(), policy.metadata_set);
      for (const auto& [key, value] : policy.metadata_set)
        if (key == "atime" || key == "mtime") times[key == "mtime"] = to_timespec(parse_rfc3339(value));
    }
  }
  if (options().set_modified && ::futimens(out.fd.get(), times) != 0)
    fail_system("chtimes", on_disk(request.to), errno);
  if (!out.fd.close()) fail_system("close", on_disk(request.to), errno);
  if (!policy.in_place && ::renameat(out.directory, out.name.c_str(), out.directory, out.leaf.c_str()) != 0)
    fail_system(errno == EISDIR ? "open" : "rename", on_disk(request.to), errno);
  out.name.clear();
}

} // namespace argosy
