#include "actors/watch/leak_watcher.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <caf/all.hpp>

#include <fcntl.h>
#include <unistd.h>

#include "actors/blocking.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "metrics/instruments.hpp"
#include "metrics/profile/heap_profile.hpp"
#include "metrics/watch/leak_probe.hpp"
#include "metrics/watch/look.hpp"

namespace argosy {

namespace {

// Primes, as all periodic tasks run at different ones: then their steps in a curve can be told apart.
constexpr auto look_period = std::chrono::seconds(13);
constexpr seconds_t heap_period = 887, save_period = 607;
constexpr nanoseconds second = 1'000'000'000;

/// Replaces the file in one step, so that a process that dies leaves the old one or the new one.
void write_file(const std::string& path, const std::string& content) {
  const auto refuse = [&](const std::string& what, int why) {
    fail(failure_kind::other, "--leak-state " + go_quote(what) + ": " + std::strerror(why));
  };
  const auto partial = path + ".partial";
  const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) refuse(partial, errno);
  int error = 0;
  for (std::size_t done = 0; done < content.size() && error == 0;) {
    const auto n = ::write(file, content.data() + done, content.size() - done);
    if (n < 0 && errno != EINTR) error = errno;
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  if (error == 0 && ::fsync(file) != 0) error = errno;
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0 && ::rename(partial.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(partial.c_str());
  refuse(partial, error);
}

/// What the actor keeps; used on one I/O thread at a time.
class looker {
public:
  looker(services& with, leak_watcher_settings settings) :
      with_(with), settings_(std::move(settings)), probe_(with.metrics.registry()) {}

  void look(const may_block& on) {
    auto& tools = with_.book.tools();
    const auto under_way = tools.tasks.begin("leak watch");
    if (!restored_) restore();
    watch_sample sample;
    sample.when = now() / second;
    const auto work = settings_.work();
    sample.work = work - std::exchange(work_, work);
    look_at_process(sample, with_.book);
    if (can_profile_heap() && sample.when >= next_heap_) {
      next_heap_ = sample.when + heap_period;
      look_at_heap(on, sample);
    }
    tools.leaks.bound({{{resource_name(resource::stats_group), "group"},
                        static_cast<double>(with_.options.current()->max_stats_groups)}});
    tools.leaks.limits(read_limits());
    probe_.show(tools.tasks);
    if (tools.leaks.add(sample, tools.tasks.histories())) tell();
    if (sample.when < next_save_) return;
    next_save_ = sample.when + save_period;
    save_leak_watch(on, with_, settings_.state_file);
  }

private:
  void restore() {
    restored_ = true;
    work_ = settings_.work();
    next_save_ = now() / second + save_period;
    next_heap_ = now() / second + heap_period; // what comes before is warm-up, and others have work now
    if (settings_.state_file.empty()) return;
    std::ifstream file{settings_.state_file, std::ios::binary};
    if (!file) return; // the first start
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    std::vector<task_history> ran;
    if (with_.book.tools().leaks.restore(bytes, ran))
      with_.book.tools().tasks.restore(ran);
    else
      with_.log.write(log_level::notice, "--leak-state " + go_quote(settings_.state_file) +
                                             " is damaged or of another version: the leak watch begins anew");
  }

  void look_at_heap(const may_block& on, watch_sample& sample) {
    const auto heap = read_heap_profile();
    const auto names = with_.book.tools().names.resolve(
        heap.stacks(), [&](const std::string& questions) { return settings_.names(on, questions); });
    argosy::look_at_heap(sample, heap, names);
  }

  void tell() {
    const auto& leaks = with_.book.tools().leaks;
    probe_.show(leaks);
    for (const auto& v : leaks.verdicts())
      if (v.suspected && v.since == leaks.judged())
        with_.log.write(log_level::notice,
                        "Leak suspected: " + v.series.resource + " " + v.series.kind + " grows by " +
                            std::to_string(v.per_hour) + " an hour" +
                            (v.task.empty() ? (v.by_load ? " with the requests" : " in the background")
                                            : " with " + v.task) +
                            "; see leak/report");
  }

  services& with_;
  const leak_watcher_settings settings_;
  leak_probe probe_;
  bool restored_ = false;
  double work_ = 0;
  seconds_t next_heap_ = 0, next_save_ = 0;
};

struct leak_watcher_state {
  std::shared_ptr<looker> eyes;
  ledger::entry timer;
  static inline const char* name = "leak_watcher";
};

leak_watcher_actor::behavior_type leak_watcher(leak_watcher_actor::stateful_pointer<leak_watcher_state> self,
                                               services* with, const std::shared_ptr<looker>& eyes) {
  self->state.eyes = eyes;
  self->state.timer = with->book.enter(resource::timer, "leak watch");
  return {
      [=](caf::tick_atom) {
        const auto next = [=] { self->delayed_send(self, look_period, caf::tick_atom_v); };
        run_blocking(
            self, *with, {}, [eyes = self->state.eyes](const may_block& on) { eyes->look(on); }, next,
            [=](const failure_info& why) {
              with->log.write(log_level::error, "leak watch: " + why.text);
              next();
            });
      },
      [](resume_atom, const continuation& next) { resume(next); },
  };
}

} // namespace

leak_watcher_actor spawn_leak_watcher(caf::actor_system& system, services& with,
                                      leak_watcher_settings settings) {
  auto made = with.actors.spawn(system, "leak_watcher", 0, leak_watcher, &with,
                                std::make_shared<looker>(with, std::move(settings)));
  tell(made, caf::tick_atom_v);
  return made;
}

void save_leak_watch(const may_block&, services& with, const std::string& state_file) {
  if (state_file.empty()) return;
  std::error_code ignored; // writing says what is wrong
  std::filesystem::create_directories(std::filesystem::path{state_file}.parent_path(), ignored);
  auto& tools = with.book.tools();
  write_file(state_file, tools.leaks.save(tools.tasks.histories()));
}

} // namespace argosy
