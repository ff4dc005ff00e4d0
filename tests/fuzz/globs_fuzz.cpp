#include "core/glob.hpp"

#include <algorithm>

#include "core/unicode.hpp"
#include "tests/fuzz/fuzz.hpp"

// An input is a byte of flags and a glob in the first line, and texts in the others.
namespace argosy::fuzz {

namespace {

constexpr std::size_t most_texts = 4;

// A matcher of its own for globs of plain characters, `?`, `*` and `**`, which tries everything.
bool matches_here(std::string_view glob, std::string_view path) {
  if (glob.empty()) return path.empty();
  if (glob.front() == '*') {
    const bool deep = glob.substr(0, 2) == "**";
    const auto rest = glob.substr(deep ? 2 : 1);
    for (std::size_t i = 0;; ++i) {
      if (matches_here(rest, path.substr(i))) return true;
      if (i == path.size() || (!deep && path[i] == '/')) return false;
    }
  }
  if (path.empty() || (glob.front() == '?' ? path.front() == '/' : path.front() != glob.front()))
    return false;
  return matches_here(glob.substr(1), path.substr(1));
}

bool matches_by_trying(std::string_view glob, std::string_view path) {
  if (!glob.empty() && glob.front() == '/') return matches_here(glob.substr(1), path);
  for (std::size_t i = 0;; ++i) {
    if ((i == 0 || path[i - 1] == '/') && matches_here(glob, path.substr(i))) return true;
    if (i == path.size()) return false;
  }
}

bool is_simple(std::string_view glob) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view{"/*?.+-_$^()|"}.find(c) != std::string_view::npos;
  };
  return glob.size() <= 24 && std::count(glob.begin(), glob.end(), '*') <= 4 &&
         std::all_of(glob.begin(), glob.end(), plain);
}

bool is_printable(std::string_view text) {
  return text.size() <= 48 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

std::string escaped(std::string_view path) {
  std::string glob = "/";
  for (const char c : path) {
    if (std::string_view{"\\*?[]{},.+()|^$/"}.find(c) != std::string_view::npos) glob += '\\';
    glob += c;
  }
  return glob;
}

void check_text(const glob_pattern& pattern, std::string_view glob, std::string_view text,
                glob_subject subject) {
  const bool matches = pattern.matches(text);
  expect_equal(glob_pattern{pattern}.matches(text), matches, "a copy matches as the original does");
  if (subject == glob_subject::path && is_simple(glob) && is_printable(text))
    expect_equal(matches, matches_by_trying(glob, text), "a glob matches what its characters say");
  if (!matches) return;
  expect(glob_pattern(glob, subject, true).matches(text), "in any case is not less", text);
  if (!is_valid_utf8(text) || text.find('\n') != std::string_view::npos) return;
  expect(glob_pattern(escaped(text), glob_subject::path, false).matches(text), "an escaped path is itself",
         text);
}

void check_directories(std::string_view glob) {
  const auto directories = directory_globs(glob);
  expect(!directories.empty(), "a file is in some directory", glob);
  for (const auto& directory : directories)
    expect(directory == "/**" || directory.back() == '/', "the glob of a directory ends in a slash",
           directory);
}

} // namespace

void check(std::string_view input) {
  reader in{input};
  const auto flags = in.byte();
  const auto subject = (flags & 2) != 0 ? glob_subject::plain_text : glob_subject::path;
  const auto glob = in.line();
  check_directories(glob);
  const auto pattern = accepted([&] { return glob_pattern{glob, subject, (flags & 1) != 0}; });
  if (!pattern) return;
  expect_equal(pattern->regexp(), glob_to_regexp(glob, subject, (flags & 1) != 0),
               "a glob is one expression");
  for (const auto& text : lines_of(in.rest(), most_texts)) {
    std::string storage;
    const auto valid = valid_for_matching(text, storage);
    expect(is_valid_utf8(valid), "what is matched is UTF-8", text);
    if ((flags & 1) == 0) check_text(*pattern, glob, valid, subject);
  }
}

} // namespace argosy::fuzz
