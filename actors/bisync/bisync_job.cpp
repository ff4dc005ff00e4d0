#include "actors/bisync/bisync_job.hpp"

#include "actors/transfers/compare.hpp"
#include "core/json.hpp"

namespace argosy {

namespace {

std::string reply_of(const bisync_result& result) {
  const auto& files = result.files;
  std::string text;
  append_json(text, {{"basePath", files.base()},
                     {"listing1", files.listing(0)},
                     {"listing2", files.listing(1)},
                     {"logFile", ""},
                     {"output", result.output},
                     {"session", files.session},
                     {"workDir", files.folder}});
  return text;
}

/// What is known of a run before it begins; filled step by step.
struct bisync_setup {
  bisync_order order;
  std::array<remote, 2> sides;
  std::array<std::shared_ptr<const main_options>, 2> options; ///< of what is written on each side
  std::array<side_remotes, 2> beside;
};

/// The options of the call as far as a bisync goes by them. max_delete is another rule here (percent).
main_options options_of(const job_context& job, const bisync_order& order) {
  auto options = *job.options();
  options.dry_run = order.dry_run;
  options.max_delete = -1;
  options.max_delete_size = -1;
  options.checksum = order.compare.checksum;
  options.size_only = !order.compare.checksum && !order.compare.modified && order.compare.size;
  return options;
}

std::shared_ptr<const run_environment> environment_into(job_context& job, const bisync_setup& setup,
                                                        std::size_t side, const stats_sink& stats,
                                                        const std::shared_ptr<transfer_limits>& limits) {
  const auto& source = setup.sides[1 - side];
  const auto& destination = setup.sides[side];
  const auto& from = source.store->info();
  const auto& to = destination.store->info();
  auto options = setup.options[side];
  const auto common = comparison{from, to, *options}.common_hash();
  if (options->checksum && common == hash_type::none) {
    // Without a hash that both know the sizes alone would decide: what changed is copied in any case.
    auto always = *options;
    always.checksum = false;
    always.ignore_times = true;
    options = std::make_shared<const main_options>(std::move(always));
  }
  return std::make_shared<const run_environment>(run_environment{job.with(),
                                                                 job.request().id,
                                                                 source,
                                                                 destination,
                                                                 options,
                                                                 policy_of(*options),
                                                                 common,
                                                                 job.stop(),
                                                                 stats,
                                                                 from.config_text,
                                                                 to.config_text,
                                                                 setup.beside[side],
                                                                 limits,
                                                                 {},
                                                                 job.pace(),
                                                                 job.report(),
                                                                 to.config_text});
}

void begin(job_context& job, const std::shared_ptr<const bisync_setup>& setup, const stats_sink& stats,
           const stats_snapshot& before) {
  const auto& options = *setup->options[0];
  std::shared_ptr<transfer_limits> limits;
  if (options.max_transfer >= 0 || options.max_duration > 0)
    limits = std::make_shared<transfer_limits>(options, before.bytes, job.stop());
  job.report()->begin_attempt(job.attempt());
  if (!job.pace())
    job.keep(std::make_shared<job_pace>(job_pace::start{options.transfers}, job_pace::start{options.checkers},
                                        job.with().upload));
  job.child_at_work(true);
  // The plan calls back in its own context: the end of the job belongs into the job's.
  const auto back = caf::actor_cast<job_actor>(job.self());
  spawn_bisync(
      job.self()->system(),
      {environment_into(job, *setup, 0, stats, limits), environment_into(job, *setup, 1, stats, limits)},
      setup->order, [back, &job](const bisync_result& result) {
        auto end = [&job, result] {
          if (result.error)
            job.fail(result.error);
          else
            job.succeed(reply_of(result));
        };
        tell(back, resume_atom_v, continuation{std::make_shared<std::function<void()>>(end)});
      });
}

} // namespace

void run_bisync(job_context& job, const std::array<std::string, 2>& paths,
                const std::array<std::string, 2>& backups, bisync_order order) {
  job.report();
  auto setup = std::make_shared<bisync_setup>();
  setup->order = std::move(order);
  auto options = options_of(job, setup->order);
  for (const auto side : {std::size_t{0}, std::size_t{1}}) {
    // Each of the two takes the place of backup_dir on both sides.
    if (!backups[0].empty() || !backups[1].empty()) options.backup_dir = backups[side];
    setup->options[side] = std::make_shared<const main_options>(options);
  }
  job.open_remotes({paths[0], paths[1]}, [&job, setup](const std::vector<remote>& opened) {
    for (const auto& one : opened)
      if (one.file) fail(failure_kind::is_a_file, "is a file not a directory");
    setup->sides = {opened[0], opened[1]};
    const auto& [one, two] = setup->sides;
    open_side_remotes(job, setup->options[0], two, one, extent::tree, [&job, setup](side_remotes into1) {
      setup->beside[0] = std::move(into1);
      const auto& [first, second] = setup->sides;
      open_side_remotes(
          job, setup->options[1], first, second, extent::tree, [&job, setup](side_remotes into2) {
            setup->beside[1] = std::move(into2);
            job.open_stats([&job, setup](const stats_sink& stats) {
              job.ask(
                  job.around().stats,
                  [&job, setup, stats](const stats_snapshot& before) { begin(job, setup, stats, before); },
                  caf::get_atom_v, job.request().group_name());
            });
          });
    });
  });
}

} // namespace argosy
