#include "http/markup/contextual_escaping.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"
#include "http/markup/functions.hpp"
#include "http/markup/html_context.hpp"

namespace argosy::markup {

namespace {

constexpr auto npos = std::string_view::npos;

[[noreturn]] void refuse_at(int line, const std::string& why) {
  fail(failure_kind::other,
       "html/template:" + std::string{main_template} + ":" + std::to_string(line) + ": " + why);
}

bool begins_with_word(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && to_lower(text.substr(0, lower.size())) == lower;
}

// --- text ---

struct entity {
  std::string_view name;
  char character;
};
// Those that stand for a character that means something in a script, a style or a URL.
constexpr entity entities[]{
    {"Tab", '\t'},   {"NewLine", '\n'}, {"excl", '!'},   {"quot", '"'},   {"num", '#'},    {"dollar", '$'},
    {"percnt", '%'}, {"amp", '&'},      {"apos", '\''},  {"lpar", '('},   {"rpar", ')'},   {"ast", '*'},
    {"plus", '+'},   {"comma", ','},    {"period", '.'}, {"sol", '/'},    {"colon", ':'},  {"semi", ';'},
    {"lt", '<'},     {"equals", '='},   {"gt", '>'},     {"quest", '?'},  {"commat", '@'}, {"lsqb", '['},
    {"lbrack", '['}, {"bsol", '\\'},    {"rsqb", ']'},   {"rbrack", ']'}, {"Hat", '^'},    {"lowbar", '_'},
    {"grave", '`'},  {"lcub", '{'},     {"lbrace", '{'}, {"verbar", '|'}, {"rcub", '}'},   {"rbrace", '}'},
    {"nbsp", ' '}};

// The character of `#39` or `#x27`; nothing: it is no number.
std::optional<char32_t> numbered(std::string_view name) {
  const bool hexadecimal = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
  const auto digits = std::string{name.substr(hexadecimal ? 2 : 1)};
  if (digits.empty() || digits.size() > 7 ||
      digits.find_first_not_of(hexadecimal ? "0123456789abcdefABCDEF" : "0123456789") != std::string::npos)
    return std::nullopt;
  const auto code = std::stoul(digits, nullptr, hexadecimal ? 16 : 10);
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return char32_t{0xfffd};
  return static_cast<char32_t>(code);
}

// What a browser reads in the value of an attribute.
std::string decode_entities(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto mark = text.find('&');
    out += text.substr(0, mark);
    if (mark == npos) break;
    text.remove_prefix(mark);
    const auto end = text.find(';');
    const auto name = text.substr(1, end == npos ? 0 : end - 1);
    const auto* const found = std::find_if(std::begin(entities), std::end(entities),
                                           [&](const entity& e) { return !name.empty() && e.name == name; });
    const auto number = !name.empty() && name[0] == '#' ? numbered(name) : std::nullopt;
    if (found != std::end(entities))
      out += found->character;
    else if (number)
      append_utf8(out, *number);
    else
      out += '&';
    text.remove_prefix(found != std::end(entities) || number ? end + 1 : 1);
  }
  return out;
}

bool is_script_type(std::string_view value) {
  constexpr std::array<std::string_view, 20> types{"",
                                                   "application/ecmascript",
                                                   "application/javascript",
                                                   "application/json",
                                                   "application/ld+json",
                                                   "application/x-ecmascript",
                                                   "application/x-javascript",
                                                   "module",
                                                   "text/ecmascript",
                                                   "text/javascript",
                                                   "text/javascript1.0",
                                                   "text/javascript1.1",
                                                   "text/javascript1.2",
                                                   "text/javascript1.3",
                                                   "text/javascript1.4",
                                                   "text/javascript1.5",
                                                   "text/jscript",
                                                   "text/livescript",
                                                   "text/x-ecmascript",
                                                   "text/x-javascript"};
  auto type = to_lower(value.substr(0, value.find(';')));
  const auto begin = type.find_first_not_of(" \t\r\n");
  type = begin == std::string::npos ? "" : type.substr(begin, type.find_last_not_of(" \t\r\n") - begin + 1);
  return std::find(types.begin(), types.end(), type) != types.end();
}

// In the value of an attribute: up to its end, or through all of it.
step read_value(const html_context& from, std::string_view text) {
  constexpr std::array<std::string_view, 4> ends{"", "\"", "'", " \t\n\f\r>"};
  const auto end = text.find_first_of(ends[static_cast<std::size_t>(from.ends_with)]);
  const auto value = text.substr(0, end);
  const bool bare = from.ends_with == delimiter::space_or_tag_end;
  if (bare)
    if (const auto bad = value.find_first_of("\"'<=`"); bad != npos)
      fail(failure_kind::other, go_quote(value.substr(bad, 1)) + " in unquoted attr: " + go_quote(value));
  if (end == npos) {
    auto c = from;
    const auto decoded = decode_entities(value);
    for (std::string_view left = decoded; !left.empty();) {
      const auto next = read_text(c, left);
      left.remove_prefix(next.read);
      c = next.to;
    }
    return {c, text.size(), 0};
  }
  html_context tag;
  tag.where = place::tag;
  tag.in = from.in;
  if (from.kind == attribute::script_type && !is_script_type(value)) tag.in = element::other;
  return {tag, end + (bare ? 0 : 1), 0};
}

// `<` that begins no tag.
std::string with_entities(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' && !begins_with_word(text.substr(i), "<!doctype"))
      out += "&lt;";
    else
      out += text[i];
  }
  return out;
}

// Nothing in a string of a script may end the script.
std::string without_tags(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto rest = text.substr(i);
    const bool ends = begins_with_word(rest, "<script") || begins_with_word(rest, "</script") ||
                      begins_with_word(rest, "<!--");
    out += ends ? "\\x3C" : std::string{text[i]};
  }
  return out;
}

// What stays of a comment.
std::string rest_of_comment(place what, std::string_view text) {
  if (what == place::css_block_comment) return " ";
  if (what != place::js_block_comment) return {};
  const bool breaks = text.find_first_of("\n\r") != npos || text.find("\xe2\x80\xa8") != npos ||
                      text.find("\xe2\x80\xa9") != npos;
  return breaks ? "\n" : " ";
}

// One step's text as it stands in the page.
std::string written(const html_context& from, const step& next, std::string_view text) {
  const bool bare = from.ends_with == delimiter::none;
  if (bare && is_comment(from.where)) return rest_of_comment(from.where, text);
  if (bare) text.remove_suffix(next.comment);
  if (from.where == place::text || from.where == place::rcdata) {
    // The `<` of the tag that begins stays.
    auto plain = text.size();
    if (next.to.where != from.where && next.comment == 0) plain = std::min(plain, text.rfind('<'));
    return with_entities(text.substr(0, plain)) + std::string{text.substr(plain)};
  }
  if (is_script_literal(from.where)) return without_tags(text);
  return std::string{text};
}

// --- contexts ---

// Where a value stands that is not part of a name or value yet.
html_context at_value(html_context c) {
  switch (c.where) {
  case place::tag: c.where = place::attribute_name; break;
  case place::before_attribute_value:
    c.where = first_place(c.kind);
    c.ends_with = delimiter::space_or_tag_end;
    c.kind = attribute::plain;
    break;
  case place::after_attribute_name:
    c.where = place::attribute_name;
    c.kind = attribute::plain;
    break;
  default: break;
  }
  return c;
}

std::optional<html_context> joined(const html_context& a, const html_context& b) {
  if (a.where == place::nowhere) return b;
  if (b.where == place::nowhere || a == b) return a;
  auto c = a;
  c.part = b.part;
  if (c == b) {
    c.part = url_part::unclear;
    return c;
  }
  c = a;
  c.slash_is = b.slash_is;
  if (c == b) {
    c.slash_is = slash::unclear;
    return c;
  }
  const auto x = at_value(a), y = at_value(b);
  if (x != a || y != b) return joined(x, y);
  return std::nullopt;
}

// --- values ---

std::vector<escaping> escapings_in_url(const html_context& c, int line) {
  const bool css = c.where == place::css_double_quoted || c.where == place::css_single_quoted;
  if (c.part == url_part::unclear) refuse_at(line, "the value appears in an ambiguous context within a URL");
  if (c.part == url_part::query_or_fragment) return {escaping::url_query};
  const auto rest = css ? escaping::css_text : escaping::url_part;
  if (c.part == url_part::start) return {escaping::url_filter, rest};
  return {rest};
}

std::vector<escaping> escapings_in(const html_context& c, int line) {
  switch (c.where) {
  case place::text: return {escaping::html_text};
  case place::rcdata: return {escaping::rcdata};
  case place::attribute_name: return {escaping::attribute_name};
  case place::url:
  case place::css_double_quoted:
  case place::css_single_quoted:
  case place::css_double_quoted_url:
  case place::css_single_quoted_url:
  case place::css_url: return escapings_in_url(c, line);
  case place::srcset: return {escaping::srcset};
  case place::meta_url: return {escaping::url_filter};
  case place::js: return {escaping::js_value};
  case place::js_double_quoted:
  case place::js_single_quoted: return {escaping::js_text};
  case place::js_template: return {escaping::js_template};
  case place::js_regexp: return {escaping::js_regexp};
  case place::css: return {escaping::css_value};
  case place::attribute:
  case place::meta_content:
  case place::tag:
  case place::after_attribute_name:
  case place::before_attribute_value:
  case place::nowhere: return {};
  case place::html_comment:
  case place::js_block_comment:
  case place::js_line_comment:
  case place::css_block_comment:
  case place::css_line_comment: return {escaping::comment};
  }
  return {};
}

// Whether what `first` writes needs no escaping for an attribute any more.
bool is_enough(escaping first) {
  return first == escaping::comment || first == escaping::css_text || first == escaping::js_regexp ||
         first == escaping::js_text || first == escaping::js_template;
}

// `html` and `urlquery` count as escapings of these kinds.
bool is_same(escaping by_name, escaping needed) {
  if (by_name == escaping::html)
    return needed == escaping::html_text || needed == escaping::rcdata || needed == escaping::attribute;
  return needed == escaping::url_part || needed == escaping::url_query;
}

std::optional<escaping> escaping_by_name(const command& c) {
  if (c.front().what != operand::kind::function) return std::nullopt;
  if (c.front().function->name == "html") return escaping::html;
  if (c.front().function->name == "urlquery") return escaping::urlquery;
  return std::nullopt;
}

// --- templates ---

class escaper {
public:
  explicit escaper(const template_set& templates) : templates_(templates) {}

  template_set run() {
    const auto end = call(main_template, {}, 1).second;
    if (end.where != place::text)
      fail(failure_kind::other, "html/template: " + std::string{main_template} +
                                    ": ends in a non-text context: " + description(end));
    return std::move(made_);
  }

private:
  struct loop {
    std::vector<std::pair<html_context, int>> left; // at each break and continue, with its line
  };

  // The name of the template for calls in that context, and the context behind them.
  std::pair<std::string, html_context> call(const std::string& name, const html_context& c, int line) {
    const auto source = templates_.find(name);
    if (source == templates_.end()) refuse_at(line, "no such template " + go_quote(name));
    const auto key = c == html_context{} ? name : name + " in " + description(c);
    if (const auto known = ends_.find(key); known != ends_.end()) {
      recursive_.insert(key);
      return {key, known->second};
    }
    // A template that calls itself is taken to end where it begins, and then where that led to.
    auto assumed = c;
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto ends = ends_;
      recursive_.erase(key);
      ends_[key] = assumed;
      auto body = source->second;
      auto loops = std::exchange(loops_, {});
      const auto end = list(body, c);
      loops_ = std::move(loops);
      if (recursive_.count(key) == 0 || end == assumed) {
        ends_[key] = end;
        made_[key] = std::move(body);
        return {key, end};
      }
      ends_ = ends;
      assumed = end;
    }
    refuse_at(line, "cannot compute output context for template " + name);
  }

  html_context list(tree& nodes, html_context c) {
    for (auto& one : nodes) {
      c = statement(one, c);
      if (c.where == place::nowhere) break;
    }
    return c;
  }

  html_context statement(node& n, const html_context& c) {
    switch (n.what) {
    case node::kind::text: return text(n, c);
    case node::kind::show: return show(n, c);
    case node::kind::repeat: return repeat(n, c);
    case node::kind::choose: return branches(n, list(n.body, c), list(n.otherwise, c), "if");
    case node::kind::with: return branches(n, list(n.body, c), list(n.otherwise, c), "with");
    case node::kind::call: {
      auto [name, end] = call(n.text, c, n.line);
      n.text = std::move(name);
      return end;
    }
    case node::kind::stop_loop:
    case node::kind::next_round: break;
    }
    loops_.back().left.emplace_back(c, n.line);
    html_context gone;
    gone.where = place::nowhere;
    return gone;
  }

  static html_context branches(const node& n, const html_context& a, const html_context& b,
                               const char* name) {
    if (auto both = joined(a, b)) return *std::move(both);
    refuse_at(n.line, std::string{"{{"} + name + "}} branches end in different contexts: " + description(a) +
                          "; " + description(b));
  }

  html_context round(tree& body, const html_context& c) {
    loops_.emplace_back();
    auto end = list(body, c);
    for (const auto& [left, line] : loops_.back().left) {
      auto both = joined(end, left);
      if (!both)
        refuse_at(line, "a range loop is left in another context than it ends in: " + description(left) +
                            "; " + description(end));
      end = *std::move(both);
    }
    loops_.pop_back();
    return end;
  }

  html_context repeat(node& n, const html_context& c) {
    // The next round begins where the last one ended.
    auto again = n.body;
    const auto once = round(n.body, c);
    const auto twice = joined(once, round(again, once));
    if (!twice)
      refuse_at(n.line,
                "on range loop re-entry: {{range}} branches end in different contexts: " + description(once));
    return branches(n, *twice, list(n.otherwise, c), "range");
  }

  static html_context text(node& n, html_context c) {
    std::string out;
    const std::string_view all = n.text;
    for (std::size_t at = 0; at < all.size();) {
      step next;
      const auto rest = all.substr(at);
      try {
        next = c.ends_with == delimiter::none ? read_text(c, rest) : read_value(c, rest);
      } catch (const failure& why) {
        refuse_at(n.line + static_cast<int>(
                               std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(at), '\n')),
                  why.what());
      }
      out += written(c, next, rest.substr(0, next.read));
      at += next.read;
      c = std::move(next.to);
    }
    n.text = std::move(out);
    return c;
  }

  static html_context show(node& n, html_context c) {
    if (!n.value->variables.empty()) return c;
    c = at_value(std::move(c));
    const auto& commands = n.value->commands;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const auto named = escaping_by_name(commands[i]);
      const bool misplaced =
          i + 1 < commands.size() || (c.where == place::attribute &&
                                      c.ends_with == delimiter::space_or_tag_end && named == escaping::html);
      if (named && misplaced)
        refuse_at(n.line, "predefined escaper " + go_quote(commands[i].front().function->name) +
                              " disallowed in template");
    }
    auto needed = escapings_in(c, n.line);
    if (c.ends_with == delimiter::space_or_tag_end)
      needed.push_back(escaping::unquoted_attribute);
    else if (c.ends_with != delimiter::none)
      needed.push_back(escaping::attribute);
    if (c.where == place::js) c.slash_is = slash::division;

    n.escapings.clear();
    n.drops_last = false;
    if (const auto named = escaping_by_name(commands.back()))
      for (auto& one : needed)
        if (is_same(*named, one)) {
          one = *named;
          n.drops_last = true;
        }
    for (const auto one : needed)
      if (n.escapings.empty() || !is_enough(n.escapings.back()) || one != escaping::attribute)
        n.escapings.push_back(one);
    return c;
  }

  const template_set& templates_;
  template_set made_;
  std::map<std::string, html_context> ends_;
  std::set<std::string> recursive_;
  std::vector<loop> loops_;
};

} // namespace

template_set add_escaping(const template_set& templates) { return escaper{templates}.run(); }

} // namespace argosy::markup
