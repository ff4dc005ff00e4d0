#include "http/rc/copy_file.hpp"

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
    refuse_unsupported();
    source_ = require_object(work_.on, work_.at(), from_);
    if (!work_.options().no_check_dest) {
      there_ = work_.to().stat(work_.on, to_);
      if (there_ && there_->kind == entry_kind::directory)
        fail(failure_kind::is_a_directory, "is a directory not a file");
    }
    if (needed())
      transfer();
    else
      leave();
  }

private:
  /// What would protect or spare something, and is known to sync/* only.
  void refuse_unsupported() const {
    const auto& options = work_.options();
    if (!options.backup_dir.empty() || !options.suffix.empty() || !options.compare_dest.empty() ||
        !options.copy_dest.empty() || options.max_transfer >= 0 || options.max_duration > 0)
      fail(failure_kind::unsupported,
           "--backup-dir, --suffix, --compare-dest, --copy-dest, --max-transfer and "
           "--max-duration are not supported for single files");
  }
  bool needed() {
    if (!there_) return true;
    const entry_view here{from_, entry_kind::file, source_.size, source_.modified};
    const entry_view there{to_, entry_kind::file, there_->size, there_->modified};
    switch (const auto found = compare_.judge(here, there)) {
    case verdict::equal: return false;
    case verdict::transfer: return true;
    case verdict::immutable: refuse();
    case verdict::check:
    case verdict::check_hash: return !same_content(found);
    }
    return true;
  }

  [[noreturn]] void refuse() {
    const failure why{failure_kind::no_retry, "immutable file modified"};
    work_.failed(from_, why);
    throw why;
  }

  bool same_content(verdict found) {
    const auto type = compare_.common_hash();
    const auto here = work_.at().hash(work_.on, from_, type);
    const bool same = !here.empty() && here == work_.to().hash(work_.on, to_, type);
    if (!same) {
      if (work_.options().immutable) refuse();
      return false;
    }
    if (found != verdict::check || work_.options().no_update_modtime) return true;
    if (work_.options().immutable) refuse();
    if (!work_.skipped(to_, "update modification time", source_.size))
      work_.to().set_modified(work_.on, to_, source_.modified);
    return true;
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

  void transfer() {
    const copy_request files{from_, to_, source_.size, source_.modified};
    const auto bytes = source_.size > 0 ? static_cast<std::uint64_t>(source_.size) : 0;
    auto move = record_of(work_kind::moving);
    file_transfer file{work_, from_, source_.size, source_fs_, destination_fs_};
    file.run([&] {
      if (!moving_) {
        if (work_.skipped(from_, "copy", source_.size))
          file.progress().bytes(bytes);
        else
          copy_object(file.scope(), work_.at(), work_.to(), files, work_.around().policy);
        return true;
      }
      const bool dry = work_.skipped(from_, "move", source_.size);
      const bool renamed =
          dry || move_object(file.scope(), work_.at(), work_.to(), files, work_.around().policy);
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
};

} // namespace

void copy_file(operation& work, const std::string& from, const std::string& to, bool moving) {
  file_copy{work, from, to, moving}.run();
}

} // namespace argosy::rc
