#include "backends/local/local_storage.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <utility>
#include <vector>

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "backends/local/kernel_path.hpp"
#include "backends/local/local_session.hpp"
#include "backends/local/system_failure.hpp"
#include "backends/setting_values.hpp"
#include "core/name_encoding.hpp"

namespace argosy {

namespace {

// Magic numbers that <linux/magic.h> of Debian 12 lacks.
constexpr long ntfs3_magic = 0x7366746e;
constexpr long ntfs_magic = 0x5346544e;
constexpr long hfsplus_magic = 0x482b;

// The coarsest step in which the file system under `path`, or under its nearest parent that exists, keeps
// times. rclone writes a temporary file to find out; the type of the file system tells without one.
nanoseconds precision_at(std::string path) {
  struct statfs fs {};
  while (::statfs(kernel_path{path}.c_str(), &fs) != 0) {
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos || path == "/") return 1;
    path.resize(slash == 0 ? 1 : slash);
  }
  switch (static_cast<long>(fs.f_type)) {
  case MSDOS_SUPER_MAGIC: return 2'000'000'000;
  case EXFAT_SUPER_MAGIC: return 10'000'000;
  case hfsplus_magic: return 1'000'000'000;
  case UDF_SUPER_MAGIC: return 1'000;
  case ntfs_magic:
  case ntfs3_magic:
  case static_cast<long>(CIFS_SUPER_MAGIC):
  case static_cast<long>(SMB2_SUPER_MAGIC): return 100;
  default: return 1;
  }
}

// Whether the disk under `path`, or under its nearest parent that exists, has heads (sysfs: rotational).
// False where that is unknown, as of file systems without a disk.
bool seeks_at(std::string path) {
  struct stat st {};
  while (::stat(kernel_path{path}.c_str(), &st) != 0) {
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos || path == "/") return false;
    path.resize(slash == 0 ? 1 : slash);
  }
  const auto device =
      "/sys/dev/block/" + std::to_string(major(st.st_dev)) + ":" + std::to_string(minor(st.st_dev));
  // Of a partition its disk knows.
  for (const auto* where : {"/queue/rotational", "/../queue/rotational"})
    if (std::ifstream file{device + where}; file) return file.get() == '1';
  return false;
}

// Go's filepath.Abs: absolute, `.` and `..` resolved by the text alone, no slash at the end.
std::string absolute_clean(std::string_view path) {
  std::string text{path};
  if (text.empty() || text.front() != '/') {
    char* here = ::getcwd(nullptr, 0);
    if (here == nullptr) fail_system("getcwd", ".", errno);
    text = std::string{here} + "/" + text;
    std::free(here);
  }
  std::vector<std::string_view> elements;
  const std::string_view all{text};
  for (std::size_t i = 0; i < all.size();) {
    const auto end = std::min(all.find('/', i), all.size());
    const auto element = all.substr(i, end - i);
    if (element == "..") {
      if (!elements.empty()) elements.pop_back();
    } else if (!element.empty() && element != ".") {
      elements.push_back(element);
    }
    i = end + 1;
  }
  std::string clean;
  for (const auto element : elements) clean.append("/").append(element);
  return clean.empty() ? "/" : clean;
}

storage_features features_of(const local_options& options) {
  storage_features f;
  f.About = f.CanHaveEmptyDirectories = f.Command = f.DirModTimeUpdatesOnWrite = f.DirMove = f.DirSetModTime =
      true;
  f.FilterAware = f.IsLocal = f.MkdirMetadata = f.Move = f.OpenWriterAt = f.PartialUploads = f.PutStream =
      true;
  f.ReadDirMetadata = f.ReadMetadata = f.SlowHash = f.UserDirMetadata = f.UserMetadata = true;
  f.WriteDirMetadata = f.WriteDirSetModTime = f.WriteMetadata = true;
  f.CaseInsensitive = options.case_insensitive;
  return f;
}

made_storage make_local(const may_block&, const storage_request& request) {
  local_options options;
  options.links = truth_setting(request, "links", request.options.links);
  options.copy_links = truth_setting(request, "copy_links", false);
  options.skip_links = truth_setting(request, "skip_links", false);
  options.unicode_normalization = truth_setting(request, "unicode_normalization", false);
  options.check_updated = !truth_setting(request, "no_check_updated", false);
  options.one_file_system = truth_setting(request, "one_file_system", false);
  options.set_modified = !truth_setting(request, "no_set_modtime", false);
  options.case_insensitive =
      truth_setting(request, "case_insensitive", false) && !truth_setting(request, "case_sensitive", false);
  if (options.links && options.copy_links)
    fail(failure_kind::other, "can't use -l/--links with -L/--copy-links");

  auto root = disk_from_standard(absolute_clean(request.path));
  const auto make = [&](std::string at) {
    return std::make_shared<local_storage>(request.name, request.prefix + standard_from_disk(at), at, options,
                                           request.log);
  };
  // A file is shown through its folder. Links are not followed here, as in rclone: a root that is a link is a
  // directory.
  struct stat st {};
  auto looked_at = root;
  bool is_file = (options.copy_links ? ::stat(kernel_path{root}.c_str(), &st)
                                     : ::lstat(kernel_path{root}.c_str(), &st)) == 0 &&
                 S_ISREG(st.st_mode);
  if (!is_file && options.links && has_link_suffix(root)) {
    looked_at.resize(root.size() - link_suffix.size());
    is_file = ::lstat(kernel_path{looked_at}.c_str(), &st) == 0 && S_ISLNK(st.st_mode);
  }
  if (!is_file) return {make(root)};
  const auto slash = root.find_last_of('/');
  return {make(slash == 0 ? "/" : root.substr(0, slash)), standard_from_disk(root.substr(slash + 1))};
}

storage_option global_switch(std::string name, std::string letter, std::string help) {
  auto o = advanced_switch(std::move(name), std::move(help));
  o.no_prefix = true;
  o.short_flag = std::move(letter);
  return o;
}

} // namespace

local_storage::local_storage(std::string name, std::string config_text, std::string root,
                             const local_options& options, logger& log,
                             std::shared_ptr<const path_bounds> bounds) :
    storage([&] {
      storage_info info;
      info.type = "local";
      info.name = std::move(name);
      info.root = standard_from_disk(root);
      info.description = "Local file system at " + info.root;
      info.config_text = std::move(config_text);
      info.precision = precision_at(root);
      info.seeks = seeks_at(root);
      info.hashes = all_hashes();
      info.features = features_of(options);
      return info;
    }()),
    root_(std::move(root)), options_(options), log_(log), bounds_(std::move(bounds)) {}

std::unique_ptr<session> local_storage::connect(const may_block&) const {
  return std::make_unique<local_session>(*this);
}

storage_type local_type() {
  storage_type type;
  type.name = "local";
  type.description = "Local Disk";
  type.make = make_local;
  auto unc = advanced_switch("nounc", "Accepted for compatibility: only Windows has UNC paths.");
  unc.examples = {{"true", "Disables long file names."}};
  type.options = {
      std::move(unc),
      global_switch("copy_links", "L", "Follow symbolic links and copy what they point at."),
      global_switch(
          "links", "l",
          "Show symbolic links as small files with the extension .rclonelink, and make links of such files."),
      global_switch("skip_links", "", "Leave symbolic links out without a notice."),
      advanced_switch("zero_size_links",
                      "Accepted for compatibility: the size of a link is always read from the link."),
      advanced_switch("unicode_normalization", "Show names in Unicode form NFC."),
      advanced_switch("no_check_updated", "Do not fail when a file changes while it is copied."),
      global_switch("one_file_system", "x", "Stay on the file system of the root."),
      advanced_switch("case_sensitive", "Say that the file system distinguishes upper and lower case."),
      advanced_switch("case_insensitive",
                      "Say that the file system does not distinguish upper and lower case."),
      advanced_switch("no_preallocate", "Accepted for compatibility: space is never allocated in advance."),
      advanced_switch("no_sparse", "Accepted for compatibility: only Windows needs it."),
      advanced_switch("no_set_modtime", "Do not set modification times."),
  };
  storage_option encoding;
  encoding.name = "encoding";
  encoding.help = "How names are encoded on disk. Only the default is supported.";
  encoding.default_text = "Slash,Dot";
  encoding.type = "Encoding";
  encoding.advanced = true;
  type.options.push_back(std::move(encoding));
  return type;
}

} // namespace argosy
