#include "actors/sync/merge.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "actors/sync/name_key.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

/// Entries of one listing in the order of their keys. While all names are plain ASCII and case counts, the
/// name is the key.
class keyed {
public:
  keyed(listing& of, const merge_rules& rules, bool plain) : listing_(of) {
    listing_.sort();
    if (!plain) make_keys(rules, [](std::size_t, const entry_view& entry) { return entry.name; });
  }
  /// Of the source, by the names that its entries get at the destination.
  keyed(directory_plan& plan, const merge_rules& rules) : listing_(plan.source) {
    listing_.sort();
    std::string changed;
    make_keys(rules, [&](std::size_t i, const entry_view& entry) -> std::optional<std::string_view> {
      const auto index = static_cast<std::uint32_t>(i);
      try {
        changed = rules.transform.name(entry.name, entry.kind == entry_kind::directory);
      } catch (const failure& why) {
        plan.untransformed.emplace_back(index, info_of(why));
        return std::nullopt;
      }
      if (changed != entry.name) plan.new_names.emplace(index, changed);
      return changed;
    });
  }
  std::size_t size() const { return keys_ ? keys_->size() : listing_.size(); }
  std::uint32_t index(std::size_t i) const {
    return keys_ ? (*keys_)[i].index : static_cast<std::uint32_t>(i);
  }
  std::string_view key(std::size_t i) const {
    return keys_ ? std::string_view{(*keys_)[i].key} : listing_[i].name;
  }
  entry_view entry(std::size_t i) const { return listing_[index(i)]; }

private:
  struct key_row {
    std::string key;
    std::uint32_t index;
  };
  /// `name_of` gives nothing for an entry that is to be left out.
  template <class NameOf>
  void make_keys(const merge_rules& rules, NameOf name_of) {
    keys_.emplace();
    keys_->reserve(listing_.size());
    for (std::size_t i = 0; i < listing_.size(); ++i) {
      const std::optional<std::string_view> name = name_of(i, listing_[i]);
      if (!name) continue;
      keys_->push_back({name_key(rules, *name), static_cast<std::uint32_t>(i)});
    }
    std::stable_sort(keys_->begin(), keys_->end(), [&](const key_row& a, const key_row& b) {
      if (const auto order = a.key.compare(b.key); order != 0) return order < 0;
      return listing_[a.index].kind > listing_[b.index].kind;
    });
  }
  listing& listing_;
  std::optional<std::vector<key_row>> keys_;
};

bool all_ascii(const listing& names) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!is_ascii(names[i].name)) return false;
  return true;
}

/// -1, 0, 1: by key, a directory before a file of the same name.
int order(const keyed& a, std::size_t i, const keyed& b, std::size_t j) {
  if (const auto by_key = a.key(i).compare(b.key(j)); by_key != 0) return by_key < 0 ? -1 : 1;
  const auto x = a.entry(i).kind, y = b.entry(j).kind;
  return x == y ? 0 : x == entry_kind::directory ? -1 : 1;
}

class merger {
public:
  merger(directory_plan& plan, const merge_rules& rules, const comparison& compare) :
      plan_(plan), rules_(rules), compare_(compare) {}

  void only_source(std::uint32_t index, const entry_view& entry) {
    if (entry.kind == entry_kind::directory) {
      auto there = entry;
      there.name = plan_.destination_name(index);
      return directory(entry, there, true, false);
    }
    if (rules_.lone_apart) return plan_.lone.push_back(index);
    plan_.copy.push_back(index);
    plan_.copy_bytes += entry.size > 0 ? static_cast<std::uint64_t>(entry.size) : 0;
  }

  void only_destination(std::uint32_t index, const entry_view& entry) {
    if (entry.kind == entry_kind::directory) return directory(entry, entry, false, true);
    plan_.surplus.push_back(index);
  }

  void both(std::uint32_t index, const entry_view& source, std::uint32_t other,
            const entry_view& destination) {
    if (source.kind == entry_kind::directory) return directory(source, destination, true, true);
    if (source.name != destination.name) plan_.renamed.emplace(index, other);
    switch (compare_.judge(source, destination)) {
    case verdict::equal: plan_.equal.push_back(index); break;
    case verdict::check: plan_.check.push_back(index); break;
    case verdict::check_hash: plan_.check_hash.push_back(index); break;
    case verdict::immutable: plan_.immutable.push_back(index); break;
    case verdict::transfer:
      plan_.copy.push_back(index);
      plan_.different.push_back(index);
      plan_.copy_bytes += source.size > 0 ? static_cast<std::uint64_t>(source.size) : 0;
      break;
    }
  }

private:
  /// Where only one side has it, both entries are the same.
  void directory(const entry_view& source, const entry_view& destination, bool in_source,
                 bool in_destination) {
    auto path = plan_.path_of(source.name);
    directory_task below{std::move(path),
                         in_source,
                         in_destination,
                         plan_.depth + 1,
                         in_source ? source.modified : 0,
                         in_destination ? destination.modified : 0};
    if (!plan_.other_path.empty() || source.name != destination.name) {
      const auto& parent = plan_.destination_path();
      below.other_path = (parent.empty() ? "" : parent + "/") + std::string{destination.name};
    }
    plan_.below.push_back(std::move(below));
  }
  directory_plan& plan_;
  const merge_rules& rules_;
  const comparison& compare_;
};

/// Index behind the entries at and after `i` that have the same key and kind; the surplus ones are
/// duplicates.
std::size_t skip_duplicates(const keyed& side, std::size_t i, directory_plan& plan) {
  auto next = i + 1;
  for (; next < side.size() && order(side, i, side, next) == 0; ++next)
    plan.duplicates.push_back(plan.path_of(side.entry(next).name));
  return next;
}

} // namespace

void merge_listings(directory_plan& plan, const merge_rules& rules, const comparison& compare) {
  const auto transforms = rules.transform.active();
  const auto plain = !rules.fold_case && !transforms && all_ascii(plan.source) && all_ascii(plan.destination);
  const auto source = transforms ? keyed{plan, rules} : keyed{plan.source, rules, plain};
  const keyed destination{plan.destination, rules, plain};
  merger into{plan, rules, compare};
  std::size_t s = 0, d = 0;
  while (s < source.size() || d < destination.size()) {
    const auto which = s == source.size()        ? 1
                       : d == destination.size() ? -1
                                                 : order(source, s, destination, d);
    const auto next_s = which <= 0 ? skip_duplicates(source, s, plan) : s;
    const auto next_d = which >= 0 ? skip_duplicates(destination, d, plan) : d;
    if (which < 0)
      into.only_source(source.index(s), source.entry(s));
    else if (which > 0)
      into.only_destination(destination.index(d), destination.entry(d));
    else
      into.both(source.index(s), source.entry(s), destination.index(d), destination.entry(d));
    s = next_s;
    d = next_d;
  }
}

} // namespace argosy
