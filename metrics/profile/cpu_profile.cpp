#include "metrics/profile/cpu_profile.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include <sched.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "core/failure.hpp"
#include "metrics/activity.hpp"
#include "metrics/process.hpp"

namespace argosy {

bool can_profile_cpu() noexcept {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#else
  return true;
#endif
}

namespace {

// Go's rate, 100 a second; the kernel looks at such timers at most 250 times a second.
constexpr long sample_period = 10'000'000; // ns
constexpr std::size_t deepest = 62;
constexpr std::size_t room = 4096; // samples between two looks

struct sample {
  enum state : int { empty, writing, full };
  std::atomic<int> filled{empty};
  pid_t thread = 0;
  const char* actor = nullptr;
  std::uint64_t job = 0;
  std::int64_t count = 0; // of periods
  std::size_t depth = 0;
  std::array<std::uintptr_t, deepest> frames{};
};

// Written by the signal handler, which may neither lock nor allocate.
class sample_buffer {
public:
  // Null when there is no room.
  sample* begin_writing() noexcept {
    auto& s = all_[next_.fetch_add(1, std::memory_order_relaxed) % room];
    int expected = sample::empty;
    return s.filled.compare_exchange_strong(expected, sample::writing, std::memory_order_acquire) ? &s
                                                                                                  : nullptr;
  }

  template <class F>
  void take(F use) {
    for (std::size_t i = 0; i < room; ++i) {
      auto& s = all_[i];
      if (s.filled.load(std::memory_order_acquire) != sample::full) continue;
      use(s);
      s.filled.store(sample::empty, std::memory_order_release);
    }
  }

private:
  const std::unique_ptr<sample[]> all_ = std::make_unique<sample[]>(room);
  std::atomic<std::uint64_t> next_{0};
};

// A signal handler is given no object, so these are the process's.
std::atomic<sample_buffer*> target{nullptr};
std::atomic<int> handlers_at_work{0};
std::atomic<bool> taken{false};

std::uintptr_t interrupted_at(void* context) {
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<ucontext_t*>(context)->uc_mcontext.pc;
#else
  static_cast<void>(context);
  return 0;
#endif
}

void take_sample(sample& s, int overrun, void* context) {
  const auto at = interrupted_at(context);
  s.depth = capture_stack(s.frames.data(), s.frames.size(), at);
  if (s.depth == 0) s.frames[s.depth++] = at;
  // All others are return addresses: this one shall stand for the instruction before it too.
  ++s.frames[0];
  const auto* const what = current_activity();
  s.actor = what == nullptr ? nullptr : what->actor;
  s.job = what == nullptr ? 0 : what->job;
  s.thread = static_cast<pid_t>(::syscall(SYS_gettid));
  s.count = 1 + overrun;
  s.filled.store(sample::full, std::memory_order_release);
}

void on_signal(int, siginfo_t* info, void* context) {
  const int error = errno;
  handlers_at_work.fetch_add(1);
  if (auto* const buffer = target.load(); buffer != nullptr && info->si_code == SI_TIMER)
    if (auto* const s = buffer->begin_writing()) take_sample(*s, info->si_overrun, context);
  handlers_at_work.fetch_sub(1);
  errno = error;
}

// Stays for good: a signal that was on its way when the profile ended would end the process.
void install_handler() {
  std::uintptr_t first[2];
  capture_stack(first, 2); // loads the unwinder, which no signal handler may do
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGPROF, &action, nullptr);
}

// Counts the processor time of one thread.
class thread_timer {
public:
  explicit thread_timer(pid_t thread) {
    // How the kernel names the clock of a thread: what pthread_getcpuclockid() gives for those whose
    // pthread_t one knows.
    constexpr int of_thread = 6;
    const auto clock = static_cast<clockid_t>(~static_cast<unsigned>(thread) << 3U | of_thread);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGPROF;
    event._sigev_un._tid = thread;
    live_ = ::timer_create(clock, &event, &timer_) == 0; // else it has ended already
    const itimerspec each{{0, sample_period}, {0, sample_period}};
    if (live_) ::timer_settime(timer_, 0, &each, nullptr);
  }
  ~thread_timer() {
    if (live_) ::timer_delete(timer_);
  }
  thread_timer(const thread_timer&) = delete;
  thread_timer& operator=(const thread_timer&) = delete;

private:
  timer_t timer_{};
  bool live_ = false;
};

} // namespace

struct cpu_profiler::session {
  using key = std::tuple<call_stack, const char*, std::uint64_t, std::string>; // actor, job, thread
  sample_buffer buffer;
  std::map<pid_t, thread_timer> timers;
  std::map<pid_t, std::string> names;
  std::map<key, std::int64_t> counts;
  nanoseconds begun = now();

  void follow_threads() {
    names = read_threads();
    for (const auto& [thread, name] : names) timers.try_emplace(thread, thread);
    for (auto i = timers.begin(); i != timers.end();)
      i = names.count(i->first) == 0 ? timers.erase(i) : std::next(i);
  }

  void collect() {
    buffer.take([this](const sample& s) {
      const auto name = names.find(s.thread);
      counts[{call_stack(s.frames.begin(), s.frames.begin() + static_cast<std::ptrdiff_t>(s.depth)), s.actor,
              s.job, name == names.end() ? std::string{} : name->second}] += s.count;
    });
  }

  ~session() {
    stop();
    taken = false;
  }
  void stop() {
    timers.clear();
    target = nullptr;
    while (handlers_at_work != 0) ::sched_yield(); // some microseconds at most
  }
};

cpu_profiler::cpu_profiler() {
  if (!can_profile_cpu()) fail(failure_kind::unsupported, "not in a build with sanitizers");
  if (taken.exchange(true)) fail(failure_kind::other, "cpu profiling already in use");
  session_ = std::make_unique<session>();
  static std::once_flag once;
  std::call_once(once, install_handler);
  target = &session_->buffer;
  session_->follow_threads();
}

cpu_profiler::~cpu_profiler() = default;

void cpu_profiler::look() {
  session_->collect();
  session_->follow_threads();
}

profile cpu_profiler::finish() {
  session_->stop();
  session_->collect();
  profile p;
  p.types = {{"samples", "count"}, {"cpu", "nanoseconds"}};
  p.shown = 1;
  p.period_type = {"cpu", "nanoseconds"};
  p.period = sample_period;
  p.taken = session_->begun;
  p.duration = now() - session_->begun;
  for (const auto& [key, count] : session_->counts) {
    const auto& [stack, actor, job, thread] = key;
    profile_sample s{stack, {count, count * sample_period}, {}};
    if (actor != nullptr) s.labels.push_back({"actor", actor});
    if (job != 0) s.labels.push_back({"job", std::to_string(job)});
    if (!thread.empty()) s.labels.push_back({"thread", thread});
    p.samples.push_back(std::move(s));
  }
  p.merge();
  session_.reset();
  return p;
}

} // namespace argosy
