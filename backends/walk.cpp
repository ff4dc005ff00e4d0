#include "backends/walk.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "backends/costly_times.hpp"
#include "backends/lists_trees.hpp"

namespace argosy {

namespace {

struct pending_directory {
  std::string path;
  std::int64_t depth; // of its entries; the first directory's have 1
};

void append(listing& to, const listing& from) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto entry = from[i];
    to.add(entry.name, entry.kind, entry.size, entry.modified);
  }
}

bool holds_marker(const listing& entries, const filter& rules) {
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].kind == entry_kind::file && rules.is_marker(entries[i].name)) return true;
  return false;
}

class walker {
public:
  walker(const may_block& on, session& s, const walk_request& request, const walk_visitor& visit) :
      on_(on), session_(s), request_(request), visit_(visit),
      rules_(request.rules != nullptr && request.rules->active() ? request.rules : nullptr) {}

  std::optional<failure> all() {
    std::optional<listings_for> rules_need;
    if (rules_ != nullptr && rules_->needs_times()) rules_need.emplace(listing_need::times, session_);
    read_tree();
    pending_.push_back({request_.directory, 1});
    while (!pending_.empty()) {
      const auto next = std::move(pending_.back());
      pending_.pop_back();
      on_.check();
      one(next);
    }
    return std::move(last_);
  }

private:
  void one(const pending_directory& directory) {
    listing entries;
    if (!read(directory.path, entries)) return;
    entries.sort();
    if (rules_ != nullptr)
      entries =
          without_marked(directory.path, choose(on_, session_, *rules_, directory.path, entries).entries);
    if (request_.max_depth <= 0 || directory.depth < request_.max_depth) remember(directory, entries);
    if (visit_.entries) visit_.entries(directory.path, std::move(entries));
  }

  // False when there is nothing to show. What was listed before a failure counts.
  bool read(const std::string& path, listing& entries) {
    if (tree_) {
      const auto found = tree_->find(path);
      if (found == tree_->end()) return path != request_.directory || whole_;
      entries = std::move(found->second);
      tree_->erase(found);
      return true;
    }
    const bool complete = reading(
        path, [&] { session_.list(on_, path, [&](listing&& page) { take(entries, std::move(page)); }); });
    return complete || !entries.empty();
  }

  void read_tree() {
    auto* trees = dynamic_cast<lists_trees*>(&session_);
    const bool whole = request_.max_depth <= 0 && rules_ == nullptr;
    if (trees == nullptr || !whole) return;
    tree_.emplace();
    whole_ = reading(request_.directory, [&] {
      trees->list_tree(on_, request_.directory, [&](const std::string& directory, listing&& page) {
        take((*tree_)[directory], std::move(page));
      });
    });
  }

  void take(listing& into, listing&& page) {
    on_.check();
    count_ += page.size();
    if (into.empty())
      into = std::move(page);
    else
      append(into, page);
  }

  // False when it failed, of which the visitor is told.
  template <class Work>
  bool reading(const std::string& path, Work work) {
    bool complete = true;
    count_ = 0;
    try {
      work();
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      last_ = why;
      complete = false;
      if (visit_.failed) visit_.failed(path, why);
    }
    if (visit_.listed && count_ > 0) visit_.listed(count_);
    return complete;
  }

  // A directory with a marker file is not shown by its parent either.
  listing without_marked(const std::string& directory, listing entries) {
    if (!rules_->has_markers()) return entries;
    listing kept;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto entry = entries[i];
      if (entry.kind == entry_kind::file || !is_marked(path_below(directory, entry.name)))
        kept.add(entry.name, entry.kind, entry.size, entry.modified);
    }
    return kept;
  }

  bool is_marked(const std::string& path) {
    bool marked = false;
    try {
      session_.list(on_, path, [&](const listing& page) { marked = marked || holds_marker(page, *rules_); });
    } catch (const failure& why) {
      // Whoever enters it meets the same failure and reports it.
      if (why.kind() == failure_kind::cancelled) throw;
    }
    return marked;
  }

  void remember(const pending_directory& directory, const listing& entries) {
    const auto first = static_cast<std::ptrdiff_t>(pending_.size());
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (entries[i].kind == entry_kind::directory)
        pending_.push_back({path_below(directory.path, entries[i].name), directory.depth + 1});
    // A stack: what comes first in byte order goes on top.
    std::reverse(pending_.begin() + first, pending_.end());
  }

  const may_block& on_;
  session& session_;
  const walk_request& request_;
  const walk_visitor& visit_;
  const filter* const rules_;                          // null: nothing to decide
  std::optional<std::map<std::string, listing>> tree_; // what is still to be shown of it, by directory
  bool whole_ = false;                                 // it was read to its end
  std::size_t count_ = 0;                              // entries of the listing under way
  std::vector<pending_directory> pending_;
  std::optional<failure> last_;
};

} // namespace

std::optional<failure> walk(const may_block& on, session& s, const walk_request& request,
                            const walk_visitor& visit) {
  return walker{on, s, request, visit}.all();
}

chosen_entries choose(const may_block& on, session& s, const filter& rules, const std::string& directory,
                      const listing& entries) {
  chosen_entries chosen;
  chosen.marked = rules.has_markers() && holds_marker(entries, rules);
  if (chosen.marked) return chosen;
  const auto includes_file = [&](const std::string& path, const entry_view& entry) {
    if (!rules.needs_metadata()) return rules.includes_file(path, entry.size, entry.modified);
    const auto metadata = s.metadata(on, path);
    return rules.includes_file(path, entry.size, entry.modified, &metadata);
  };
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto entry = entries[i];
    const auto path = path_below(directory, entry.name);
    if (entry.kind == entry_kind::directory ? rules.includes_directory(path) : includes_file(path, entry))
      chosen.entries.add(entry.name, entry.kind, entry.size, entry.modified);
  }
  return chosen;
}

std::string path_below(std::string_view directory, std::string_view name) {
  std::string path;
  path.reserve(directory.size() + 1 + name.size());
  path.append(directory);
  if (!directory.empty()) path += '/';
  return path.append(name);
}

} // namespace argosy
