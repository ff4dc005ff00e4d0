#include "actors/bisync/plan.hpp"

#include <algorithm>
#include <cstdio>

#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

/// 0 or 1: the side of the preferred version; -1: neither.
int winner(const listed_item& one, const listed_item& two, preference preferred) {
  switch (preferred) {
  case preference::none: return -1;
  case preference::path1: return 0;
  case preference::path2: return 1;
  case preference::newer:
    if (one.modified == two.modified) return -1;
    return one.modified > two.modified ? 0 : 1;
  case preference::older:
    if (one.modified == two.modified) return -1;
    return one.modified < two.modified ? 0 : 1;
  case preference::larger:
  case preference::smaller:
    if (one.size == two.size || one.size < 0 || two.size < 0) return -1;
    return (one.size > two.size) == (preferred == preference::larger) ? 0 : 1;
  }
  return -1;
}

/// `{DateOnly}` and its relatives in a suffix: the moment in the form of Go's layout of that name.
std::string with_dates(std::string text, nanoseconds present) {
  const auto rfc = format_rfc3339(present, 0); // 2006-01-02T15:04:05Z07:00 in the local zone
  const auto date = rfc.substr(0, 10), clock = rfc.substr(11, 8);
  const auto hour = std::stoi(clock.substr(0, 2));
  constexpr int noon = 12;
  char twelve[8];
  std::snprintf(twelve, sizeof twelve, "%02d", (hour + noon - 1) % noon + 1);
  const auto friendly = date + " " + twelve + clock.substr(3, 2) + (hour < noon ? "AM" : "PM");
  const std::map<std::string, std::string> forms{
      {"{DateOnly}", date},   {"{TimeOnly}", clock},           {"{DateTime}", date + " " + clock},
      {"{RFC3339}", rfc},     {"{MacFriendlyTime}", friendly}, {"{mac}", friendly},
      {"{2006-01-02}", date},
  };
  for (const auto& [name, value] : forms)
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size()))
      text.replace(at, name.size(), value);
  if (const auto open = text.find('{');
      open != std::string::npos && text.find('}', open) != std::string::npos)
    fail(failure_kind::other, "unknown date variable in conflict suffix " + go_quote(text));
  return text;
}

} // namespace

preference parse_preference(const char* what, std::string_view text) {
  if (text.empty() || text == "none") return preference::none;
  if (text == "path1") return preference::path1;
  if (text == "path2") return preference::path2;
  if (text == "newer") return preference::newer;
  if (text == "older") return preference::older;
  if (text == "larger") return preference::larger;
  if (text == "smaller") return preference::smaller;
  fail(failure_kind::other, "unknown " + std::string{what} + " mode for bisync: " + go_quote(text));
}

conflict_rules parse_conflict_rules(std::string_view resolve, std::string_view loser, std::string_view suffix,
                                    nanoseconds present) {
  conflict_rules rules;
  if (resolve.empty() && loser.empty() && suffix.empty()) return rules;
  rules.resolve = parse_preference("conflict-resolve", resolve);
  if (loser.empty() || loser == "num")
    rules.loser = loser_rule::number;
  else if (loser == "pathname")
    rules.loser = loser_rule::pathname;
  else if (loser == "delete")
    rules.loser = loser_rule::remove;
  else
    fail(failure_kind::other, "unknown conflict-loser mode for bisync: " + go_quote(loser));
  const auto texts = suffix.empty() ? std::string{"conflict"} : with_dates(std::string{suffix}, present);
  const auto comma = texts.find(',');
  rules.suffixes[0] = texts.substr(0, comma);
  rules.suffixes[1] = comma == std::string::npos ? rules.suffixes[0] : texts.substr(comma + 1);
  for (const auto& one : rules.suffixes)
    if (one.empty() || one.find('/') != std::string::npos || one.find(',') != std::string::npos)
      fail(failure_kind::other, "bad conflict suffix " + go_quote(texts));
  if (rules.loser == loser_rule::pathname && rules.suffixes[0] == rules.suffixes[1]) {
    rules.suffixes[0] += '1';
    rules.suffixes[1] += '2';
  }
  return rules;
}

std::string conflict_name(const std::string& path, const conflict_rules& rules, int side,
                          const std::function<bool(const std::string&)>& taken) {
  const auto slash = path.rfind('/') + 1; // npos + 1 is 0
  auto cut = path.size();
  // A leading dot makes a name hidden and begins no extension.
  if (rules.keep_extension)
    if (const auto dot = path.rfind('.'); dot != std::string::npos && dot > slash) cut = dot;
  const auto name = [&](const std::string& suffix) {
    return path.substr(0, cut) + "." + suffix + path.substr(cut);
  };
  const auto& suffix = rules.suffixes[static_cast<std::size_t>(side)];
  const auto numbered = rules.loser != loser_rule::pathname;
  // Nothing is overwritten: a name of a side that is in use gets a number behind it.
  if (!numbered && !taken(name(suffix))) return name(suffix);
  for (std::uint64_t number = numbered ? 1 : 2;; ++number) {
    auto candidate = name(suffix + (numbered ? "" : "-") + std::to_string(number));
    if (!taken(candidate)) return candidate;
  }
}

std::string bisync_line(std::string_view tag, std::string_view text, const std::string& path) {
  std::string line = "- " + std::string{tag};
  constexpr std::size_t tag_end = 11, text_end = 46; // rclone's columns
  line.resize(std::max(line.size(), tag_end), ' ');
  line += text;
  line.resize(std::max(line.size(), text_end), ' ');
  const auto quoted = go_quote(path);
  // Quoted where that changes something.
  return line + " - " + (quoted == "\"" + path + "\"" ? path : quoted);
}

namespace {

class change_planner {
public:
  change_planner(const side_view& one, const side_view& two, const conflict_rules& rules,
                 const std::function<bool(const std::string&)>& identical, const tell_line& tell) :
      sides_{&one, &two},
      rules_(rules), identical_(identical), tell_(tell) {}

  bisync_plan plan() {
    for (const auto& [path, bits] : sides_[0]->changes.files) {
      const auto other = sides_[1]->changes.files.find(path);
      if (other == sides_[1]->changes.files.end())
        pass_on(0, path, bits);
      else
        settle(path, bits, other->second);
    }
    for (const auto& [path, bits] : sides_[1]->changes.files)
      if (sides_[0]->changes.files.count(path) == 0) pass_on(1, path, bits);
    for (const auto side : {0, 1}) pass_on_directories(side);
    return std::move(plan_);
  }

private:
  side_actions& on(int side) { return plan_[static_cast<std::size_t>(side)]; }
  const side_view& at(int side) const { return *sides_[static_cast<std::size_t>(side)]; }
  static const char* name(int side) { return side_names[static_cast<std::size_t>(side)]; }

  void copy_from(int side, const std::string& path, log_level level = log_level::info) {
    const auto to = 1 - side;
    tell_(level, bisync_line(name(side), std::string{"Queue copy to "} + name(to), at(to).path + path));
    on(to).copies.insert(path);
  }

  void pass_on(int side, const std::string& path, unsigned bits) {
    if ((bits & change_deleted) == 0) return copy_from(side, path);
    const auto to = 1 - side;
    tell_(log_level::info, bisync_line(name(to), "Queue delete", at(to).path + path));
    on(to).removals.insert(path);
  }

  /// Both sides changed it. What is left of it wins over its absence.
  void settle(const std::string& path, unsigned bits1, unsigned bits2) {
    const auto gone1 = (bits1 & change_deleted) != 0, gone2 = (bits2 & change_deleted) != 0;
    if (gone1 && gone2) return;
    if (gone1 || gone2) return copy_from(gone1 ? 1 : 0, path);
    tell_(log_level::notice, bisync_line("WARNING", "New or changed in both paths", path));
    if (identical_(path)) {
      tell_(log_level::info, bisync_line("", "Files are equal! Skipping", path));
      return;
    }
    const auto best = winner(*at(0).now.find(path), *at(1).now.find(path), rules_.resolve);
    if (best < 0) {
      auto keep_both = rules_;
      if (keep_both.loser == loser_rule::remove) keep_both.loser = loser_rule::number;
      for (const auto side : {0, 1}) set_aside(side, path, keep_both);
      return;
    }
    tell_(log_level::notice, bisync_line(name(best), "The winner is", path));
    if (rules_.loser != loser_rule::remove) set_aside(1 - best, path, rules_);
    copy_from(best, path, log_level::notice);
  }

  /// Renames the version of one side, and lets the other side have it too.
  void set_aside(int side, const std::string& path, const conflict_rules& rules) {
    const auto to = conflict_name(path, rules, side, [&](const std::string& wanted) {
      return at(0).now.find(wanted) != nullptr || at(1).now.find(wanted) != nullptr ||
             given_.count(wanted) > 0;
    });
    given_.insert(to);
    tell_(log_level::notice,
          bisync_line(name(side), std::string{"Renaming "} + name(side) + " copy", at(side).path + to));
    on(side).renames.emplace_back(path, to);
    copy_from(side, to, log_level::notice);
  }

  void pass_on_directories(int side) {
    const auto to = 1 - side;
    for (const auto& [path, bits] : at(side).changes.directories) {
      const auto there = at(to).now.find(path);
      if (bits == change_new && there == nullptr) on(to).new_directories.insert(path);
      if (bits == change_deleted && there != nullptr && there->directory) on(to).old_directories.insert(path);
    }
  }

  std::array<const side_view*, 2> sides_;
  const conflict_rules& rules_;
  const std::function<bool(const std::string&)>& identical_;
  const tell_line& tell_;
  std::set<std::string> given_; // names that conflicts got
  bisync_plan plan_;
};

} // namespace

bisync_plan plan_changes(const side_view& one, const side_view& two, const conflict_rules& rules,
                         const std::function<bool(const std::string&)>& identical, const tell_line& tell) {
  return change_planner{one, two, rules, identical, tell}.plan();
}

bisync_plan plan_resync(const side_listing& one, const side_listing& two, preference preferred,
                        const std::function<bool(const std::string&)>& differs, const tell_line& tell) {
  bisync_plan plan;
  for (const auto& [path, item] : two.items) {
    if (one.find(path) != nullptr) continue;
    if (item.directory) {
      plan[0].new_directories.insert(path);
      continue;
    }
    tell(log_level::info, bisync_line(side_names[1], "Resync will copy to Path1", path));
    plan[0].copies.insert(path);
  }
  for (const auto& [path, item] : one.items) {
    const auto* other = two.find(path);
    if (item.directory) {
      if (other == nullptr) plan[1].new_directories.insert(path);
    } else if (other == nullptr) {
      plan[1].copies.insert(path);
    } else if (!other->directory && differs(path)) {
      // Path1 where the preference does not decide.
      plan[winner(item, *other, preferred) == 1 ? 0 : 1].copies.insert(path);
    }
  }
  return plan;
}

} // namespace argosy
