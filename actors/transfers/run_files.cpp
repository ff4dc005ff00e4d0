#include "actors/transfers/run_files.hpp"

#include <algorithm>
#include <utility>

#include "actors/blocking.hpp"
#include "actors/defaults.hpp"
#include "actors/stats/delta.hpp"
#include "core/size_suffix.hpp"

namespace argosy {

namespace {

/// Options that would be dangerous to pass over in silence.
void refuse_unsupported(const main_options& options) {
  const auto refuse = [](bool set, const char* flag) {
    if (set) fail(failure_kind::unsupported, std::string{"--"} + flag + " is not supported by this release");
  };
  refuse(!options.name_transform.empty(), "name-transform");
  refuse(options.interactive, "interactive");
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
  return policy;
}

namespace {

class worker {
public:
  worker(const may_block& on, const run_environment& around, const file_run& run, transfer_progress& progress,
         const work_sessions& at) :
      on_(on),
      around_(around), run_(run), progress_(progress), at_(at), listener_(progress, around.limits.get()) {
    out_.report.number = run.number;
  }

  run_outcome all() {
    const auto files = static_cast<std::uint32_t>(run_.files.size());
    for (std::uint32_t i = 0; i < files; ++i) one(i);
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
    progress_.begin(index);
    auto done = deed::checked;
    try {
      on_.check();
      done = work(index, file, record);
    } catch (...) {
      const auto why = why_failed();
      record.error = why.text;
      failed(index, why);
    }
    progress_.end(done == deed::transferred);
    if (done == deed::passed_over) return;
    record.completed = now();
    record.bytes = static_cast<std::int64_t>(progress_.total_bytes() - bytes_before);
    // Of a long run only the tail would survive in the group.
    if (run_.files.size() - index > defaults::transferred_kept) return;
    record.name = path_of(run_, index);
    record.source_fs = around_.source_fs;
    record.destination_fs = around_.destination_fs;
    out_.delta.completed.push_back(std::move(record));
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

  deed transfer(const std::string& path, const file_action& file, transfer_record& record) {
    const auto moving = run_.kind == run_kind::move || run_.moves;
    const copy_request request{path, at_destination(file), file.size, file.modified};
    const auto only_told = around_.options->dry_run && !around_.options->copy_dest.empty();
    if (!at_.others.empty() && !only_told) {
      switch (look_elsewhere(on_, at_, request, *around_.options, around_.policy,
                             [&] { keep_backup(request.to); })) {
      case found_elsewhere::no: break;
      case found_elsewhere::same:
        ++out_.report.skipped;
        if (run_.moves) remove_checked_source(path, file);
        return deed::passed_over;
      case found_elsewhere::copied:
        ++out_.report.copied;
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
      ++out_.report.copied;
      progress_.bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.size)));
      if (!moving) return deed::transferred;
      count_move();
      record.checked = true;
      record.what = work_kind::moving;
      return deed::checked;
    }
    const auto scope = on_.for_listener(&listener_);
    if (moving && rename_object(scope, *at_.source, *at_.destination, request)) {
      ++out_.report.copied;
      count_server_side_move(file.size);
      if (run_.moves) count_deletion(request.to, file.size, around_.destination_fs); // what stood there
      record.checked = true;
      record.what = work_kind::moving;
      return deed::checked;
    }
    copy_object(scope, *at_.source, *at_.destination, request, around_.policy);
    if (moving) {
      admit_deletion(file.size);
      at_.source->remove(on_, path);
      count_move();
      add_checked(work_kind::moving, path, file.size, around_.source_fs);
      count_deletion(path, file.size, around_.source_fs);
    }
    ++out_.report.copied;
    return deed::transferred;
  }

  /// By a hash that both know; without one the plan has found that the size decides (refresh_times).
  bool same_content(const std::string& path, const file_action& file) {
    const auto type = around_.common_hash;
    if (type == hash_type::none) return true;
    const auto here = at_.source->hash(on_, path, type);
    return !here.empty() && here == at_.destination->hash(on_, at_destination(file), type);
  }

  deed check(std::uint32_t index, const std::string& path, const file_action& file, transfer_record& record) {
    record.what = work_kind::checking;
    const auto same = same_content(path, file);
    ++out_.delta.checks;
    if (same) {
      record.checked = true;
      ++out_.report.skipped;
      if (run_.kind == run_kind::check && !around_.options->no_update_modtime &&
          !skipped("update modification time", path, file.size))
        mend_time(file);
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

  void mend_time(const file_action& file) {
    if (around_.options->immutable) fail(failure_kind::no_retry, "immutable file modified");
    at_.destination->set_modified(on_, at_destination(file), file.modified);
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
      around_.with.log.write(log_level::notice, path + ": Not removing source file as it is the same file as "
                                                       "the destination");
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
        where.remove(on_, path);
    }
    ++out_.delta.deletes;
    ++out_.report.removed;
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
  bool cut_ = false; // by a limit
  run_outcome out_;
};

} // namespace

run_outcome work_on(const may_block& on, const run_environment& around, const file_run& run,
                    transfer_progress& progress, const work_sessions& at) {
  return worker{on, around, run, progress, at}.all();
}

} // namespace argosy
