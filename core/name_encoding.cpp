#include "core/name_encoding.hpp"

#include <array>

namespace argosy {

namespace {

constexpr std::string_view quote = "\xe2\x80\x9b";           // U+201B
constexpr std::string_view null_symbol = "\xe2\x90\x80";     // U+2400
constexpr std::string_view fullwidth_dot = "\xef\xbc\x8e";   // U+FF0E
constexpr std::string_view fullwidth_slash = "\xef\xbc\x8f"; // U+FF0F

constexpr unsigned char delete_character = 0x7f;

// True for the bytes that a name can hold without being looked at more closely.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0; c < 256; ++c)
    plain[c] = c >= 0x20 && c != delete_character && c != '/' && c != 0xe2;
  return plain;
}
constexpr auto plain = make_plain();

unsigned char first_byte(std::string_view text) { return static_cast<unsigned char>(text.front()); }
bool begins_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// The control character whose symbol (U+2401 to U+241F, U+2421) stands at the start, or NUL.
char control_of_symbol(std::string_view text) {
  if (text.size() < 3 || text[0] != '\xe2' || text[1] != '\x90') return '\0';
  const auto last = static_cast<unsigned char>(text[2]);
  if (last > 0x80 && last < 0xa0) return static_cast<char>(last - 0x80);
  return last == 0xa1 ? static_cast<char>(delete_character) : '\0';
}

void append_symbol(std::string& out, unsigned char control) {
  out += "\xe2\x90";
  out += static_cast<char>(control == delete_character ? 0xa1 : 0x80 + control);
}

// Elements whose quoting marks belong to the name on disk: a fullwidth dot, or two, that are not meant as `.`
// or `..`.
bool is_quoted_dots(std::string_view element) {
  const auto one = quote.size() + fullwidth_dot.size();
  const auto is_pair = [](std::string_view text) {
    return begins_with(text, quote) && text.substr(quote.size()) == fullwidth_dot;
  };
  if (element.size() == one) return is_pair(element);
  return element.size() == 2 * one && is_pair(element.substr(0, one)) && is_pair(element.substr(one));
}

// A quoting mark that is the same on both sides, because of what follows it.
bool is_kept_quote(std::string_view text) {
  return begins_with(text, quote) && (begins_with(text.substr(quote.size()), null_symbol) ||
                                      begins_with(text.substr(quote.size()), fullwidth_slash));
}

bool is_dots(std::string_view element) { return element == "." || element == ".."; }

void append_fullwidth_dots(std::string& out, std::string_view element) {
  for (std::size_t i = 0; i < element.size(); ++i) out += fullwidth_dot;
}

void append_standard(std::string& out, std::string_view element) {
  if (is_dots(element)) return append_fullwidth_dots(out, element);
  if (is_quoted_dots(element)) {
    out += element;
    return;
  }
  while (!element.empty()) {
    std::size_t taken = 1;
    if (plain[first_byte(element)]) {
      while (taken < element.size() && plain[static_cast<unsigned char>(element[taken])]) ++taken;
      out += element.substr(0, taken);
    } else if (first_byte(element) != 0xe2) {
      append_symbol(out, first_byte(element));
    } else if (is_kept_quote(element)) {
      out += quote;
      taken = quote.size();
    } else if (begins_with(element, quote)) {
      out += quote;
      out += quote;
      taken = quote.size();
    } else {
      if (control_of_symbol(element) != '\0') out += quote;
      out += element.front();
    }
    element.remove_prefix(taken);
  }
}

void append_disk(std::string& out, std::string_view element) {
  if (is_dots(element)) return append_fullwidth_dots(out, element);
  if (is_quoted_dots(element)) {
    out += element;
    return;
  }
  while (!element.empty()) {
    std::size_t taken = 1;
    if (plain[first_byte(element)]) {
      while (taken < element.size() && plain[static_cast<unsigned char>(element[taken])]) ++taken;
      out += element.substr(0, taken);
    } else if (element.front() == '\0') {
      out += null_symbol;
    } else if (begins_with(element, quote)) {
      taken = quote.size();
      const auto after = element.substr(taken);
      if (begins_with(after, quote)) {
        out += quote;
        taken += quote.size();
      } else if (control_of_symbol(after) != '\0') {
        out += after.substr(0, 3);
        taken += 3;
      } else {
        out += quote;
      }
    } else if (const char control = control_of_symbol(element); control != '\0') {
      out += control;
      taken = 3;
    } else {
      out += element.front();
    }
    element.remove_prefix(taken);
  }
}

// False when no element can need a change, by a look at every byte.
bool may_change(std::string_view path) {
  char before = '/'; // the byte before p, as if a slash stood in front
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (!plain[static_cast<unsigned char>(c)] && c != '/') return true;
    if (c == '.' && before == '/') {
      const auto element = path.substr(i, path.find('/', i) - i);
      if (is_dots(element)) return true;
    }
    before = c;
  }
  return false;
}

template <class Append>
std::string convert(std::string_view path, Append append) {
  std::string out;
  out.reserve(path.size() + 16);
  while (true) {
    const auto slash = path.find('/');
    append(out, path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

} // namespace

std::string standard_from_disk(std::string_view path) {
  return may_change(path) ? convert(path, append_standard) : std::string{path};
}

std::string disk_from_standard(std::string_view path) {
  return may_change(path) ? convert(path, append_disk) : std::string{path};
}

bool is_standard(std::string_view path) {
  return !may_change(path) || convert(path, append_standard) == path;
}

} // namespace argosy
