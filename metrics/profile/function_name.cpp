#include "metrics/profile/function_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <memory>

#include <cxxabi.h>

namespace argosy {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool starts(std::string_view text, std::size_t at, std::string_view with) {
  return text.compare(at, with.size(), with) == 0;
}

// Length of "operator" with the punctuation that belongs to it: `operator()`, `operator<<`; 0: there is none.
std::size_t operator_length(std::string_view text, std::size_t at) {
  constexpr std::string_view word = "operator";
  const auto after = at + word.size();
  if (!starts(text, at, word) || (at > 0 && is_word(text[at - 1])) ||
      (after < text.size() && is_word(text[after])))
    return 0;
  if (starts(text, after, "()") || starts(text, after, "[]")) return word.size() + 2;
  return std::min(text.find_first_not_of("<>=!+-*/%^&|~,", after), text.size()) - at;
}

// Without everything in brackets, the brackets included.
std::string without_brackets(std::string_view text) {
  constexpr std::string_view anonymous = "(anonymous namespace)::";
  std::string flat;
  int open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (const auto length = operator_length(text, i); length != 0) {
      if (open == 0) flat += text.substr(i, length);
      i += length - 1;
    } else if (starts(text, i, anonymous)) {
      i += anonymous.size() - 1;
    } else if (c == '<' || c == '(' || c == '[') {
      ++open;
    } else if (c == '>' || c == ')' || c == ']') {
      if (open > 0 && !(c == '>' && text[i - 1] == '-')) --open;
    } else if (open == 0) {
      flat += c;
    }
  }
  return flat;
}

void drop_qualifiers(std::string& name) {
  // Of the function in which a lambda or a class is.
  constexpr std::string_view of_outer = " const::";
  for (auto at = name.find(of_outer); at != std::string::npos; at = name.find(of_outer))
    name.erase(at, of_outer.size() - 2);
  constexpr std::array<std::string_view, 5> ends{" const", " volatile", " noexcept", "&", " "};
  const auto drop_one = [&] {
    return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) {
      if (name.size() <= end.size() || name.compare(name.size() - end.size(), end.size(), end) != 0)
        return false;
      name.resize(name.size() - end.size());
      return true;
    });
  };
  while (name.find("operator&") == std::string::npos && drop_one()) {}
}

// Only functions made of templates have one in front.
void drop_return_type(std::string& name) {
  const auto conversion = name.find("operator "); // whose name holds blanks
  std::size_t begin = 0;
  int braces = 0; // and so does that of a lambda: `{lambda#1}`, `{unnamed type#1}`
  for (std::size_t i = 0; i < std::min(conversion, name.size()); ++i) {
    braces += name[i] == '{' ? 1 : name[i] == '}' ? -1 : 0;
    if (name[i] == ' ' && braces == 0) begin = i + 1;
  }
  name.erase(0, begin);
}

// The name in front of the parameters, for names too long for the demangler of the C++ library: `_ZN`, then
// pairs of length and text. Empty when it does not begin like this.
std::string nested_name(std::string_view mangled) {
  constexpr std::string_view begin = "_ZN";
  if (mangled.substr(0, begin.size()) != begin) return {};
  mangled.remove_prefix(begin.size());
  if (mangled.substr(0, 1) == "K") mangled.remove_prefix(1);
  std::string name;
  std::size_t length = 0;
  while (true) {
    const auto [end, error] = std::from_chars(mangled.data(), mangled.data() + mangled.size(), length);
    if (error != std::errc{}) return name;
    mangled.remove_prefix(static_cast<std::size_t>(end - mangled.data()));
    const auto part = mangled.substr(0, length);
    mangled.remove_prefix(part.size());
    if (part.substr(0, 9) != "_GLOBAL__") name += (name.empty() ? "" : "::") + std::string{part};
  }
}

} // namespace

std::string plain_function_name(const std::string& linkage_name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled{
      abi::__cxa_demangle(linkage_name.c_str(), nullptr, nullptr, &status), std::free};
  if (!demangled || status != 0)
    if (auto name = nested_name(linkage_name); !name.empty()) return name;
  const auto full = demangled && status == 0 ? std::string{demangled.get()} : linkage_name;
  auto name = without_brackets(full);
  drop_qualifiers(name);
  drop_return_type(name);
  return name.empty() ? full : name;
}

} // namespace argosy
