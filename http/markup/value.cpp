#include "http/markup/value.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/json.hpp"

namespace argosy::markup {

namespace {

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

constexpr std::string_view go_string_layout = "2006-01-02 15:04:05.999999999 -0700 MST";

std::string link_of_zip(const listing_page::entry& entry) {
  return entry.is_directory ? entry.url + "?download=zip" : std::string{};
}

zoned_time time_of(const listing_page::entry& entry) { return {entry.modified, false}; }

using fields_of_page = std::map<std::string_view, value (*)(const listing_page&)>;
using fields_of_entry = std::map<std::string_view, value (*)(const listing_page::entry&)>;
using fields_of_crumb = std::map<std::string_view, value (*)(const listing_page::crumb&)>;

const fields_of_page& page_fields() {
  static const fields_of_page fields{
      {"DirRemote", [](const listing_page& p) -> value { return p.directory; }},
      {"Title", [](const listing_page& p) -> value { return p.title; }},
      {"Name", [](const listing_page& p) -> value { return p.name; }},
      {"ZipURL", [](const listing_page&) -> value { return std::string{"?download=zip"}; }},
      {"DisableZip", [](const listing_page&) -> value { return false; }},
      {"Entries",
       [](const listing_page& p) -> value {
         return entry_list{p.entries.data(), p.entries.size()};
       }},
      {"Query", [](const listing_page&) -> value { return std::string{}; }},
      {"Breadcrumb",
       [](const listing_page& p) -> value {
         return crumb_list{p.breadcrumb.data(), p.breadcrumb.size()};
       }},
      {"Sort", [](const listing_page& p) -> value { return p.sort; }},
      {"Order", [](const listing_page& p) -> value { return p.order; }},
  };
  return fields;
}

const fields_of_entry& entry_fields() {
  static const fields_of_entry fields{
      {"URL", [](const listing_page::entry& e) -> value { return e.url; }},
      {"ZipURL", [](const listing_page::entry& e) -> value { return link_of_zip(e); }},
      {"Leaf", [](const listing_page::entry& e) -> value { return e.leaf; }},
      {"IsDir", [](const listing_page::entry& e) -> value { return e.is_directory; }},
      {"Size", [](const listing_page::entry& e) -> value { return e.size; }},
      {"ModTime", [](const listing_page::entry& e) -> value { return time_of(e); }},
  };
  return fields;
}

const fields_of_crumb& crumb_fields() {
  static const fields_of_crumb fields{
      {"Link", [](const listing_page::crumb& c) -> value { return c.link; }},
      {"Text", [](const listing_page::crumb& c) -> value { return c.text; }},
  };
  return fields;
}

using method_of_time = value (*)(const zoned_time&, const std::vector<value>&);

struct time_method {
  std::size_t arguments = 0;
  method_of_time run = nullptr;
};

const zoned_time& other_time(const std::vector<value>& arguments) {
  const auto* const other = std::get_if<zoned_time>(&arguments.front());
  if (other == nullptr)
    fail(failure_kind::other,
         "wrong type for value; expected time.Time; got " + std::string{type_name(arguments.front())});
  return *other;
}

int compare(const zoned_time& a, const zoned_time& b) {
  if (a.at == b.at) return 0;
  return a.at < b.at ? -1 : 1; // nothing is before everything, as the year 1 is
}

template <int civil_time::*part>
value number_of(const zoned_time& t, const std::vector<value>&) {
  return static_cast<std::int64_t>(civil_of(t).*part);
}

template <std::int64_t per_second>
value since_epoch(const zoned_time& t, const std::vector<value>&) {
  if (!t.at) return civil_time::zero_time * per_second;
  return floor_div(*t.at, 1'000'000'000 / per_second);
}

const std::map<std::string_view, time_method>& time_methods() {
  static const std::map<std::string_view, time_method> methods{
      {"Format",
       {1,
        [](const zoned_time& t, const std::vector<value>& given) -> value {
          const auto* const layout = std::get_if<std::string>(&given.front());
          if (layout == nullptr)
            fail(failure_kind::other,
                 "wrong type for value; expected string; got " + std::string{type_name(given.front())});
          return format_time(t, *layout);
        }}},
      {"String",
       {0,
        [](const zoned_time& t, const std::vector<value>&) -> value {
          return format_time(t, go_string_layout);
        }}},
      {"IsZero", {0, [](const zoned_time& t, const std::vector<value>&) -> value { return !t.at; }}},
      {"UTC",
       {0,
        [](const zoned_time& t, const std::vector<value>&) -> value {
          return zoned_time{t.at, true};
        }}},
      {"Local",
       {0,
        [](const zoned_time& t, const std::vector<value>&) -> value {
          return zoned_time{t.at, false};
        }}},
      {"Before",
       {1,
        [](const zoned_time& t, const std::vector<value>& given) -> value {
          return compare(t, other_time(given)) < 0;
        }}},
      {"After",
       {1,
        [](const zoned_time& t, const std::vector<value>& given) -> value {
          return compare(t, other_time(given)) > 0;
        }}},
      {"Equal",
       {1,
        [](const zoned_time& t, const std::vector<value>& given) -> value {
          return compare(t, other_time(given)) == 0;
        }}},
      {"Compare",
       {1,
        [](const zoned_time& t, const std::vector<value>& given) -> value {
          return static_cast<std::int64_t>(compare(t, other_time(given)));
        }}},
      {"Unix", {0, since_epoch<1>}},
      {"UnixMilli", {0, since_epoch<1'000>}},
      {"UnixMicro", {0, since_epoch<1'000'000>}},
      {"UnixNano",
       {0, [](const zoned_time& t, const std::vector<value>&) -> value { return t.at.value_or(0); }}},
      {"Year", {0, number_of<&civil_time::year>}},
      {"Month",
       {0,
        [](const zoned_time& t, const std::vector<value>&) -> value {
          const auto month = civil_of(t).month;
          return named_number{month, month_name(month)};
        }}},
      {"Day", {0, number_of<&civil_time::day>}},
      {"YearDay", {0, number_of<&civil_time::year_day>}},
      {"Weekday",
       {0,
        [](const zoned_time& t, const std::vector<value>&) -> value {
          const auto day = civil_of(t).week_day;
          return named_number{day, weekday_name(day)};
        }}},
      {"Hour", {0, number_of<&civil_time::hour>}},
      {"Minute", {0, number_of<&civil_time::minute>}},
      {"Second", {0, number_of<&civil_time::second>}},
      {"Nanosecond", {0, number_of<&civil_time::nanosecond>}},
  };
  return methods;
}

template <class Fields, class T>
value field(const Fields& fields, const T& of, const std::string& name, const std::vector<value>& arguments) {
  const auto found = fields.find(name);
  if (found == fields.end())
    fail(failure_kind::other, "can't evaluate field " + name + " in type " + std::string{type_name(&of)});
  if (!arguments.empty())
    fail(failure_kind::other, name + " has arguments but cannot be invoked as function");
  return found->second(of);
}

// In the order of Go's structs.
constexpr std::array<std::string_view, 10> page_order{
    "DirRemote", "Title", "Name", "ZipURL", "DisableZip", "Entries", "Query", "Breadcrumb", "Sort", "Order"};
constexpr std::array<std::string_view, 6> entry_order{"URL", "ZipURL", "Leaf", "IsDir", "Size", "ModTime"};
constexpr std::array<std::string_view, 2> crumb_order{"Link", "Text"};

template <class Order, class Fields, class T>
std::string shown_struct(const Order& order, const Fields& fields, const T& of) {
  std::string out = "{";
  for (const auto name : order) out += (name == order.front() ? "" : " ") + shown(fields.at(name)(of));
  return out + "}";
}

template <class Order, class Fields, class T>
void append_json_struct(std::string& out, const Order& order, const Fields& fields, const T& of) {
  out += '{';
  for (const auto name : order) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ':';
    append_json(out, fields.at(name)(of));
  }
  out += '}';
}

template <class T, class Append>
void join(std::string& out, const list_view<T>& list, char separator, const Append& append) {
  out += '[';
  for (std::size_t i = 0; i < list.size; ++i) {
    if (i > 0) out += separator;
    append(&list.first[i]);
  }
  out += ']';
}

} // namespace

bool is_true(const value& v) {
  return std::visit(overloaded{[](std::monostate) { return false; }, [](bool b) { return b; },
                               [](std::int64_t n) { return n != 0; }, [](double d) { return d != 0; },
                               [](const std::string& s) { return !s.empty(); },
                               [](const named_number& n) { return n.number != 0; },
                               [](const entry_list& l) { return l.size > 0; },
                               [](const crumb_list& l) { return l.size > 0; },
                               [](const auto&) { return true; }},
                    v);
}

std::string shown(const value& v) {
  return std::visit(
      overloaded{
          [](std::monostate) { return std::string{"<nil>"}; },
          [](bool b) { return std::string{b ? "true" : "false"}; },
          [](std::int64_t n) { return std::to_string(n); },
          [](double d) { return go_double(d); },
          [](const std::string& s) { return s; },
          [](const zoned_time& t) { return format_time(t, go_string_layout); },
          [](const named_number& n) { return std::string{n.name}; },
          [](const listing_page* p) { return shown_struct(page_order, page_fields(), *p); },
          [](const listing_page::entry* e) { return shown_struct(entry_order, entry_fields(), *e); },
          [](const listing_page::crumb* c) { return shown_struct(crumb_order, crumb_fields(), *c); },
          [](const auto& list) {
            std::string out;
            join(out, list, ' ', [&](const auto* one) { out += shown(value{one}); });
            return out;
          },
      },
      v);
}

std::string shown(const std::vector<value>& all) {
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && !std::holds_alternative<std::string>(all[i]) &&
        !std::holds_alternative<std::string>(all[i - 1]))
      out += ' ';
    out += shown(all[i]);
  }
  return out;
}

void append_json(std::string& out, const value& v) {
  std::visit(
      overloaded{
          [&](std::monostate) { out += "null"; },
          [&](bool b) { out += b ? "true" : "false"; },
          [&](std::int64_t n) { out += std::to_string(n); },
          [&](double d) { append_json_double(out, d); },
          [&](const std::string& s) { append_json_string(out, s); },
          [&](const zoned_time& t) {
            append_json_string(out, format_time(t, "2006-01-02T15:04:05.999999999Z07:00"));
          },
          // Go writes the names of these two in scripts, and their numbers elsewhere.
          [&](const named_number& n) { append_json_string(out, n.name); },
          [&](const listing_page* p) { append_json_struct(out, page_order, page_fields(), *p); },
          [&](const listing_page::entry* e) { append_json_struct(out, entry_order, entry_fields(), *e); },
          [&](const listing_page::crumb* c) { append_json_struct(out, crumb_order, crumb_fields(), *c); },
          [&](const auto& list) {
            // Go's list without elements is nil.
            if (list.size == 0)
              out += "null";
            else
              join(out, list, ',', [&](const auto* one) { append_json(out, value{one}); });
          },
      },
      v);
}

std::string_view type_name(const value& v) {
  constexpr std::array<std::string_view, std::variant_size_v<value>> names{"nil",
                                                                           "bool",
                                                                           "int",
                                                                           "float64",
                                                                           "string",
                                                                           "time.Time",
                                                                           "named number",
                                                                           "*serve.Directory",
                                                                           "serve.DirEntry",
                                                                           "serve.Crumb",
                                                                           "[]serve.DirEntry",
                                                                           "[]serve.Crumb"};
  return names[v.index()];
}

std::optional<std::int64_t> integer_of(const value& v) {
  if (const auto* const n = std::get_if<std::int64_t>(&v)) return *n;
  if (const auto* const n = std::get_if<named_number>(&v)) return n->number;
  return std::nullopt;
}

std::optional<std::size_t> length_of(const value& v) {
  if (const auto* const s = std::get_if<std::string>(&v)) return s->size();
  if (const auto* const l = std::get_if<entry_list>(&v)) return l->size;
  if (const auto* const l = std::get_if<crumb_list>(&v)) return l->size;
  return std::nullopt;
}

value element_of(const value& v, std::size_t at) {
  if (const auto* const l = std::get_if<entry_list>(&v)) return &l->first[at];
  if (const auto* const l = std::get_if<crumb_list>(&v)) return &l->first[at];
  return static_cast<std::int64_t>(static_cast<unsigned char>(std::get<std::string>(v)[at]));
}

value member(const value& of, const std::string& name, const std::vector<value>& arguments) {
  if (const auto* const page = std::get_if<const listing_page*>(&of))
    return field(page_fields(), **page, name, arguments);
  if (const auto* const entry = std::get_if<const listing_page::entry*>(&of))
    return field(entry_fields(), **entry, name, arguments);
  if (const auto* const crumb = std::get_if<const listing_page::crumb*>(&of))
    return field(crumb_fields(), **crumb, name, arguments);
  if (const auto* const time = std::get_if<zoned_time>(&of)) {
    const auto found = time_methods().find(name);
    if (found != time_methods().end()) {
      if (arguments.size() != found->second.arguments)
        fail(failure_kind::other, "wrong number of args for " + name + ": want " +
                                      std::to_string(found->second.arguments) + " got " +
                                      std::to_string(arguments.size()));
      return found->second.run(*time, arguments);
    }
  }
  fail(failure_kind::other, "can't evaluate field " + name + " in type " + std::string{type_name(of)});
}

bool is_known_member(std::string_view name) {
  return page_fields().count(name) > 0 || entry_fields().count(name) > 0 || crumb_fields().count(name) > 0 ||
         time_methods().count(name) > 0;
}

} // namespace argosy::markup
