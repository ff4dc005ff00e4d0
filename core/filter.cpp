#include "core/filter.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <openssl/evp.h>
#include <optional>
#include <random>

#include "core/failure.hpp"
#include "core/glob.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool ends_with(std::string_view text, char c) { return !text.empty() && text.back() == c; }

/// A difference that stays within int64.
std::int64_t before(std::int64_t time, std::int64_t age) {
  std::int64_t result = 0;
  if (!__builtin_sub_overflow(time, age, &result)) return result;
  return age > 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

/// An ordered list of which the first match decides.
class rule_list {
public:
  void add(bool include, glob_pattern pattern) {
    const auto known = std::any_of(entries_.begin(), entries_.end(), [&](const entry& e) {
      return e.include == include && e.pattern.regexp() == pattern.regexp();
    });
    if (!known) entries_.push_back({include, std::move(pattern)});
  }
  void clear() { entries_.clear(); }
  bool empty() const { return entries_.empty(); }

  bool includes(std::string_view text) const {
    for (const auto& e : entries_) {
      if (e.pattern.matches(text)) return e.include;
    }
    return true;
  }
  /// The first rule that matches any of the texts decides.
  bool includes_any(const std::vector<std::string>& texts) const {
    for (const auto& e : entries_) {
      if (std::any_of(texts.begin(), texts.end(), [&](const auto& text) { return e.pattern.matches(text); }))
        return e.include;
    }
    return true;
  }

private:
  struct entry {
    bool include;
    glob_pattern pattern;
  };
  std::vector<entry> entries_;
};

/// Calls `use` with every line. Unless `raw`, lines are trimmed, and empty ones and comments left out.
template <class Use>
void for_each_line(std::string_view content, bool raw, char separator, Use use) {
  while (!content.empty()) {
    const auto end = content.find(separator);
    auto line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (separator == '\n' && ends_with(line, '\r')) line.remove_suffix(1);
    if (!raw) line = trimmed(line);
    if (!raw && (line.empty() || line.front() == '#' || line.front() == ';')) continue;
    use(line);
  }
}

/// The six lists that paths and metadata both have.
struct rule_sources {
  const std::vector<std::string>& include;
  const std::vector<std::string>& include_from;
  const std::vector<std::string>& exclude;
  const std::vector<std::string>& exclude_from;
  const std::vector<std::string>& rules;
  const std::vector<std::string>& rules_from;
};

/// Gives the rules to `add(include, glob)` and `clear()` in the order that rclone keeps whatever the
/// request's order was.
template <class Add, class Clear>
void collect(const rule_sources& from, const filter::file_reader& read, std::string_view everything, Add add,
             Clear clear) {
  const auto add_rule = [&](std::string_view rule) {
    if (rule == "!") return clear();
    const auto sign = rule.substr(0, 2);
    if (sign != "+ " && sign != "- ") fail(failure_kind::other, "malformed rule " + go_quote(rule));
    add(sign == "+ ", rule.substr(2));
  };
  const auto each_line = [&](const std::vector<std::string>& paths, auto use) {
    for (const auto& path : paths) for_each_line(read(path), false, '\n', use);
  };
  for (const auto& glob : from.include) add(true, std::string_view{glob});
  each_line(from.include_from, [&](std::string_view glob) { add(true, glob); });
  for (const auto& glob : from.exclude) add(false, std::string_view{glob});
  each_line(from.exclude_from, [&](std::string_view glob) { add(false, glob); });
  for (const auto& rule : from.rules) add_rule(rule);
  each_line(from.rules_from, add_rule);
  if (!from.include.empty() || !from.include_from.empty()) add(false, everything);
}

std::uint64_t parse_part(std::string_view text, const char* name) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec == std::errc{} && result.ptr == end) return value;
  const bool too_large = result.ec == std::errc::result_out_of_range && result.ptr == end;
  fail(failure_kind::other, std::string{"filter: --hash-filter: can't parse "} + name + "=" + go_quote(text) +
                                ": strconv.ParseUint: parsing " + go_quote(text) +
                                (too_large ? ": value out of range" : ": invalid syntax"));
}

/// Part `index` of `count` by the hash of the name.
struct partition {
  std::uint64_t index = 0;
  std::uint64_t count = 0;

  static partition parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) fail(failure_kind::other, "filter: --hash-filter: no / found");
    partition out;
    out.count = parse_part(text.substr(slash + 1), "N");
    if (out.count == 0) fail(failure_kind::other, "filter: --hash-filter: N must be greater than 0");
    if (text.substr(0, slash) == "@") {
      std::random_device source;
      out.index = std::uniform_int_distribution<std::uint64_t>{0, out.count - 1}(source);
    } else {
      out.index = parse_part(text.substr(0, slash), "K") % out.count;
    }
    return out;
  }

  bool holds(std::string_view path) const {
    // Names that some storage takes for the same must fall into the same part.
    const auto name = to_lower(normalize_nfc(path));
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(name.data(), name.size(), digest, nullptr, EVP_md5(), nullptr) != 1)
      fail(failure_kind::other, "MD5 failed");
    std::uint64_t number = 0;
    for (int i = 7; i >= 0; --i) number = number << 8 | digest[i];
    return number % count == index;
  }
};

} // namespace

const option_table<filter_options>& filter_option_table() {
  using table = option_table<filter_options>;
  // clang-format off
  static const table all{"filter.Options", "filter.RulesOpt", {
    table::field<&filter_options::delete_excluded>({"DeleteExcluded", "delete_excluded", option_type::boolean, "Filter", "Let sync delete excluded files at the destination"}),
    table::field<&filter_options::filter>({"FilterRule", "filter", option_type::text_list, "Filter", "Add a rule: + or -, a blank and a pattern", "", "f"}),
    table::field<&filter_options::filter_from>({"FilterFrom", "filter_from", option_type::text_list, "Filter", "Read such rules from a file, - for the standard input"}),
    table::field<&filter_options::exclude>({"ExcludeRule", "exclude", option_type::text_list, "Filter", "Leave out files that match this pattern"}),
    table::field<&filter_options::exclude_from>({"ExcludeFrom", "exclude_from", option_type::text_list, "Filter", "Read such patterns from a file, - for the standard input"}),
    table::field<&filter_options::include>({"IncludeRule", "include", option_type::text_list, "Filter", "Take only files that match this pattern"}),
    table::field<&filter_options::include_from>({"IncludeFrom", "include_from", option_type::text_list, "Filter", "Read such patterns from a file, - for the standard input"}),
    table::field<&filter_options::exclude_if_present>({"ExcludeFile", "exclude_if_present", option_type::text_list, "Filter", "Leave out folders that hold a file of this name"}),
    table::field<&filter_options::files_from>({"FilesFrom", "files_from", option_type::text_list, "Filter", "Take only the files listed in this file, - for the standard input"}),
    table::field<&filter_options::files_from_raw>({"FilesFromRaw", "files_from_raw", option_type::text_list, "Filter", "The same with every line taken as it is"}),
    table::field<&filter_options::files_from0>({"FilesFrom0", "files_from0", option_type::text_list, "Filter", "The same with NUL between the names"}),
    table::field<&filter_options::metadata_filter>({"MetaRules.FilterRule", "metadata_filter", option_type::text_list, "Filter,Metadata", "Add a rule for metadata"}),
    table::field<&filter_options::metadata_filter_from>({"MetaRules.FilterFrom", "metadata_filter_from", option_type::text_list, "Filter,Metadata", "Read rules for metadata from a file, - for the standard input"}),
    table::field<&filter_options::metadata_exclude>({"MetaRules.ExcludeRule", "metadata_exclude", option_type::text_list, "Filter,Metadata", "Leave out files whose metadata match this pattern"}),
    table::field<&filter_options::metadata_exclude_from>({"MetaRules.ExcludeFrom", "metadata_exclude_from", option_type::text_list, "Filter,Metadata", "Read such patterns from a file, - for the standard input"}),
    table::field<&filter_options::metadata_include>({"MetaRules.IncludeRule", "metadata_include", option_type::text_list, "Filter,Metadata", "Take only files whose metadata match this pattern"}),
    table::field<&filter_options::metadata_include_from>({"MetaRules.IncludeFrom", "metadata_include_from", option_type::text_list, "Filter,Metadata", "Read such patterns from a file, - for the standard input"}),
    table::field<&filter_options::min_age>({"MinAge", "min_age", option_type::duration, "Filter", "Take only files at least this old"}),
    table::field<&filter_options::max_age>({"MaxAge", "max_age", option_type::duration, "Filter", "Take only files at most this old"}),
    table::field<&filter_options::min_size>({"MinSize", "min_size", option_type::size, "Filter", "Take only files at least this large"}),
    table::field<&filter_options::max_size>({"MaxSize", "max_size", option_type::size, "Filter", "Take only files at most this large"}),
    table::field<&filter_options::ignore_case>({"IgnoreCase", "ignore_case", option_type::boolean, "Filter", "Patterns match in any case"}),
    table::field<&filter_options::hash_filter>({"HashFilter", "hash_filter", option_type::text, "Filter", "Take part K of N by the hash of the name: K/N, or @/N for one at random"}),
  }};
  // clang-format on
  return all;
}

void apply_overrides(filter_options& options, const json& object) {
  filter_option_table().apply_overrides(options, object, "_filter");
}

bool apply_flat(filter_options& options, const std::string& flat_name, const json& value) {
  return filter_option_table().apply_flat(options, flat_name, value);
}

void assign(filter_options& options, const json& object) { filter_option_table().assign(options, object); }

json to_json(const filter_options& options) { return filter_option_table().to_json(options); }

void set_from_text(filter_options& options, const std::string& flat_name, const std::string& text) {
  if (!filter_option_table().set_from_text(options, flat_name, text)) {
    fail(failure_kind::other, "unknown option \"" + flat_name + "\"");
  }
}

struct filter::rules {
  rule_list files;
  rule_list directories;
  rule_list of_metadata;
  std::optional<std::set<std::string, std::less<>>> listed;
  std::set<std::string, std::less<>> listed_parents;
  std::vector<std::string> markers;
  std::optional<std::int64_t> oldest;   // time of the oldest file that passes
  std::optional<std::int64_t> youngest; // time of the youngest file that passes
  std::int64_t min_size = -1;
  std::int64_t max_size = -1;
  std::optional<partition> part;

  bool empty() const {
    return files.empty() && directories.empty() && of_metadata.empty() && !listed && markers.empty() &&
           !oldest && !youngest && min_size < 0 && max_size < 0 && !part;
  }

  void add_path_rule(bool include, std::string_view given, bool ignore_case) {
    std::string glob{given};
    bool for_directories = ends_with(glob, '/');
    bool for_files = !for_directories;
    // Without its content a directory is gone.
    if (for_directories && !include) glob += "**";
    if (glob.find("**") != std::string::npos) for_directories = for_files = true;
    const glob_pattern pattern{glob, glob_subject::path, ignore_case};
    if (for_files) files.add(include, pattern);
    // An excluded pattern says nothing about directories, unless it is the one that matches every name.
    if (for_files && (include || glob == "*")) {
      for (const auto& directory : directory_globs(glob)) {
        if (directory != "/") directories.add(include, {directory, glob_subject::path, ignore_case});
      }
    }
    if (for_directories) directories.add(include, pattern);
  }

  void list_file(std::string_view name) {
    const auto begin = std::min(name.find_first_not_of('/'), name.size());
    name = name.substr(begin, name.find_last_not_of('/') + 1 - begin);
    listed->emplace(name);
    for (auto slash = name.rfind('/'); slash != std::string_view::npos; slash = name.rfind('/')) {
      name = name.substr(0, slash);
      name = name.substr(0, name.find_last_not_of('/') + 1);
      if (!listed_parents.emplace(name).second) break;
    }
  }
};

filter::filter(const filter_options& options, std::int64_t present, const file_reader& read) :
    deletes_excluded_(options.delete_excluded) {
  auto made = std::make_shared<rules>();
  if (options.min_age != duration_off) made->youngest = before(present, options.min_age);
  if (options.max_age != duration_off) made->oldest = before(present, options.max_age);
  if (made->youngest && made->oldest && *made->youngest < *made->oldest) {
    fail(failure_kind::other, "filter: --min-age " + go_quote(format_duration(options.min_age)) +
                                  " can't be larger than --max-age " +
                                  go_quote(format_duration(options.max_age)));
  }
  made->min_size = options.min_size;
  made->max_size = options.max_size;
  made->markers = options.exclude_if_present;
  if (!options.hash_filter.empty()) made->part = partition::parse(options.hash_filter);
  collect(
      {options.include, options.include_from, options.exclude, options.exclude_from, options.filter,
       options.filter_from},
      read, "/**",
      [&](bool include, std::string_view glob) { made->add_path_rule(include, glob, options.ignore_case); },
      [&] {
        made->files.clear();
        made->directories.clear();
      });
  collect(
      {options.metadata_include, options.metadata_include_from, options.metadata_exclude,
       options.metadata_exclude_from, options.metadata_filter, options.metadata_filter_from},
      read, "*",
      [&](bool include, std::string_view glob) {
        made->of_metadata.add(include, {glob, glob_subject::plain_text, false});
      },
      [&] { made->of_metadata.clear(); });

  const bool alone = made->empty();
  const auto list = [&](const std::vector<std::string>& paths, bool raw, char separator, const char* error) {
    for (const auto& path : paths) {
      if (!alone) fail(failure_kind::other, error);
      if (!made->listed) made->listed.emplace();
      for_each_line(read(path), raw, separator, [&](std::string_view line) { made->list_file(line); });
    }
  };
  list(options.files_from, false, '\n',
       "the usage of --files-from overrides all other filters, it should be used alone or with "
       "--files-from-raw or --files-from0");
  list(options.files_from_raw, true, '\n',
       "the usage of --files-from-raw overrides all other filters, it should be used alone or with "
       "--files-from or --files-from0");
  list(options.files_from0, true, '\0',
       "the usage of --files-from0 overrides all other filters, it should be used alone or with --files-from "
       "or --files-from-raw");
  if (!made->empty()) rules_ = std::move(made);
}

bool filter::decide_file(std::string_view path, std::int64_t size, std::int64_t modified,
                         const metadata* of_file) const {
  const auto& r = *rules_;
  if (!r.listed) {
    if (r.oldest && modified < *r.oldest) return false;
    if (r.youngest && modified > *r.youngest) return false;
    if (r.min_size >= 0 && size < r.min_size) return false;
    if (r.max_size >= 0 && size > r.max_size) return false;
    if (!r.of_metadata.empty()) {
      std::vector<std::string> texts;
      if (of_file != nullptr) {
        std::string storage;
        for (const auto& [key, value] : *of_file)
          texts.emplace_back(valid_for_matching(key + "=" + value, storage));
      }
      // A pair that nobody means, so that the rule about everything still applies.
      if (texts.empty()) texts.emplace_back("\0=\0", 3);
      if (!r.of_metadata.includes_any(texts)) return false;
    }
  }
  return decide_name(path);
}

bool filter::decide_name(std::string_view path) const {
  const auto& r = *rules_;
  if (r.listed) return r.listed->count(path) > 0;
  if (r.part && !r.part->holds(path)) return false;
  if (r.files.empty()) return true;
  std::string storage;
  return r.files.includes(valid_for_matching(path, storage));
}

bool filter::decide_directory(std::string_view path) const {
  const auto& r = *rules_;
  if (path.empty()) return true;
  if (r.listed) return r.listed_parents.count(path) > 0;
  if (r.directories.empty()) return true;
  std::string storage;
  return r.directories.includes(std::string{valid_for_matching(path, storage)} + "/");
}

bool filter::is_marker(std::string_view name) const {
  return rules_ != nullptr &&
         std::find(rules_->markers.begin(), rules_->markers.end(), name) != rules_->markers.end();
}

bool filter::has_markers() const { return rules_ != nullptr && !rules_->markers.empty(); }

bool filter::needs_times() const {
  return rules_ != nullptr && !rules_->listed && (rules_->oldest || rules_->youngest);
}

bool filter::needs_metadata() const {
  return rules_ != nullptr && !rules_->listed && !rules_->of_metadata.empty();
}

const std::set<std::string, std::less<>>* filter::listed_files() const {
  return rules_ != nullptr && rules_->listed ? &*rules_->listed : nullptr;
}

} // namespace argosy
