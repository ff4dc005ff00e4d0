#include "actors/bisync/bisync.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <mutex>
#include <utility>

#include <caf/all.hpp>

#include "actors/bisync/session_name.hpp"
#include "actors/blocking.hpp"
#include "actors/defaults.hpp"
#include "actors/errors.hpp"
#include "actors/reports/report_writer.hpp"
#include "actors/sync/sync.hpp"
#include "actors/transfers/transfer.hpp"
#include "backends/copy_object.hpp"
#include "backends/operations.hpp"
#include "backends/walk.hpp"
#include "core/go_text.hpp"
#include "core/object_path.hpp"

namespace argosy {

namespace {

constexpr std::array<int, 2> both_sides{0, 1};

std::size_t index_of(int side) { return static_cast<std::size_t>(side); }

/// What is told goes to the log and, as far as the log takes it, into the call's output. Thread-safe.
class journal {
public:
  explicit journal(logger& log) : log_(log) {}
  void write(log_level level, const std::string& text) {
    log_.write(level, text);
    if (!log_.enabled(level)) return;
    auto stamp = format_rfc3339(now(), 0).substr(0, 19); // without the zone, as log lines have it
    std::replace(stamp.begin(), stamp.end(), '-', '/');
    std::replace(stamp.begin(), stamp.end(), 'T', ' ');
    const std::lock_guard<std::mutex> guard{mutex_};
    output_ += stamp + " " + name_of(level) + ": " + text + "\n";
  }
  std::string output() const {
    const std::lock_guard<std::mutex> guard{mutex_};
    return output_;
  }

private:
  static const char* name_of(log_level level) {
    switch (level) {
    case log_level::info: return "INFO  ";
    case log_level::debug: return "DEBUG ";
    case log_level::notice: return "NOTICE";
    default: return "ERROR ";
    }
  }
  logger& log_;
  mutable std::mutex mutex_;
  std::string output_;
};

/// What an error means for the runs to come.
enum class severity {
  plain,     // nothing was begun
  abort,     // nothing was changed: try again
  retryable, // locks out until a resync, unless the call is resilient
  critical,  // locks out until a resync
};

struct trouble {
  failure_info why;
  severity how = severity::plain;
};

trouble critical(const std::string& text) { return {{failure_kind::other, text}, severity::critical}; }
trouble retryable(const std::string& text) { return {{failure_kind::other, text}, severity::retryable}; }

/// What I/O tasks work on: one at a time, or of two at once each on its own side.
struct bisync_work {
  bisync_order order;
  std::array<std::shared_ptr<const run_environment>, 2> into;
  work_files files;
  std::shared_ptr<journal> log;
  filter rules;
  std::array<side_listing, 2> before, now;
  std::array<side_changes, 2> changes;
  std::array<std::map<std::string, std::string>, 2> probed; // hashes of files that both sides changed
  bisync_plan plan;

  const storage_info& info(int side) const { return into[index_of(side)]->destination.store->info(); }
  const main_options& options() const { return *into[0]->options; }
  std::string shown(int side) const { return bisync_path(info(side)); }
  std::string quoted(int side) const { return "\"" + shown(side) + "\""; }
  /// Where this run reads and writes: a dry run has listings of its own.
  std::string listing(int side) const { return files.listing(side) + (order.dry_run ? "-dry" : ""); }
  std::string new_listing(int side) const { return listing(side) + "-new"; }
  nanoseconds window(int side) const { return std::max(options().modify_window, info(side).precision); }
  nanoseconds window() const { return std::max(window(0), window(1)); }
  /// Of the hashes in a side's listing; none: without.
  hash_type listed_hash(int side) const {
    if (order.ignore_listing_checksum || options().ignore_checksum) return hash_type::none;
    const auto& one = info(side);
    const auto slow = one.features.SlowHash && (order.no_slow_hash || order.slow_hash_sync_only);
    const auto common = (info(0).hashes & info(1).hashes).first();
    const auto best = order.compare.checksum && common != hash_type::none ? common : one.hashes.first();
    if (best != hash_type::none && (!slow || order.download_hash)) return best;
    return order.download_hash ? hash_type::md5 : hash_type::none;
  }
  std::string hash(const may_block& on, session& at, int side, const std::string& path,
                   hash_type type) const {
    if (info(side).hashes.has(type)) return at.hash(on, path, type);
    return hash_by_reading(on, at, path, type);
  }
  void tell(log_level level, const std::string& text) const { log->write(level, text); }
};

struct bisync_state;
using bisync_pointer = sync_actor::stateful_pointer<bisync_state>;

struct bisync_state {
  std::shared_ptr<bisync_work> work;
  std::function<void(bisync_result)> done;
  bool locked = false, ending = false;
  bool renewing = false; // the lock, at this moment
  ledger::entry lock_timer;
  std::function<void()> after_renewal; // the end that waits for it
  std::size_t checkers = 1, transfers = 1;
  // The removal of files of one side:
  std::deque<file_run> removals;
  int removing_on = 0;
  std::size_t removing = 0;
  std::uint64_t next_run = 1;
  failure_info removal_error;
  std::function<void(const failure_info&)> removed;
  static inline const char* name = "bisync";

  services& with() const { return work->into[0]->with; }
  const cancellation& stop() const { return work->into[0]->stop; }
  ~bisync_state() {
    if (done) done({{failure_kind::cancelled, "context canceled"}, work->files, {}});
  }
};

// -- the end
// ----------------------------------------------------------------------------------------------------------

void over(bisync_pointer self, const trouble& ended) {
  auto& state = self->state;
  auto& work = *state.work;
  const auto locks_out = ended.how == severity::critical || ended.how == severity::retryable;
  bisync_result result{ended.why, work.files, {}};
  if (!ended.why) {
    work.tell(log_level::info, "Bisync successful");
  } else if (locks_out) {
    work.tell(log_level::error, "Bisync critical error: " + ended.why.text);
    const auto forgiven = ended.how == severity::retryable && work.order.resilient;
    work.tell(log_level::error,
              forgiven ? "Bisync aborted. Error is retryable without --resync due to --resilient mode."
                       : "Bisync aborted. Must run --resync to recover.");
    if (ended.why.kind != failure_kind::cancelled) result.error = {failure_kind::other, "bisync aborted"};
  } else if (ended.how == severity::abort) {
    work.tell(log_level::notice, "Bisync aborted. Please try again.");
  }
  result.output = work.log->output();
  auto done = std::move(state.done);
  state.done = nullptr;
  done(std::move(result));
  self->quit();
}

/// Gives the lock back, and locks out where that is due. Nothing cancels this.
void clean_up(bisync_pointer self, const trouble& ended) {
  run_blocking(
      self, self->state.with(), {cancellation{}, nullptr, nullptr},
      [work = self->state.work, ended, locked = self->state.locked](const may_block& on) {
        const auto& order = work->order;
        if (locked) {
          remove_if_there(on, work->files.lock());
          work->tell(log_level::debug, "Lock file removed: " + work->files.lock());
        }
        const auto locks_out =
            ended.how == severity::critical || (ended.how == severity::retryable && !order.resilient);
        if (locks_out && !order.dry_run) lock_out(on, work->files);
      },
      [=] { over(self, ended); },
      [=](const failure_info& why) {
        over(self, ended.why ? ended : trouble{why, severity::plain});
      });
}

void finish(bisync_pointer self, const trouble& ended) {
  auto& state = self->state;
  if (std::exchange(state.ending, true)) return;
  if (!state.locked && ended.how == severity::plain) return over(self, ended);
  // A renewal that comes late would leave a lock behind.
  if (!state.renewing) return clean_up(self, ended);
  state.after_renewal = [=] { clean_up(self, ended); };
}

// -- steps
// ------------------------------------------------------------------------------------------------------------

/// A step on an I/O thread that may find trouble; what it throws is trouble of the given severity.
void step(bisync_pointer self, severity how, std::function<trouble(const may_block&, bisync_work&)> deed,
          std::function<void()> then) {
  run_blocking(
      self, self->state.with(), {self->state.stop(), nullptr, nullptr},
      [work = self->state.work, deed = std::move(deed)](const may_block& on) {
        on.check();
        return deed(on, *work);
      },
      [=](const trouble& found) { found.why ? finish(self, found) : then(); },
      [=](const failure_info& why) {
        finish(self, {why, how});
      });
}

using side_deed = std::function<void(const may_block&, session&, std::size_t)>;
using ended = std::function<void(const failure_info&)>;

/// Calls `deed` with 0 to `count` - 1 on sessions of one side, several at once; an error ends the round.
void each(bisync_pointer self, int side, std::size_t count, const side_deed& deed, ended then) {
  struct round {
    std::atomic<std::size_t> next{0};
    std::size_t workers = 0;
    failure_info error;
  };
  auto& state = self->state;
  const auto all = std::make_shared<round>();
  all->workers = std::min(count, state.checkers);
  if (all->workers == 0) return then({});
  const auto end = [all, then = std::move(then)](const failure_info& why) {
    if (why && !all->error) all->error = why;
    if (--all->workers == 0) then(all->error);
  };
  for (auto i = all->workers; i > 0; --i) {
    self->request(state.work->into[index_of(side)]->destination.pool, caf::infinite, lease_atom_v,
                  state.work->into[0]->job)
        .then(
            [=](session_loan& loan) {
              run_blocking(
                  self, self->state.with(), {self->state.stop(), nullptr, nullptr},
                  [all, count, deed, held = std::move(loan)](const may_block& on) {
                    try {
                      for (auto one = all->next++; one < count; one = all->next++) {
                        on.check();
                        deed(on, held.open(on), one);
                      }
                    } catch (...) {
                      all->next = count; // the others need not go on
                      throw;
                    }
                  },
                  [end] { end({}); }, end);
            },
            [end](caf::error& e) { end(to_failure(e)); });
  }
}

// -- listings
// ---------------------------------------------------------------------------------------------------------

/// Keeps the hashes of files that did not change; the others are to be computed.
std::vector<std::pair<std::string, listed_item*>> take_known_hashes(bisync_work& work, int side) {
  auto& now = work.now[index_of(side)];
  const auto& before = work.before[index_of(side)];
  std::vector<std::pair<std::string, listed_item*>> unknown;
  if (now.hash == hash_type::none) return unknown;
  // Comparing by checksum means to look at the content.
  const auto trusted = !work.order.compare.checksum && before.hash == now.hash;
  for (auto& [path, item] : now.items) {
    if (item.directory || (item.size < 0 && !work.info(side).hashes.has(now.hash))) continue;
    const auto* old = trusted ? before.find(path) : nullptr;
    if (old != nullptr && old->size == item.size && old->modified == item.modified && !old->hash.empty())
      item.hash = old->hash;
    else
      unknown.emplace_back(path, &item);
  }
  return unknown;
}

void list_whole(const may_block& on, session& at, bisync_work& work, int side) {
  auto& found = work.now[index_of(side)];
  found.hash = work.listed_hash(side);
  walk_request request;
  request.max_depth = work.options().max_depth;
  request.rules = &work.rules;
  walk_visitor visit;
  visit.entries = [&](const std::string& directory, const listing& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto entry = entries[i];
      const auto is_directory = entry.kind == entry_kind::directory;
      if (is_directory && !work.order.create_empty_directories) continue;
      listed_item item;
      item.directory = is_directory;
      item.size = is_directory ? -1 : entry.size;
      item.modified = entry.modified;
      found.items[path_below(directory, entry.name)] = std::move(item);
    }
  };
  visit.failed = [&](const std::string& directory, const failure& why) {
    work.tell(log_level::error, directory + ": error listing: " + why.what());
  };
  visit.listed = [&](std::size_t count) {
    stats_delta delta;
    delta.listed = static_cast<std::int64_t>(count);
    work.into[0]->stats.add(std::move(delta));
  };
  if (const auto failed = walk(on, at, request, visit)) throw *failed;
}

constexpr std::size_t hashes_a_turn = 16;

void hash_unknown(bisync_pointer self, int side, ended then) {
  const auto work = self->state.work;
  const auto unknown =
      std::make_shared<std::vector<std::pair<std::string, listed_item*>>>(take_known_hashes(*work, side));
  each(
      self, side, (unknown->size() + hashes_a_turn - 1) / hashes_a_turn,
      [=](const may_block& on, session& at, std::size_t turn) {
        const auto last = std::min(unknown->size(), (turn + 1) * hashes_a_turn);
        for (auto i = turn * hashes_a_turn; i < last; ++i) {
          auto& [path, item] = (*unknown)[i];
          try {
            item->hash = work->hash(on, at, side, path, work->now[index_of(side)].hash);
          } catch (const failure& why) {
            // Gone meanwhile: the next run finds that out.
            if (why.kind() != failure_kind::object_not_found) throw;
          }
        }
      },
      std::move(then));
}

/// Lists both sides at once, then computes the hashes that are not known.
void list_both(bisync_pointer self, std::function<void()> then) {
  const auto left = std::make_shared<int>(2);
  const auto error = std::make_shared<failure_info>();
  const auto end = [=](const failure_info& why) {
    if (why && !*error) *error = why;
    if (--*left > 0) return;
    *error ? finish(self, {*error, severity::abort}) : then();
  };
  const auto work = self->state.work;
  for (const auto side : both_sides)
    each(
        self, side, 1,
        [=](const may_block& on, session& at, std::size_t) { list_whole(on, at, *work, side); },
        [=](const failure_info& why) { why ? end(why) : hash_unknown(self, side, end); });
}

trouble empty_listing(const bisync_work& work, const char* which, int side, const std::string& path) {
  const auto what = std::string{which} + " " + side_names[index_of(side)] + " listing";
  work.tell(log_level::error, "Empty " + what + ". Cannot sync to an empty directory: " + path);
  return retryable("empty " + what + ": " + path);
}

// -- before the run
// ---------------------------------------------------------------------------------------------------

side_listing read_listing(const may_block& on, const bisync_work& work, const std::string& path) {
  return parse_listing(read_whole_file(on, path),
                       [&](const std::string& line) { work.tell(log_level::notice, path + ": " + line); });
}

/// Every file must stand in both listings.
trouble compare_listings(const bisync_work& work, const side_listing& one, const side_listing& two) {
  work.tell(log_level::info,
            "Validating listings for Path1 " + work.quoted(0) + " vs Path2 " + work.quoted(1));
  auto same = true;
  const auto missing = [&](const side_listing& here, const side_listing& there, const char* text) {
    for (const auto& [path, item] : here.items) {
      if (item.directory || there.find(path) != nullptr) continue;
      work.tell(log_level::error, bisync_line("", text, path));
      same = false;
    }
  };
  missing(one, two, "Path1 file not found in Path2");
  missing(two, one, "Path2 file not found in Path1");
  if (same) return {};
  return critical("path1 and path2 are out of sync, run --resync to recover");
}

/// The listings of the last run, or of the last whole one with `recover`.
trouble read_prior(const may_block& on, bisync_work& work) {
  const auto& order = work.order;
  const auto there = [&](const std::string& ending) {
    return std::all_of(both_sides.begin(), both_sides.end(),
                       [&](int side) { return file_exists(on, work.files.listing(side) + ending); });
  };
  std::string from;
  if (!there(from)) {
    from = "-old";
    if (!order.recover || !there(from))
      return retryable(
          "cannot find prior Path1 or Path2 listings, likely due to critical error on prior run");
    work.tell(log_level::notice, "Listings not found. Reverting to prior backup as --recover is set.");
  }
  for (const auto side : both_sides)
    work.before[index_of(side)] = read_listing(on, work, work.files.listing(side) + from);
  if (!from.empty() && order.check != listing_check::no)
    if (auto bad = compare_listings(work, work.before[0], work.before[1]); bad.why) return bad;
  for (const auto side : both_sides)
    if (!work.before[index_of(side)].has_files())
      return empty_listing(work, "prior", side, work.listing(side));
  return {};
}

trouble read_filters(const may_block& on, bisync_work& work) {
  const auto& order = work.order;
  if (order.rules) work.rules = *order.rules;
  if (order.filters_file.empty()) return {};
  std::string content;
  try {
    content = checked_filters(on, order.filters_file, order.resync, order.dry_run,
                              [&](log_level level, const std::string& text) { work.tell(level, text); });
  } catch (const failure& why) {
    return {info_of(why), severity::retryable};
  }
  auto options = order.filters;
  options.filter_from.insert(options.filter_from.begin(), order.filters_file);
  work.rules = filter{options, now(), [&](const std::string& path) {
                        return path == order.filters_file ? content : read_whole_file(on, path);
                      }};
  return {};
}

trouble prepare(const may_block& on, bisync_work& work) {
  const auto& order = work.order;
  if (order.check == listing_check::only) {
    std::array<side_listing, 2> listings;
    for (const auto side : both_sides) {
      try {
        listings[index_of(side)] = read_listing(on, work, work.files.listing(side));
      } catch (const failure& why) {
        return critical(std::string{"cannot read prior listing of "} + side_names[index_of(side)] + ": " +
                        why.what());
      }
    }
    return compare_listings(work, listings[0], listings[1]);
  }
  work.tell(log_level::info, "Synching Path1 " + work.quoted(0) + " with Path2 " + work.quoted(1));
  if (order.dry_run)
    for (const auto side : both_sides) copy_if_there(on, work.files.listing(side), work.listing(side));
  if (auto bad = read_filters(on, work); bad.why) return bad;
  return order.resync ? trouble{} : read_prior(on, work);
}

// -- the decision
// -----------------------------------------------------------------------------------------------------

/// Files of the agreed name must lie in the same places on both sides.
trouble check_access(const bisync_work& work) {
  work.tell(log_level::info, "Checking access health");
  const auto& wanted = work.order.check_filename;
  std::array<std::set<std::string>, 2> found;
  for (const auto side : both_sides)
    for (const auto& [path, item] : work.now[index_of(side)].items)
      if (!item.directory && leaf_of(path) == wanted) found[index_of(side)].insert(path);
  auto good = !found[0].empty() && found[0].size() == found[1].size();
  if (!good)
    work.tell(log_level::error, "Access test failed: Path1 count " + std::to_string(found[0].size()) +
                                    ", Path2 count " + std::to_string(found[1].size()) + " - " + wanted);
  const auto missing = [&](std::size_t here, std::size_t there, const char* text) {
    for (const auto& path : found[here]) {
      if (found[there].count(path) > 0) continue;
      work.tell(log_level::error, bisync_line("", text, path));
      good = false;
    }
  };
  missing(0, 1, "Access test failed: Path1 file not found in Path2");
  missing(1, 0, "Access test failed: Path2 file not found in Path1");
  if (!good) return retryable("check file check failed");
  work.tell(log_level::info, "Found " + std::to_string(found[0].size()) + " matching " + go_quote(wanted) +
                                 " files on both paths");
  return {};
}

void find_changes_of(bisync_work& work, int side) {
  const auto at = index_of(side);
  const std::string name = side_names[at];
  work.tell(log_level::info, name + " checking for diffs");
  auto& changes = work.changes[at];
  changes = find_changes(work.before[at], work.now[at], work.order.compare, work.window(side),
                         [&](const char* text, const std::string& path) {
                           work.tell(log_level::info, bisync_line(name, text, path));
                         });
  if (changes.files.empty()) return;
  const auto counted = [](std::size_t count, const char* what) {
    auto number = std::to_string(count);
    constexpr std::size_t width = 4; // rclone's column
    return std::string(number.size() < width ? width - number.size() : 0, ' ') + number + " " + what;
  };
  work.tell(log_level::info, name + ": " + counted(changes.files.size(), "changes: ") +
                                 counted(changes.fresh, "new, ") + counted(changes.newer, "newer, ") +
                                 counted(changes.older, "older, ") + counted(changes.deleted, "deleted"));
}

/// What would rather be a mishap than somebody's wish.
trouble check_extent(const bisync_work& work) {
  if (work.order.force) return {};
  auto good = true;
  for (const auto side : both_sides) {
    const auto& changes = work.changes[index_of(side)];
    if (!changes.too_many_deleted(work.order.max_delete)) continue;
    work.tell(log_level::error,
              "Safety abort: too many deletes (>" + std::to_string(work.order.max_delete) + "%, " +
                  std::to_string(changes.deleted) + " of " + std::to_string(changes.files_before) + ") on " +
                  side_names[index_of(side)] + " " + work.quoted(side) + ". Run with --force if desired.");
    good = false;
    break;
  }
  if (!good) return {{failure_kind::other, "too many deletes"}, severity::abort};
  for (const auto side : both_sides) {
    if (work.changes[index_of(side)].any_same) continue;
    work.tell(log_level::error, std::string{"Safety abort: all files were changed on "} +
                                    side_names[index_of(side)] + " " + work.quoted(side) +
                                    ". Run with --force if desired.");
    good = false;
  }
  if (!good) return {{failure_kind::other, "all files were changed"}, severity::abort};
  return {};
}

trouble look_at_changes(const may_block& on, bisync_work& work) {
  const auto& order = work.order;
  for (const auto side : both_sides) {
    const auto at = index_of(side);
    replace_file(on, work.new_listing(side), listing_text(work.now[at], now()));
    if (order.resync) continue;
    if (!work.now[at].has_files()) return empty_listing(work, "current", side, work.new_listing(side));
    find_changes_of(work, side);
  }
  if (order.check_access)
    if (auto bad = check_access(work); bad.why) return bad;
  return order.resync ? trouble{} : check_extent(work);
}

/// Files that both sides changed to the same size, whose listings do not tell whether they are the same.
std::vector<std::string> uncertain_files(const bisync_work& work) {
  std::vector<std::string> paths;
  if (work.order.resync || work.into[0]->common_hash == hash_type::none) return paths;
  const auto& [one, two] = work.now;
  const auto hashed = one.hash != hash_type::none && one.hash == two.hash;
  for (const auto& [path, bits] : work.changes[0].files) {
    const auto other = work.changes[1].files.find(path);
    if (hashed || other == work.changes[1].files.end()) continue;
    if (((bits | other->second) & change_deleted) != 0) continue;
    if (one.find(path)->size == two.find(path)->size) paths.push_back(path);
  }
  return paths;
}

bool identical(const bisync_work& work, const std::string& path) {
  const auto& [one, two] = work.now;
  const auto in1 = work.probed[0].find(path), in2 = work.probed[1].find(path);
  const auto probed = in1 != work.probed[0].end() && in2 != work.probed[1].end();
  if (probed && !in1->second.empty() && !in2->second.empty()) return in1->second == in2->second;
  return looks_identical(one, *one.find(path), two, *two.find(path), work.window());
}

trouble decide(const may_block& /*on*/, bisync_work& work) {
  const auto& [one, two] = work.now;
  const auto tell = [&](log_level level, const std::string& line) { work.tell(level, line); };
  if (work.order.resync) {
    work.tell(log_level::info, "Copying unique Path2 files to Path1");
    work.plan = plan_resync(
        one, two, work.order.resync_preference,
        [&](const std::string& path) {
          return differs(one, *one.find(path), two, *two.find(path), work.order.compare, work.window());
        },
        tell);
    return {};
  }
  if (work.changes[0].empty() && work.changes[1].empty()) {
    work.tell(log_level::info, "No changes found");
    return {};
  }
  work.tell(log_level::info, "Applying changes");
  work.plan = plan_changes(
      {one, work.changes[0], work.shown(0)}, {two, work.changes[1], work.shown(1)}, work.order.conflicts,
      [&](const std::string& path) { return identical(work, path); }, tell);
  return {};
}

void probe_uncertain(bisync_pointer self, std::function<void()> then) {
  const auto work = self->state.work;
  const auto paths = std::make_shared<const std::vector<std::string>>(uncertain_files(*work));
  const auto hashes = std::make_shared<std::array<std::vector<std::string>, 2>>();
  for (auto& one : *hashes) one.resize(paths->size());
  const auto probe = [=](int side, ended next) {
    each(
        self, side, paths->size(),
        [=](const may_block& on, session& at, std::size_t i) {
          (*hashes)[index_of(side)][i] = at.hash(on, (*paths)[i], work->into[0]->common_hash);
        },
        std::move(next));
  };
  probe(0, [=](const failure_info& why) {
    if (why) return finish(self, {why, severity::abort});
    probe(1, [=](const failure_info& other) {
      if (other) return finish(self, {other, severity::abort});
      for (const auto side : both_sides)
        for (std::size_t i = 0; i < paths->size(); ++i)
          work->probed[index_of(side)][(*paths)[i]] = (*hashes)[index_of(side)][i];
      then();
    });
  });
}

// -- the deeds
// --------------------------------------------------------------------------------------------------------

/// Something that is done on one side, then on the other.
using side_step = std::function<void(bisync_pointer, int, ended)>;

void on_both(bisync_pointer self, const side_step& deed, severity how, std::function<void()> then) {
  deed(self, 0, [=](const failure_info& why) {
    if (why) return finish(self, {why, how});
    deed(self, 1, [=](const failure_info& other) {
      if (other) return finish(self, {other, how});
      then();
    });
  });
}

void rename_losers(bisync_pointer self, int side, ended then) {
  const auto work = self->state.work;
  const auto& renames = work->plan[index_of(side)].renames;
  each(
      self, side, renames.size(),
      [=](const may_block& on, session& at, std::size_t i) {
        const auto& [from, to] = work->plan[index_of(side)].renames[i];
        if (work->order.dry_run) {
          work->tell(log_level::notice, from + ": Skipped move as --dry-run is set");
          return;
        }
        const auto& item = *work->now[index_of(side)].find(from);
        file_outcome renamed;
        renamed.how = outcome_kind::renamed;
        renamed.what = work_kind::renaming;
        renamed.size = item.size;
        renamed.started = argosy::now();
        renamed.renamed_from = from;
        try {
          move_object(on, at, at, {from, to, item.size, item.modified}, work->into[0]->policy);
        } catch (const failure& why) {
          throw why.within((side == 0 ? "path1 rename failed for " : "path2 rename failed for ") +
                           work->shown(side) + from);
        }
        renamed.duration = argosy::now() - renamed.started;
        const auto& around = *work->into[index_of(side)];
        enter_file(on, *around.report, to, renamed, around.reported_fs);
        stats_delta delta;
        delta.renames = 1;
        around.stats.add(std::move(delta));
      },
      [=](const failure_info& why) {
        auto& items = work->now[index_of(side)].items;
        if (!why && !work->order.dry_run)
          for (const auto& [from, to] : work->plan[index_of(side)].renames) {
            auto node = items.extract(from);
            node.key() = to;
            items.insert(std::move(node));
          }
        then(why);
      });
}

std::shared_ptr<const filter> only(const std::set<std::string>& paths) {
  std::string names;
  for (const auto& path : paths) names += path + '\0';
  filter_options options;
  options.files_from0 = {"-"};
  return std::make_shared<const filter>(options, now(), [&](const std::string&) { return names; });
}

/// A one-way copy of the files that this side is to get.
void copy_to_side(bisync_pointer self, int side, ended then) {
  const auto work = self->state.work;
  const auto& copies = work->plan[index_of(side)].copies;
  if (copies.empty()) return then({});
  work->tell(log_level::info,
             bisync_line(side_names[index_of(1 - side)],
                         work->order.resync ? "Resync is doing queued copies to" : "Do queued copies to",
                         side_names[index_of(side)]));
  const auto rules = std::make_shared<std::shared_ptr<const filter>>();
  step(
      self, severity::retryable,
      [=](const may_block&, const bisync_work& w) {
        *rules = only(w.plan[index_of(side)].copies);
        return trouble{};
      },
      [=] {
        sync_order order;
        order.rules = *rules;
        const auto back = caf::actor_cast<sync_actor>(self);
        spawn_sync(self->system(), work->into[index_of(side)], std::move(order),
                   [back, then](const sync_result& result) {
                     auto next = [then, why = result.error] { then(why); };
                     tell(back, resume_atom_v, continuation{std::make_shared<std::function<void()>>(next)});
                   });
      });
}

void hand_out_removals(bisync_pointer self);

/// The call was cancelled: what was to be removed stays, and the report says so.
void drop_removals(bisync_pointer self) {
  auto& state = self->state;
  const auto& around = state.work->into[index_of(state.removing_on)];
  const failure_info why{failure_kind::cancelled, "context canceled"};
  stats_delta delta;
  for (const auto& run : state.removals) delta.queued_checks -= static_cast<std::int64_t>(run.files.size());
  around->stats.add(std::move(delta));
  if (!state.removal_error) state.removal_error = why;
  ++state.removing;
  const auto go_on = [self] {
    --self->state.removing;
    hand_out_removals(self);
  };
  run_blocking(
      self, state.with(), {cancellation{}, nullptr, nullptr},
      [around, why, left = std::exchange(state.removals, {})](const may_block& on) {
        for (const auto& run : left) fail_run(on, *around, run, why);
      },
      go_on, [go_on](const failure_info&) { go_on(); });
}

void hand_out_removals(bisync_pointer self) {
  auto& state = self->state;
  const auto& around = state.work->into[index_of(state.removing_on)];
  if (around->stop.cancelled() && !state.removals.empty()) return drop_removals(self);
  while (state.removing < state.transfers && !state.removals.empty()) {
    auto run = std::move(state.removals.front());
    state.removals.pop_front();
    ++state.removing;
    spawn_transfer(self->system(), around, std::move(run), self);
  }
  if (state.removing > 0) return;
  const auto then = std::exchange(state.removed, nullptr);
  if (then) then(std::exchange(state.removal_error, {}));
}

void report_of(bisync_pointer self, const run_report& report) {
  auto& state = self->state;
  --state.removing;
  // Gone already is as good.
  for (const auto& one : report.failed)
    if (one.error.kind != failure_kind::object_not_found) state.removal_error = one.error;
  hand_out_removals(self);
}

void remove_from_side(bisync_pointer self, int side, ended then) {
  auto& state = self->state;
  const auto& work = *state.work;
  const auto& removals = work.plan[index_of(side)].removals;
  if (removals.empty()) return then({});
  work.tell(log_level::info, bisync_line("", "Do queued deletes on", side_names[index_of(side)]));
  std::map<std::string, std::vector<file_action>> by_directory;
  for (const auto& path : removals) {
    const auto* item = work.now[index_of(side)].find(path);
    if (item == nullptr) continue;
    by_directory[parent_of(path)].push_back({std::string{leaf_of(path)}, item->size, item->modified, {}});
  }
  stats_delta delta;
  for (auto& [directory, files] : by_directory) {
    delta.queued_checks += static_cast<std::int64_t>(files.size());
    work.into[index_of(side)]->report->found(files.size());
    for (std::size_t first = 0; first < files.size(); first += defaults::run_files) {
      file_run run;
      run.job = work.into[0]->job;
      run.number = state.next_run++;
      run.kind = run_kind::remove;
      run.directory = directory;
      const auto last = std::min(files.size(), first + defaults::run_files);
      run.files.assign(files.begin() + static_cast<std::ptrdiff_t>(first),
                       files.begin() + static_cast<std::ptrdiff_t>(last));
      state.removals.push_back(std::move(run));
    }
  }
  work.into[index_of(side)]->stats.add(std::move(delta));
  state.removing_on = side;
  state.removed = [=](const failure_info& why) {
    auto& items = self->state.work->now[index_of(side)].items;
    if (!why && !self->state.work->order.dry_run)
      for (const auto& path : self->state.work->plan[index_of(side)].removals) items.erase(path);
    then(why);
  };
  hand_out_removals(self);
}

/// Empty directories come and go like files (create_empty_directories).
void mend_directories(bisync_pointer self, int side, ended then) {
  const auto work = self->state.work;
  const auto& plan = work->plan[index_of(side)];
  const auto nothing = plan.new_directories.empty() && plan.old_directories.empty();
  each(
      self, side, nothing ? 0 : 1,
      [=](const may_block& on, session& at, std::size_t) {
        const auto& actions = work->plan[index_of(side)];
        auto& here = work->now[index_of(side)].items;
        const auto& there = work->now[index_of(1 - side)];
        const auto dry = work->order.dry_run;
        for (const auto& path : actions.new_directories) {
          if (dry) {
            work->tell(log_level::notice, path + ": Skipped make directory as --dry-run is set");
            continue;
          }
          at.make_directory(on, path);
          if (const auto* item = there.find(path)) here[path] = *item;
        }
        // The deeper ones first.
        for (auto path = actions.old_directories.rbegin(); path != actions.old_directories.rend(); ++path) {
          if (dry) {
            work->tell(log_level::notice, *path + ": Skipped remove directory as --dry-run is set");
            continue;
          }
          try {
            at.remove_directory(on, *path);
          } catch (const failure& why) {
            // One that holds something stays.
            if (why.kind() == failure_kind::cancelled) throw;
            work->tell(log_level::info, *path + ": " + why.what());
            continue;
          }
          here.erase(*path);
          stats_delta delta;
          delta.deleted_dirs = 1;
          work->into[0]->stats.add(std::move(delta));
        }
      },
      std::move(then));
}

// -- what is there now
// ------------------------------------------------------------------------------------------------

/// How a file that was copied shall be remembered. When it is not what was to be copied, somebody changed one
/// of the two meanwhile: then it is remembered as it should be, and the next run finds the difference.
listed_item remembered(const may_block& on, session& at, const bisync_work& work, int side,
                       const std::string& path, const object_info* found) {
  const auto& source = work.now[index_of(1 - side)];
  const auto& destination = work.now[index_of(side)];
  auto wanted = *source.find(path);
  wanted.id.clear();
  if (source.hash != destination.hash) wanted.hash.clear();
  if (found == nullptr || found->kind == entry_kind::directory || found->size != wanted.size) return wanted;
  listed_item item;
  item.size = found->size;
  item.modified = found->modified;
  if (destination.hash != hash_type::none) {
    try {
      item.hash = work.hash(on, at, side, path, destination.hash);
    } catch (const failure& why) {
      if (why.kind() != failure_kind::object_not_found) throw;
    }
  }
  const auto same_content = !item.hash.empty() && item.hash == wanted.hash;
  const auto same_time = times_agree(item.modified, wanted.modified, work.window());
  return same_content || same_time || !work.order.compare.modified ? item : wanted;
}

/// Looks at the files that were copied to this side, directory by directory.
void look_at_copies(bisync_pointer self, int side, ended then) {
  const auto work = self->state.work;
  using names = std::vector<std::string>; // paths
  const auto directories = std::make_shared<std::vector<std::pair<std::string, names>>>();
  if (!work->order.dry_run) {
    std::map<std::string, names> by_directory;
    for (const auto& path : work->plan[index_of(side)].copies) by_directory[parent_of(path)].push_back(path);
    directories->assign(by_directory.begin(), by_directory.end());
  }
  const auto found = std::make_shared<std::vector<std::vector<listed_item>>>(directories->size());
  each(
      self, side, directories->size(),
      [=](const may_block& on, session& at, std::size_t i) {
        const auto& [directory, paths] = (*directories)[i];
        constexpr std::size_t few = 4; // more are found quicker by a listing
        std::map<std::string, object_info> listed;
        if (paths.size() > few)
          at.list(on, directory, [&, below = directory](const listing& page) {
            for (std::size_t n = 0; n < page.size(); ++n) {
              object_info info;
              info.kind = page[n].kind;
              info.size = page[n].size;
              info.modified = page[n].modified;
              listed[path_below(below, page[n].name)] = info;
            }
          });
        for (const auto& path : paths) {
          if (paths.size() <= few)
            if (const auto info = at.stat(on, path)) listed[path] = *info;
          const auto known = listed.find(path);
          (*found)[i].push_back(
              remembered(on, at, *work, side, path, known == listed.end() ? nullptr : &known->second));
        }
      },
      [=](const failure_info& why) {
        auto& items = work->now[index_of(side)].items;
        if (!why)
          for (std::size_t i = 0; i < directories->size(); ++i)
            for (std::size_t n = 0; n < (*found)[i].size(); ++n)
              items[(*directories)[i].second[n]] = std::move((*found)[i][n]);
        then(why);
      });
}

trouble write_listings(const may_block& on, bisync_work& work) {
  const auto& order = work.order;
  work.tell(log_level::info, order.resync ? "Resync updating listings" : "Updating listings");
  std::array<std::string, 2> texts;
  for (const auto side : both_sides) texts[index_of(side)] = listing_text(work.now[index_of(side)], now());
  for (const auto side : both_sides) replace_file(on, work.listing(side), texts[index_of(side)]);
  if (!order.no_cleanup)
    for (const auto side : both_sides) remove_if_there(on, work.new_listing(side));
  if (order.check == listing_check::yes && !order.dry_run && !order.resync)
    if (auto bad = compare_listings(work, work.now[0], work.now[1]); bad.why) return bad;
  if (order.recover && !order.dry_run)
    for (const auto side : both_sides)
      replace_file(on, work.files.listing(side) + "-old", texts[index_of(side)]);
  return {};
}

void remove_empty(bisync_pointer self, int side, ended then) {
  const auto work = self->state.work;
  each(
      self, side, work->order.remove_empty_directories ? 1 : 0,
      [=](const may_block& on, session& at, std::size_t) {
        walk_request request;
        request.max_depth = work->options().max_depth;
        request.rules = &work->rules;
        for (const auto& path : empty_directories(on, at, request, true, {})) {
          on.check();
          work->tell(work->order.dry_run ? log_level::notice : log_level::info,
                     path + (work->order.dry_run ? ": Skipped remove directory as --dry-run is set"
                                                 : ": Removing directory"));
          if (work->order.dry_run) continue;
          at.remove_directory(on, path);
          stats_delta delta;
          delta.deleted_dirs = 1;
          work->into[0]->stats.add(std::move(delta));
        }
      },
      std::move(then));
}

// -- from begin to end
// ------------------------------------------------------------------------------------------------

void conclude(bisync_pointer self) {
  step(self, severity::critical, write_listings,
       [=] { on_both(self, remove_empty, severity::critical, [=] { finish(self, {}); }); });
}

void act(bisync_pointer self) {
  // In rclone's order: what is copied goes before what is removed.
  static constexpr std::array<void (*)(bisync_pointer, int, ended), 5> deeds{
      rename_losers, copy_to_side, remove_from_side, mend_directories, look_at_copies};
  const auto next = std::make_shared<std::function<void(std::size_t)>>();
  *next = [=, again = std::weak_ptr<std::function<void(std::size_t)>>(next)](std::size_t i) {
    if (i == deeds.size()) return conclude(self);
    on_both(self, deeds[i], severity::retryable, [=, keep = again.lock()] { (*keep)(i + 1); });
  };
  (*next)(0);
}

/// While it runs, so that nobody takes the lock for one that was left behind.
void keep_lock(bisync_pointer self) {
  const auto max_lock = self->state.work->order.max_lock;
  if (max_lock <= 0 || !self->state.locked) return;
  if (!self->state.lock_timer)
    self->state.lock_timer =
        self->state.with().book.enter(resource::timer, "renewal of a lock", ledger::of_this_job);
  constexpr auto period = std::chrono::seconds(20); // locks last 2 minutes at least
  const auto renewed = [=] {
    self->state.renewing = false;
    if (const auto end = std::exchange(self->state.after_renewal, nullptr)) return end();
    keep_lock(self);
  };
  const auto renew = [=] {
    if (self->state.ending) return;
    self->state.renewing = true;
    run_blocking(
        self, self->state.with(), {self->state.stop(), nullptr, nullptr},
        [work = self->state.work](const may_block& on) {
          renew_lock(on, work->files, work->order.max_lock, now());
        },
        renewed,
        [work = self->state.work, renewed](const failure_info& why) {
          work->tell(log_level::error, "cannot renew lock file: " + why.text);
          renewed();
        });
  };
  self->delayed_send(self, period, resume_atom_v,
                     continuation{std::make_shared<std::function<void()>>(renew)});
}

void begin(bisync_pointer self) {
  step(
      self, severity::plain,
      [](const may_block& on, const bisync_work& work) {
        const auto& order = work.order;
        for (const auto side : both_sides)
          if (work.info(side).precision == INT64_MAX && order.compare.modified && !order.dry_run &&
              !order.force)
            fail(failure_kind::other,
                 std::string{"modification time support is missing on "} + (side == 0 ? "path1" : "path2"));
        std::error_code error;
        std::filesystem::create_directories(work.files.folder, error);
        if (error) fail(failure_kind::other, "failed to create workdir: " + error.message());
        if (order.dry_run) return trouble{};
        take_lock(on, work.files, order.max_lock, now(),
                  [&](log_level level, const std::string& text) { work.tell(level, text); });
        work.tell(log_level::debug, "Lock file created: " + work.files.lock());
        return trouble{};
      },
      [=] {
        const auto& order = self->state.work->order;
        self->state.locked = !order.dry_run;
        keep_lock(self);
        step(self, severity::retryable, prepare, [=] {
          if (self->state.work->order.check == listing_check::only) return finish(self, {});
          list_both(self, [=] {
            step(self, severity::abort, look_at_changes, [=] {
              probe_uncertain(self, [=] { step(self, severity::abort, decide, [=] { act(self); }); });
            });
          });
        });
      });
}

sync_actor::behavior_type bisync(bisync_pointer self,
                                 std::array<std::shared_ptr<const run_environment>, 2> into,
                                 bisync_order order, std::function<void(bisync_result)> done) {
  auto& state = self->state;
  const auto& options = *into[0]->options;
  state.checkers = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::max<std::int64_t>(1, options.checkers)), 1, defaults::connections / 4);
  state.transfers = static_cast<std::size_t>(std::max<std::int64_t>(1, options.transfers));
  state.work = std::make_shared<bisync_work>();
  auto& work = *state.work;
  work.log = std::make_shared<journal>(into[0]->with.log);
  work.order = std::move(order);
  work.into = std::move(into);
  work.files = {work.order.work_folder, session_name(work.info(0), work.info(1))};
  state.done = std::move(done);
  return {
      [=](caf::ok_atom) { begin(self); },
      [](resume_atom, const continuation& next) { resume(next); },
      [=](finished_atom, const run_report& report) { report_of(self, report); },
  };
}

} // namespace

sync_actor spawn_bisync(caf::actor_system& system, std::array<std::shared_ptr<const run_environment>, 2> into,
                        bisync_order order, std::function<void(bisync_result)> done) {
  auto& with = into[0]->with;
  const auto job = into[0]->job;
  auto made =
      with.actors.spawn(system, "bisync", job, bisync, std::move(into), std::move(order), std::move(done));
  tell(made, caf::ok_atom_v);
  return made;
}

} // namespace argosy
