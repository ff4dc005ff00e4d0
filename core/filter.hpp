#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "core/json.hpp"
#include "core/option_table.hpp"

namespace argosy {

/// Block `filter` (rc-surface 5.7): the members are the flat names.
struct filter_options {
  bool delete_excluded = false;
  std::vector<std::string> filter; ///< `+ glob`, `- glob` or `!`
  std::vector<std::string> filter_from;
  std::vector<std::string> exclude;
  std::vector<std::string> exclude_from;
  std::vector<std::string> include;
  std::vector<std::string> include_from;
  std::vector<std::string> exclude_if_present; ///< names of files
  std::vector<std::string> files_from;
  std::vector<std::string> files_from_raw;
  std::vector<std::string> files_from0;
  std::vector<std::string> metadata_filter;
  std::vector<std::string> metadata_filter_from;
  std::vector<std::string> metadata_exclude;
  std::vector<std::string> metadata_exclude_from;
  std::vector<std::string> metadata_include;
  std::vector<std::string> metadata_include_from;
  std::int64_t min_age = duration_off; ///< nanoseconds
  std::int64_t max_age = duration_off; ///< nanoseconds
  std::int64_t min_size = -1;          ///< bytes, negative is off
  std::int64_t max_size = -1;          ///< bytes, negative is off
  bool ignore_case = false;
  std::string hash_filter; ///< `K/N` or `@/N`
};

/// Every field of filter_options with its names, type and help.
const option_table<filter_options>& filter_option_table();

/// `_filter`: an object, or a string that holds one. Lists are replaced, not appended to. Throws
/// failure(bad_parameter) `key "_filter": ...`.
void apply_overrides(filter_options& options, const json& object);
/// A flat parameter: false when there is none of this name or the value is an object. Throws failure(other).
bool apply_flat(filter_options& options, const std::string& flat_name, const json& value);
/// options/set: as apply_overrides, but throws failure(other) without `key "_filter"` in front.
void assign(filter_options& options, const json& object);
/// As options/get shows it. filter_option_table().write() keeps rclone's order of keys too.
json to_json(const filter_options& options);
/// A whole value, as in RCLONE_<NAME>. Throws failure(other), also for an unknown name.
void set_from_text(filter_options& options, const std::string& flat_name, const std::string& text);

/// What decides about files and directories (rc-surface 5). Immutable, thread-safe, cheap to copy.
class filter {
public:
  /// Gives the content of the file at a path of the options, "-" for the standard input. It may block, and
  /// throws failure(other) `open /p: no such file or directory`.
  using file_reader = std::function<std::string(const std::string& path)>;
  /// The metadata of a file: key to value.
  using metadata = std::map<std::string, std::string>;

  /// Lets everything through.
  filter() = default;
  /// Ages count back from `present` (nanoseconds since 1970). Throws failure(other) for bad rules and for
  /// options that exclude each other.
  filter(const filter_options& options, std::int64_t present, const file_reader& read);

  /// False when every file and directory passes.
  bool active() const { return rules_ != nullptr; }

  /// `path` is relative to the root of the remote, without a slash at either end. `size` is -1 if unknown,
  /// `modified` nanoseconds since 1970. A file without metadata gives none.
  bool includes_file(std::string_view path, std::int64_t size, std::int64_t modified,
                     const metadata* of_file = nullptr) const {
    return rules_ == nullptr || decide_file(path, size, modified, of_file);
  }
  /// By the name alone: list of files, hash and path rules.
  bool includes_name(std::string_view path) const { return rules_ == nullptr || decide_name(path); }
  /// Whether to enter a directory, apart from the marker files in it. The root is always entered.
  bool includes_directory(std::string_view path) const { return rules_ == nullptr || decide_directory(path); }
  /// True when a file of this name hides its directory with all that is in it.
  bool is_marker(std::string_view name) const;
  bool has_markers() const;
  /// True when includes_file() looks at times or at metadata: they need not be fetched otherwise.
  bool needs_times() const;
  bool needs_metadata() const;
  /// The names of files_from and its relatives, if those decide: only they exist. Null otherwise.
  const std::set<std::string, std::less<>>* listed_files() const;
  /// sync deletes at the destination what does not pass.
  bool deletes_excluded() const { return deletes_excluded_; }

private:
  struct rules;
  bool decide_file(std::string_view path, std::int64_t size, std::int64_t modified,
                   const metadata* of_file) const;
  bool decide_name(std::string_view path) const;
  bool decide_directory(std::string_view path) const;
  std::shared_ptr<const rules> rules_; // null: nothing to decide
  bool deletes_excluded_ = false;
};

} // namespace argosy
