#include "core/name_transform.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <re2/re2.h>

#include "core/base64.hpp"
#include "core/character_map.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/name_encoder.hpp"
#include "core/time_layout.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

using change = std::function<std::string(std::string_view)>;

[[noreturn]] void refuse(const std::string& why) { fail(failure_kind::other, "name transform: " + why); }
[[noreturn]] void cannot(const std::string& why) { fail(failure_kind::no_retry, why); }

/// What comes after the key and what it is made with.
struct ingredients {
  std::string value;
  std::shared_ptr<const mime_types> types;
  nanoseconds present;
};

std::pair<std::string_view, std::string_view> split_extensions(std::string_view name,
                                                               const mime_types& types) {
  const auto at = types.extensions_begin(name);
  return {name.substr(0, at), name.substr(at)};
}

std::size_t count_runes(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(std::max<std::size_t>(utf8_length(text), 1));
  return count;
}

std::string first_runes(std::string_view text, std::size_t count) {
  const auto all = text;
  for (; count > 0 && !text.empty(); --count) text.remove_prefix(std::max<std::size_t>(utf8_length(text), 1));
  return std::string{all.substr(0, all.size() - text.size())};
}

change truncate(const ingredients& with, bool bytes, bool keep_extension) {
  const auto number = go_parse_int(with.value, "Atoi");
  if (number <= 0) return [](std::string_view name) { return std::string{name}; };
  const auto most = static_cast<std::size_t>(number);
  return [most, bytes, keep_extension, types = with.types](std::string_view name) {
    if ((bytes ? name.size() : count_runes(name)) <= most) return std::string{name};
    const auto [base, extension] =
        keep_extension ? split_extensions(name, *types) : std::pair{name, std::string_view{}};
    const auto taken = bytes ? extension.size() : count_runes(extension);
    if (!bytes) {
      if (taken >= most) cannot("extension is longer than the truncation limit");
      return first_runes(base, most - taken).append(extension);
    }
    for (auto end = most > taken ? std::min(most - taken, base.size()) : 0; end > 0; --end)
      if (is_valid_utf8(base.substr(0, end)) && is_valid_utf8(extension))
        return std::string{base.substr(0, end)}.append(extension);
    cannot("could not truncate to valid UTF-8");
  };
}

change replace(const ingredients& with) {
  const auto colon = with.value.find(':');
  if (colon == std::string::npos || with.value.find(':', colon + 1) != std::string::npos)
    refuse("wrong number of values: " + with.value);
  return [what = with.value.substr(0, colon), by = with.value.substr(colon + 1)](std::string_view name) {
    std::string out;
    if (what.empty()) { // as Go: around each character
      out = by;
      while (!name.empty()) {
        const auto length = std::max<std::size_t>(utf8_length(name), 1);
        out.append(name.substr(0, length)).append(by);
        name.remove_prefix(length);
      }
      return out;
    }
    for (auto at = name.find(what); at != std::string_view::npos; at = name.find(what)) {
      out.append(name.substr(0, at)).append(by);
      name.remove_prefix(at + what.size());
    }
    return out.append(name);
  };
}

/// Go's Regexp.Expand: $1, $name, ${name}, $$.
std::string expanded(std::string_view format, const RE2& pattern,
                     const std::vector<re2::StringPiece>& groups) {
  const auto is_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  std::string out;
  while (!format.empty()) {
    const auto dollar = std::min(format.find('$'), format.size());
    out += format.substr(0, dollar);
    format.remove_prefix(dollar);
    if (format.size() < 2) return out.append(format);
    if (format[1] == '$') {
      out += '$';
      format.remove_prefix(2);
      continue;
    }
    const auto braced = format[1] == '{';
    auto rest = format.substr(braced ? 2 : 1);
    const auto end =
        static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_word) - rest.begin());
    if (end == 0 || (braced && (end == rest.size() || rest[end] != '}'))) {
      out += '$';
      format.remove_prefix(1);
      continue;
    }
    const std::string group{rest.substr(0, end)};
    format = rest.substr(end + (braced ? 1 : 0));
    const auto& named = pattern.NamedCapturingGroups();
    std::size_t number = groups.size();
    if (const auto found = named.find(group); found != named.end())
      number = static_cast<std::size_t>(found->second);
    else if (group.find_first_not_of("0123456789") == std::string::npos && group.size() < 9)
      number = std::stoul(group);
    if (number < groups.size()) out.append(groups[number].data(), groups[number].size());
  }
  return out;
}

change by_regex(const ingredients& with) {
  const auto slash = with.value.find('/');
  if (slash == std::string::npos || with.value.find('/', slash + 1) != std::string::npos)
    refuse("regex syntax error: " + with.value);
  const auto pattern = std::make_shared<const RE2>(with.value.substr(0, slash), RE2::Quiet);
  if (!pattern->ok()) refuse("error parsing regexp: " + pattern->error());
  return [pattern, by = with.value.substr(slash + 1)](std::string_view name) {
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(pattern->NumberOfCapturingGroups()) + 1);
    const re2::StringPiece text{name.data(), name.size()};
    std::string out;
    std::size_t at = 0, copied = 0;
    while (at <= name.size() && pattern->Match(text, at, name.size(), RE2::UNANCHORED, groups.data(),
                                               static_cast<int>(groups.size()))) {
      const auto begin = static_cast<std::size_t>(groups[0].data() - name.data());
      const auto end = begin + groups[0].size();
      out += name.substr(copied, begin - copied);
      // Nothing is not found where a match has just ended.
      if (end > copied || begin == 0) out += expanded(by, *pattern, groups);
      copied = end;
      at = std::max(end, at + std::max<std::size_t>(utf8_length(name.substr(std::min(at, name.size()))), 1));
    }
    return out.append(name.substr(copied));
  };
}

change append_date(const ingredients& with) {
  auto text = with.value;
  const auto open = text.find('{'), close = text.rfind('}');
  if (open != std::string::npos && close != std::string::npos && close > open) {
    const auto whole = text.substr(open, close + 1 - open);
    const auto first = whole.find_first_not_of("{}"), last = whole.find_last_not_of("{}");
    const auto layout = first == std::string::npos ? std::string{} : whole.substr(first, last + 1 - first);
    const auto shown = format_time({with.present}, named_layout(layout));
    for (auto at = text.find(whole); at != std::string::npos; at = text.find(whole, at + shown.size()))
      text.replace(at, whole.size(), shown);
  }
  return [text](std::string_view name) { return std::string{name} + text; };
}

std::string encode_base64(std::string_view name) {
  auto text = to_base64(name, base64_form::url_unpadded);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::string decode_base64(std::string_view name) {
  if (name == ".DS_Store") return std::string{name};
  auto digits = name;
  while (!digits.empty() && digits.back() == '=' && name.size() - digits.size() < 2) digits.remove_suffix(1);
  if (name.size() % 4 != 0) cannot("illegal base64 data at input byte " + std::to_string(name.size()));
  try {
    return from_base64(digits, base64_form::url_unpadded);
  } catch (const failure& why) {
    cannot(why.what());
  }
}

/// Go's url.QueryEscape.
std::string escape(std::string_view name) {
  constexpr auto digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const auto plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view{"-_.~"}.find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else if (c == ' ')
      out += '+';
    else
      ((out += '%') += digits[byte >> 4]) += digits[byte & 0xf];
  }
  return out;
}

change fitting(const std::string& map) {
  return [map = character_map{map}](std::string_view name) { return map.fit(name); };
}

struct row {
  const char* key;
  bool takes_value; // and cannot do without
  change (*make)(const ingredients&);
};

template <std::string (*Map)(std::string_view)>
change plain(const ingredients&) {
  return Map;
}

std::string unchanged(std::string_view name) { return std::string{name}; }
std::string only_ascii(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x80) out += c;
  return out;
}

// In rclone's order, which its error shows.
const std::array<row, 32> rows{
    {{"none", false, plain<unchanged>},
     {"nfc", false, plain<normalize_nfc>},
     {"nfd", false, plain<normalize_nfd>},
     {"nfkc", false, plain<normalize_nfkc>},
     {"nfkd", false, plain<normalize_nfkd>},
     {"replace", true, replace},
     {"prefix", true,
      [](const ingredients& with) -> change {
        return [text = with.value](std::string_view name) { return text + std::string{name}; };
      }},
     {"suffix", true,
      [](const ingredients& with) -> change {
        return [text = with.value](std::string_view name) { return std::string{name} + text; };
      }},
     {"suffix_keep_extension", true,
      [](const ingredients& with) -> change {
        return [text = with.value, types = with.types](std::string_view name) {
          const auto [base, extension] = split_extensions(name, *types);
          return std::string{base}.append(text).append(extension);
        };
      }},
     {"trimprefix", true,
      [](const ingredients& with) -> change {
        return [text = with.value](std::string_view name) {
          return std::string{name.substr(name.substr(0, text.size()) == text ? text.size() : 0)};
        };
      }},
     {"trimsuffix", true,
      [](const ingredients& with) -> change {
        return [text = with.value](std::string_view name) {
          const auto ends = name.size() >= text.size() && name.substr(name.size() - text.size()) == text;
          return std::string{name.substr(0, name.size() - (ends ? text.size() : 0))};
        };
      }},
     {"index", true,
      [](const ingredients&) -> change { refuse("index: this option is not yet implemented"); }},
     {"date", true, append_date},
     {"truncate", true, [](const ingredients& with) { return truncate(with, false, false); }},
     {"truncate_keep_extension", true, [](const ingredients& with) { return truncate(with, false, true); }},
     {"truncate_bytes", true, [](const ingredients& with) { return truncate(with, true, false); }},
     {"truncate_bytes_keep_extension", true,
      [](const ingredients& with) { return truncate(with, true, true); }},
     {"base64encode", false, plain<encode_base64>},
     {"base64decode", false, plain<decode_base64>},
     {"encoder", true,
      [](const ingredients& with) -> change {
        return [by = name_encoder::parse(with.value)](std::string_view name) { return by.encode(name); };
      }},
     {"decoder", true,
      [](const ingredients& with) -> change {
        return [by = name_encoder::parse(with.value)](std::string_view name) { return by.decode(name); };
      }},
     {"ISO-8859-1", false, [](const ingredients&) { return fitting("ISO-8859-1"); }},
     {"Windows-1252", false, [](const ingredients&) { return fitting("Windows-1252"); }},
     {"Macintosh", false, [](const ingredients&) { return fitting("Macintosh"); }},
     {"charmap", false, [](const ingredients& with) { return fitting(with.value); }},
     {"lowercase", false, plain<to_lower>},
     {"uppercase", false, plain<to_upper>},
     {"titlecase", false, plain<to_title>},
     {"ascii", false, plain<only_ascii>},
     {"url", false, plain<escape>},
     {"regex", true, by_regex},
     {"command", true, [](const ingredients&) -> change {
        refuse("command: running a program for each name is not supported");
      }}}};

const row& row_of(std::string_view key) {
  for (const auto& one : rows)
    if (to_lower(key) == to_lower(one.key)) return one;
  std::string all;
  for (const auto& one : rows) all += (all.empty() ? "" : ", ") + std::string{one.key};
  refuse("invalid choice " + go_quote(key) + " from: " + all);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

} // namespace

name_transform::name_transform(const std::vector<std::string>& steps, std::shared_ptr<const mime_types> types,
                               nanoseconds present) {
  for (const auto& text : steps)
    if (!text.empty()) steps_.push_back(parse(text, types, present));
}

name_transform::step name_transform::parse(std::string_view text,
                                           const std::shared_ptr<const mime_types>& types,
                                           nanoseconds present) {
  auto of = scope::files;
  for (const auto& [tag, meaning] : {std::pair<std::string_view, scope>{"file,", scope::files},
                                     {"dir,", scope::directories},
                                     {"all,", scope::all}}) {
    if (text.substr(0, tag.size()) != tag) continue;
    of = meaning;
    text.remove_prefix(tag.size());
    break;
  }
  const auto equals = text.find('=');
  const auto has_value = equals != std::string_view::npos;
  if (has_value && text.find('=', equals + 1) != std::string_view::npos) refuse("too many values");
  if (equals == 0) refuse("key cannot be blank");
  const auto& made = row_of(text.substr(0, equals));
  if (made.takes_value && !has_value) refuse(std::string{"value is required for "} + made.key);
  const ingredients with{has_value ? std::string{text.substr(equals + 1)} : std::string{}, types, present};
  return {of, made.make(with)};
}

std::string name_transform::name(std::string_view name, bool directory) const {
  std::string out{name};
  for (const auto& one : steps_) {
    if (one.of == (directory ? scope::files : scope::directories)) continue;
    out = one.change(out);
    if (is_blank(out)) cannot("transform cannot render path segments empty");
    if (out.find('/') != std::string::npos) cannot("transform cannot add path separators: " + out);
    if (out == "." || out == "..") cannot("transform cannot make a path of " + go_quote(out));
  }
  return out;
}

std::string name_transform::path(std::string_view path, bool directory) const {
  std::string out;
  while (true) {
    const auto slash = path.find('/');
    out += name(path.substr(0, slash), directory || slash != std::string_view::npos);
    if (slash == std::string_view::npos) return out;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

} // namespace argosy
