#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/bandwidth_limit.hpp"
#include "core/json.hpp"

namespace argosy {

/// One HTTP header that is added to requests. Key and Value in JSON.
struct http_header {
  std::string key;
  std::string value;
  bool operator==(const http_header& other) const { return key == other.key && value == other.value; }
};

/// How an option is read and shown. The names of Go's types appear in rclone's error texts.
enum class option_type : std::uint8_t {
  boolean,
  integer,     ///< Go int
  integer64,   ///< Go int64; the same values
  byte,        ///< 0 to 255
  delete_mode, ///< 0 to 255 in JSON, as text also a name
  real,
  text,
  text_list,   ///< as text: comma separated values (CSV)
  words,       ///< as text: words between blanks, "" around one with blanks in it
  duration,    ///< nanoseconds
  size,        ///< bytes, -1 is off
  enumeration, ///< index of a choice
  bits,        ///< bit n is choice n
  bandwidth,
  moment,  ///< nanoseconds since 1970
  address, ///< an IP address or nothing
  headers, ///< as text: `Key: Value`, comma separated
  map,     ///< as text: `key=value`, comma separated
};

/// What is known of an option apart from its value. All texts live as long as the program.
struct option_info {
  const char*
      go_name; ///< key in options/get, options/set, `_config` and `_filter`; a dot goes into a nested object
  const char* flat_name; ///< key in options/info and of the flat parameter; with dashes the flag
  option_type type;
  const char* groups; ///< of the help, comma separated
  const char* help;
  const char* choices = ""; ///< of enumeration and bits, comma separated
  const char* short_flag = "";
  bool declared = true; ///< false: absent from options/info
};

/// Where the value of an option is.
using option_reference =
    std::variant<bool*, std::int64_t*, double*, std::string*, std::vector<std::string>*, bandwidth_timetable*,
                 std::vector<http_header>*, std::map<std::string, std::string>*>;

/// `RCLONE_` and the flat name in upper case.
std::string environment_name(const option_info& info);
/// The flat name with dashes.
std::string flag_name(const option_info& info);

namespace option_detail {

struct target {
  const option_info* info;
  option_reference value;
};

/// `go_type` is what Go calls the whole block, `fs.ConfigInfo` in rclone's texts.
void assign(std::vector<target>& targets, const json& value, const char* go_type, const char* nested_go_type);
/// `_config` and `_filter`: an object, or a string that holds one. `key` goes in front of error texts.
void apply_overrides(std::vector<target>& targets, const json& value, const char* go_type,
                     const char* nested_go_type, std::string_view key);
void set_from_flat(const target& to, const json& value);
void set_from_text(const target& to, const std::string& text);
void add_from_text(const target& to, const std::string& text);
void set_from_environment(const std::vector<target>& targets,
                          const std::map<std::string, std::string>& environment);
json value_as_json(const target& from);
std::string value_as_text(const target& from);
json as_json(const std::vector<target>& targets);
void write(json_writer& out, const std::vector<target>& targets);
void write_info(json_writer& out, const std::vector<target>& defaults, const std::vector<target>& current);

} // namespace option_detail

/// The options of one block: a list of fields of the struct `Options`, from which every way to read, write
/// and show them comes. All failures name the value and the reason in rclone's words (rc-surface 2.6).
template <class Options>
class option_table {
public:
  struct row {
    option_info info;
    option_reference (*refer)(Options&);
  };

  /// An entry of the table: the member stands as a template argument.
  template <auto Member>
  static row field(option_info info) {
    return {info, [](Options& options) -> option_reference { return &(options.*Member); }};
  }

  /// `go_type` is the name of the struct in rclone, `nested_go_type` that of the objects in it.
  option_table(const char* go_type, const char* nested_go_type, std::vector<row> rows) :
      go_type_(go_type), nested_go_type_(nested_go_type), rows_(std::move(rows)) {
    for (const auto& r : rows_) by_flat_name_.emplace(r.info.flat_name, &r);
  }
  option_table(const option_table&) = delete;
  option_table& operator=(const option_table&) = delete;

  const std::vector<row>& rows() const { return rows_; }
  const option_info* find(std::string_view flat_name) const {
    const auto found = by_flat_name_.find(flat_name);
    return found == by_flat_name_.end() ? nullptr : &found->second->info;
  }

  /// options/set. Fields before the one at fault stay assigned, as in rclone. Throws failure(other).
  void assign(Options& options, const json& value) const {
    auto all = targets(options);
    option_detail::assign(all, value, go_type_, nested_go_type_);
  }
  /// `_config` and `_filter`. Throws failure(bad_parameter) with `key` in front.
  void apply_overrides(Options& options, const json& value, std::string_view key) const {
    auto all = targets(options);
    option_detail::apply_overrides(all, value, go_type_, nested_go_type_, key);
  }
  /// A flat parameter: false when there is no such option or the value is an object. Throws failure(other).
  bool apply_flat(Options& options, std::string_view flat_name, const json& value) const {
    const auto found = by_flat_name_.find(flat_name);
    if (found == by_flat_name_.end() || value.is_object()) return false;
    option_detail::set_from_flat(target(options, *found->second), value);
    return true;
  }
  /// The whole value as one text, as in the environment: lists are comma separated. False: no such option.
  bool set_from_text(Options& options, std::string_view flat_name, const std::string& text) const {
    const auto found = by_flat_name_.find(flat_name);
    if (found == by_flat_name_.end()) return false;
    option_detail::set_from_text(target(options, *found->second), text);
    return true;
  }
  /// One use of a flag on the command line: lists grow by one element. False: no such option.
  bool set_from_flag(Options& options, std::string_view flat_name, const std::string& text) const {
    const auto found = by_flat_name_.find(flat_name);
    if (found == by_flat_name_.end()) return false;
    option_detail::add_from_text(target(options, *found->second), text);
    return true;
  }
  /// All RCLONE_<NAME> of `environment`. Throws failure(other) naming the variable.
  void set_from_environment(Options& options, const std::map<std::string, std::string>& environment) const {
    option_detail::set_from_environment(targets(options), environment);
  }

  /// As options/get shows it, apart from the order of keys, which only write() keeps.
  json to_json(Options options) const { return option_detail::as_json(targets(options)); }
  /// An object as options/get shows it.
  void write(json_writer& out, Options options) const { option_detail::write(out, targets(options)); }
  /// A list of objects as options/info shows it.
  void write_info(json_writer& out, Options options) const {
    Options defaults;
    option_detail::write_info(out, targets(defaults), targets(options));
  }
  /// The text of one value: its default in the help. Nothing: no such option.
  std::optional<std::string> to_text(Options options, std::string_view flat_name) const {
    const auto found = by_flat_name_.find(flat_name);
    if (found == by_flat_name_.end()) return std::nullopt;
    return option_detail::value_as_text(target(options, *found->second));
  }

private:
  static option_detail::target target(Options& options, const row& r) { return {&r.info, r.refer(options)}; }
  std::vector<option_detail::target> targets(Options& options) const {
    std::vector<option_detail::target> out;
    out.reserve(rows_.size());
    for (const auto& r : rows_) out.push_back(target(options, r));
    return out;
  }

  const char* go_type_;
  const char* nested_go_type_;
  std::vector<row> rows_;
  std::map<std::string_view, const row*> by_flat_name_;
};

} // namespace argosy
