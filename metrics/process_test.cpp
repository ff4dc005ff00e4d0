#include "metrics/process.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/time_text.hpp"

namespace argosy {
namespace {

// Descriptors that are closed at the end of a test.
class descriptors {
public:
  ~descriptors() {
    for (int d : all_) close(d);
  }
  void add(int d) {
    ASSERT_GE(d, 0);
    all_.push_back(d);
  }

private:
  std::vector<int> all_;
};

// A thread that touches some of its stack and then waits for its end.
class waiting_thread {
public:
  waiting_thread() {
    std::unique_lock<std::mutex> lock{mutex_};
    changed_.wait(lock, [this] { return ready_; });
  }
  ~waiting_thread() {
    {
      const std::lock_guard<std::mutex> lock{mutex_};
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

private:
  void run() {
    std::array<char, 256 * 1024> space;
    for (volatile char& c : space) c = 1;
    std::unique_lock<std::mutex> lock{mutex_};
    ready_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return over_; });
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ready_ = false;
  bool over_ = false;
  std::thread thread_{[this] { run(); }};
};

TEST(Process, CountsOpenDescriptors) {
  const auto before = read_process().open_descriptors;
  descriptors held;
  for (int i = 0; i < 7; ++i) held.add(open("/dev/null", O_RDONLY | O_CLOEXEC));

  EXPECT_EQ(read_process().open_descriptors, before + 7);
}

TEST(Process, ReadingLeavesNoDescriptorBehind) {
  const auto before = read_process().open_descriptors;
  for (int i = 0; i < 20; ++i) {
    read_process();
    read_descriptor_types();
    read_stacks();
    read_memory_limit();
    read_resident_bytes();
  }

  EXPECT_EQ(read_process().open_descriptors, before);
}

TEST(Process, DescriptorTypesAddUpToTheCount) {
  std::uint64_t sum = 0;
  for (const auto& [type, count] : read_descriptor_types()) sum += count;

  EXPECT_EQ(sum, read_process().open_descriptors);
}

TEST(Process, TellsEveryTypeOfDescriptorApart) {
  const auto before = read_descriptor_types();
  descriptors held;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  held.add(ends[0]);
  held.add(ends[1]);
  held.add(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  held.add(eventfd(0, EFD_CLOEXEC));
  held.add(epoll_create1(EPOLL_CLOEXEC));
  held.add(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  held.add(memfd_create("test", MFD_CLOEXEC));
  held.add(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  held.add(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  held.add(open("/dev/null", O_RDONLY | O_CLOEXEC));
  held.add(inotify_init1(IN_CLOEXEC));

  auto found = read_descriptor_types();
  for (auto& [type, count] : found) count -= before.at(type);

  EXPECT_THAT(found, testing::ElementsAre(testing::Pair("anon", 1), testing::Pair("directory", 1),
                                          testing::Pair("eventfd", 1), testing::Pair("eventpoll", 1),
                                          testing::Pair("file", 1), testing::Pair("memfd", 1),
                                          testing::Pair("other", 1), testing::Pair("pipe", 2),
                                          testing::Pair("socket", 1), testing::Pair("timerfd", 1)));
}

TEST(Process, CountsThreads) {
  std::uint64_t during = 0;
  {
    std::array<waiting_thread, 8> others;
    during = read_process().threads;
  }
  // The kernel lists a thread a moment longer than join() waits for it.
  const auto deadline = now() + 10'000'000'000;
  while (read_process().threads + 8 > during && now() < deadline) {}

  EXPECT_GE(during, 9U);
  EXPECT_LE(read_process().threads + 8, during);
}

TEST(Process, CountsChildrenUntilTheyAreWaitedFor) {
  const auto before = read_process().children;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);

  const auto child = fork();
  if (child == 0) {
    char c = 0;
    close(ends[1]);
    _exit(read(ends[0], &c, 1) == 0 ? 0 : 1); // until the parent closes its end
  }
  ASSERT_GT(child, 0);
  const auto during = read_process().children;
  close(ends[1]);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  close(ends[0]);

  EXPECT_EQ(during, before + 1);
  EXPECT_EQ(read_process().children, before);
}

TEST(Process, CountsChildrenOfOtherThreads) {
  const auto before = read_process().children;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  pid_t child = -1;
  std::uint64_t during = 0;

  std::thread{[&] {
    child = fork();
    if (child == 0) {
      char c = 0;
      close(ends[1]);
      _exit(read(ends[0], &c, 1) == 0 ? 0 : 1);
    }
    std::thread{[&] { during = read_process().children; }}.join();
  }}.join();
  close(ends[1]);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  close(ends[0]);

  EXPECT_EQ(during, before + 1);
}

TEST(Process, CpuTimeRisesWithWork) {
  const auto before = read_process().cpu_seconds;
  EXPECT_GT(before, 0);

  // Bounded by the processor time itself, so a slow machine does not matter.
  while (read_process().cpu_seconds < before + 0.02) {}

  EXPECT_LT(before, read_process().cpu_seconds);
}

TEST(Process, StartTimeIsInThePastAndDoesNotMove) {
  const auto start = read_process().start_time_seconds;
  const auto present = static_cast<double>(now()) * 1e-9;

  EXPECT_LT(start, present + 1); // the kernel's time of boot is in whole seconds
  EXPECT_GT(start, present - 86400);
  EXPECT_EQ(read_process().start_time_seconds, start);
}

TEST(Process, SizesFollowMappings) {
  constexpr std::size_t size = 64 << 20;
  const auto before = read_process();
  auto* block = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  const auto mapped = read_process();
  std::fill_n(static_cast<char*>(block), size, '\1');
  const auto touched = read_process();
  const auto resident = read_resident_bytes();
  munmap(block, size);

  EXPECT_GE(mapped.virtual_bytes, before.virtual_bytes + size);
  EXPECT_LT(mapped.resident_bytes, before.resident_bytes + size / 2);
  EXPECT_GT(touched.resident_bytes, before.resident_bytes + size / 2);
  EXPECT_GT(resident, before.resident_bytes + size / 2);
}

TEST(Process, LimitsAreThoseOfTheSystem) {
  rlimit descriptors_allowed{};
  getrlimit(RLIMIT_NOFILE, &descriptors_allowed);
  rlimit space{};
  getrlimit(RLIMIT_AS, &space);

  EXPECT_EQ(read_process().descriptor_limit, descriptors_allowed.rlim_cur);
  EXPECT_EQ(read_process().virtual_limit_bytes, space.rlim_cur);
}

TEST(Process, StacksOfThreadsAreCounted) {
  pthread_attr_t defaults;
  std::size_t stack = 0;
  ASSERT_EQ(pthread_getattr_default_np(&defaults), 0);
  pthread_attr_getstacksize(&defaults, &stack);
  pthread_attr_destroy(&defaults);
  // glibc keeps stacks of ended threads for new ones: those of earlier tests count in both readings.
  const waiting_thread first;
  const auto before = read_stacks();
  std::vector<std::unique_ptr<waiting_thread>> others;
  for (int i = 0; i < 8; ++i) others.push_back(std::make_unique<waiting_thread>());

  const auto after = read_stacks();

  EXPECT_GT(before.reserved, stack / 2);
  EXPECT_GE(before.touched, 256U * 1024);
  EXPECT_GT(after.reserved, before.reserved + 4 * (stack - 65536));
  EXPECT_GT(after.touched, before.touched + 4 * 256 * 1024);
  EXPECT_LE(after.touched, after.reserved);
}

TEST(Process, MemoryLimitIsPositiveAndAtMostGosUnlimited) {
  const auto limit = read_memory_limit();

  EXPECT_GT(limit, std::uint64_t{1} << 20);
  EXPECT_LE(limit, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

// Folders that look like a machine with control groups.
class ControlGroups : public ::testing::Test {
protected:
  ~ControlGroups() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  void file(const std::string& path, const std::string& content) const {
    const auto whole = root_ / path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream{whole} << content;
  }
  std::uint64_t memory() const { return read_memory_limit(root_); }
  std::uint64_t threads() const { return read_thread_limit(root_); }

  static constexpr auto unlimited = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

private:
  const std::filesystem::path root_ = [] {
    auto pattern = ::testing::TempDir() + "argosy-groups-XXXXXX";
    return std::filesystem::path{mkdtemp(pattern.data())};
  }();
};

TEST_F(ControlGroups, OfVersion2LimitMemoryAndThreadsAtAnyLevel) {
  file("proc/self/cgroup", "0::/pods/one\n");
  file("sys/fs/cgroup/pods/memory.max", "536870912\n");
  file("sys/fs/cgroup/pods/one/memory.max", "max\n");
  file("sys/fs/cgroup/pods/one/pids.max", "100\n");
  file("proc/sys/kernel/threads-max", "60000\n");

  EXPECT_EQ(memory(), 536870912U);
  EXPECT_EQ(threads(), 100U);
}

TEST_F(ControlGroups, OfAContainerAreSeenFromWithin) {
  file("proc/self/cgroup", "0::/\n");
  file("sys/fs/cgroup/memory.max", "268435456\n");

  EXPECT_EQ(memory(), 268435456U);
}

TEST_F(ControlGroups, OfVersion1HaveFoldersOfTheirOwn) {
  // Of a container whose own group is mounted as the root: the path is that of the host.
  file("proc/self/cgroup", "9:pids:/docker/4f1a\n4:memory:/docker/4f1a\n0::/\n");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "134217728\n");
  file("sys/fs/cgroup/pids/pids.max", "50\n");
  file("proc/sys/kernel/threads-max", "60000\n");

  EXPECT_EQ(memory(), 134217728U);
  EXPECT_EQ(threads(), 50U);
}

TEST_F(ControlGroups, WithoutLimitAreNone) {
  file("proc/self/cgroup", "4:memory:/\n");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(memory(), unlimited) << "how version 1 says so";

  file("proc/self/cgroup", "0::/\n");
  EXPECT_EQ(memory(), unlimited);
  file("proc/sys/kernel/threads-max", "60000\n");
  EXPECT_EQ(threads(), 60000U) << "the system's own";
}

TEST(Process, MayHaveMoreThreadsThanItHas) { EXPECT_GT(read_thread_limit(), read_process().threads); }

} // namespace
} // namespace argosy
