#include "core/option_flags.hpp"

#include <algorithm>
#include <charconv>

#include "core/failure.hpp"

namespace argosy {

namespace {

/// Flags of rclone that stand for a value of an option of another name.
struct other_flag {
  const char* flag;
  const char* flat_name;
  const char* value; ///< of a switch, which takes none itself
};
constexpr other_flag other_flags[] = {
    {"header", "headers", nullptr},
    {"header-upload", "upload_headers", nullptr},
    {"header-download", "download_headers", nullptr},
    {"bind", "bind_addr", nullptr},
    {"dscp", "traffic_class", nullptr},
    {"delete-before", "delete_mode", "before"},
    {"delete-during", "delete_mode", "during"},
    {"delete-after", "delete_mode", "after"},
    {"dump-headers", "dump", "headers"},
    {"dump-bodies", "dump", "bodies"},
};
/// Of the options that no table of rclone describes only these have a flag of their own name.
constexpr std::string_view undescribed_flags[] = {"disable", "metadata-set"};

const other_flag* find_other(std::string_view flag) {
  const auto* found = std::find_if(std::begin(other_flags), std::end(other_flags),
                                   [&](const auto& f) { return flag == f.flag; });
  return found == std::end(other_flags) ? nullptr : found;
}

std::string flat_name_of(std::string_view flag) {
  std::string out{flag};
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

} // namespace

const option_info* main_flag(std::string_view flag) {
  const auto& table = main_option_table();
  if (const auto* other = find_other(flag)) return table.find(other->flat_name);
  const auto* info = table.find(flat_name_of(flag));
  if (info == nullptr || info->declared) return info;
  const bool has_flag = std::find(std::begin(undescribed_flags), std::end(undescribed_flags), flag) !=
                        std::end(undescribed_flags);
  return has_flag ? info : nullptr;
}

bool set_from_flag(main_options& options, std::string_view flag, const std::string& text) {
  const auto& table = main_option_table();
  const auto* info = main_flag(flag);
  if (info == nullptr) return false;
  const auto* other = find_other(flag);
  if (other == nullptr) {
    table.set_from_flag(options, info->flat_name, text);
    if (std::string_view{info->flat_name} == "multi_thread_streams") options.multi_thread_set = true;
    return true;
  }
  if (flag == "dscp") {
    options.traffic_class = parse_traffic_class(text);
    return true;
  }
  if (other->value == nullptr) return table.set_from_flag(options, other->flat_name, text);
  // --delete-before=false says nothing. The value is read as that of any other switch.
  main_options read;
  table.set_from_flag(read, "dry_run", text);
  if (!read.dry_run) return true;
  // What is dumped adds up.
  const auto before =
      info->type == option_type::bits ? table.to_text(options, info->flat_name).value_or("") : "";
  return table.set_from_flag(options, other->flat_name,
                             before.empty() ? other->value : before + "," + other->value);
}

bool is_switch(std::string_view flag) {
  if (const auto* other = find_other(flag)) return other->value != nullptr;
  const auto* info = main_flag(flag);
  return info != nullptr && info->type == option_type::boolean;
}

std::int64_t parse_traffic_class(const std::string& text) {
  constexpr std::int64_t classes = 64;
  std::int64_t value = -1;
  const auto* end = text.data() + text.size();
  const auto number = std::from_chars(text.data(), end, value);
  if (number.ec == std::errc{} && number.ptr == end) {
    if (value < 0 || value >= classes) fail(failure_kind::other, "Invalid DSCP name: " + text);
    return value * 4;
  }
  std::string name = text;
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  // RFC 2474, 2597, 3246, 5865, 8622.
  constexpr std::pair<const char*, std::int64_t> names[] = {
      {"DF", 0}, {"BE", 0}, {"DE", 0}, {"LE", 1}, {"EF", 46}, {"VA", 44}, {"VOICE-ADMIT", 44},
  };
  for (const auto& [known, code] : names)
    if (name == known) return code * 4;
  const auto digit = [&](std::size_t at, char low, char high) {
    return at < name.size() && name[at] >= low && name[at] <= high ? name[at] - '0' : -1;
  };
  if (name.size() == 3 && name.substr(0, 2) == "CS" && digit(2, '0', '7') >= 0)
    return digit(2, '0', '7') * 8 * 4;
  if (name.size() == 4 && name.substr(0, 2) == "AF" && digit(2, '1', '4') > 0 && digit(3, '1', '3') > 0)
    return (digit(2, '1', '4') * 8 + digit(3, '1', '3') * 2) * 4;
  fail(failure_kind::other, "Invalid DSCP name: " + text);
}

} // namespace argosy
