#include "metrics/process.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace argosy {

namespace {

// Whole content of a file under /proc or /sys, whose size is only known by reading. Empty when it cannot be
// read.
std::string content_of(const std::string& path) {
  std::string content;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return content;
  std::array<char, 16384> part{};
  for (ssize_t size; (size = read(file, part.data(), part.size())) > 0;)
    content.append(part.data(), static_cast<std::size_t>(size));
  close(file);
  return content;
}

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view blank = " \t\n";
  std::vector<std::string_view> words;
  for (auto begin = text.find_first_not_of(blank); begin != text.npos;) {
    const auto end = std::min(text.find_first_of(blank, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(blank, end);
  }
  return words;
}

std::optional<std::uint64_t> number(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::uint64_t number_at(const std::vector<std::string_view>& words, std::size_t i) {
  return i < words.size() ? number(words[i]).value_or(0) : 0;
}

std::uint64_t page_size() {
  static const auto size = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// The rest of the line that begins with `name`, empty when there is none.
std::string_view line_after(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    if (line.substr(0, name.size()) == name) return line.substr(name.size());
    at = end + 1;
  }
  return {};
}

// Calls `f` with each name in a directory, except "." and "..". False when the directory cannot be read.
template <class F>
bool for_each_name(const char* path, F f) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory{opendir(path), closedir};
  if (!directory) return false;
  while (const auto* item = readdir(directory.get()))
    if (item->d_name[0] != '.') f(dirfd(directory.get()), item->d_name);
  return true;
}

// Since 1970. The kernel keeps ticks since boot; the time of boot moves when the clock is set, so it is read
// once.
double start_time(std::uint64_t ticks_after_boot) {
  static const double seconds = [&] {
    const auto stat = content_of("/proc/stat");
    const auto boot = number_at(words_of(line_after(stat, "btime ")), 0);
    return static_cast<double>(boot) +
           static_cast<double>(ticks_after_boot) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }();
  return seconds;
}

std::uint64_t count_descriptors() {
  // The size is the number of descriptors since Linux 6.2, before that 0.
  struct stat status {};
  if (stat("/proc/self/fd", &status) == 0 && status.st_size > 0)
    return static_cast<std::uint64_t>(status.st_size);
  std::uint64_t open_now = 0;
  for_each_name("/proc/self/fd", [&](int own, const char* name) { open_now += name != std::to_string(own); });
  return open_now;
}

std::uint64_t count_children() {
  std::uint64_t children = 0;
  for_each_name("/proc/self/task", [&](int, const char* thread) {
    children += words_of(content_of(std::string{"/proc/self/task/"} + thread + "/children")).size();
  });
  return children;
}

std::uint64_t soft_limit(__rlimit_resource what) {
  rlimit limit{};
  return getrlimit(what, &limit) == 0 ? limit.rlim_cur : 0;
}

// /proc/self/net/netstat has pairs of lines: names, then values, under one prefix.
std::pair<std::uint64_t, std::uint64_t> network_octets() {
  const auto text = content_of("/proc/self/net/netstat");
  constexpr std::string_view prefix = "IpExt:";
  const auto names = words_of(line_after(text, prefix));
  const auto second = std::string_view{text}.find(prefix, text.find(prefix) + 1);
  if (second == std::string_view::npos) return {};
  const auto values = words_of(line_after(std::string_view{text}.substr(second), prefix));
  const auto value_of = [&](std::string_view name) {
    const auto i = std::find(names.begin(), names.end(), name);
    return number_at(values, static_cast<std::size_t>(i - names.begin()));
  };
  return {value_of("InOctets"), value_of("OutOctets")};
}

const char* type_of_link(std::string_view target, int directory, const char* name) {
  const auto begins = [&](std::string_view text) { return target.substr(0, text.size()) == text; };
  if (begins("socket:")) return "socket";
  if (begins("pipe:")) return "pipe";
  if (begins("/memfd:")) return "memfd";
  if (begins("anon_inode:")) {
    for (const char* known : {"eventfd", "eventpoll", "timerfd"})
      if (target == "anon_inode:[" + std::string{known} + ']') return known;
    return "anon";
  }
  struct stat status {};
  if (fstatat(directory, name, &status, 0) != 0) return "other";
  if (S_ISREG(status.st_mode)) return "file";
  if (S_ISDIR(status.st_mode)) return "directory";
  if (S_ISFIFO(status.st_mode)) return "pipe";
  return "other";
}

std::uint64_t resident_within(std::uint64_t begin, std::uint64_t end) {
  std::vector<unsigned char> pages((end - begin) / page_size());
  // The range comes from the kernel's own list; should the thread have ended since, mincore() fails.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address out of /proc
  if (mincore(reinterpret_cast<void*>(begin), end - begin, pages.data()) != 0) return 0;
  return page_size() * static_cast<std::uint64_t>(std::count_if(
                           pages.begin(), pages.end(), [](unsigned char p) { return (p & 1U) != 0; }));
}

// The smallest number in files called `name` from `root`/`path` up to `root`. Inside a container the path may
// be one of the system outside, which cannot be read; then only the root counts.
std::uint64_t smallest_limit(const std::string& root, std::string_view path, const char* name) {
  auto smallest = std::numeric_limits<std::uint64_t>::max();
  for (;; path = path.substr(0, path.rfind('/'))) {
    const auto text = content_of(root + std::string{path} + name);
    if (const auto value = number(std::string_view{text}.substr(0, text.find('\n'))))
      smallest = std::min(smallest, *value);
    if (path.empty()) return smallest;
  }
}

} // namespace

process_figures read_process() {
  process_figures p;
  timespec cpu{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
    p.cpu_seconds = static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) / 1e9;
  const auto stat = content_of("/proc/self/stat");
  // The second field is the program's name in parentheses and may itself hold blanks and parentheses. Behind
  // it comes field 3 (proc(5)).
  const auto name_end = stat.rfind(')');
  if (name_end != std::string::npos) {
    const auto fields = words_of(std::string_view{stat}.substr(name_end + 1));
    const auto field = [&](std::size_t i) { return number_at(fields, i - 3); };
    p.threads = field(20);
    p.start_time_seconds = start_time(field(22));
    p.virtual_bytes = field(23);
    p.resident_bytes = field(24) * page_size();
  }
  p.open_descriptors = count_descriptors();
  p.descriptor_limit = soft_limit(RLIMIT_NOFILE);
  p.virtual_limit_bytes = soft_limit(RLIMIT_AS);
  p.children = count_children();
  std::tie(p.network_received_bytes, p.network_sent_bytes) = network_octets();
  return p;
}

std::uint64_t read_resident_bytes() {
  return number_at(words_of(content_of("/proc/self/statm")), 1) * page_size();
}

std::map<std::string, std::uint64_t> read_descriptor_types() {
  std::map<std::string, std::uint64_t> types{{"file", 0},    {"directory", 0}, {"socket", 0},  {"pipe", 0},
                                             {"eventfd", 0}, {"eventpoll", 0}, {"timerfd", 0}, {"memfd", 0},
                                             {"anon", 0},    {"other", 0}};
  for_each_name("/proc/self/fd", [&](int own, const char* name) {
    std::array<char, 256> target{};
    const auto size = readlinkat(own, name, target.data(), target.size());
    if (size < 0 || name == std::to_string(own)) return;
    ++types[type_of_link({target.data(), static_cast<std::size_t>(size)}, own, name)];
  });
  return types;
}

const char* read_socket_state(int descriptor) {
  // In the order of the kernel (tcp_states.h).
  constexpr std::array<const char*, 12> names{"UNCONN",     "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
                                              "FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
                                              "CLOSE_WAIT", "LAST_ACK",    "LISTEN",    "CLOSING"};
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_state >= names.size())
    return names[0];
  return names[info.tcpi_state];
}

std::optional<file_system_figures> read_file_system(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return std::nullopt;
  const auto bytes = [&](fsblkcnt_t blocks) { return std::uint64_t{blocks} * status.f_frsize; };
  return file_system_figures{bytes(status.f_blocks), bytes(status.f_bavail), status.f_files, status.f_favail};
}

std::map<pid_t, std::string> read_threads() {
  std::map<pid_t, std::string> threads;
  for_each_name("/proc/self/task", [&](int, const char* thread) {
    auto name = content_of(std::string{"/proc/self/task/"} + thread + "/comm");
    if (!name.empty() && name.back() == '\n') name.pop_back();
    threads.emplace(static_cast<pid_t>(number(thread).value_or(0)), std::move(name));
  });
  return threads;
}

stack_figures read_stacks() {
  pthread_attr_t defaults;
  std::size_t stack = 0;
  std::size_t guard = 0;
  if (pthread_getattr_default_np(&defaults) != 0) return {};
  pthread_attr_getstacksize(&defaults, &stack);
  pthread_attr_getguardsize(&defaults, &guard);
  pthread_attr_destroy(&defaults);

  stack_figures found;
  const auto maps = content_of("/proc/self/maps");
  std::uint64_t guard_end = 0;
  for (std::string_view rest = maps; !rest.empty();) {
    const auto line = rest.substr(0, std::min(rest.find('\n'), rest.size()));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto words = words_of(line);
    if (words.size() < 5) continue;
    const auto dash = words[0].find('-');
    const auto begin = number(words[0].substr(0, dash), 16).value_or(0);
    auto end = dash == words[0].npos ? 0 : number(words[0].substr(dash + 1), 16).value_or(0);
    if (end <= begin) continue;
    const bool first_thread = words.size() > 5 && words[5] == "[stack]";
    const bool nameless = words.size() == 5;
    if (first_thread ||
        (nameless && words[1] == "rw-p" && begin == guard_end && end - begin + guard >= stack)) {
      // The kernel joins a stack with a like mapping above it.
      if (!first_thread) end = std::min(end, begin + stack - guard);
      found.reserved += end - begin;
      found.touched += resident_within(begin, end);
    }
    if (nameless && words[1] == "---p" && end - begin == guard) guard_end = end;
  }
  return found;
}

std::uint64_t read_memory_limit(const std::string& root) {
  const auto groups = content_of(root + "/proc/self/cgroup");
  const auto version_1 = groups.find(":memory:");
  std::uint64_t limit = std::numeric_limits<std::int64_t>::max();
  if (version_1 == std::string::npos)
    return std::min(limit, smallest_limit(root + "/sys/fs/cgroup", line_after(groups, "0::"), "/memory.max"));
  const auto path = line_after(std::string_view{groups}.substr(version_1), ":memory:");
  // "No limit" is the largest multiple of the page size there.
  const auto found = smallest_limit(root + "/sys/fs/cgroup/memory", path, "/memory.limit_in_bytes");
  return found < limit - page_size() ? found : limit;
}

std::uint64_t read_thread_limit(const std::string& root) {
  const auto groups = content_of(root + "/proc/self/cgroup");
  const auto version_1 = groups.find(":pids:");
  const auto of_groups =
      version_1 == std::string::npos
          ? smallest_limit(root + "/sys/fs/cgroup", line_after(groups, "0::"), "/pids.max")
          : smallest_limit(root + "/sys/fs/cgroup/pids",
                           line_after(std::string_view{groups}.substr(version_1), ":pids:"), "/pids.max");
  auto of_system = content_of(root + "/proc/sys/kernel/threads-max");
  while (!of_system.empty() && of_system.back() == '\n') of_system.pop_back();
  return std::min(of_groups, number(of_system).value_or(std::numeric_limits<std::uint64_t>::max()));
}

} // namespace argosy
