#include "http/markup/functions.hpp"

#include <algorithm>
#include <string>

#include "core/failure.hpp"
#include "http/markup/escapers.hpp"

namespace argosy::markup {

namespace {

using arguments = std::vector<value>;

[[noreturn]] void refuse(const std::string& why) { fail(failure_kind::other, why); }

const std::string& text_of(const value& v) {
  const auto* const text = std::get_if<std::string>(&v);
  if (text == nullptr) refuse("wrong type for value; expected string; got " + std::string{type_name(v)});
  return *text;
}

std::int64_t index_of(const value& v) {
  const auto number = integer_of(v);
  if (!number) refuse("cannot index slice/array with type " + std::string{type_name(v)});
  return *number;
}

// --- comparing ---

enum class basic { boolean, integer, real, text, none };

basic kind_of(const value& v) {
  if (std::holds_alternative<bool>(v)) return basic::boolean;
  if (integer_of(v)) return basic::integer;
  if (std::holds_alternative<double>(v)) return basic::real;
  if (std::holds_alternative<std::string>(v)) return basic::text;
  return basic::none;
}

bool equal(const value& a, const value& b) {
  const auto kind = kind_of(a);
  if (kind != kind_of(b)) refuse("incompatible types for comparison");
  if (kind == basic::integer) return integer_of(a) == integer_of(b);
  if (kind != basic::none) {
    if (kind == basic::boolean) return std::get<bool>(a) == std::get<bool>(b);
    if (kind == basic::real) return std::get<double>(a) == std::get<double>(b);
    return std::get<std::string>(a) == std::get<std::string>(b);
  }
  const auto* const x = std::get_if<zoned_time>(&a);
  const auto* const y = std::get_if<zoned_time>(&b);
  if (x == nullptr || y == nullptr)
    refuse("non-comparable type " + shown(a) + ": " + std::string{type_name(a)});
  return x->at == y->at && x->utc == y->utc;
}

bool less(const value& a, const value& b) {
  const auto kind = kind_of(a);
  if (kind == basic::none || kind_of(b) == basic::none) refuse("invalid type for comparison");
  if (kind != kind_of(b)) refuse("incompatible types for comparison");
  switch (kind) {
  case basic::integer: return *integer_of(a) < *integer_of(b);
  case basic::real: return std::get<double>(a) < std::get<double>(b);
  case basic::text: return std::get<std::string>(a) < std::get<std::string>(b);
  default: refuse("invalid type for comparison");
  }
}

value eq(const arguments& a) {
  for (std::size_t i = 1; i < a.size(); ++i)
    if (equal(a[0], a[i])) return true;
  return false;
}
value ne(const arguments& a) { return !equal(a[0], a[1]); }
value lt(const arguments& a) { return less(a[0], a[1]); }
value le(const arguments& a) { return less(a[0], a[1]) || equal(a[0], a[1]); }
value gt(const arguments& a) { return !(less(a[0], a[1]) || equal(a[0], a[1])); }
value ge(const arguments& a) { return !less(a[0], a[1]); }

// --- lists and texts ---

value len(const arguments& a) {
  const auto length = length_of(a[0]);
  if (!length) refuse("len of type " + std::string{type_name(a[0])});
  return static_cast<std::int64_t>(*length);
}

value index(const arguments& a) {
  auto found = a[0];
  for (std::size_t i = 1; i < a.size(); ++i) {
    const auto length = length_of(found);
    if (!length) refuse("can't index item of type " + std::string{type_name(found)});
    const auto at = index_of(a[i]);
    if (at < 0 || static_cast<std::uint64_t>(at) >= *length)
      refuse("index out of range: " + std::to_string(at));
    found = element_of(found, static_cast<std::size_t>(at));
  }
  return found;
}

template <class T>
value part(const list_view<T>& list, std::size_t from, std::size_t to) {
  return list_view<T>{list.first + from, to - from};
}

value slice(const arguments& a) {
  const auto length = length_of(a[0]);
  if (!length) refuse("can't slice item of type " + std::string{type_name(a[0])});
  if (a.size() == 4 && std::holds_alternative<std::string>(a[0])) refuse("cannot 3-index slice a string");
  std::size_t bounds[2]{0, *length};
  for (std::size_t i = 1; i < a.size(); ++i) {
    const auto at = index_of(a[i]);
    if (at < 0 || static_cast<std::uint64_t>(at) > *length)
      refuse("index out of range: " + std::to_string(at));
    if (i < 3) bounds[i - 1] = static_cast<std::size_t>(at);
  }
  const auto [from, to] = bounds;
  if (from > to) refuse("invalid slice index: " + std::to_string(from) + " > " + std::to_string(to));
  if (const auto* const list = std::get_if<entry_list>(&a[0])) return part(*list, from, to);
  if (const auto* const list = std::get_if<crumb_list>(&a[0])) return part(*list, from, to);
  return std::get<std::string>(a[0]).substr(from, to - from);
}

value contains(const arguments& a) { return text_of(a[0]).find(text_of(a[1])) != std::string::npos; }
value has_prefix(const arguments& a) {
  return text_of(a[0]).compare(0, text_of(a[1]).size(), text_of(a[1])) == 0;
}
value has_suffix(const arguments& a) {
  const auto& text = text_of(a[0]);
  const auto& end = text_of(a[1]);
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

value after_epoch(const arguments& a) {
  const auto* const time = std::get_if<zoned_time>(&a[0]);
  if (time == nullptr)
    refuse("wrong type for value; expected time.Time; got " + std::string{type_name(a[0])});
  return time->at.has_value();
}

// --- texts ---

value print(const arguments& a) { return shown(a); }

value println(const arguments& a) {
  std::string out;
  for (const auto& one : a) out += (&one == &a.front() ? "" : " ") + shown(one);
  return out + "\n";
}

value printf(const arguments& a) { return print_formatted(text_of(a[0]), {a.begin() + 1, a.end()}); }

template <escaping how>
value escape(const arguments& a) {
  return escaped(how, a);
}

constexpr function_row rows[]{
    {"afterEpoch", 1, 1, after_epoch},
    {"and", 1, any_number, nullptr},
    {"contains", 2, 2, contains},
    {"eq", 2, any_number, eq},
    {"ge", 2, 2, ge},
    {"gt", 2, 2, gt},
    {"hasPrefix", 2, 2, has_prefix},
    {"hasSuffix", 2, 2, has_suffix},
    {"html", 0, any_number, escape<escaping::html>},
    {"index", 1, any_number, index},
    {"js", 0, any_number, [](const arguments& a) -> value { return js_escaped(shown(a)); }},
    {"le", 2, 2, le},
    {"len", 1, 1, len},
    {"lt", 2, 2, lt},
    {"ne", 2, 2, ne},
    {"not", 1, 1, [](const arguments& a) -> value { return !is_true(a[0]); }},
    {"or", 1, any_number, nullptr},
    {"print", 0, any_number, print},
    {"printf", 1, any_number, printf},
    {"println", 0, any_number, println},
    {"slice", 1, 4, slice},
    {"urlquery", 0, any_number, escape<escaping::urlquery>},
};

} // namespace

const function_row* find_function(std::string_view name) {
  const auto* const found = std::find_if(std::begin(rows), std::end(rows),
                                         [&](const function_row& row) { return row.name == name; });
  return found == std::end(rows) ? nullptr : found;
}

} // namespace argosy::markup
