#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/time_layout.hpp"
#include "http/listing_page.hpp"

/// Templates of pages: the language of Go's text/template with the escaping of its html/template, as far as a
/// page that lists a folder can need it (rc-surface 2.8.3).
namespace argosy::markup {

/// Go's time.Month and time.Weekday: numbers that are shown by name.
struct named_number {
  std::int64_t number = 0;
  std::string_view name;
};

/// A part of a list that belongs to somebody else.
template <class T>
struct list_view {
  const T* first = nullptr;
  std::size_t size = 0;
};
using entry_list = list_view<listing_page::entry>;
using crumb_list = list_view<listing_page::crumb>;

/// What a template computes with. The page and its parts outlive it.
using value = std::variant<std::monostate, bool, std::int64_t, double, std::string, zoned_time, named_number,
                           const listing_page*, const listing_page::entry*, const listing_page::crumb*,
                           entry_list, crumb_list>;

/// What `if` thinks of it: false are false, 0, the empty text, the empty list and nil.
bool is_true(const value& v);
/// Go's fmt "%v".
std::string shown(const value& v);
/// As shown, several with a space between two of which neither is a text: Go's fmt.Sprint.
std::string shown(const std::vector<value>& all);
/// Go's json.Marshal, without spaces.
void append_json(std::string& out, const value& v);
/// Its type in Go, for error texts.
std::string_view type_name(const value& v);
/// The number in it, if it is one without decimals.
std::optional<std::int64_t> integer_of(const value& v);
/// Elements or bytes, if it has some.
std::optional<std::size_t> length_of(const value& v);
/// An element of a list, or a byte of a text. `at` is below length_of.
value element_of(const value& v, std::size_t at);

/// A field, or what a method of a time returns. Throws failure(other) saying what is wrong.
value member(const value& of, const std::string& name, const std::vector<value>& arguments);
/// Whether any value has such a field or method.
bool is_known_member(std::string_view name);

} // namespace argosy::markup
