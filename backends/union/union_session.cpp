#include "backends/union/union_session.hpp"

#include <algorithm>
#include <utility>

#include "backends/copy_object.hpp"
#include "backends/operations.hpp"
#include "core/object_path.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

// What went wrong at several upstreams, told as rclone does: `2 errors: a: why; b: why`.
class upstream_errors {
public:
  void add(const storage& at, const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw why;
    if (count_++ == 0) kind_ = why.kind();
    text_ += (text_.empty() ? "" : "; ") + at.info().name + ": " + why.what();
  }
  bool empty() const { return count_ == 0; }
  failure sum() const {
    return {kind_, std::to_string(count_) + (count_ == 1 ? " error: " : " errors: ") + text_};
  }
  void throw_if_any() const {
    if (count_ > 0) throw sum();
  }

private:
  std::size_t count_ = 0;
  failure_kind kind_ = failure_kind::other;
  std::string text_;
};

// An object that is written to several upstreams at once.
class union_sink final : public object_sink {
public:
  struct target {
    const union_upstream* upstream;
    std::unique_ptr<object_sink> sink;
    std::int64_t old_size; // -1: there was none
  };
  explicit union_sink(std::vector<target> targets) : targets_(std::move(targets)) {}

  void write(const may_block& on, const char* data, std::size_t size) override {
    for (auto& t : targets_) {
      try {
        t.sink->write(on, data, size);
      } catch (const failure& why) {
        if (targets_.size() == 1) throw;
        upstream_errors errors;
        errors.add(*t.upstream->at, why);
        throw errors.sum();
      }
    }
  }

  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    std::optional<put_result> first;
    upstream_errors errors;
    for (auto& t : targets_) {
      try {
        // What was read is compared once; the others must be what the first is.
        auto result =
            t.sink->commit(on, first ? [&](const put_result& r) { check_same(*first, r); } : verify);
        t.upstream->usage->stored(result.info.size - std::max<std::int64_t>(t.old_size, 0), t.old_size < 0);
        if (!first) first = std::move(result);
      } catch (const failure& why) {
        if (targets_.size() == 1) throw;
        errors.add(*t.upstream->at, why);
      }
    }
    errors.throw_if_any();
    return *std::move(first);
  }

private:
  static void check_same(const put_result& a, const put_result& b) {
    if (a.info.size != b.info.size || a.hashes != b.hashes)
      throw corruption("corrupted on transfer: not what was stored elsewhere");
  }

  std::vector<target> targets_;
};

} // namespace

union_session::union_session(const union_storage& s) : session(s), union_(s) {
  sessions_.reserve(upstreams().size());
  for (const auto& upstream : upstreams()) sessions_.emplace_back(*upstream.at);
}

std::string union_session::place(const std::string& path) const {
  return path.empty() ? of().info().root : path_below(of().info().root, path);
}

policy_figures union_session::figures(const may_block& on) {
  const auto figure = [this, &on](std::int64_t storage_usage::*member, const char* what, const char* taken) {
    return [=, &on](std::size_t upstream) -> std::optional<std::int64_t> {
      const auto value = upstreams()[upstream].usage->get(on, at(on, upstream)).*member;
      if (value >= 0) return value;
      union_.log().write(log_level::notice, std::string{what} + " is not supported for upstream " +
                                                upstreams()[upstream].at->info().name + ", treating as " +
                                                taken);
      return std::nullopt;
    };
  };
  policy_figures f;
  f.free = figure(&storage_usage::free, "Free Space", "infinite");
  f.used = figure(&storage_usage::used, "Used Space", "0");
  f.objects = figure(&storage_usage::objects, "Number of Objects", "0");
  f.draw = [this](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>{0, bound - 1}(random_);
  };
  f.min_free = union_.options().min_free;
  return f;
}

std::vector<policy_candidate> union_session::chosen(const may_block& on, policy_choice choice,
                                                    const found_list& from) {
  std::vector<policy_candidate> candidates;
  for (const auto& one : from) candidates.push_back({one.upstream, one.info.modified});
  return choose(choice, candidates, figures(on));
}

union_session::found_list union_session::look(const may_block& on, const std::string& path) {
  found_list all;
  upstream_errors errors;
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    try {
      if (auto info = at(on, i).stat(on, place(path))) all.push_back({i, *std::move(info)});
    } catch (const failure& why) {
      errors.add(sessions_[i].of(), why);
    }
  }
  errors.throw_if_any();
  return all;
}

union_session::found union_session::shown(const may_block& on, const found_list& all) {
  const auto which = chosen(on, union_.options().search.choice, all).front().upstream;
  const auto one = std::find_if(all.begin(), all.end(), [&](const found& f) { return f.upstream == which; });
  auto out = *one;
  // Directories are one, as new as the newest.
  if (out.info.kind == entry_kind::directory)
    for (const auto& other : all) out.info.modified = std::max(out.info.modified, other.info.modified);
  return out;
}

union_session::found union_session::shown_object(const may_block& on, const std::string& path,
                                                 const found_list& all) {
  on.check();
  if (all.empty()) fail(failure_kind::object_not_found, "object not found");
  auto one = shown(on, all);
  if (path.empty() || one.info.kind == entry_kind::directory)
    fail(failure_kind::is_a_directory, "is a directory not a file");
  return one;
}

union_session::numbers union_session::to_change(const may_block& on, const found_list& all) {
  found_list writable;
  std::copy_if(all.begin(), all.end(), std::back_inserter(writable),
               [&](const found& f) { return upstreams()[f.upstream].writable; });
  if (writable.empty()) fail(failure_kind::permission_denied, "permission denied");
  numbers out;
  for (const auto& c : chosen(on, union_.options().action.choice, writable)) out.push_back(c.upstream);
  return out;
}

union_session::numbers union_session::for_new(const may_block& on, const std::string& path) {
  const auto& policy = union_.options().create;
  found_list places;
  bool any = false;
  upstream_errors errors;
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    if (!upstreams()[i].creatable) continue;
    any = true;
    if (!policy.existing_path) {
      places.push_back({i, {}});
      continue;
    }
    try {
      auto folder = at(on, i).stat(on, place(parent_of(path)));
      if (folder && folder->kind == entry_kind::directory) places.push_back({i, *std::move(folder)});
    } catch (const failure& why) {
      errors.add(sessions_[i].of(), why);
    }
  }
  if (!any) fail(failure_kind::permission_denied, "permission denied");
  if (places.empty()) {
    errors.throw_if_any();
    return {};
  }
  numbers out;
  for (const auto& c : chosen(on, policy.choice, places)) out.push_back(c.upstream);
  return out;
}

template <class Work>
void union_session::at_each(const may_block& on, const numbers& which, Work work) {
  upstream_errors errors;
  for (const auto i : which) {
    try {
      work(at(on, i), i);
    } catch (const failure& why) {
      errors.add(sessions_[i].of(), why);
    }
  }
  errors.throw_if_any();
}

union_session::numbers union_session::make(const may_block& on, const std::string& directory) {
  auto where = for_new(on, directory);
  if (where.empty()) {
    if (directory.empty()) {
      for (std::size_t i = 0; i < sessions_.size(); ++i)
        if (upstreams()[i].creatable) where.push_back(i);
    } else {
      where = make(on, parent_of(directory));
    }
  }
  at_each(on, where, [&](session& s, std::size_t) { s.make_directory(on, place(directory)); });
  if (!directory.empty()) return where;
  // All roots were made; what is put into them goes where the policy says.
  const auto again = for_new(on, directory);
  return again.empty() ? where : again;
}

union_session::numbers union_session::to_store(const may_block& on, const std::string& path,
                                               std::vector<std::int64_t>& old_sizes) {
  const auto all = look(on, path);
  if (!all.empty()) {
    (void)shown_object(on, path, all);
    found_list files;
    std::copy_if(all.begin(), all.end(), std::back_inserter(files), [&](const found& f) {
      return f.info.kind == entry_kind::file && upstreams()[f.upstream].writable;
    });
    if (!files.empty()) {
      auto where = to_change(on, files);
      for (const auto i : where)
        old_sizes.push_back(std::find_if(files.begin(), files.end(), [&](const found& f) {
                              return f.upstream == i;
                            })->info.size);
      return where;
    }
  }
  auto where = for_new(on, path);
  if (where.empty()) where = make(on, parent_of(path));
  old_sizes.assign(where.size(), -1);
  return where;
}

std::size_t union_session::to_read(const may_block& on, const std::string& path) {
  const auto all = look(on, path);
  const auto one = shown_object(on, path, all);
  const auto target = std::find_if(upstreams().begin(), upstreams().end(),
                                   [](const union_upstream& u) { return u.writeback; });
  if (target == upstreams().end() || upstreams()[one.upstream].writeback) return one.upstream;
  const auto to = static_cast<std::size_t>(target - upstreams().begin());
  const bool there = std::any_of(all.begin(), all.end(), [&](const found& f) {
    return f.upstream == to && f.info.kind == entry_kind::file && f.info.size == one.info.size &&
           f.info.modified == one.info.modified;
  });
  if (!there) {
    // The caller counts the bytes when they are read.
    const auto silent = on.for_listener(nullptr);
    copy_object(silent, at(on, one.upstream), at(on, to),
                {place(path), place(path), one.info.size, one.info.modified}, {});
  }
  return to;
}

bool union_session::holds_directory(const found_list& all) {
  return std::any_of(all.begin(), all.end(),
                     [](const found& f) { return f.info.kind == entry_kind::directory; });
}

void union_session::remove_others(const may_block& on, const std::string& path, const found_list& old,
                                  const numbers& replaced) {
  numbers others;
  for (const auto& f : old)
    if (upstreams()[f.upstream].writable &&
        std::find(replaced.begin(), replaced.end(), f.upstream) == replaced.end())
      others.push_back(f.upstream);
  at_each(on, others, [&](session& s, std::size_t) { s.remove(on, place(path)); });
}

std::optional<std::size_t> union_session::counterpart(const union_session& other,
                                                      std::size_t upstream) const {
  const auto& theirs = *other.upstreams()[upstream].at;
  for (std::size_t i = 0; i < upstreams().size(); ++i)
    if (same_remote(theirs, *upstreams()[i].at) && theirs.info().root == upstreams()[i].at->info().root)
      return i;
  return std::nullopt;
}

// -- the interface
// ----------------------------------------------------------------------------------------------------

bool union_session::closed_by_peer() const noexcept {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [](const lazy_session& one) { return one.closed_by_peer(); });
}

void union_session::list(const may_block& on, const std::string& directory, const page_sink& page) {
  std::vector<std::pair<std::size_t, listing>> lists; // by number of the upstream
  upstream_errors errors;
  bool missing_everywhere = true;
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    listing entries;
    bool any = true;
    try {
      at(on, i).list(on, place(directory), [&](listing&& part) {
        for (std::size_t e = 0; e < part.size(); ++e)
          entries.add(part[e].name, part[e].kind, part[e].size, part[e].modified);
      });
      missing_everywhere = false;
    } catch (const failure& why) {
      any = !entries.empty();
      if (why.kind() != failure_kind::directory_not_found) {
        missing_everywhere = false;
        errors.add(sessions_[i].of(), why);
      }
    }
    if (any) lists.emplace_back(i, std::move(entries));
  }
  if (missing_everywhere) fail(failure_kind::directory_not_found, "directory not found");

  // Entries of one name become one.
  struct reference {
    std::string folded; // only where case does not matter
    std::string_view name;
    std::size_t list, entry;
  };
  const bool fold = of().info().features.CaseInsensitive;
  std::vector<reference> all;
  for (std::size_t l = 0; l < lists.size(); ++l)
    for (std::size_t e = 0; e < lists[l].second.size(); ++e) {
      const auto name = lists[l].second[e].name;
      all.push_back({fold ? to_lower(name) : std::string{}, name, l, e});
    }
  const auto key = [&](const reference& r) { return fold ? std::string_view{r.folded} : r.name; };
  std::stable_sort(all.begin(), all.end(),
                   [&](const reference& a, const reference& b) { return key(a) < key(b); });
  listing merged;
  found_list same;
  for (std::size_t i = 0; i < all.size();) {
    same.clear();
    const auto first = i;
    for (; i < all.size() && key(all[i]) == key(all[first]); ++i) {
      const auto entry = lists[all[i].list].second[all[i].entry];
      object_info info;
      info.kind = entry.kind;
      info.size = entry.size;
      info.modified = entry.modified;
      same.push_back({lists[all[i].list].first, std::move(info)});
    }
    if (same.size() == 1) {
      const auto& one = same.front().info;
      merged.add(all[first].name, one.kind, one.size, one.modified);
      continue;
    }
    const auto one = shown(on, same);
    const auto position =
        std::find_if(same.begin(), same.end(), [&](const found& f) { return f.upstream == one.upstream; }) -
        same.begin();
    merged.add(all[first + static_cast<std::size_t>(position)].name, one.info.kind, one.info.size,
               one.info.modified);
  }
  on.check();
  if (!merged.empty()) page(std::move(merged));
  errors.throw_if_any();
}

std::optional<object_info> union_session::stat(const may_block& on, const std::string& path) {
  on.check();
  const auto all = look(on, path);
  if (all.empty()) return std::nullopt;
  return shown(on, all).info;
}

std::unique_ptr<object_source> union_session::open(const may_block& on, const std::string& path,
                                                   std::int64_t offset, std::int64_t length) {
  return at(on, to_read(on, path)).open(on, place(path), offset, length);
}

std::unique_ptr<object_sink> union_session::create(const may_block& on, const put_request& request) {
  if (request.path.empty()) fail(failure_kind::is_a_directory, "is a directory not a file");
  std::vector<std::int64_t> old_sizes;
  const auto where = to_store(on, request.path, old_sizes);
  auto inner = request;
  inner.path = place(request.path);
  std::vector<union_sink::target> targets;
  const auto add = [&](session& s, std::size_t upstream) {
    const hash_announcement known{s, announced()};
    targets.push_back({&upstreams()[upstream], s.create(on, inner), old_sizes[targets.size()]});
  };
  if (where.size() == 1)
    add(at(on, where.front()), where.front());
  else
    at_each(on, where, add);
  return std::make_unique<union_sink>(std::move(targets));
}

void union_session::remove(const may_block& on, const std::string& path) {
  auto all = look(on, path);
  (void)shown_object(on, path, all);
  all.erase(std::remove_if(all.begin(), all.end(),
                           [](const found& f) { return f.info.kind == entry_kind::directory; }),
            all.end());
  at_each(on, to_change(on, all), [&](session& s, std::size_t) { s.remove(on, place(path)); });
}

void union_session::make_directory(const may_block& on, const std::string& path) {
  on.check();
  (void)make(on, path);
}

void union_session::remove_directory(const may_block& on, const std::string& path) {
  const auto all = look(on, path);
  if (all.empty()) {
    if (!of().info().features.CanHaveEmptyDirectories) return;
    fail(failure_kind::directory_not_found, "directory not found");
  }
  at_each(on, to_change(on, all), [&](session& s, std::size_t) { s.remove_directory(on, place(path)); });
}

void union_session::set_modified(const may_block& on, const std::string& path, nanoseconds modified) {
  const auto all = look(on, path);
  (void)shown_object(on, path, all);
  at_each(on, to_change(on, all),
          [&](session& s, std::size_t) { s.set_modified(on, place(path), modified); });
}

void union_session::set_directory_modified(const may_block& on, const std::string& path,
                                           nanoseconds modified) {
  if (!of().info().features.DirSetModTime) return session::set_directory_modified(on, path, modified);
  const auto all = look(on, path);
  if (all.empty()) fail(failure_kind::directory_not_found, "directory not found");
  at_each(on, to_change(on, all),
          [&](session& s, std::size_t) { s.set_directory_modified(on, place(path), modified); });
}

std::string union_session::hash(const may_block& on, const std::string& path, hash_type type) {
  const auto one = shown_object(on, path, look(on, path));
  return of().info().hashes.has(type) ? at(on, one.upstream).hash(on, place(path), type) : std::string{};
}

bool union_session::copy_from(const may_block& on, session& other, const copy_request& request,
                              const copy_policy& policy) {
  auto* from = dynamic_cast<union_session*>(&other);
  if (from == nullptr) return false;
  const auto source = from->shown_object(on, request.from, from->look(on, request.from)).upstream;
  const auto target = counterpart(*from, source);
  if (!target) return false;
  if (!upstreams()[*target].creatable) return false;
  const auto there = look(on, request.to);
  if (holds_directory(there)) return false;
  auto inner = request;
  inner.from = from->place(request.from);
  inner.to = place(request.to);
  if (!copy_within(on, from->at(on, source), at(on, *target), inner, policy)) return false;
  remove_others(on, request.to, there, {*target});
  return true;
}

bool union_session::move_from(const may_block& on, session& other, const std::string& from,
                              const std::string& to) {
  auto* source = dynamic_cast<union_session*>(&other);
  if (source == nullptr) return false;
  const auto all = source->look(on, from);
  (void)source->shown_object(on, from, all);
  const auto moved = source->to_change(on, all);
  numbers targets;
  for (const auto i : moved) {
    const auto target = counterpart(*source, i);
    if (!target) return false;
    targets.push_back(*target);
  }
  const auto there = look(on, to);
  if (holds_directory(there)) return false;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    auto& to_session = at(on, targets[i]);
    if (move_within(on, source->at(on, moved[i]), to_session, source->place(from), place(to))) continue;
    // Not possible at all, or only for the rest, which then goes the long way.
    if (i == 0) return false;
    const auto object = require_object(on, source->at(on, moved[i]), source->place(from));
    (void)move_object(on.for_listener(nullptr), source->at(on, moved[i]), to_session,
                      {source->place(from), place(to), object.size, object.modified}, {});
  }
  remove_others(on, to, there, targets);
  return true;
}

bool union_session::move_directory_from(const may_block& on, session& other, const std::string& from,
                                        const std::string& to) {
  auto* source = dynamic_cast<union_session*>(&other);
  if (source == nullptr) return false;
  const auto all = source->look(on, from);
  if (all.empty()) fail(failure_kind::directory_not_found, "directory not found");
  // A part that stays where it is, or what is there already, must be moved file by file.
  const auto moved = source->to_change(on, all);
  if (moved.size() != all.size() || !look(on, to).empty()) return false;
  numbers targets;
  for (const auto i : moved) {
    const auto target = counterpart(*source, i);
    if (!target) return false;
    targets.push_back(*target);
  }
  for (std::size_t i = 0; i < moved.size(); ++i) {
    if (move_directory_within(on, source->at(on, moved[i]), at(on, targets[i]), source->place(from),
                              place(to)))
      continue;
    while (i-- > 0)
      (void)move_directory_within(on, at(on, targets[i]), source->at(on, moved[i]), place(to),
                                  source->place(from));
    return false;
  }
  return true;
}

bool union_session::purge(const may_block& on, const std::string& directory) {
  if (!of().info().features.Purge) return false;
  const auto all = look(on, directory);
  if (all.empty()) fail(failure_kind::directory_not_found, "directory not found");
  bool whole = true;
  at_each(on, to_change(on, all),
          [&](session& s, std::size_t) { whole = s.purge(on, place(directory)) && whole; });
  return whole;
}

storage_usage union_session::about(const may_block& on) {
  if (!of().info().features.About) return session::about(on);
  storage_usage sum{0, 0, 0, 0, 0, 0};
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    try {
      add_usage(sum, at(on, i).about(on));
    } catch (const failure& why) {
      if (why.kind() != failure_kind::directory_not_found) throw;
    }
  }
  return sum;
}

void union_session::clean_up(const may_block& on) {
  if (!of().info().features.CleanUp) return session::clean_up(on);
  numbers every(sessions_.size());
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = i;
  at_each(on, every, [&](session& s, std::size_t) { s.clean_up(on); });
}

std::map<std::string, std::string> union_session::metadata(const may_block& on, const std::string& path) {
  const auto all = look(on, path);
  if (all.empty()) fail(failure_kind::object_not_found, "object not found");
  return at(on, shown(on, all).upstream).metadata(on, place(path));
}

void union_session::set_directory_metadata(const may_block& on, const std::string& path,
                                           const std::map<std::string, std::string>& metadata) {
  if (!of().info().features.WriteDirMetadata) return session::set_directory_metadata(on, path, metadata);
  auto all = look(on, path);
  if (all.empty()) {
    make_directory(on, path);
    all = look(on, path);
  }
  at_each(on, to_change(on, all),
          [&](session& s, std::size_t) { s.set_directory_metadata(on, place(path), metadata); });
}

void union_session::set_tier(const may_block& on, const std::string& path, const std::string& tier) {
  at(on, shown_object(on, path, look(on, path)).upstream).set_tier(on, place(path), tier);
}

} // namespace argosy
