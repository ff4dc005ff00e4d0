#include "metrics/profile/heap_profile.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#if defined(ARGOSY_JEMALLOC)
#include <jemalloc/jemalloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "core/failure.hpp"
#include "metrics/activity.hpp"

namespace argosy {

namespace {

// Goes through the words of a text that another program wrote.
class words {
public:
  explicit words(std::string_view text) : rest_(text) {}
  bool end() const { return rest_.empty(); }
  std::string_view line() { return until('\n'); }
  std::string_view until(char separator) {
    const auto end = std::min(rest_.find(separator), rest_.size());
    const auto part = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return part;
  }
  std::optional<std::uint64_t> number() {
    const auto begin = rest_.find_first_of("0123456789");
    if (begin == std::string_view::npos) return std::nullopt;
    std::uint64_t value = 0;
    const auto* const end = std::from_chars(rest_.data() + begin, rest_.data() + rest_.size(), value).ptr;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

private:
  std::string_view rest_;
};

[[noreturn]] void malformed(std::string_view line) {
  fail(failure_kind::other, "heap profile: cannot read \"" + std::string{line} + "\"");
}

call_stack parse_stack(std::string_view line) {
  call_stack stack;
  words addresses{line};
  addresses.until(' '); // "@"
  while (!addresses.end()) {
    const auto text = addresses.until(' ');
    if (text.empty()) continue;
    std::uintptr_t address = 0;
    if (text.substr(0, 2) != "0x" ||
        std::from_chars(text.data() + 2, text.data() + text.size(), address, 16).ec != std::errc{})
      malformed(line);
    stack.push_back(address);
  }
  return stack;
}

// Each byte has the same chance to be sampled, so that large blocks are seen more often than small ones. This
// gives what there really was (Go's runtime/pprof and google/pprof do the same).
std::pair<std::int64_t, std::int64_t> unsampled(std::uint64_t objects, std::uint64_t bytes, double period) {
  if (objects == 0 || bytes == 0) return {};
  const auto mean = static_cast<double>(bytes) / static_cast<double>(objects);
  const auto scale = 1 / (1 - std::exp(-mean / period));
  return {std::llround(static_cast<double>(objects) * scale),
          std::llround(static_cast<double>(bytes) * scale)};
}

profile_sample sample_of(call_stack stack, std::string_view line, double period) {
  // `  t*: 1: 2 [3: 4]`: of all threads together, objects and bytes now, and ever.
  words figures{line.substr(line.find(':'))};
  std::uint64_t number[4];
  for (auto& n : number) {
    const auto next = figures.number();
    if (!next) malformed(line);
    n = *next;
  }
  const auto now = unsampled(number[0], number[1], period);
  // What was counted before the totals began is missing there.
  const auto ever = unsampled(std::max(number[0], number[2]), std::max(number[1], number[3]), period);
  profile_sample s{std::move(stack), {ever.first, ever.second, now.first, now.second}, {}};
  if (!s.stack.empty() && is_name(s.stack.back())) {
    s.labels.push_back({"actor", text_of_name(s.stack.back())});
    s.stack.pop_back();
  }
  const auto objects = ever.first != 0 ? ever : now;
  if (objects.first != 0) s.labels.push_back({"bytes", "", objects.second / objects.first, "bytes"});
  return s;
}

} // namespace

profile parse_heap_profile(std::string_view text) {
  profile p;
  p.types = {{"alloc_objects", "count"},
             {"alloc_space", "bytes"},
             {"inuse_objects", "count"},
             {"inuse_space", "bytes"}};
  p.shown = 3;
  p.period_type = {"space", "bytes"};
  words all{text};
  const auto head = all.line();
  words in_head{head};
  const bool known = in_head.until('/') == "heap_v2";
  const auto period = in_head.number();
  if (!known || !period) malformed(head);
  p.period = static_cast<std::int64_t>(*period);
  call_stack stack;
  while (!all.end()) {
    const auto line = all.line();
    if (line.substr(0, 1) == "@") {
      stack = parse_stack(line);
    } else if (line.substr(0, 5) == "  t*:" && !stack.empty()) {
      p.samples.push_back(sample_of(std::exchange(stack, {}), line, static_cast<double>(*period)));
    } else if (line == "MAPPED_LIBRARIES:") {
      break;
    }
  }
  p.merge();
  return p;
}

#if defined(ARGOSY_JEMALLOC)

namespace {

// Frames of a stack, with those of the allocator; jemalloc itself keeps 128.
constexpr std::size_t deepest = 64;

using stack_hook = void (*)(void**, unsigned*, unsigned);

// Inside the allocator: may not allocate. The stack goes from the allocator outwards; the actor's kind stands
// at its outer end, where an address would be the start of the thread.
void take_stack(void** into, unsigned* length, unsigned room) {
  std::array<std::uintptr_t, deepest> frames;
  auto found =
      capture_stack(frames.data(), std::min<std::size_t>(frames.size() - 1, room > 0 ? room - 1 : 0));
  const auto* const what = current_activity();
  if (room > 0 && what != nullptr && what->actor != nullptr)
    frames[found++] = name_frame(name_kind::actor, what->actor);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): jemalloc keeps addresses as pointers and only prints them
  for (std::size_t i = 0; i < found; ++i) into[i] = reinterpret_cast<void*>(frames[i]);
  *length = static_cast<unsigned>(found);
}

[[noreturn]] void no_profile(const char* what, int error) {
  fail(failure_kind::other, std::string{"heap profile: "} + what + ": " + std::strerror(error));
}

class memory_file {
public:
  memory_file() : fd_(::memfd_create("heap profile", MFD_CLOEXEC)) {
    if (fd_ < 0) no_profile("memfd_create", errno);
  }
  ~memory_file() { ::close(fd_); }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  std::string content() const {
    std::string text;
    char block[65536];
    for (ssize_t got; (got = ::pread(fd_, block, sizeof block, static_cast<off_t>(text.size()))) > 0;)
      text.append(block, static_cast<std::size_t>(got));
    return text;
  }

private:
  const int fd_;
};

// The allocator's own frames at the inner end say nothing. Debian's library has no names for them.
void cut_allocator(profile& p) {
  const auto modules = loaded_modules();
  const auto* const allocator = module_of(modules, reinterpret_cast<std::uintptr_t>(&::mallctl));
  const auto is_own = [&](std::uintptr_t address) {
    const auto* const m = module_of(modules, address - 1);
    return (m != nullptr && m == allocator) || address == 0;
  };
  for (auto& s : p.samples) {
    // The hook stands between them, in this program.
    const auto last = std::find_if(s.stack.rbegin(), s.stack.rend(), is_own);
    if (last != s.stack.rbegin()) s.stack.erase(s.stack.begin(), last.base());
  }
}

} // namespace

void name_actors_in_heap_profile() {
  std::uintptr_t first[2];
  capture_stack(first, 2); // loads the unwinder, which allocates
  stack_hook hook = take_stack;
  // The name says that it may go; without it the profile has no actors, nothing else.
  ::mallctl("experimental.hooks.prof_backtrace", nullptr, nullptr, static_cast<void*>(&hook), sizeof hook);
}

bool can_profile_heap() noexcept {
  bool on = false;
  std::size_t size = sizeof on;
  return ::mallctl("opt.prof", &on, &size, nullptr, 0) == 0 && on;
}

profile read_heap_profile() {
  if (!can_profile_heap()) fail(failure_kind::other, "heap profile: the allocator was started without it");
  const memory_file file;
  const auto path = file.path();
  const char* name = path.c_str();
  if (const int error = ::mallctl("prof.dump", nullptr, nullptr, static_cast<void*>(&name), sizeof name);
      error != 0)
    no_profile("prof.dump", error);
  auto p = parse_heap_profile(file.content());
  p.taken = now();
  cut_allocator(p);
  p.merge();
  return p;
}

#else

void name_actors_in_heap_profile() {}
bool can_profile_heap() noexcept { return false; }
profile read_heap_profile() {
  fail(failure_kind::other, "heap profile: this build uses an allocator without one");
}

#endif

} // namespace argosy
