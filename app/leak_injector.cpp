#include "app/leak_injector.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <future>
#include <thread>
#include <utility>

#include <caf/all.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors/blocking.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "metrics/instruments.hpp"

extern char** environ;

namespace argosy {

namespace {

/// What a leak is made with.
struct scene {
  services& with;
  caf::actor_system& system;
  const std::string& folder;
  std::uint64_t job;
};
using leaked = std::shared_ptr<void>;
/// A function for each kind: its name is the place in the code that the ledger shows.
using leak_maker = leaked (*)(const scene& s);

// -- actors ---------------------------------------------------------------------------------------------

using forgotten_actor = caf::typed_actor<caf::reacts_to<caf::tick_atom>>;
struct forgotten_state {
  forgotten_actor partner;
  static inline const char* name = "forgotten";
};

forgotten_actor::behavior_type forgotten(forgotten_actor::stateful_pointer<forgotten_state> self,
                                         std::chrono::seconds alarm) {
  if (alarm.count() > 0) self->delayed_send(self, alarm, caf::tick_atom_v);
  return {[](caf::tick_atom) {}};
}

/// A handle that nobody gives up. The actor must be told to end when all is over.
struct held_actor {
  explicit held_actor(forgotten_actor actor) : handle(std::move(actor)) {}
  ~held_actor() { caf::anon_send_exit(handle, caf::exit_reason::user_shutdown); }
  held_actor(const held_actor&) = delete;
  held_actor& operator=(const held_actor&) = delete;
  forgotten_actor handle;
};

using planter_type = caf::typed_actor<caf::reacts_to<resume_atom, continuation>>;
planter_type::behavior_type planter(planter_type::pointer) {
  return {[](resume_atom, const continuation& next) { resume(next); }};
}

leaked leak_actor(const scene& s) {
  return std::make_shared<held_actor>(
      s.with.actors.spawn(s.system, "forgotten", s.job, forgotten, std::chrono::seconds(0)));
}

leaked leak_actor_of_health_check(const scene& s) {
  return std::make_shared<held_actor>(
      s.with.actors.spawn(s.system, "health_probe", s.job, forgotten, std::chrono::seconds(0)));
}

leaked leak_actor_with_alarm(const scene& s) {
  return std::make_shared<held_actor>(
      s.with.actors.spawn(s.system, "sleeper", s.job, forgotten, std::chrono::hours(24)));
}

// -- connections ----------------------------------------------------------------------------------------

struct held_descriptor {
  held_descriptor(int number, ledger::entry in_book) : descriptor(number), entry(std::move(in_book)) {}
  ~held_descriptor() {
    if (descriptor >= 0) ::close(descriptor);
  }
  held_descriptor(const held_descriptor&) = delete;
  held_descriptor& operator=(const held_descriptor&) = delete;
  int descriptor;
  ledger::entry entry;
};

int checked(int result) {
  if (result < 0) fail(failure_kind::other, std::string{"--inject-leak: "} + std::strerror(errno));
  return result;
}

leaked connection_of(const scene& s, const char* remote, const char* url) {
  const int socket = checked(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto entry = s.with.book.enter(resource::connection, "http", s.job, remote);
  entry.socket(socket);
  entry.request("GET", url);
  return std::make_shared<held_descriptor>(socket, std::move(entry));
}

leaked leak_connection_with_unread_body(const scene& s) {
  auto made = connection_of(s, "registry", "https://registry.example/v2/image/manifests/latest");
  std::static_pointer_cast<held_descriptor>(made)->entry.state("http response");
  return made;
}

leaked leak_connection_that_is_silent(const scene& s) {
  auto made = connection_of(s, "silent", "https://silent.example/never");
  std::static_pointer_cast<held_descriptor>(made)->entry.waits("http response", std::chrono::seconds(1));
  return made;
}

leaked leak_loan(const scene& s) {
  return std::make_shared<ledger::entry>(s.with.book.enter(resource::connection, "sftp", s.job, "lent"));
}

// -- descriptors ----------------------------------------------------------------------------------------

leaked descriptor_of(const scene& s, const char* kind, int descriptor) {
  return std::make_shared<held_descriptor>(checked(descriptor),
                                           s.with.book.enter(resource::descriptor, kind, s.job));
}

leaked leak_file(const scene& s) {
  return descriptor_of(s, "file", ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
}
leaked leak_directory(const scene& s) {
  return descriptor_of(s, "directory", ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}
leaked leak_socket(const scene& s) {
  return descriptor_of(s, "socket", ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}
leaked leak_pipe(const scene& s) {
  std::array<int, 2> ends{};
  checked(::pipe2(ends.data(), O_CLOEXEC));
  ::close(ends[1]);
  return descriptor_of(s, "pipe", ends[0]);
}
leaked leak_eventfd(const scene& s) { return descriptor_of(s, "eventfd", ::eventfd(0, EFD_CLOEXEC)); }
leaked leak_timerfd(const scene& s) {
  return descriptor_of(s, "timerfd", ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
}
leaked leak_memfd(const scene& s) { return descriptor_of(s, "memfd", ::memfd_create("leak", MFD_CLOEXEC)); }

// -- the rest -------------------------------------------------------------------------------------------

struct held_thread {
  explicit held_thread(ledger::entry in_book) : entry(std::move(in_book)) {
    thread = std::thread{[waits = end.get_future().share()] { waits.wait(); }};
  }
  ~held_thread() {
    end.set_value();
    thread.join();
  }
  held_thread(const held_thread&) = delete;
  held_thread& operator=(const held_thread&) = delete;
  std::promise<void> end;
  std::thread thread;
  ledger::entry entry;
};

leaked leak_thread(const scene& s) {
  return std::make_shared<held_thread>(s.with.book.enter(resource::thread, "forgotten", s.job));
}

struct held_child {
  explicit held_child(ledger::entry in_book) : entry(std::move(in_book)) {
    std::array<char, 6> program{"sleep"};
    std::array<char, 5> time{"3600"};
    std::array<char*, 3> words{program.data(), time.data(), nullptr};
    if (const int error = ::posix_spawnp(&child, "sleep", nullptr, nullptr, words.data(), environ))
      fail(failure_kind::other, std::string{"--inject-leak: sleep: "} + std::strerror(error));
  }
  ~held_child() {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  held_child(const held_child&) = delete;
  held_child& operator=(const held_child&) = delete;
  pid_t child = 0;
  ledger::entry entry;
};

leaked leak_child(const scene& s) {
  return std::make_shared<held_child>(s.with.book.enter(resource::child, "sleep", s.job));
}

struct held_file {
  held_file(std::string name, ledger::entry in_book) : path(std::move(name)), entry(std::move(in_book)) {}
  ~held_file() { ::unlink(path.c_str()); }
  held_file(const held_file&) = delete;
  held_file& operator=(const held_file&) = delete;
  std::string path;
  ledger::entry entry;
};

leaked leak_temporary_file(const scene& s) {
  auto path = s.folder + "/argosy-leak-XXXXXX";
  ::close(checked(::mkostemp(path.data(), O_CLOEXEC)));
  auto entry = s.with.book.enter(resource::temporary_file, "upload", s.job);
  entry.detail(path);
  return std::make_shared<held_file>(std::move(path), std::move(entry));
}

leaked entry_alone(const scene& s, resource what, const char* kind) {
  return std::make_shared<ledger::entry>(s.with.book.enter(what, kind, s.job));
}

leaked leak_timer(const scene& s) { return entry_alone(s, resource::timer, "forgotten"); }
leaked leak_cached_remote(const scene& s) { return entry_alone(s, resource::cached_remote, "remote"); }

struct held_buffer {
  held_buffer(ledger::entry in_book, std::size_t size) : entry(std::move(in_book)), bytes(size, 'x') {}
  ledger::entry entry;
  std::string bytes;
};

leaked leak_buffer(const scene& s) {
  return std::make_shared<held_buffer>(s.with.book.enter(resource::buffer, "forgotten", s.job), 64 << 10);
}

leaked leak_job_that_waits(const scene& s) {
  // Of its own number it would keep what is leaked beside it from being an orphan.
  auto entry = s.with.book.enter(resource::job, "job", 0);
  entry.waits("an answer", std::chrono::seconds(1));
  return std::make_shared<ledger::entry>(std::move(entry));
}

/// A table that only ever grows: the ledger knows nothing of it.
leaked leak_bytes(std::uint64_t count) { return std::make_shared<std::vector<char>>(count, 'x'); }

struct known_kind {
  const char* name;
  leak_maker make;
};
constexpr std::array<known_kind, 20> makers{{{"actor", leak_actor},
                                             {"actor-probe", leak_actor_of_health_check},
                                             {"actor-sleeper", leak_actor_with_alarm},
                                             {"connection-unread", leak_connection_with_unread_body},
                                             {"connection-silent", leak_connection_that_is_silent},
                                             {"connection-lent", leak_loan},
                                             {"file", leak_file},
                                             {"directory", leak_directory},
                                             {"socket", leak_socket},
                                             {"pipe", leak_pipe},
                                             {"eventfd", leak_eventfd},
                                             {"timerfd", leak_timerfd},
                                             {"memfd", leak_memfd},
                                             {"thread", leak_thread},
                                             {"child", leak_child},
                                             {"temporary-file", leak_temporary_file},
                                             {"timer", leak_timer},
                                             {"buffer", leak_buffer},
                                             {"cached-remote", leak_cached_remote},
                                             {"job", leak_job_that_waits}}};
constexpr const char* bytes_kind = "bytes";

} // namespace

std::vector<std::string> leak_injector::kinds() {
  std::vector<std::string> names;
  for (const auto& k : makers) names.emplace_back(k.name);
  names.emplace_back(bytes_kind);
  return names;
}

leak_injector::orders leak_injector::parse(const std::vector<std::string>& texts) {
  const auto known = kinds();
  orders all;
  for (const auto& text : texts) {
    const auto last = text.rfind(':');
    const auto middle =
        last == 0 || last == std::string::npos ? std::string::npos : text.rfind(':', last - 1);
    if (middle == std::string::npos || middle == 0)
      fail(failure_kind::bad_parameter, "--inject-leak " + go_quote(text) + " is not TASK:KIND:N");
    order o{text.substr(middle + 1, last - middle - 1), 0};
    if (std::find(known.begin(), known.end(), o.kind) == known.end())
      fail(failure_kind::bad_parameter,
           "--inject-leak " + go_quote(text) + ": unknown kind " + go_quote(o.kind));
    char* end = nullptr;
    o.count = std::strtoull(text.c_str() + last + 1, &end, 10);
    if (o.count == 0 || *end != '\0')
      fail(failure_kind::bad_parameter, "--inject-leak " + go_quote(text) + ": N is not a number above 0");
    all.emplace(text.substr(0, middle), std::move(o));
  }
  return all;
}

leak_injector::leak_injector(orders planted, services& with, caf::actor_system& system, std::string folder) :
    with_(with), system_(system), folder_(std::move(folder)), orders_(std::move(planted)),
    planter_(with.actors.spawn(system, "planter", 0, planter)) {
  with_.book.tools().tasks.at_end([this](const std::string& task, std::uint64_t job) { ran(task, job); });
}

leak_injector::~leak_injector() {
  with_.book.tools().tasks.at_end({});
  caf::anon_send_exit(planter_, caf::exit_reason::user_shutdown);
}

void leak_injector::ran(const std::string& task, std::uint64_t job) {
  const auto [begin, end] = orders_.equal_range(task);
  for (auto i = begin; i != end; ++i) {
    const auto& what = i->second;
    // CAF's logger stays with a thread that spawns, and its actor system waits for that: I/O threads last too
    // long.
    if (what.kind.compare(0, 5, "actor") == 0)
      tell(planter_, resume_atom_v,
           continuation{std::make_shared<std::function<void()>>([this, &what, job] { leak(what, job); })});
    else
      with_.io.post({}, [this, &what, job](const may_block&) {
        try {
          leak(what, job);
        } catch (const failure& why) {
          with_.log.write(log_level::error, why.what());
        }
      });
  }
}

void leak_injector::leak(const order& what, std::uint64_t job) {
  std::vector<leaked> made;
  if (what.kind == bytes_kind) made.push_back(leak_bytes(what.count));
  for (const auto& k : makers)
    if (what.kind == k.name)
      for (std::uint64_t i = 0; i < what.count; ++i) made.push_back(k.make({with_, system_, folder_, job}));
  const std::lock_guard<std::mutex> lock{mutex_};
  leaked_.insert(leaked_.end(), made.begin(), made.end());
}

} // namespace argosy
