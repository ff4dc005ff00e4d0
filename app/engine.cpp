#include "app/engine.hpp"

#include <filesystem>
#include <future>
#include <thread>

#include <caf/all.hpp>
#include <caf/io/all.hpp>

#include <openssl/rand.h>

#include "actors/bandwidth.hpp"
#include "actors/cluster/cluster.hpp"
#include "actors/jobs/job_table.hpp"
#include "actors/links/remotes.hpp"
#include "actors/stats/stats.hpp"
#include "actors/watch/leak_watcher.hpp"
#include "app/config_password.hpp"
#include "app/leak_state.hpp"
#include "app/server_settings.hpp"
#include "backends/bridge/bridge.hpp"
#include "backends/node/node_storage.hpp"
#include "http/debug/symbol_child.hpp"
#include "http/rc/adopt.hpp"
#include "http/rc/command.hpp"
#include "http/rc/option_blocks.hpp"
#include "metrics/instruments.hpp"
#ifdef ARGOSY_FAULT_INJECTOR
#include "app/leak_injector.hpp"
#endif

namespace argosy {

namespace {

struct caf_config : caf::actor_system_config {
  const unsigned threads = std::max(2u, std::thread::hardware_concurrency());
  explicit caf_config(bool clustered) {
    if (clustered) prepare_for_cluster(*this);
    add_message_types<caf::id_block::argosy>();
    // An I/O-bound daemon: sharing wakes faster than stealing and idles at no cost.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-throughput", defaults::messages_per_turn);
    set("scheduler.max-threads", static_cast<std::size_t>(threads));
  }
};

/// A random UUID (RFC 9562, version 4).
std::string random_uuid() {
  unsigned char b[16];
  if (RAND_bytes(b, sizeof b) != 1) fail(failure_kind::other, "no random numbers from the system");
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);
  static const char* digits = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[b[i] >> 4];
    text += digits[b[i] & 15];
  }
  return text;
}

std::string variable(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string{} : found->second;
}

/// Follows the timetable of --bwlimit (rc-surface 3.5: looked at each minute; 53 s, since periodic tasks run
/// at different prime periods).
struct timetable_state {
  ledger::entry timer;
  static inline const char* name = "timetable";
};
using timetable_actor = caf::typed_actor<caf::reacts_to<caf::tick_atom>>;

timetable_actor::behavior_type timetable(timetable_actor::stateful_pointer<timetable_state> self,
                                         ledger* book, bandwidth* limits) {
  self->state.timer = book->enter(resource::timer, "timetable");
  self->delayed_send(self, std::chrono::seconds(53), caf::tick_atom_v);
  return {[=](caf::tick_atom) {
    const auto under_way = book->tools().tasks.begin("timetable");
    limits->tick(minute_of_week(std::time(nullptr)));
    self->delayed_send(self, std::chrono::seconds(53), caf::tick_atom_v);
  }};
}

/// The path, or the nearest folder above it that is there: the cache may yet have to be made.
std::string existing(std::filesystem::path path) {
  std::error_code ignored;
  while (!std::filesystem::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path.empty() ? "." : path.string();
}

} // namespace

/// In the order of their making; they go in the reverse one.
struct engine::parts {
#ifdef ARGOSY_FAULT_INJECTOR
  const leak_injector::orders planted; // wrong ones end the start before there is anything to be ended
#endif
  ledger book;
  metrics_registry metrics{book};
  rate_limiter upload, download;
  steady_wait_clock waits;
  const storage_table& table;
  network net;
  settings options;
  configuration config;
  bridge other_types;
  remote_maker maker;
  rc::command_table commands;
  mime_types types;
  bandwidth limits{upload, download};
  rc::option_blocks blocks;
  job_numbers numbers;
  spill_store spill;
  io_pool io; // its tasks use what stands above
  services with;
  caf_config caf_settings;
  std::optional<caf::actor_system> system;
  std::optional<cluster_node> cluster;
  std::optional<rc::daemon> daemon;
  std::optional<rc_dispatcher> dispatcher;
  std::optional<metrics_handler> pages;
  timetable_actor clock;
  leak_watcher_actor watcher;
  const std::string leak_state;
#ifdef ARGOSY_FAULT_INJECTOR
  std::optional<leak_injector> injector;
#endif

  parts(const settings_of_run& run, dispatch_config serving, const storage_table& storages, line_logger& log,
        std::function<void(int)> quit) :
#ifdef ARGOSY_FAULT_INJECTOR
      planted(leak_injector::parse(run.planted_leaks)),
#endif
      table(storages), net(log, metrics.answers(), waits), options(run.options),
      config(
          run.config_path, run.environment,
          [this, given = variable(run.environment, "RCLONE_CONFIG_PASS")](const may_block& on) {
            return find_config_password(on, *options.current(), given);
          },
          [&log](const std::string& text) { log.write(log_level::error, text); }),
      other_types({run.bridge_rclone,
                   [this](const may_block& on) {
                     return config.use(on, [](config_store& store) { return store.path(); });
                   },
                   [this, given = variable(run.environment, "RCLONE_CONFIG_PASS")](
                       const may_block& on) -> std::optional<std::string> {
                     auto found = find_config_password(on, *options.current(), given);
                     return found ? std::optional{std::move(found->text)} : std::nullopt;
                   }}),
      maker(config, storages, run.storage_flags, log, net, &other_types), blocks(shown_options(run)),
      spill({run.cache_folder, run.temporary_folder}),
      io(book, {}), with{book, metrics, io, log, options, upload, download, net, spill, random_uuid()},
      caf_settings(run.cluster.wanted()), leak_state(leak_state_file(run)) {
    net.follow(run.options);
    limits.follow(run.options.bwlimit, minute_of_week(std::time(nullptr)));
    system.emplace(caf_settings);
    metrics.scheduler_threads(caf_settings.threads);
    metrics.folders({{"cache", existing(run.cache_folder)},
                     {"config", existing(std::filesystem::path{run.config_path}.parent_path())},
                     {"temporary", existing(run.temporary_folder)}});
    book.tools().urls.tell([&log](const url_watch::match& found) {
      log.write(log_level::notice, "debug/watch-url: " + found.method + " " + found.url + " by " +
                                       found.kind + " " + found.label +
                                       (found.job == 0 ? "" : " of job " + std::to_string(found.job)));
    });
    const directory around{
        spawn_stats(*system, with, static_cast<std::uint64_t>(run.options.max_stats_groups)),
        spawn_remotes(*system, with, maker), spawn_job_table(*system, with, job_limits(run))};
    daemon.emplace(rc::daemon{with, *system, around, maker, commands, types, compatible_version,
                              run.executable, run.cache_folder, run.temporary_folder, std::move(quit), limits,
                              storages, blocks, numbers, [this, &log](const main_options& changed) {
                                log.follow(changed);
                                net.follow(changed);
                              }});
    if (run.cluster.wanted()) {
      cluster.emplace(
          cluster_node::surroundings{*system, with, around, numbers, config, storages, run.storage_flags,
                                     [this](const job_summary& lost) { rc::adopt(*daemon, lost); }},
          run.cluster);
      daemon->cluster = &*cluster;
      join_cluster(table, cluster->disks());
      log.write(log_level::notice, "Serving the cluster on " + cluster->address());
    }
    dispatcher.emplace(*daemon, std::move(serving));
    pages.emplace(*dispatcher);
    clock = with.actors.spawn(*system, "timetable", 0, timetable, &book, &limits);
#ifdef ARGOSY_FAULT_INJECTOR
    if (!planted.empty()) injector.emplace(planted, with, *system, run.temporary_folder);
#endif
    if (!run.leak_watch) return;
    watcher = spawn_leak_watcher(
        *system, with,
        {leak_state, [this] { return work_done(); },
         [](const may_block& on, const std::string& asked) { return ask_symbol_child(on)(asked); }});
  }

  /// What the leak watch compares growth with: calls, which weigh twice as jobs, and MiB.
  double work_done() {
    return static_cast<double>(numbers.given()) + static_cast<double>(book.entered(resource::job)) +
           metrics.transfers().bytes.Value() / (1 << 20);
  }

  ~parts() {
    // The root actors end on our word; what they own ends with them.
    join_cluster(table, nullptr);
    cluster.reset(); // the others hear of it while everything is still there
    const auto around = daemon->around;
    for (const auto& root :
         {caf::actor_cast<caf::actor>(around.jobs), caf::actor_cast<caf::actor>(around.remotes),
          caf::actor_cast<caf::actor>(around.stats)})
      caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(clock, caf::exit_reason::user_shutdown);
    clock = nullptr;
    if (watcher) caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown);
    watcher = nullptr;
    pages.reset();
    dispatcher.reset();
    daemon.reset();
    // Tasks under way answer to actors: the actor system may only go when they are through.
    io.wait_until_idle();
    io.post({}, [this](const may_block& on) {
      try {
        save_leak_watch(on, with, leak_state);
      } catch (const failure& why) {
        with.log.write(log_level::error, why.what());
      }
    });
    io.wait_until_idle();
#ifdef ARGOSY_FAULT_INJECTOR
    injector.reset();
#endif
    system.reset();
  }
};

engine::engine(const settings_of_run& run, dispatch_config serving, const storage_table& storages,
               line_logger& log, std::function<void(int)> quit) :
    parts_(std::make_unique<parts>(run, std::move(serving), storages, log, std::move(quit))) {}

engine::~engine() { drain(std::chrono::seconds(10)); }

http_handler& engine::handler() { return *parts_->dispatcher; }
http_handler& engine::metrics() { return *parts_->pages; }
ledger& engine::book() { return parts_->book; }

void engine::check_configuration() {
  auto read = std::make_shared<std::promise<void>>();
  auto done = read->get_future();
  parts_->io.post({}, [read, &config = parts_->config, &log = parts_->with.log](const may_block& on) {
    try {
      config.use(on, [&log](config_store& store) {
        try {
          store.load();
        } catch (const failure& f) {
          // config/unlock may still come.
          if (!store.locked()) throw;
          log.write(log_level::notice, f.what());
        }
      });
      read->set_value();
    } catch (...) {
      read->set_exception(std::current_exception());
    }
  });
  done.get();
}

bool engine::drain(std::chrono::milliseconds patience) {
  parts_->dispatcher->stop();
  caf::scoped_actor self{*parts_->system, true};
  bool drained = false;
  self->request(parts_->daemon->around.jobs, patience, drain_atom_v)
      .receive([&] { drained = true; }, [](const caf::error&) {});
  return drained;
}

} // namespace argosy
