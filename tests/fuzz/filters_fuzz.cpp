#include "core/filter.hpp"

#include <algorithm>

#include "core/size_suffix.hpp"
#include "tests/fuzz/fuzz.hpp"

// An input is a list of lines. The first character of a line says what the others are: a rule (+ - !), a glob
// to include (i) or exclude (x), a rule for metadata (m), a listed file (l), the name of a marker (k), sizes
// (s S), ages (a A), a part by hash (h), ignoring case (c), a path to look at (p).
namespace argosy::fuzz {

namespace {

constexpr std::int64_t present = 1'700'000'000'000'000'000; // in 2023
constexpr std::size_t most_lines = 12;

struct plan {
  filter_options options;
  std::string listed; // content of a file with names
  std::vector<std::string> paths;
};

plan read_plan(std::string_view input) {
  plan made;
  auto& o = made.options;
  for (const auto& line : lines_of(input, most_lines)) {
    const auto rest = line.empty() ? line : line.substr(1);
    switch (line.empty() ? '\0' : line.front()) {
    case '+':
    case '-':
    case '!': o.filter.push_back(line); break;
    case 'i': o.include.push_back(rest); break;
    case 'x': o.exclude.push_back(rest); break;
    case 'm': o.metadata_filter.push_back(rest); break;
    case 'l': made.listed += rest + "\n"; break;
    case 'k': o.exclude_if_present.push_back(rest); break;
    case 's': o.min_size = accepted([&] { return parse_size(rest); }).value_or(-1); break;
    case 'S': o.max_size = accepted([&] { return parse_size(rest); }).value_or(-1); break;
    case 'a': o.min_age = accepted([&] { return parse_duration(rest, present); }).value_or(0); break;
    case 'A': o.max_age = accepted([&] { return parse_duration(rest, present); }).value_or(0); break;
    case 'h': o.hash_filter = rest; break;
    case 'c': o.ignore_case = true; break;
    case 'p': made.paths.push_back(rest); break;
    default: break;
    }
  }
  if (!made.listed.empty()) o.files_from.emplace_back("list");
  return made;
}

std::vector<std::string> parents_of(std::string path) {
  std::vector<std::string> parents;
  for (auto slash = path.rfind('/'); slash != std::string::npos; slash = path.rfind('/')) {
    path.resize(slash);
    parents.push_back(path);
  }
  return parents;
}

// True when every rule starts at the root: rclone's other rules say nothing about the folders above the one
// that they name, and it does not enter those then.
bool all_rooted(const filter_options& o) {
  const auto rooted = [](std::string_view glob) { return glob.substr(0, 1) == "/"; };
  return std::all_of(o.include.begin(), o.include.end(), rooted) &&
         std::all_of(o.exclude.begin(), o.exclude.end(), rooted) &&
         std::all_of(o.filter.begin(), o.filter.end(),
                     [&](const auto& rule) { return rule.size() > 2 && rooted(rule.substr(2)); });
}

// A path as listings give it.
bool is_path(std::string_view path) {
  return !path.empty() && path.front() != '/' && path.back() != '/' &&
         path.find("//") == std::string_view::npos;
}

void check_path(const filter& by, const plan& from, const std::string& path) {
  const bool included = by.includes_name(path);
  const filter::metadata some{{"key", path}};
  const bool file = by.includes_file(path, static_cast<std::int64_t>(path.size()), present, &some);
  expect(!file || included, "a file that passes has a name that does", path);
  expect(by.includes_directory(""), "the root is always entered");
  if (!included || !all_rooted(from.options) || !is_path(path)) return;
  for (const auto& parent : parents_of(path))
    expect(by.includes_directory(parent), "the way to a file that passes is open", path);
}

void check_listed(const filter& by) {
  const auto* const listed = by.listed_files();
  if (listed == nullptr) return;
  expect(!by.needs_times() && !by.needs_metadata(), "a list of files decides alone");
  for (const auto& path : *listed) {
    expect(by.includes_file(path, 0, 0), "what is listed passes", path);
    if (!is_path(path)) continue;
    for (const auto& parent : parents_of(path))
      expect(by.includes_directory(parent), "the way to what is listed is open", path);
  }
}

} // namespace

void check(std::string_view input) {
  const auto plan = read_plan(input);
  const auto made = accepted([&] {
    return filter{plan.options, present, [&](const std::string&) { return plan.listed; }};
  });
  if (!made) return;
  for (const auto& path : plan.paths) {
    check_path(*made, plan, path);
    made->is_marker(path);
    if (!made->active()) expect(made->includes_name(path), "without a rule everything passes", path);
  }
  check_listed(*made);
}

} // namespace argosy::fuzz
