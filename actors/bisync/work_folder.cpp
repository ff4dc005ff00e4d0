#include "actors/bisync/work_folder.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "core/failure.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"

namespace argosy {

namespace {

constexpr ::mode_t only_owner = 0600;

std::string system_text(int error) { return std::generic_category().message(error); }

/// Closes what is left open.
class open_file {
public:
  open_file(const may_block& on, const std::string& path, int flags) :
      path_(path), entry_(on.book().enter(resource::descriptor, "bisync file", ledger::of_this_job)),
      descriptor_(::open(path.c_str(), flags | O_CLOEXEC, only_owner)), error_(errno) {}
  ~open_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  bool good() const { return descriptor_ >= 0; }
  int error() const { return error_; }
  [[noreturn]] void give_up(const char* deed, int error) const {
    fail(failure_kind::other, std::string{deed} + " " + path_ + ": " + system_text(error));
  }
  std::string read_all() const {
    std::string content;
    std::vector<char> block(std::size_t{1} << 16);
    for (;;) {
      const auto got = ::read(descriptor_, block.data(), block.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) give_up("read", errno);
      if (got == 0) return content;
      content.append(block.data(), static_cast<std::size_t>(got));
    }
  }
  void write_all(const std::string& content) {
    std::size_t done = 0;
    while (done < content.size()) {
      const auto put = ::write(descriptor_, content.data() + done, content.size() - done);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) give_up("write", errno);
      done += static_cast<std::size_t>(put);
    }
    if (::fsync(descriptor_) != 0) give_up("fsync", errno);
    if (::close(std::exchange(descriptor_, -1)) != 0) give_up("close", errno);
  }

private:
  const std::string path_;
  ledger::entry entry_;
  int descriptor_;
  int error_;
};

std::string lock_text(const work_files& files, std::int64_t max_lock, nanoseconds present) {
  // Those without an end expire in 200 years, as rclone writes it.
  constexpr nanoseconds for_ever = nanoseconds{200} * 365 * 24 * 3600 * 1'000'000'000;
  const auto ends = max_lock > 0 && max_lock < for_ever ? max_lock : for_ever;
  const json lock{
      {"Session", files.base()},
      {"PID", std::to_string(::getpid())},
      {"TimeRenewed", format_rfc3339_nano(present)},
      {"TimeExpires", format_rfc3339_nano(present > INT64_MAX - ends ? INT64_MAX : present + ends)}};
  return lock.dump();
}

/// Whether the lock that lies there is one that nobody holds any more.
bool expired(const std::string& text, std::int64_t max_lock, nanoseconds present) {
  const auto lock = json::parse(text, nullptr, false);
  const auto readable = lock.is_object() && lock.contains("TimeExpires") && lock["TimeExpires"].is_string();
  if (!readable) return max_lock > 0;
  try {
    return parse_rfc3339(lock["TimeExpires"].get<std::string>()) < present;
  } catch (const failure&) {
    return false; // a year that is out of our range: never
  }
}

std::string md5_of(const std::string& content) {
  hasher sum{hash_type::md5};
  sum.update(content.data(), content.size());
  return sum.hex(hash_type::md5);
}

} // namespace

bool file_exists(const may_block& /*on*/, const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path, none);
}

std::string read_whole_file(const may_block& on, const std::string& path) {
  const open_file file{on, path, O_RDONLY};
  if (!file.good()) file.give_up("open", file.error());
  return file.read_all();
}

void replace_file(const may_block& on, const std::string& path, const std::string& content) {
  const auto partial = path + ".partial";
  {
    open_file file{on, partial, O_WRONLY | O_CREAT | O_TRUNC};
    if (!file.good()) file.give_up("open", file.error());
    file.write_all(content);
  }
  std::error_code error;
  std::filesystem::rename(partial, path, error);
  if (error) fail(failure_kind::other, "rename " + partial + " " + path + ": " + error.message());
}

void copy_if_there(const may_block& on, const std::string& from, const std::string& to) {
  if (file_exists(on, from)) replace_file(on, to, read_whole_file(on, from));
}

void remove_if_there(const may_block& /*on*/, const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) fail(failure_kind::other, "remove " + path + ": " + error.message());
}

void lock_out(const may_block& /*on*/, const work_files& files) {
  for (const auto side : {0, 1}) {
    const auto path = files.listing(side);
    std::error_code none; // one that is missing locks out as well
    std::filesystem::rename(path, path + "-err", none);
  }
}

void take_lock(const may_block& on, const work_files& files, std::int64_t max_lock, nanoseconds present,
               const tell_text& tell) {
  const auto path = files.lock();
  constexpr int attempts = 2; // the second after an expired lock went away
  for (int i = 0; i < attempts; ++i) {
    open_file file{on, path, O_WRONLY | O_CREAT | O_EXCL};
    if (file.good()) {
      try {
        return file.write_all(lock_text(files, max_lock, present));
      } catch (const failure&) {
        remove_if_there(on, path);
        throw;
      }
    }
    if (file.error() != EEXIST)
      fail(failure_kind::other,
           "cannot create lock file: " + path + ": open " + path + ": " + system_text(file.error()));
    if (!expired(read_whole_file(on, path), max_lock, present)) break;
    tell(log_level::notice, "Lock file found, but it expired: " + path);
    lock_out(on, files);
    remove_if_there(on, path);
  }
  fail(failure_kind::other, "prior lock file found: " + path);
}

void renew_lock(const may_block& on, const work_files& files, std::int64_t max_lock, nanoseconds present) {
  replace_file(on, files.lock(), lock_text(files, max_lock, present));
}

std::string checked_filters(const may_block& on, const std::string& path, bool resync, bool dry_run,
                            const tell_text& tell) {
  if (!file_exists(on, path)) fail(failure_kind::other, "specified filters file does not exist: " + path);
  auto content = read_whole_file(on, path);
  tell(log_level::info, "Using filters file " + path);
  const auto sum = md5_of(content);
  const auto beside = path + ".md5";
  if (resync) {
    if (dry_run) return content;
    tell(log_level::info, "Storing filters file hash to " + beside);
    replace_file(on, beside, sum);
    return content;
  }
  if (!file_exists(on, beside))
    fail(failure_kind::other, "filters file md5 hash not found (must run --resync): " + path);
  if (read_whole_file(on, beside) != sum)
    fail(failure_kind::other, "filters file has changed (must run --resync): " + path);
  return content;
}

} // namespace argosy
