#include "http/rc/copy_file.hpp"

#include <limits>
#include <optional>

#include "actors/transfers/compare.hpp"

namespace argosy::rc {

namespace {

class file_copy {
public:
  file_copy(operation& work, const std::string& from, const std::string& to, bool moving) :
      work_(work), from_(from), to_(to), moving_(moving),
      compare_(work.at().of().info(), work.to().of().info(), work.options()),
      source_fs_(work.around().texts.front()), destination_fs_(work.around().texts.back()) {}

  void run() {
    reported_.started = now();
    reported_.what = work_kind::checking;
    try {
      copy();
    } catch (const failure& why) {
      // A transfer has entered itself.
      if (!work_.entered()) work_.enter_failed(from_, why, reported_);
      throw;
    }
    if (work_.entered()) return;
    reported_.duration = now() - reported_.started;
    work_.enter(from_, reported_);
  }

private:
  void copy() {
    source_ = require_object(work_.on, work_.at(), from_);
    reported_.size = source_.size;
    reported_.how = outcome_kind::skipped;
    if (!work_.options().no_check_dest) {
      there_ = work_.to().stat(work_.on, to_);
      if (there_ && there_->kind == entry_kind::directory)
        fail(failure_kind::is_a_directory, "is a directory not a file");
    }
    if (!needed()) return leave();
    if (!found_beside()) transfer();
  }

  bool needed() {
    if (!there_) return true;
    const entry_view here{from_, entry_kind::file, source_.size, source_.modified};
    const entry_view there{to_, entry_kind::file, there_->size, there_->modified};
    switch (const auto found = compare_.judge(here, there)) {
    case verdict::equal: return false;
    case verdict::transfer:
    case verdict::immutable: return true; // rclone protects files from syncs, not from calls for one file
    case verdict::check:
    case verdict::check_hash: return !same_content(found);
    }
    return true;
  }

  /// Without a common hash the size has decided already (refresh_times).
  bool same_hash(verdict found) {
    const auto type = compare_.common_hash();
    if (type == hash_type::none) return true;
    const auto same = argosy::same_hash(work_.on, work_.at(), from_, work_.to(), to_, type);
    // A hash that is not known of a file says nothing of it.
    return same.value_or(found == verdict::check_hash || work_.options().refresh_times);
  }

  bool same_content(verdict found) {
    if (!same_hash(found)) return false;
    if (found != verdict::check || work_.options().no_update_modtime) return true;
    if (work_.options().immutable) return false;
    if (work_.skipped(to_, "update modification time", source_.size)) return true;
    try {
      work_.to().set_modified(work_.on, to_, source_.modified);
    } catch (const failure& why) {
      if (why.kind() != failure_kind::unsupported) throw;
      return false; // times are set by sending the file once more
    }
    return true;
  }

  copy_request files() const { return {from_, to_, source_.size, source_.modified}; }

  /// compare_dest or copy_dest has it: of a move only the source remains to be removed.
  bool found_beside() {
    const auto& around = work_.around();
    const auto only_told = work_.options().dry_run && !work_.options().copy_dest.empty();
    if (around.beside.others.empty() || only_told) return false;
    const auto found = look_elsewhere(work_.on, work_.copying(), files(), work_.options(), around.policy,
                                      [&] { keep_backup(); });
    if (found == found_elsewhere::no) return false;
    stats_delta delta;
    delta.checks = 1;
    if (found == found_elsewhere::copied) {
      reported_.how = outcome_kind::copied;
      delta.server_side_copies = 1;
      delta.server_side_copy_bytes = std::max<std::int64_t>(0, source_.size);
    }
    add_record(delta, record_of(work_kind::checking));
    work_.count(delta);
    if (moving_) work_.delete_file(work_.at(), source_fs_, from_, source_.size);
    return true;
  }

  /// What is overwritten goes to the backup first.
  void keep_backup() {
    const auto& around = work_.around();
    if (!there_ || !around.beside.backup.store) return;
    auto record = record_of(work_kind::moving);
    const auto size =
        move_to_backup(work_.on, work_.copying(), to_, work_.options(), around.beside, around.policy);
    if (!size) return;
    work_.skipped(to_, "move", *size);
    there_.reset();
    record.name = to_;
    record.size = record.bytes = *size;
    record.source_fs = destination_fs_;
    stats_delta delta;
    delta.renames = delta.server_side_moves = 1;
    delta.server_side_move_bytes = delta.bytes = *size;
    work_.checked(std::move(record), {}, delta);
  }

  transfer_record record_of(work_kind what) const {
    transfer_record record;
    record.name = from_;
    record.size = source_.size;
    record.checked = true;
    record.what = what;
    record.source_fs = source_fs_;
    record.destination_fs = destination_fs_;
    record.started = now();
    return record;
  }

  // The destination is right as it is; of a move only the source remains to be removed.
  void leave() {
    stats_delta delta;
    delta.checks = 1;
    add_record(delta, record_of(work_kind::checking));
    work_.count(delta);
    if (moving_ && !work_.options().ignore_existing)
      work_.delete_file(work_.at(), source_fs_, from_, source_.size);
  }

  /// `work` moves the bytes. A limit that was reached says more than the cancellation that it caused.
  template <class Work>
  auto within_limits(Work work) {
    const auto& limits = work_.around().limits;
    if (!limits) return work();
    limits->begin(source_.size);
    try {
      return work();
    } catch (const failure& why) {
      const auto reached = limits->reached();
      if (why.kind() != failure_kind::cancelled || !reached) throw;
      fail(reached.kind, reached.text);
    }
  }

  void transfer() {
    const auto bytes = source_.size > 0 ? static_cast<std::uint64_t>(source_.size) : 0;
    auto move = record_of(work_kind::moving);
    file_transfer file{work_, from_, source_.size, source_fs_, destination_fs_};
    limited_listener listener{file.progress(), work_.around().limits.get(), nullptr};
    const auto scope = file.scope().for_listener(&listener);
    file.run([&] {
      keep_backup();
      if (!moving_) {
        if (work_.skipped(from_, "copy", source_.size)) {
          file.progress().bytes(bytes);
        } else {
          within_limits([&] {
            copy_object(scope, work_.at(), work_.to(), files(), work_.around().policy, work_.copying().crew);
          });
        }
        return true;
      }
      const bool dry = work_.skipped(from_, "move", source_.size);
      const auto move_it = [&] {
        keep_backup();
        return move_object(scope, work_.at(), work_.to(), files(), work_.around().policy,
                           work_.copying().crew);
      };
      // A rename moves no bytes: it knows no limits.
      const bool renames = can_rename(work_.at().of(), work_.to().of());
      const bool renamed = dry || (renames ? move_it() : within_limits(move_it));
      // rclone counts the move as such as a check, the copy that it may need as a transfer, and what is
      // removed for it at either end as a deletion.
      ++file.delta.renames;
      ++file.delta.checks;
      if (renamed) {
        file.record.what = work_kind::moving;
        file.record.checked = true;
        file.progress().bytes(bytes); // as a lump, though nothing was read
        if (!dry) {
          ++file.delta.server_side_moves;
          file.delta.server_side_move_bytes += static_cast<std::int64_t>(bytes);
        }
      } else {
        add_record(file.delta, std::move(move));
      }
      if (!renamed || (there_ && !dry)) {
        ++file.delta.checks;
        ++file.delta.deletes;
        auto removed = record_of(work_kind::deleting);
        if (renamed) {
          removed.name = to_;
          removed.size = there_->size;
        }
        add_record(file.delta, std::move(removed));
      }
      return !renamed;
    });
  }

  static void add_record(stats_delta& delta, transfer_record record) {
    record.completed = now();
    delta.completed.push_back(std::move(record));
  }

  operation& work_;
  const std::string& from_;
  const std::string& to_;
  const bool moving_;
  const comparison compare_;
  const std::string& source_fs_;
  const std::string& destination_fs_;
  object_info source_;
  std::optional<object_info> there_;
  file_outcome reported_; // unless it is transferred
};

/// A file that is copied in chunks has use for more connections: how large it is decides.
void open_hands(job_context& job, const std::shared_ptr<operation::setting>& around, const std::string& path,
                std::function<void()> then) {
  const auto& from = around->remotes.front();
  const auto& to = around->remotes.back();
  if (wanted_hands(from, to, std::numeric_limits<std::int64_t>::max(), around->policy) == 0) return then();
  run_operation(
      job, around,
      [path](operation& work) {
        const auto found = work.at().stat(work.on, path);
        return found && found->kind == entry_kind::file ? found->size : 0;
      },
      [around, then](std::int64_t size) {
        around->hands = wanted_hands(around->remotes.front(), around->remotes.back(), size, around->policy);
        then();
      });
}

/// What the stats group has transferred before counts.
void open_limits(job_context& job, const std::shared_ptr<operation::setting>& around,
                 const std::function<std::string(operation&)>& copy) {
  const auto run = [&job, around, copy] {
    run_operation(job, around, copy, [&job](std::string output) { job.succeed(std::move(output)); });
  };
  if (around->options->max_transfer < 0 && around->options->max_duration <= 0) return run();
  job.ask(
      job.around().stats,
      [&job, around, run](const stats_snapshot& before) {
        around->limits = limits_of(*around->options, before.bytes, job.stop());
        run();
      },
      caf::get_atom_v, job.request().group_name());
}

} // namespace

void copy_file(job_context& job, const file_place& from, const file_place& to, bool moving) {
  const auto copy = [from = from.path, to = to.path, moving](operation& work) {
    if (same_place(work.at().of().info(), from, work.to().of().info(), to)) {
      file_outcome same;
      same.how = outcome_kind::skipped;
      same.what = work_kind::checking;
      same.started = now();
      work.enter(from, same);
    } else {
      file_copy{work, from, to, moving}.run();
    }
    return std::string{"{}"};
  };
  open_setting(
      job, {from.fs, to.fs}, false, policy_of(*job.options()),
      [&job, copy, path = from.path](const std::shared_ptr<operation::setting>& around, const auto&) {
        open_side_remotes(job, around->remotes.front(), around->remotes.back(), extent::file,
                          [&job, copy, path, around](side_remotes beside) {
                            around->beside = std::move(beside);
                            open_hands(job, around, path,
                                       [&job, copy, around] { open_limits(job, around, copy); });
                          });
      });
}

} // namespace argosy::rc
