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

// What an element as a whole and its plain bytes become is the same in both directions. `special` appends
// what stands for the byte at the start of a text, or for more, and returns how many bytes it took.
template <class Special>
void append_element(std::string& out, std::string_view element, Special special) {
  if (is_dots(element)) return append_fullwidth_dots(out, element);
  if (is_quoted_dots(element)) {
    out += element;
    return;
  }
  while (true) {
    std::size_t end = 0;
    while (end < element.size() && plain[static_cast<unsigned char>(element[end])]) ++end;
    out += element.substr(0, end);
    if (end == element.size()) return;
    element.remove_prefix(end);
    element.remove_prefix(special(out, element));
  }
}

std::size_t append_standard_special(std::string& out, std::string_view text) {
  if (first_byte(text) != 0xe2) {
    append_symbol(out, first_byte(text));
  } else if (is_kept_quote(text)) {
    out += quote;
    return quote.size();
  } else if (begins_with(text, quote)) {
    out += quote;
    out += quote;
    return quote.size();
  } else {
    if (control_of_symbol(text) != '\0') out += quote;
    out += text.front();
  }
  return 1;
}

std::size_t append_disk_special(std::string& out, std::string_view text) {
  constexpr std::size_t symbol_size = 3;
  if (text.front() == '\0') {
    out += null_symbol;
    return 1;
  }
  if (begins_with(text, quote)) {
    const auto after = text.substr(quote.size());
    if (begins_with(after, quote)) {
      out += quote;
      return 2 * quote.size();
    }
    if (control_of_symbol(after) != '\0') {
      out += after.substr(0, symbol_size);
      return quote.size() + symbol_size;
    }
    out += quote;
    return quote.size();
  }
  if (const char control = control_of_symbol(text); control != '\0') {
    out += control;
    return symbol_size;
  }
  out += text.front();
  return 1;
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

template <class Special>
std::string convert(std::string_view path, Special special) {
  std::string out;
  out.reserve(path.size() + 16);
  while (true) {
    const auto slash = path.find('/');
    append_element(out, path.substr(0, slash), special);
    if (slash == std::string_view::npos) return out;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

} // namespace

std::string standard_from_disk(std::string_view path) {
  return may_change(path) ? convert(path, append_standard_special) : std::string{path};
}

std::string disk_from_standard(std::string_view path) {
  return may_change(path) ? convert(path, append_disk_special) : std::string{path};
}

bool is_standard(std::string_view path) {
  return !may_change(path) || convert(path, append_standard_special) == path;
}

} // namespace argosy
