#include "actors/transfers/run_files.hpp"

#include "actors/blocking.hpp"
#include "actors/defaults.hpp"
#include "core/size_suffix.hpp"

namespace argosy {

namespace {

/// Options that would be dangerous to pass over in silence: what they protect would be lost.
void refuse_unsupported(const main_options& options) {
  const auto refuse = [](bool set, const char* flag) {
    if (set) fail(failure_kind::unsupported, std::string{"--"} + flag + " is not supported by this release");
  };
  refuse(!options.backup_dir.empty(), "backup-dir");
  refuse(!options.suffix.empty(), "suffix");
  refuse(!options.compare_dest.empty(), "compare-dest");
  refuse(!options.copy_dest.empty(), "copy-dest");
  refuse(options.max_transfer >= 0, "max-transfer");
  refuse(options.max_duration > 0, "max-duration");
  refuse(options.max_delete_size >= 0, "max-delete-size");
  refuse(!options.name_transform.empty(), "name-transform");
  refuse(options.interactive, "interactive");
}

} // namespace

copy_policy policy_of(const main_options& options) {
  refuse_unsupported(options);
  copy_policy policy;
  policy.verify_size = !options.ignore_size;
  policy.verify_checksum = !options.ignore_checksum;
  policy.in_place = options.inplace;
  policy.metadata = options.metadata;
  policy.partial_suffix = options.partial_suffix;
  return policy;
}

namespace {

class worker {
public:
  worker(const may_block& on, const run_environment& around, const file_run& run, transfer_progress& progress,
         session* source, session* destination) :
      on_(on),
      around_(around), run_(run), progress_(progress), source_(source), destination_(destination) {
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
    bool transferred = false;
    try {
      on_.check();
      transferred = work(file, record);
    } catch (...) {
      const auto why = current_failure();
      record.error = why.text;
      failed(index, why);
    }
    progress_.end(transferred);
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

  /// True when it counts as a transfer.
  bool work(const file_action& file, transfer_record& record) {
    const auto path = run_.directory.empty() ? file.name : run_.directory + "/" + file.name;
    switch (run_.kind) {
    case run_kind::copy:
    case run_kind::move: return transfer(path, file);
    case run_kind::check:
    case run_kind::check_hash: return check(path, file, record);
    case run_kind::remove:
      record.what = work_kind::deleting;
      record.checked = true;
      remove(*destination_, path, file);
      return false;
    case run_kind::remove_source:
      record.what = work_kind::deleting;
      record.checked = true;
      remove(*source_, path, file);
      return false;
    }
    return false;
  }

  bool transfer(const std::string& path, const file_action& file) {
    const auto moving = run_.kind == run_kind::move;
    if (skipped(moving ? "move" : "copy", path, file.size)) {
      ++out_.report.copied;
      return true;
    }
    const copy_request request{path, at_destination(file), file.size, file.modified};
    const auto scope = on_.for_listener(&progress_);
    if (!moving) {
      copy_object(scope, *source_, *destination_, request, around_.policy);
    } else if (move_object(scope, *source_, *destination_, request, around_.policy)) {
      // A rename moves no bytes: it counts as a check and a rename (3.2).
      ++out_.report.copied;
      ++out_.delta.renames;
      ++out_.delta.checks;
      ++out_.delta.server_side_moves;
      out_.delta.server_side_move_bytes += file.size > 0 ? file.size : 0;
      return false;
    } else {
      ++out_.delta.deletes;
    }
    ++out_.report.copied;
    return true;
  }

  bool check(const std::string& path, const file_action& file, transfer_record& record) {
    record.what = work_kind::checking;
    const auto type = around_.common_hash;
    const auto here = source_->hash(on_, path, type);
    const auto there = destination_->hash(on_, at_destination(file), type);
    const auto same = !here.empty() && here == there;
    ++out_.delta.checks;
    if (same) {
      record.checked = true;
      ++out_.report.skipped;
      if (run_.kind == run_kind::check && !around_.options->no_update_modtime &&
          !skipped("update modification time", path, file.size))
        mend_time(file);
      return false;
    }
    if (around_.options->immutable) fail(failure_kind::no_retry, "immutable file modified");
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
    return transfer(path, file);
  }

  void mend_time(const file_action& file) {
    if (around_.options->immutable) fail(failure_kind::no_retry, "immutable file modified");
    destination_->set_modified(on_, at_destination(file), file.modified);
  }

  void remove(session& where, const std::string& path, const file_action& file) {
    ++out_.delta.checks;
    if (!skipped("delete", path, file.size)) where.remove(on_, path);
    ++out_.delta.deletes;
    ++out_.report.removed;
  }

  /// With dry_run the deed is only told (3.6.11).
  bool skipped(const char* action, const std::string& path, std::int64_t size) const {
    if (!around_.options->dry_run) return false;
    around_.with.log.write(log_level::notice, path + ": Skipped " + action + " as --dry-run is set (size " +
                                                  format_size(size) + ")");
    return true;
  }

  void failed(std::uint32_t index, const failure_info& why) {
    ++out_.delta.errors;
    out_.delta.last_error = why.text;
    out_.delta.retry_error |= why.kind != failure_kind::no_retry && why.kind != failure_kind::fatal;
    out_.delta.fatal_error |= why.kind == failure_kind::fatal;
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
  session* source_;
  session* destination_;
  run_outcome out_;
};

} // namespace

run_outcome work_on(const may_block& on, const run_environment& around, const file_run& run,
                    transfer_progress& progress, session* source, session* destination) {
  return worker{on, around, run, progress, source, destination}.all();
}

} // namespace argosy
