#include "http/rc/check.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <utility>

#include "actors/defaults.hpp"
#include "actors/stats/delta.hpp"
#include "actors/stats/progress.hpp"
#include "actors/sync/merge.hpp"
#include "backends/costly_times.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/sum_file.hpp"
#include "core/unicode.hpp"
#include "http/params.hpp"
#include "http/rc/command.hpp"
#include "http/rc/operation.hpp"

namespace argosy::rc {

namespace {

/// Files of one batch: enough for all workers, little in memory.
constexpr std::size_t batch_files = 2048;

/// What became of a file, as the report `combined` marks it.
enum class finding : char {
  none = 0, ///< not compared yet, or with dry_run never
  match = '=',
  differ = '*',
  missing_on_destination = '+',
  missing_on_source = '-',
  error = '!',
};

struct checked_file {
  std::string path;  ///< at the source; with a file of hashes at the destination
  std::string other; ///< at the destination
  std::int64_t size = -1;
  finding found = finding::none;
  std::string sum = {};  ///< what the file of hashes says
  bool hashless = false; ///< equal as far as can be told: there is no hash to compare
};

/// The lists of the reply.
class report_lists {
public:
  explicit report_lists(const json& input) {
    const auto wanted = [&](const char* name, finding what, bool fallback) {
      if (lenient_bool(input, name, fallback)) lists_[name] = {what, {}};
    };
    wanted("combined", finding::none, false);
    wanted("missingOnSrc", finding::missing_on_source, true);
    wanted("missingOnDst", finding::missing_on_destination, true);
    wanted("match", finding::match, false);
    wanted("differ", finding::differ, true);
    wanted("error", finding::error, true);
  }
  void add(const std::string& path, finding what) {
    if (what == finding::none) return;
    for (auto& [name, one] : lists_) {
      if (one.of == what) one.lines.push_back(path);
      if (one.of == finding::none) one.lines.push_back(std::string{static_cast<char>(what)} + " " + path);
    }
  }
  /// Keys are those of the reply.
  template <class Use>
  void each(Use use) const {
    for (const auto& [name, one] : lists_) use(name, one.lines);
  }

private:
  struct list {
    finding of; // none: all of them, with their mark
    std::vector<std::string> lines;
  };
  std::map<std::string, list> lists_;
};

struct check_request {
  std::string source, destination; ///< fs texts; no source with a file of hashes
  std::string sum_path;            ///< in the remote `sums`
  std::string sums;
  hash_type type = hash_type::none; ///< of the file of hashes
  bool with_sums = false;
  bool download = false, one_way = false;
};

std::optional<std::string> optional_fs(const json& input, const char* key) {
  if (input.find(key) == input.end()) return std::nullopt;
  return require_fs(input, key);
}

check_request read_request(const json& input) {
  check_request request;
  const auto source = optional_fs(input, "srcFs");
  request.destination = require_fs(input, "dstFs");
  request.sum_path = trimmed_path(optional_string(input, "checkFileRemote"));
  // rclone looks at it only when there is a path in it.
  const auto sums = request.sum_path.empty() ? std::nullopt : optional_fs(input, "checkFileFs");
  const auto type = optional_string(input, "checkFileHash");
  const auto given = (type.empty() ? 0 : 1) + (sums ? 1 : 0) + (request.sum_path.empty() ? 0 : 1);
  if (given != 0 && given != 3)
    fail(failure_kind::other, "need all of checkFileFs, checkFileRemote, checkFileHash to be set together");
  request.with_sums = given == 3;
  if (request.with_sums) {
    const auto parsed = parse_hash_type(type);
    if (!parsed) fail(failure_kind::other, "unknown hash type " + go_quote(type));
    if (source) fail(failure_kind::bad_parameter, "only supply dstFs when using checkFileHash");
    request.type = *parsed;
    request.sums = *sums;
  } else {
    if (!source) fail(failure_kind::bad_parameter, "need srcFs parameter when not using checkFileHash");
    request.source = *source;
  }
  request.one_way = lenient_bool(input, "oneWay", false);
  request.download = lenient_bool(input, "download", false);
  return request;
}

/// The files of a batch, as core/stats shows those under way in `checking`.
std::shared_ptr<const file_run> run_of(const std::vector<checked_file>& batch, job_id job) {
  auto run = std::make_shared<file_run>();
  run->job = job;
  run->kind = run_kind::check;
  run->files.reserve(batch.size());
  for (const auto& file : batch) run->files.push_back({file.path, file.size, 0});
  return run;
}

/// One worker's part in what core/stats shows.
class shown_checks {
public:
  shown_checks(const operation::setting& around, std::shared_ptr<const file_run> batch) :
      stats_(around.stats),
      progress_(std::make_shared<transfer_progress>(std::move(batch), around.texts.front(),
                                                    around.texts.back(), stats_.totals())) {
    stats_.started(progress_);
  }
  ~shown_checks() { stats_.finished(progress_, {}); }
  shown_checks(const shown_checks&) = delete;
  shown_checks& operator=(const shown_checks&) = delete;
  void begin(std::size_t place) { progress_->begin(static_cast<std::uint32_t>(place)); }
  void end() { progress_->end(false); }

private:
  const stats_sink& stats_;
  const std::shared_ptr<transfer_progress> progress_;
};

/// A check at work. Its state belongs to one task or to the job, in turn; only the places of a batch are
/// written by several workers, each its own.
class tree_check : public std::enable_shared_from_this<tree_check> {
public:
  tree_check(job_context& job, check_request request) :
      job_(job), request_(std::move(request)), lists_(job.input()) {
    directories_.push_back({"", !request_.with_sums, true, 0});
  }

  void begin() {
    const auto self = shared_from_this();
    std::vector<std::string> texts{request_.with_sums ? request_.destination : request_.source,
                                   request_.with_sums ? request_.sums : request_.destination};
    open_setting(job_, std::move(texts), false, {},
                 [self](const std::shared_ptr<const operation::setting>& around, const auto&) {
                   self->around_ = around;
                   self->next_batch();
                 });
  }

private:
  // -- in the job's actor

  void next_batch() {
    if (directories_.empty() && !sums_left_) return finish();
    run_operation(
        job_, around_, [self = shared_from_this()](operation& work) { self->collect(work); },
        [self = shared_from_this()] { self->compare_batch(); });
  }

  void compare_batch() {
    const auto open = std::count_if(batch_.begin(), batch_.end(),
                                    [](const checked_file& f) { return f.found == finding::none; });
    const auto most =
        std::min<std::size_t>(static_cast<std::size_t>(std::max<std::int64_t>(1, job_.options()->checkers)),
                              defaults::connections / 4);
    working_ = std::min(static_cast<std::size_t>(open), most);
    if (working_ == 0) return take_batch();
    next_ = 0;
    shown_ = run_of(batch_, around_->job);
    for (auto i = working_; i > 0; --i)
      run_operation(
          job_, around_, [self = shared_from_this()](operation& work) { return self->compare_some(work); },
          [self = shared_from_this()](const failure_info& why) {
            if (why) self->stopped_ = why;
            if (--self->working_ > 0) return;
            if (self->stopped_) return self->job_.fail(self->stopped_);
            self->take_batch();
          });
  }

  void take_batch() {
    for (auto& file : batch_) {
      lists_.add(file.path, file.found);
      hashless_ += file.hashless ? 1 : 0;
      switch (file.found) {
      case finding::match: ++matches_; break;
      case finding::differ: ++differences_; break;
      case finding::missing_on_source: ++missing_on_source_, ++differences_; break;
      // Of a file of hashes what is missing is an error of its own.
      case finding::missing_on_destination:
        ++missing_on_destination_, differences_ += request_.with_sums ? 0 : 1;
        break;
      case finding::error:
      case finding::none: break;
      }
    }
    batch_.clear();
    next_batch();
  }

  void finish() {
    const auto tell = [this](const std::string& where, std::uint64_t count, const char* what) {
      job_.with().log.write(log_level::notice, where + std::to_string(count) + what);
    };
    const auto here = around_->remotes.front().store->info().description + ": ";
    const auto there = request_.with_sums ? here : around_->remotes.back().store->info().description + ": ";
    if (missing_on_destination_ > 0) tell(there, missing_on_destination_, " files missing");
    if (missing_on_source_ > 0)
      tell(request_.with_sums ? "" : here, missing_on_source_,
           request_.with_sums ? " hashes missing" : " files missing");
    tell(there, differences_, " differences found");
    if (hashless_ > 0) tell(there, hashless_, " hashes could not be checked");
    if (matches_ > 0) tell(there, matches_, " matching files");
    if (!error_ && differences_ > 0)
      error_ = {failure_kind::other, std::to_string(differences_) + " differences found"};
    job_.succeed(reply());
  }

  std::string reply() const {
    std::string out;
    json_writer w{out};
    w.begin_object();
    const auto list = [&](const std::string& name, const std::vector<std::string>& lines) {
      w.key(name);
      w.begin_array();
      for (const auto& line : lines) w.value(line);
      w.end_array();
    };
    bool type_told = !request_.with_sums && request_.download;
    const auto type = [&] {
      if (std::exchange(type_told, true)) return;
      w.key("hashType"), w.value(hash_label(compared_hash()));
    };
    lists_.each([&](const std::string& name, const std::vector<std::string>& lines) {
      if (name > "hashType") type();
      list(name, lines);
    });
    type();
    w.key("status"), w.value(error_ ? error_.text : "OK");
    w.key("success"), w.value(!error_);
    w.end_object();
    return out;
  }

  static const char* hash_label(hash_type type) { return type == hash_type::none ? "none" : hash_name(type); }

  hash_type compared_hash() const {
    if (request_.with_sums) return request_.type;
    return (around_->remotes.front().store->info().hashes & around_->remotes.back().store->info().hashes)
        .first();
  }

  // -- on an I/O thread, alone

  void collect(operation& work) {
    if (request_.with_sums && !std::exchange(sums_read_, true) && !read_sums(work)) {
      directories_.clear();
      return;
    }
    while (!directories_.empty() && batch_.size() < batch_files) {
      auto task = std::move(directories_.back());
      directories_.pop_back();
      work.on.check();
      const auto first = static_cast<std::ptrdiff_t>(batch_.size());
      if (request_.with_sums)
        collect_hashed(work, task);
      else
        collect_pairs(work, task);
      std::sort(batch_.begin() + first, batch_.end(),
                [](const checked_file& a, const checked_file& b) { return a.path < b.path; });
    }
    if (directories_.empty() && std::exchange(sums_left_, false)) collect_unused_sums(work);
  }

  void stop_with(const failure_info& why) {
    if (!error_) error_ = why;
  }

  static std::optional<failure> list(operation& work, session& where, const std::string& path, listing& into,
                                     const filter* rules) {
    walk_visitor visit;
    visit.entries = [&](const std::string&, listing&& entries) { into = std::move(entries); };
    visit.listed = [&](std::size_t count) {
      stats_delta delta;
      delta.listed = static_cast<std::int64_t>(count);
      work.count(delta);
    };
    const listings_for need{listing_need::names, where};
    return walk(work.on, where, {path, 1, rules}, visit);
  }

  void collect_pairs(operation& work, directory_task& task) {
    directory_plan plan;
    plan.path = task.path;
    plan.other_path = task.other_path;
    plan.depth = task.depth;
    const auto unreadable = [&](const std::string& path, const failure& why) {
      const auto what =
          path.empty() ? std::string{"error reading root directory"} : "error reading directory";
      work.failed(path, why.within(what));
      stop_with(info_of(why));
    };
    if (task.in_source)
      if (const auto why = list(work, work.at(), task.path, plan.source, work.around().rules.get()))
        return unreadable(task.path, *why);
    if (task.in_destination)
      if (const auto why =
              list(work, work.to(), task.destination_path(), plan.destination, work.around().rules.get()))
        if (why->kind() != failure_kind::directory_not_found)
          return unreadable(task.destination_path(), *why);
    merge_rules rules;
    rules.fold_case = work.to().of().info().features.CaseInsensitive || work.options().ignore_case_sync;
    rules.normalize = !work.options().no_unicode_normalization;
    merge_listings(plan, rules,
                   comparison{work.at().of().info(), work.to().of().info(), how_to_compare(work)});
    add_pairs(work, plan);
    visit_next(std::move(plan.below));
  }

  /// What comes first in byte order goes on top.
  void visit_next(std::vector<directory_task> below) {
    const auto most = around_->options->max_depth;
    for (auto next = below.rbegin(); next != below.rend(); ++next)
      if ((most < 0 || next->depth < most) && (next->in_source || !request_.one_way || request_.with_sums))
        directories_.push_back(std::move(*next));
  }

  /// Only sizes decide here; what has the same is compared by a worker.
  static main_options how_to_compare(const operation& work) {
    main_options options;
    options.size_only = true;
    options.ignore_size = work.options().ignore_size;
    return options;
  }

  void add_pairs(operation& work, const directory_plan& plan) {
    const auto other_name = [&](std::uint32_t index) {
      const auto renamed = plan.renamed.find(index);
      return path_below(plan.destination_path(), renamed == plan.renamed.end()
                                                     ? plan.source[index].name
                                                     : plan.destination[renamed->second].name);
    };
    const auto pair = [&](std::uint32_t index) {
      const auto entry = plan.source[index];
      return checked_file{plan.path_of(entry.name), other_name(index), entry.size};
    };
    std::vector<std::uint32_t> lone;
    std::set_difference(plan.copy.begin(), plan.copy.end(), plan.different.begin(), plan.different.end(),
                        std::back_inserter(lone));
    for (const auto index : lone)
      missing(work, plan.path_of(plan.source[index].name), work.to(), finding::missing_on_destination);
    if (!request_.one_way)
      for (const auto index : plan.surplus)
        missing(work, path_below(plan.destination_path(), plan.destination[index].name), work.at(),
                finding::missing_on_source);
    for (const auto index : plan.equal) batch_.push_back(pair(index));
    for (const auto index : plan.different) {
      auto file = pair(index);
      if (!work.skipped(file.path, "check", file.size)) {
        log(work, file.path, "sizes differ");
        differs(work, file, begin_record(work, file));
      }
      batch_.push_back(std::move(file));
    }
  }

  void missing(operation& work, const std::string& path, session& where, finding what) {
    const failure why{failure_kind::other, "file not in " + where.of().info().description};
    work.failed(path, why);
    if (request_.with_sums) stop_with(info_of(why));
    batch_.push_back({path, path, -1, what});
  }

  // -- the file of hashes

  /// Names in the form in which they are compared.
  std::string same_name(std::string_view name) const {
    auto same = around_->options->no_unicode_normalization ? std::string{name} : normalize_nfc(name);
    return around_->options->ignore_case_sync ? to_lower(same) : same;
  }

  bool read_sums(operation& work) {
    const auto& info = work.at().of().info();
    if (!request_.download && !info.hashes.has(request_.type)) {
      stop_with({failure_kind::unsupported,
                 std::string{hash_label(request_.type)} +
                     ": hash type is not supported by file system: " + info.description});
      return false;
    }
    sum_file file{[this](std::string_view line) { return same_name(line); },
                  [&](const std::string& text) {
                    work.around().with.log.write(log_level::notice, request_.sum_path + ": " + text);
                  }};
    try {
      require_object(work.on, work.to(), request_.sum_path);
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      stop_with(info_of(why.within("cannot open sum file")));
      return false;
    }
    try {
      read_object(work.on, work.to(), request_.sum_path, [&](std::string_view block) { file.feed(block); });
      sums_ = file.finish();
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      stop_with(info_of(why.within("failed to parse sum file")));
      return false;
    }
    sums_left_ = true;
    return true;
  }

  void collect_hashed(operation& work, const directory_task& task) {
    listing entries;
    if (const auto why = list(work, work.at(), task.path, entries, work.around().rules.get())) {
      work.failed(task.path, why->within("error listing"));
      stop_with(info_of(*why));
    }
    std::vector<directory_task> below;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto entry = entries[i];
      const auto path = path_below(task.path, entry.name);
      if (entry.kind == entry_kind::directory) {
        below.push_back({path, false, true, task.depth + 1});
        continue;
      }
      checked_file file{path, path, entry.size};
      const auto known = sums_.find(same_name(path));
      if (known == sums_.end()) {
        if (request_.one_way) continue;
        auto record = begin_record(work, file);
        work.failed(path, {failure_kind::other, "sum not found"});
        work.checked(std::move(record), {});
        file.found = finding::missing_on_source;
      } else {
        file.sum = std::exchange(known->second, {});
      }
      batch_.push_back(std::move(file));
    }
    visit_next(std::move(below));
  }

  void collect_unused_sums(operation& work) {
    for (const auto& [path, sum] : sums_)
      if (!sum.empty() && (!work.around().rules || work.around().rules->includes_name(path)))
        missing(work, path, work.at(), finding::missing_on_destination);
    sums_.clear();
  }

  // -- on several I/O threads

  failure_info compare_some(operation& work) {
    shown_checks shown{*around_, shown_};
    try {
      while (true) {
        const auto place = next_.fetch_add(1);
        if (place >= batch_.size()) return {};
        work.on.check();
        if (batch_[place].found != finding::none) continue;
        shown.begin(place);
        compare(work, batch_[place]);
        shown.end();
      }
    } catch (...) {
      return current_failure();
    }
  }

  void compare(operation& work, checked_file& file) {
    if (!request_.with_sums && work.skipped(file.path, "check", file.size)) return;
    auto record = begin_record(work, file);
    try {
      const auto why = request_.with_sums ? compare_sum(work, file) : compare_pair(work, file);
      if (why.empty()) {
        file.found = finding::match;
        return work.checked(std::move(record), {});
      }
      log(work, file.path, why);
      differs(work, file, std::move(record));
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      file.found = finding::error;
      work.failed(file.path, why);
      work.checked(std::move(record), request_.with_sums ? std::string{} : why.what());
    }
  }

  transfer_record begin_record(const operation& work, const checked_file& file) const {
    transfer_record record;
    record.name = file.path;
    record.size = file.size;
    record.what = request_.with_sums ? work_kind::hashing : work_kind::checking;
    record.source_fs = work.around().texts.front();
    if (!request_.with_sums) record.destination_fs = work.around().texts.back();
    record.started = now();
    return record;
  }

  static void log(const operation& work, const std::string& path, const std::string& text) {
    work.around().with.log.write(log_level::error, path + ": " + text);
  }

  /// The reason was told; one difference is one error.
  static void differs(operation& work, checked_file& file, transfer_record record) {
    file.found = finding::differ;
    stats_delta counts;
    add_error(counts, {failure_kind::other, "files differ"});
    work.checked(std::move(record), {}, std::move(counts));
  }

  /// Why they differ; empty when they do not.
  std::string compare_pair(operation& work, checked_file& file) {
    if (work.options().size_only) return {};
    if (request_.download) {
      try {
        return same_content(work, file) ? std::string{} : "contents differ";
      } catch (const failure& why) {
        throw why.within("failed to download");
      }
    }
    const auto type = compared_hash();
    const auto here = type == hash_type::none ? std::string{} : work.at().hash(work.on, file.path, type);
    const auto there = here.empty() ? std::string{} : work.to().hash(work.on, file.other, type);
    file.hashless = here.empty() || there.empty();
    return file.hashless || here == there ? std::string{} : hash_name(type) + std::string{" differ"};
  }

  static bool same_content(operation& work, const checked_file& file) {
    file_transfer from{work, file.path, file.size, work.around().texts.front(), std::string{}};
    file_transfer to{work, file.other, file.size, work.around().texts.back(), std::string{}};
    bool same = false, through = false;
    // An error is counted by whoever called.
    const auto end = [&] { from.finished(through), to.finished(through); };
    try {
      same = same_bytes(from.scope(), work.at(), file.path, to.scope(), work.to(), file.other);
      through = true;
    } catch (const failure&) {
      end();
      throw;
    }
    end();
    return same;
  }

  std::string compare_sum(operation& work, checked_file& file) {
    std::string hash;
    try {
      if (request_.download) {
        file_transfer one{work, file.path, file.size, work.around().texts.front(), std::string{}};
        try {
          hash = hash_by_reading(one.scope(), work.at(), file.path, request_.type);
        } catch (const failure&) {
          one.finished(false); // whoever called counts the error
          throw;
        }
        one.finished(true);
      } else {
        hash = work.at().hash(work.on, file.path, request_.type);
      }
    } catch (const failure& why) {
      throw why.within("Failed to calculate hash");
    }
    if (file.sum.empty()) fail(failure_kind::other, "duplicate file");
    file.hashless = hash.empty();
    return file.hashless || hash == file.sum ? std::string{} : "files differ";
  }

  job_context& job_;
  const check_request request_;
  report_lists lists_;
  std::shared_ptr<const operation::setting> around_;
  std::vector<directory_task> directories_; // the last is next
  std::map<std::string, std::string> sums_; // those that a file was found for are empty
  bool sums_read_ = false, sums_left_ = false;
  std::vector<checked_file> batch_;
  std::shared_ptr<const file_run> shown_;
  std::atomic<std::size_t> next_{0}; // place in the batch that no worker has taken
  std::size_t working_ = 0;
  failure_info stopped_; // a worker could not go on
  failure_info error_;   // the first that makes the reply's `status`
  std::uint64_t differences_ = 0, missing_on_source_ = 0, missing_on_destination_ = 0, matches_ = 0,
                hashless_ = 0;
};

} // namespace

void check(job_context& job) { std::make_shared<tree_check>(job, read_request(job.input()))->begin(); }

} // namespace argosy::rc
