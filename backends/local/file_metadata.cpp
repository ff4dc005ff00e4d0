#include "backends/local/file_metadata.hpp"

#include <cerrno>
#include <charconv>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "backends/local/kernel_path.hpp"
#include "backends/local/system_failure.hpp"

namespace argosy {

namespace {

constexpr std::string_view user_prefix = "user.";
constexpr std::size_t longest_value = 64 << 10; // Linux: XATTR_SIZE_MAX
constexpr mode_t settable_mode = 07777;

std::string in_base(std::uint64_t number, int base) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number, base).ptr;
  return {digits, end};
}

nanoseconds of_statx(const statx_timestamp& t) {
  return static_cast<nanoseconds>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

// Calls `visit(full name)` for each user.* attribute out of a list of NUL-terminated names.
template <class Visit>
void for_each_user_attribute(const std::vector<char>& names, Visit visit) {
  for (std::size_t i = 0; i < names.size();) {
    const std::string name{&names[i]};
    i += name.size() + 1;
    if (name.compare(0, user_prefix.size(), user_prefix) == 0) visit(name);
  }
}

// Names as listxattr gives them; none where the file system has no attributes.
template <class List>
std::vector<char> attribute_names(List list) {
  const auto size = list(static_cast<char*>(nullptr), std::size_t{0});
  if (size <= 0) return {};
  std::vector<char> names(static_cast<std::size_t>(size) + 4096); // some may have been added meanwhile
  const auto got = list(names.data(), names.size());
  names.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return names;
}

template <class Number>
Number parse_number(const std::map<std::string, std::string>::value_type& item, int base) {
  Number number{};
  const auto& text = item.second;
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number, base);
  if (result.ec != std::errc{} || result.ptr != end || text.empty())
    fail(failure_kind::other,
         "failed to parse metadata " + item.first + ": \"" + text + "\" is not a number");
  return number;
}

} // namespace

std::map<std::string, std::string> read_file_metadata(const std::string& path, bool follow,
                                                      const path_bounds* within) {
  struct statx st {};
  const kernel_path at{path, within, follow ? last_link::followed : last_link::kept};
  const int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
  if (::statx(AT_FDCWD, at.c_str(), flags, STATX_BASIC_STATS | STATX_BTIME, &st) != 0)
    fail_system(follow ? "stat" : "lstat", path, errno, failure_kind::object_not_found);
  std::map<std::string, std::string> out{{"mode", in_base(st.stx_mode, 8)},
                                         {"uid", in_base(st.stx_uid, 10)},
                                         {"gid", in_base(st.stx_gid, 10)},
                                         {"atime", format_rfc3339_nano(of_statx(st.stx_atime))},
                                         {"mtime", format_rfc3339_nano(of_statx(st.stx_mtime))}};
  if ((st.stx_mask & STATX_BTIME) != 0) out["btime"] = format_rfc3339_nano(of_statx(st.stx_btime));
  if (const auto device = makedev(st.stx_rdev_major, st.stx_rdev_minor); device != 0)
    out["rdev"] = in_base(device, 16);
  const auto names = attribute_names([&](char* data, std::size_t size) {
    return follow ? ::listxattr(at.c_str(), data, size) : ::llistxattr(at.c_str(), data, size);
  });
  std::vector<char> value;
  for_each_user_attribute(names, [&](const std::string& name) {
    value.resize(longest_value);
    const auto got = follow ? ::getxattr(at.c_str(), name.c_str(), value.data(), value.size())
                            : ::lgetxattr(at.c_str(), name.c_str(), value.data(), value.size());
    if (got >= 0)
      out.emplace(name.substr(user_prefix.size()), std::string{value.data(), static_cast<std::size_t>(got)});
  });
  return out;
}

void write_file_metadata(int fd, const std::map<std::string, std::string>& metadata) {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  const std::string* mode = nullptr;
  for (const auto& item : metadata) {
    const auto& key = item.first;
    if (key == "uid") {
      uid = parse_number<uid_t>(item, 10);
    } else if (key == "gid") {
      gid = parse_number<gid_t>(item, 10);
    } else if (key == "mode") {
      mode = &item.second;
    } else if (key != "atime" && key != "mtime" && key != "btime" && key != "rdev" && key != "content-type") {
      if (::fsetxattr(fd, (std::string{user_prefix} + key).c_str(), item.second.data(), item.second.size(),
                      0) != 0 &&
          errno != ENOTSUP)
        fail_system("fsetxattr", key, errno);
    }
  }
  // The owner first: chown takes the set-user-id bits away.
  if ((uid != static_cast<uid_t>(-1) || gid != static_cast<gid_t>(-1)) && ::fchown(fd, uid, gid) != 0 &&
      errno != EPERM)
    fail_system("fchown", std::to_string(uid) + ":" + std::to_string(gid), errno);
  if (mode != nullptr) {
    const auto bits = parse_number<mode_t>({"mode", *mode}, 8) & settable_mode;
    if (::fchmod(fd, bits) != 0 && errno != EPERM) fail_system("fchmod", *mode, errno);
  }
}

void copy_file_metadata(int from, const struct stat& from_stat, int to) {
  const auto names =
      attribute_names([&](char* data, std::size_t size) { return ::flistxattr(from, data, size); });
  std::vector<char> value;
  for_each_user_attribute(names, [&](const std::string& name) {
    value.resize(longest_value);
    const auto got = ::fgetxattr(from, name.c_str(), value.data(), value.size());
    if (got >= 0 && ::fsetxattr(to, name.c_str(), value.data(), static_cast<std::size_t>(got), 0) != 0 &&
        errno != ENOTSUP)
      fail_system("fsetxattr", name, errno);
  });
  if (::fchown(to, from_stat.st_uid, from_stat.st_gid) != 0 && errno != EPERM)
    fail_system("fchown", std::to_string(from_stat.st_uid) + ":" + std::to_string(from_stat.st_gid), errno);
  if (::fchmod(to, from_stat.st_mode & settable_mode) != 0 && errno != EPERM)
    fail_system("fchmod", "", errno);
}

} // namespace argosy
