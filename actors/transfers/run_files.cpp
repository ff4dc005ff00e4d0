#include "actors/transfers/run_files.hpp"

#include <algorithm>
#include <utility>

#include "actors/bandwidth.hpp"
#include "actors/blocking.hpp"
#include "actors/defaults.hpp"
#include "actors/reports/report_writer.hpp"
#include "actors/stats/delta.hpp"
#include "actors/transfers/compare.hpp"
#include "actors/transfers/run_numbers.hpp"
#include "backends/costly_times.hpp"
#include "backends/operations.hpp"
#include "backends/removes_listed.hpp"
#include "core/size_suffix.hpp"

namespace argosy {

namespace {

/// Options that would be dangerous to pass over in silence.
void refuse_unsupported(const main_options& options) {
  const auto refuse = [](bool set, const char* flag) {
    if (set) fail(failure_kind::unsupported, std::string{"--"} + flag + " is not supported by this release");
  };
  refuse(options.interactive, "interactive");
  refuse(options.metadata && !options.metadata_mapper.empty(), "metadata-mapper");
}

} // namespace

bool only_told(const main_options& options, logger& log, const std::string& what, const char* action,
               std::int64_t size) {
  if (!options.dry_run) return false;
  auto text = what + ": Skipped " + action + " as --dry-run is set";
  if (size >= 0) text += " (size " + format_size(size) + ")";
  log.write(log_level::notice, text);
  return true;
}

copy_policy policy_of(const main_options& options) {
  refuse_unsupported(options);
  copy_policy policy;
  policy.verify_size = !options.ignore_size;
  policy.verify_checksum = !options.ignore_checksum;
  policy.in_place = options.inplace;
  policy.metadata = options.metadata;
  policy.metadata_set = options.metadata_set;
  policy.partial_suffix = options.partial_suffix;
  constexpr std::size_t longest_suffix = 16; // characters of partial_suffix, as in rclone
  if (!options.inplace && options.partial_suffix.size() > longest_suffix)
    fail(failure_kind::other, "expecting length of --partial-suffix to be not greater than " +
                                  std::to_string(longest_suffix) + " but got " +
                                  std::to_string(options.partial_suffix.size()));
  policy.low_level_retries = options.low_level_retries;
  policy.streaming_upload_cutoff = options.streaming_upload_cutoff;
  policy.multi_thread_set = options.multi_thread_set;
  policy.multi_thread_streams = options.multi_thread_streams;
  policy.multi_thread_cutoff = options.multi_thread_cutoff;
  policy.multi_thread_chunk_size = options.multi_thread_chunk_size;
  return policy;
}

report_place place_of(const run_environment& around, const file_run& run) {
  report_place place;
  place.directory = run.source_directory.empty() ? run.directory : run.source_directory;
  place.in_source = run.in_source;
  place.destination_directory = run.source_directory.empty() ? run.destination_directory : run.directory;
  place.destination_fs = around.reported_fs;
  return place;
}

work_kind work_of(run_kind kind) {
  switch (kind) {
  case run_kind::copy:
  case run_kind::move: return work_kind::transferring;
  case run_kind::check:
  case run_kind::check_hash: return work_kind::checking;
  case run_kind::remove: return work_kind::deleting;
  case run_kind::remove_source: return work_kind::moving;
  }
  return work_kind::transferring;
}

namespace {

class worker {
public:
  worker(const may_block& on, const run_environment& around, const file_run& run, transfer_progress& progress,
         const work_sessions& at) :
      on_(on),
      around_(around), run_(run), progress_(progress), at_(at),
      listener_(progress, around.limits.get(), around.pace.get()),
      records_(on, *around.report, place_of(around, run)) {
    out_.report.number = run.number;
  }

  run_outcome all() {
    const auto files = static_cast<std::uint32_t>(run_.files.size());
    if (run_.kind == run_kind::remove && files > 1) remove_ahead();
    for (std::uint32_t i = 0; i < files; ++i) one(i);
    records_.flush();
    out_.report.bytes = progress_.total_bytes();
    out_.delta.bytes = static_cast<std::int64_t>(progress_.total_bytes());
    out_.delta.transfers = static_cast<std::int64_t>(progress_.transferred());
    return std::move(out_);
  }

private:
  void one(std::uint32_t index) {
    const auto& file = run_.files[index];
    const auto bytes_before = progress_.total_bytes();
    transfer_record record;
    record.size = file.size;
    record.started = now();
    file_outcome reported;
    reported.name = file.name;
    reported.size = file.size;
    reported.started = record.started;
    progress_.begin(index);
    auto done = deed::checked;
    end_.reset();
    try {
      on_.check();
      done = work(index, file, record);
    } catch (...) {
      const auto why = why_failed();
      record.error = why.text;
      failed(index, why);
      end_ = outcome_kind::failed;
      reported.kind = why.kind;
      reported.error = record.error;
    }
    progress_.end(done == deed::transferred);
    if (around_.pace && done == deed::transferred) around_.pace->transferred();
    if (around_.pace && done == deed::checked) around_.pace->checked();
    record.completed = now();
    if (end_) {
      count(*end_);
      reported.how = *end_;
      reported.what = run_.kind == run_kind::remove_source ? work_kind::moving : record.what;
      reported.duration = record.completed - reported.started;
      records_.add(reported);
    }
    if (done == deed::passed_over) return;
    record.bytes = static_cast<std::int64_t>(progress_.total_bytes() - bytes_before);
    // Of a long run only the tail would survive in the group.
    if (run_.files.size() - index > defaults::transferred_kept) return;
    record.name = path_of(run_, index);
    record.source_fs = around_.source_fs;
    record.destination_fs = around_.destination_fs;
    out_.delta.completed.push_back(std::move(record));
  }

  void count(outcome_kind how) {
    switch (how) {
    case outcome_kind::copied: ++out_.report.copied; break;
    case outcome_kind::skipped: ++out_.report.skipped; break;
    case outcome_kind::deleted: ++out_.report.removed; break;
    case outcome_kind::failed:
    case outcome_kind::renamed: break;
    }
  }

  std::string at_destination(const file_action& file) const {
    const auto& directory = run_.destination_directory.empty() ? run_.directory : run_.destination_directory;
    const auto& name = file.destination_name.empty() ? file.name : file.destination_name;
    return directory.empty() ? name : directory + "/" + name;
  }

  enum class deed {
    transferred, // counts as a transfer
    checked,
    passed_over // nothing was done that core/transferred would show
  };

  /// A limit that was reached says more than the cancellation that it caused.
  failure_info why_failed() const {
    auto why = current_failure();
    if (why.kind == failure_kind::cancelled && around_.limits)
      if (auto limit = around_.limits->reached()) return limit;
    return why;
  }

  void count_move() {
    ++out_.delta.renames;
    ++out_.delta.checks;
  }

  /// An item of core/transferred beside that of the file.
  void add_checked(work_kind what, const std::string& path, std::int64_t size, const std::string& fs) {
    transfer_record record;
    record.name = path;
    record.size = size;
    record.checked = true;
    record.what = what;
    record.source_fs = fs;
    record.started = record.completed = now();
    out_.delta.completed.push_back(std::move(record));
  }

  /// rclone counts what makes room, or has been copied away, like any other deletion.
  void count_deletion(const std::string& path, std::int64_t size, const std::string& fs) {
    ++out_.delta.checks;
    ++out_.delta.deletes;
    add_checked(work_kind::deleting, path, size, fs);
  }

  /// A rename at the destination: a check whose bytes count as a lump (3.2).
  void count_server_side_move(std::int64_t size) {
    const auto bytes = std::max<std::int64_t>(0, size);
    count_move();
    ++out_.delta.server_side_moves;
    out_.delta.server_side_move_bytes += bytes;
    progress_.bytes(static_cast<std::uint64_t>(bytes));
  }

  /// What stands at `path` of the destination goes to its backup, if there is one. True when something did.
  bool keep_backup(const std::string& path) {
    if (!around_.beside.backup.store) return false;
    transfer_record record;
    record.started = now();
    const auto size = move_to_backup(on_, at_, path, *around_.options, around_.beside, around_.policy);
    if (!size) return false;
    skipped("move", path, *size);
    count_server_side_move(*size);
    record.name = path;
    record.size = record.bytes = *size;
    record.checked = true;
    record.what = work_kind::moving;
    record.completed = now();
    record.source_fs = record.destination_fs = around_.destination_fs;
    out_.delta.completed.push_back(std::move(record));
    return true;
  }

  deed work(std::uint32_t index, const file_action& file, transfer_record& record) {
    const auto path = run_.directory.empty() ? file.name : run_.directory + "/" + file.name;
    switch (run_.kind) {
    case run_kind::copy:
    case run_kind::move: return transfer(path, file, record);
    case run_kind::check:
    case run_kind::check_hash: return check(index, path, file, record);
    case run_kind::remove:
      record.what = work_kind::deleting;
      record.checked = true;
      if (ahead_)
        removed_ahead((*ahead_)[index]);
      else
        remove(*at_.destination, path, file, around_.beside.backup.store != nullptr);
      return deed::checked;
    case run_kind::remove_source:
      record.what = work_kind::deleting;
      record.checked = true;
      remove_source(path, file);
      return deed::checked;
    }
    return deed::checked;
  }

  /// Bytes that a file may still cost are promised to the limits until it ends.
  class admission {
  public:
    admission(transfer_limits* limits, std::int64_t size, const transfer_progress& progress) :
        limits_(limits), size_(size), progress_(progress), before_(progress.total_bytes()) {
      if (limits_ != nullptr) limits_->begin(size);
    }
    ~admission() {
      if (limits_ != nullptr)
        limits_->end(size_, static_cast<std::int64_t>(progress_.total_bytes() - before_));
    }
    admission(const admission&) = delete;
    admission& operator=(const admission&) = delete;

  private:
    transfer_limits* limits_;
    std::int64_t size_;
    const transfer_progress& progress_;
    std::uint64_t before_;
  };

  /// Of a run that was lost with its node: whether this file is at the destination already. Of a move it is
  /// gone at the source then.
  bool done_before(const std::string& path, const copy_request& request, bool moving) {
    if (!was_lost_before(run_.number) || around_.options->no_check_dest) return false;
    const auto there = at_.destination->stat(on_, request.to);
    if (!there || there->kind != entry_kind::file) return false;
    const auto left = !moving || at_.source->stat(on_, path);
    const comparison compare{around_.source.store->info(), around_.destination.store->info(),
                             *around_.options};
    const auto same = compare.judge_content({request.from, entry_kind::file, request.size, request.modified},
                                            {request.to, entry_kind::file, there->size, there->modified});
    if (!left) return there->size == request.size || request.size < 0;
    if (same != verdict::equal) return false;
    if (moving) at_.source->remove(on_, path);
    return true;
  }

  deed transfer(const std::string& path, const file_action& file, transfer_record& record) {
    const auto moving = run_.kind == run_kind::move || run_.moves;
    const copy_request request{path, at_destination(file), file.size, file.modified};
    if (done_before(path, request, moving)) {
      end_ = outcome_kind::copied;
      if (moving) count_move();
      return deed::transferred;
    }
    const auto only_told = around_.options->dry_run && !around_.options->copy_dest.empty();
    if (!at_.others.empty() && !only_told) {
      switch (look_elsewhere(on_, at_, request, *around_.options, around_.policy,
                             [&] { keep_backup(request.to); })) {
      case found_elsewhere::no: break;
      case found_elsewhere::same:
        end_ = outcome_kind::skipped;
        // Of a file that the destination has, if in another version, the source is done with.
        if (run_.moves || (moving && at_.destination->stat(on_, request.to)))
          remove_checked_source(path, file);
        return deed::passed_over;
      case found_elsewhere::copied:
        end_ = outcome_kind::copied;
        ++out_.delta.server_side_copies;
        out_.delta.server_side_copy_bytes += file.size > 0 ? file.size : 0;
        return deed::passed_over;
      }
    }
    // A rename moves no bytes: it knows no limits.
    const auto renames = moving && can_rename(at_.source->of(), at_.destination->of());
    const admission admitted{renames ? nullptr : around_.limits.get(), file.size, progress_};
    if (!around_.options->no_check_dest) keep_backup(request.to);
    if (skipped(moving ? "move" : "copy", path, file.size)) {
      end_ = outcome_kind::copied;
      progress_.bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.size)));
      if (!moving) return deed::transferred;
      count_move();
      record.checked = true;
      record.what = work_kind::moving;
      return deed::checked;
    }
    const file_bandwidth limit{around_.options->bwlimit_file, on_};
    const auto scope = on_.for_listener(&listener_).for_throttle(limit.throttle());
    if (moving && rename_object(scope, *at_.source, *at_.destination, request)) {
      end_ = outcome_kind::copied;
      count_server_side_move(file.size);
      if (run_.moves) count_deletion(request.to, file.size, around_.destination_fs); // what stood there
      record.checked = true;
      record.what = work_kind::moving;
      return deed::checked;
    }
    copy_object(scope, *at_.source, *at_.destination, request, around_.policy, at_.crew);
    if (moving) {
      admit_deletion(file.size);
      at_.source->remove(on_, path);
      count_move();
      add_checked(work_kind::moving, path, file.size, around_.source_fs);
      count_deletion(path, file.size, around_.source_fs);
    }
    end_ = outcome_kind::copied;
    return deed::transferred;
  }

  /// By a hash that both know; without one the plan has found that the size decides (refresh_times).
  bool same_content(const std::string& path, const file_action& file, bool by_hash_alone) {
    const auto type = around_.common_hash;
    if (type == hash_type::none) return true;
    const auto same = same_hash(on_, *at_.source, path, *at_.destination, at_destination(file), type);
    // A hash that is not known of a file says nothing of it.
    return same.value_or(by_hash_alone || around_.options->refresh_times);
  }

  /// What the plan has left to a check. Where times cost requests it has not seen them: they are looked at
  /// now, and `file` gets that of the source.
  verdict judge(const std::string& path, file_action& file) {
    if (run_.kind == run_kind::check_hash) return verdict::check_hash;
    const auto& source = at_.source->of();
    const auto& destination = at_.destination->of();
    if (!costs_times(source) && !costs_times(destination)) return verdict::check;
    if (costs_times(source)) file.modified = require_object(on_, *at_.source, path).modified;
    const auto there = at_.destination->stat(on_, at_destination(file));
    if (!there || there->kind != entry_kind::file) return verdict::transfer;
    const comparison compare{source.info(), destination.info(), *around_.options};
    return compare.judge({file.name, entry_kind::file, file.size, file.modified},
                         {file.name, entry_kind::file, there->size, there->modified});
  }

  deed check(std::uint32_t index, const std::string& path, file_action file, transfer_record& record) {
    // Of a move, what stands at the destination alone has been moved.
    if (was_lost_before(run_.number) && run_.moves && !at_.source->stat(on_, path))
      return transfer(path, file, record);
    record.what = work_kind::checking;
    const auto judged = judge(path, file);
    const auto by_hash_alone = judged == verdict::check_hash;
    const auto same = judged == verdict::equal || ((judged == verdict::check || by_hash_alone) &&
                                                   same_content(path, file, by_hash_alone));
    ++out_.delta.checks;
    if (same) {
      const bool has_other_time = judged == verdict::check && !around_.options->no_update_modtime &&
                                  !skipped("update modification time", path, file.size);
      // Where times cannot be set they are by sending the file once more.
      if (has_other_time && !mend_time(file)) return transfer(path, file, record);
      record.checked = true;
      end_ = outcome_kind::skipped;
      if (run_.moves) remove_checked_source(path, file);
      return deed::checked;
    }
    if (around_.options->immutable) fail(failure_kind::no_retry, "immutable file modified");
    if (around_.options->check_first) {
      record.checked = true;
      out_.report.different.push_back(index);
      return deed::checked;
    }
    // The check is one finished item, the transfer that follows another.
    auto checked = record;
    checked.name = path;
    checked.checked = true;
    checked.completed = now();
    checked.source_fs = around_.source_fs;
    checked.destination_fs = around_.destination_fs;
    out_.delta.completed.push_back(std::move(checked));
    record.what = work_kind::transferring;
    record.started = now();
    return transfer(path, file, record);
  }

  /// The end of a move whose destination is the same already.
  void remove_checked_source(const std::string& path, const file_action& file) {
    remove_source(path, file);
    add_checked(work_kind::deleting, path, file.size, around_.source_fs);
  }

  /// False: the storage cannot.
  bool mend_time(const file_action& file) {
    if (around_.options->immutable) fail(failure_kind::no_retry, "immutable file modified");
    try {
      at_.destination->set_modified(on_, at_destination(file), file.modified);
    } catch (const failure& why) {
      if (why.kind() != failure_kind::unsupported) throw;
      return false;
    }
    return true;
  }

  void admit_deletion(std::int64_t size) {
    if (around_.deletions) around_.deletions->admit(size);
  }

  /// Two names of remotes may stand for one folder of this machine.
  bool is_its_own_destination(const std::string& path, const file_action& file) const {
    // Such a run has leased no connection of the destination.
    const auto& from = around_.source.store->info();
    const auto& to = around_.destination.store->info();
    return from.features.IsLocal && to.features.IsLocal && from.root == to.root &&
           path == at_destination(file);
  }

  /// What stands at the destination already.
  void remove_source(const std::string& path, const file_action& file) {
    if (is_its_own_destination(path, file)) {
      end_ = outcome_kind::skipped;
      around_.with.log.write(log_level::notice, path + ": Not removing source file as it is the same file as "
                                                       "the destination");
      return;
    }
    if (was_lost_before(run_.number) && !at_.source->stat(on_, path)) {
      ++out_.delta.checks;
      end_ = outcome_kind::skipped;
      return;
    }
    admit_deletion(file.size);
    remove(*at_.source, path, file, false);
  }

  void remove(session& where, const std::string& path, const file_action& file, bool into_backup) {
    ++out_.delta.checks;
    if (!skipped(into_backup ? "move into backup dir" : "delete", path, file.size)) {
      if (into_backup)
        keep_backup(path);
      else
        remove_listed(on_, where, path);
    }
    ++out_.delta.deletes;
    end_ = run_.kind == run_kind::remove ? outcome_kind::deleted : outcome_kind::skipped;
  }

  /// All files of the run in a few requests, where the storage has such.
  void remove_ahead() {
    auto* many = dynamic_cast<removes_listed*>(at_.destination);
    if (many == nullptr || around_.beside.backup.store || around_.options->dry_run) return;
    try {
      std::vector<std::string> paths;
      for (const auto& file : run_.files) paths.push_back(path_below(run_.directory, file.name));
      ahead_ = many->remove_together(on_, paths);
    } catch (...) {
      // Each file meets it again, or not.
    }
  }

  void removed_ahead(const std::optional<failure>& why) {
    ++out_.delta.checks;
    if (why) throw *why;
    ++out_.delta.deletes;
    end_ = outcome_kind::deleted;
  }

  /// With dry_run the deed is only told (3.6.11).
  bool skipped(const char* action, const std::string& path, std::int64_t size) const {
    return only_told(*around_.options, around_.with.log, path, action, size);
  }

  void failed(std::uint32_t index, const failure_info& why) {
    // Of the files that a limit keeps back one is an error, as in rclone, and the log tells it once.
    const auto cut = around_.limits && around_.limits->reached().text == why.text;
    if (cut && std::exchange(cut_, true)) {
      out_.report.failed.push_back({index, why});
      return;
    }
    add_error(out_.delta, why);
    if (why.kind != failure_kind::cancelled)
      around_.with.log.write(log_level::error,
                             path_of(run_, index) + ": Failed to " + verb() + ": " + why.text);
    out_.report.failed.push_back({index, why});
  }
  const char* verb() const {
    switch (run_.kind) {
    case run_kind::move: return "move";
    case run_kind::remove:
    case run_kind::remove_source: return "delete";
    default: return "copy";
    }
  }

  const may_block& on_;
  const run_environment& around_;
  const file_run& run_;
  transfer_progress& progress_;
  const work_sessions& at_;
  limited_listener listener_;
  report_writer records_;
  std::optional<outcome_kind> end_; // of the file under way; none: another run goes on with it
  bool cut_ = false;                // by a limit
  std::optional<std::vector<std::optional<failure>>> ahead_; // what became of each file to be removed
  run_outcome out_;
};

} // namespace

run_outcome work_on(const may_block& on, const run_environment& around, const file_run& run,
                    transfer_progress& progress, const work_sessions& at) {
  return worker{on, around, run, progress, at}.all();
}

run_outcome fail_run(const may_block& on, const run_environment& around, const file_run& run,
                     const failure_info& why) {
  run_outcome ended;
  ended.report.number = run.number;
  report_writer records{on, *around.report, place_of(around, run)};
  file_outcome one;
  one.how = outcome_kind::failed;
  one.what = work_of(run.kind);
  one.started = now();
  one.kind = why.kind;
  one.error = why.text;
  for (std::uint32_t i = 0; i < run.files.size(); ++i) {
    one.name = run.files[i].name;
    one.size = run.files[i].size;
    records.add(one);
    ended.report.failed.push_back({i, why});
    add_error(ended.delta, why);
  }
  return ended;
}

} // namespace argosy
