#include "actors/reports/spill_store.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/failure.hpp"

namespace argosy {

namespace {

/// Space is given out in pieces of this size, so that what one report leaves fits the next: that of a
/// report's memory.
constexpr std::uint64_t unit = 64 << 10;
constexpr ::mode_t only_owner = 0600;

std::uint64_t units_of(std::uint64_t bytes) { return (bytes + unit - 1) / unit; }

[[noreturn]] void give_up(const std::string& deed, const std::string& folder, int error) {
  fail(failure_kind::other,
       "temporary file in " + folder + ": " + deed + ": " + std::generic_category().message(error));
}

} // namespace

bool spill_store::open_in(const std::string& folder) {
  if (folder.empty()) return false;
  std::error_code ignored; // open() tells
  std::filesystem::create_directories(folder, ignored);
  fd_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, only_owner);
  if (fd_ < 0) {
    // Not every file system has files without a name.
    auto name = folder + "/argosy-XXXXXX";
    fd_ = ::mkostemp(name.data(), O_CLOEXEC);
    const auto error = errno;
    if (fd_ >= 0) ::unlink(name.c_str());
    errno = error;
  }
  return fd_ >= 0;
}

void spill_store::open(const may_block& on) {
  if (fd_ >= 0) return;
  std::string tried;
  int error = ENOENT;
  for (const auto& folder : folders_) {
    if (open_in(folder)) {
      folder_ = folder;
      entry_ = on.book().enter(resource::descriptor, "spill file");
      return;
    }
    error = errno;
    tried += (tried.empty() ? "" : ", ") + folder;
  }
  give_up("open", tried, error);
}

void spill_store::close() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  entry_ = {};
  end_ = 0;
  free_.clear();
}

std::uint64_t spill_store::take(std::uint64_t units) {
  used_ += units;
  if (units == 1 && !free_.empty()) {
    const auto place = free_.back();
    free_.pop_back();
    return place;
  }
  return std::exchange(end_, end_ + units);
}

spill_store::extent spill_store::write(const may_block& on, std::string_view bytes) {
  extent made{0, bytes.size()};
  int fd = -1;
  {
    std::lock_guard<std::mutex> guard{mutex_};
    open(on);
    fd = fd_;
    made.offset = take(units_of(bytes.size())) * unit;
  }
  // Nobody closes the file while this extent is in it.
  for (std::size_t done = 0; done < bytes.size();) {
    const auto put =
        ::pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(made.offset + done));
    if (put > 0) {
      done += static_cast<std::size_t>(put);
    } else if (put == 0 || errno != EINTR) {
      const auto error = put == 0 ? ENOSPC : errno;
      give_back(on, {made});
      give_up("write", folder(), error);
    }
  }
  return made;
}

std::string spill_store::read(const may_block&, const extent& from) const {
  std::string bytes(from.bytes, '\0');
  int fd = -1;
  {
    std::lock_guard<std::mutex> guard{mutex_};
    fd = fd_;
  }
  for (std::size_t done = 0; done < bytes.size();) {
    const auto got =
        ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(from.offset + done));
    if (got > 0)
      done += static_cast<std::size_t>(got);
    else if (got == 0)
      fail(failure_kind::other, "temporary file in " + folder() + ": shorter than it was");
    else if (errno != EINTR)
      give_up("read", folder(), errno);
  }
  return bytes;
}

void spill_store::give_back(const may_block&, const std::vector<extent>& extents) {
  std::lock_guard<std::mutex> guard{mutex_};
  for (const auto& one : extents) {
    const auto units = units_of(one.bytes);
    for (std::uint64_t i = 0; i < units; ++i) free_.push_back(one.offset / unit + i);
    used_ -= units;
    // Where a file cannot have holes the space is used again all the same.
    ::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(one.offset),
                static_cast<off_t>(units * unit));
  }
  if (used_ == 0) close();
}

std::string spill_store::folder() const {
  std::lock_guard<std::mutex> guard{mutex_};
  return folder_;
}

std::uint64_t spill_store::used() const {
  std::lock_guard<std::mutex> guard{mutex_};
  return used_ * unit;
}

} // namespace argosy
