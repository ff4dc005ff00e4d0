#include "core/config_file.hpp"

#include <algorithm>
#include <utility>

#include "core/failure.hpp"

namespace argosy {

namespace {

constexpr std::string_view default_section = "DEFAULT";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view blanks = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

struct key_and_value {
  std::string key;
  std::string value;
  bool numbered = false; ///< the key was a bare `-`
};

/// A quoted key's end: behind the closing quote. npos when it has none.
std::size_t end_of_quoted_key(std::string_view line, std::string& key) {
  std::string_view quote;
  for (const std::string_view candidate : {"\"\"\"", "\"", "`"}) {
    if (quote.empty() && starts_with(line, candidate)) quote = candidate;
  }
  // `""` is an empty key and not the beginning of `"""`.
  const auto end = line.find(quote, quote.size());
  if (end == std::string_view::npos) return end;
  key = line.substr(quote.size(), end - quote.size());
  return end + quote.size();
}

/// The value of one line: quotes of a kind that can hold anything are removed, `"..."` stays. False: an
/// unclosed backquote.
bool read_value(std::string_view text, std::string& value) {
  text = trimmed(text);
  for (const std::string_view quote : {"\"\"\"", "`"}) {
    if (!starts_with(text, quote) || text.size() == quote.size()) continue;
    const auto end = text.rfind(quote);
    if (end >= quote.size()) {
      value = text.substr(quote.size(), end - quote.size());
      return true;
    }
    if (quote == "`") return false;
  }
  value = text;
  return true;
}

/// `line` is trimmed and neither empty, comment nor section. Nothing when it is not `key = value`.
std::optional<key_and_value> read_item(std::string_view line) {
  key_and_value item;
  std::size_t from = 0;
  const bool has_quotes = line.front() == '"' || line.front() == '`';
  if (has_quotes && (from = end_of_quoted_key(line, item.key)) == std::string_view::npos) return std::nullopt;
  const auto delimiter = line.find_first_of("=:", from);
  if (delimiter == std::string_view::npos || delimiter == 0) return std::nullopt;
  if (!has_quotes) {
    item.key = trimmed(line.substr(0, delimiter));
    item.numbered = item.key == "-";
  }
  if (!read_value(line.substr(delimiter + 1), item.value)) return std::nullopt;
  return item;
}

bool is_section_line(std::string_view line) {
  return line.size() > 1 && line.front() == '[' && line.back() == ']';
}
bool is_comment_line(std::string_view line) { return line.front() == '#' || line.front() == ';'; }

/// True when the line gives back exactly this when it is read again.
bool survives(const std::string& line, std::string_view key, std::string_view value) {
  const auto view = trimmed(line);
  if (key.empty() || view.empty() || is_section_line(view) || is_comment_line(view)) return false;
  const auto item = read_item(view);
  return item && !item->numbered && item->key == key && item->value == value;
}

/// Plain when that can be read back, else in the quotes that can hold it. Empty: no quotes can hold the key.
std::string item_line(const std::string& key, const std::string& value) {
  const std::string keys[] = {key, "`" + key + "`", "\"" + key + "\"", "\"\"\"" + key + "\"\"\""};
  const std::string values[] = {value, "`" + value + "`"};
  for (const auto& k : keys) {
    for (const auto& v : values) {
      auto line = k + " = " + v;
      if (survives(line, key, value)) return line;
    }
  }
  return {};
}

} // namespace

config_text config_text::parse(std::string_view text) {
  config_text result;
  if (starts_with(text, byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::string comment;
  std::optional<std::size_t> section; // an index: references do not survive growth
  std::map<std::string, int> counters;
  const auto open = [&result](std::string_view name) {
    const auto known = std::find_if(result.parts_.begin(), result.parts_.end(),
                                    [&](const part& p) { return p.name == name; });
    if (known != result.parts_.end()) return static_cast<std::size_t>(known - result.parts_.begin());
    result.parts_.push_back({std::string{name}, {}, {}});
    return result.parts_.size() - 1;
  };
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    if (is_comment_line(line)) {
      comment.append(line) += '\n';
      continue;
    }
    if (is_section_line(line)) {
      const auto name = trimmed(line.substr(1, line.size() - 2));
      if (name.empty()) fail(failure_kind::other, "empty section name not allowed");
      section = open(name);
      result.parts_[*section].comment += std::exchange(comment, {});
      continue;
    }
    auto read = read_item(line);
    if (!read) fail(failure_kind::other, "could not parse line: " + std::string{line});
    if (read->key.empty()) continue;
    if (!section) section = open(default_section);
    auto& into = result.parts_[*section];
    if (read->numbered) read->key = "#" + std::to_string(++counters[into.name]);
    const auto known =
        std::find_if(into.items.begin(), into.items.end(), [&](const item& i) { return i.key == read->key; });
    if (known != into.items.end()) {
      known->value = std::move(read->value);
      known->comment += std::exchange(comment, {});
    } else {
      into.items.push_back({std::move(read->key), std::move(read->value), std::exchange(comment, {})});
    }
  }
  result.trailing_comment_ = std::move(comment);
  return result;
}

std::string config_text::render() const {
  std::string out;
  for (const auto& p : parts_) {
    out += p.comment;
    const bool headless = p.name == default_section && &p == &parts_.front();
    if (headless && p.items.empty()) continue; // nothing stands for it
    if (!headless) out += "[" + p.name + "]\n";
    int counter = 0;
    for (const auto& i : p.items) {
      out += i.comment;
      if (i.key == "#" + std::to_string(counter + 1)) {
        ++counter;
        auto line = item_line("k", i.value); // only for the value's quotes
        out.append("-").append(line, 1) += '\n';
      } else {
        out += item_line(i.key, i.value) + "\n";
      }
    }
    out += '\n';
  }
  out += trailing_comment_;
  // Who reads takes one away: a name that begins with it needs another.
  if (starts_with(out, byte_order_mark)) out.insert(0, byte_order_mark);
  return out;
}

const config_text::part* config_text::find(std::string_view section) const {
  if (section.empty()) section = default_section;
  const auto found =
      std::find_if(parts_.begin(), parts_.end(), [&](const part& p) { return p.name == section; });
  return found == parts_.end() ? nullptr : &*found;
}

std::vector<std::string> config_text::sections() const {
  std::vector<std::string> out;
  for (const auto& p : parts_) out.push_back(p.name);
  return out;
}

bool config_text::has_section(std::string_view section) const { return find(section) != nullptr; }

std::vector<std::string> config_text::keys(std::string_view section) const {
  std::vector<std::string> out;
  if (const auto* p = find(section)) {
    for (const auto& i : p->items) out.push_back(i.key);
  }
  return out;
}

std::optional<std::string> config_text::get(std::string_view section, std::string_view key) const {
  const auto raw = [](const part* p, std::string_view name) -> const std::string* {
    if (p == nullptr) return nullptr;
    const auto i =
        std::find_if(p->items.begin(), p->items.end(), [&](const item& x) { return x.key == name; });
    return i == p->items.end() ? nullptr : &i->value;
  };
  const auto* own = find(section);
  if (own == nullptr) return std::nullopt;
  const auto* found = raw(own, key);
  if (found == nullptr) {
    const auto dot = section.rfind('.');
    return dot == std::string_view::npos ? std::nullopt : get(section.substr(0, dot), key);
  }
  std::string value = *found;
  // References may lead to references, and to themselves: the library that rclone uses gives up after 200.
  constexpr int most_replacements = 200;
  constexpr std::size_t largest_value = 1 << 20; // a value that refers to itself twice doubles each time
  std::size_t from = 0;
  for (int n = 0; n < most_replacements && value.size() < largest_value;) {
    const auto begin = value.find("%(", from);
    if (begin == std::string::npos) break;
    const auto end = value.find_first_of("()", begin + 2);
    if (end == std::string::npos) break;
    if (end == begin + 2 || value[end] != ')' || end + 1 == value.size() || value[end + 1] != 's') {
      from = begin + 1;
      continue;
    }
    const auto reference = value.substr(begin, end + 2 - begin);
    // Letters s at the name's end are lost, as there: %(pass)s looks for "pa".
    auto name = std::string_view{reference}.substr(2, reference.size() - 4);
    const auto first = name.find_first_not_of("%(");
    name = first == std::string_view::npos ? std::string_view{} : name.substr(first);
    name = name.substr(0, name.find_last_not_of(")s") + 1);
    const auto* replacement = raw(find(default_section), name);
    if (replacement == nullptr) replacement = raw(own, name);
    const std::string with = replacement == nullptr ? std::string{} : *replacement;
    std::string replaced;
    std::size_t copied = 0;
    for (auto at = value.find(reference); at != std::string::npos; at = value.find(reference, copied)) {
      replaced.append(value, copied, at - copied).append(with);
      copied = at + reference.size();
      if (replaced.size() > largest_value) return value;
    }
    replaced.append(value, copied);
    value = std::move(replaced);
    from = 0;
    ++n;
  }
  return value;
}

void config_text::set(const std::string& section, const std::string& key, const std::string& value) {
  if ((section + key + value).find_first_of("\r\n") != std::string::npos) {
    fail(failure_kind::other, "invalid key or value contains \\n or \\r");
  }
  if (item_line(key, value).empty())
    fail(failure_kind::other, "a configuration file cannot hold the key " + key);
  const auto name = section.empty() ? std::string{default_section} : section;
  if (!has_section(name)) parts_.push_back({name, {}, {}});
  auto& into = *std::find_if(parts_.begin(), parts_.end(), [&](const part& p) { return p.name == name; });
  const auto known =
      std::find_if(into.items.begin(), into.items.end(), [&](const item& i) { return i.key == key; });
  if (known != into.items.end()) {
    known->value = value;
  } else {
    into.items.push_back({key, value, {}});
  }
}

bool config_text::erase_key(std::string_view section, std::string_view key) {
  const auto p = std::find_if(parts_.begin(), parts_.end(), [&](const part& x) { return x.name == section; });
  if (p == parts_.end()) return false;
  const auto i = std::find_if(p->items.begin(), p->items.end(), [&](const item& x) { return x.key == key; });
  if (i == p->items.end()) return false;
  p->items.erase(i);
  return true;
}

bool config_text::erase_section(std::string_view section) {
  const auto p = std::find_if(parts_.begin(), parts_.end(), [&](const part& x) { return x.name == section; });
  if (p == parts_.end()) return false;
  parts_.erase(p);
  return true;
}

} // namespace argosy
