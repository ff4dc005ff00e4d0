#include "core/glob.hpp"

#include <algorithm>
#include <iterator>
#include <re2/re2.h>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

/// Reads a glob from left to right and writes the regular expression.
class translator {
public:
  translator(std::string_view glob, glob_subject subject) : glob_(glob), subject_(subject) {}

  std::string run(bool ignore_case) {
    if (ignore_case) out_ = "(?i)";
    const bool path = subject_ == glob_subject::path;
    const bool rooted = path && !glob_.empty() && glob_.front() == '/';
    out_ += path && !rooted ? "(^|/)" : "^";
    if (rooted) glob_.remove_prefix(1); // in rclone's error texts too
    while (position_ < glob_.size()) step();
    if (class_depth_ > 0) refuse("mismatched '[' and ']'");
    if (brace_depth_ > 0) refuse("mismatched '{' and '}'");
    return out_ += '$';
  }

private:
  [[noreturn]] void refuse(const char* what) const {
    fail(failure_kind::other, std::string{what} + " in glob " + go_quote(glob_));
  }

  void step() {
    const char c = glob_[position_];
    if (c == '\\') return escape();
    if (class_depth_ > 0) return inside_class(c);
    switch (c) {
    case '*': return stars();
    case '{': return open_brace();
    case '}':
      if (brace_depth_-- == 0) refuse("mismatched '{' and '}'");
      out_ += ')';
      break;
    case '[':
      ++class_depth_;
      out_ += c;
      break;
    case ']': refuse("mismatched ']'");
    case '?': out_ += subject_ == glob_subject::path ? "[^/]" : "."; break;
    case ',': out_ += brace_depth_ > 0 ? '|' : ','; break;
    case '.':
    case '+':
    case '(':
    case ')':
    case '|':
    case '^':
    case '$': (out_ += '\\') += c; break;
    default: out_ += c;
    }
    ++position_;
  }

  /// The next character stands for itself, whatever it is.
  void escape() {
    out_ += '\\';
    if (++position_ < glob_.size()) out_ += glob_[position_++];
  }

  /// A class is RE2's own business; only its end has to be found.
  void inside_class(char c) {
    if (c == '[') ++class_depth_;
    if (c == ']') --class_depth_;
    out_ += c;
    ++position_;
  }

  void stars() {
    const auto end = std::min(glob_.find_first_not_of('*', position_), glob_.size());
    const auto count = end - position_;
    const std::size_t most = subject_ == glob_subject::path ? 2 : 1;
    if (count > most) fail(failure_kind::other, "too many stars in " + go_quote(glob_));
    out_ += count == most ? ".*" : "[^/]*";
    position_ = end;
  }

  void open_brace() {
    if (glob_.substr(position_, 2) != "{{") {
      ++brace_depth_;
      ++position_;
      out_ += '(';
      return;
    }
    const auto begin = position_ + 2;
    const auto close = glob_.find("}}", begin);
    if (close == std::string_view::npos) refuse("mismatched '{{' and '}}'");
    // The last two of a run of braces end it, so that `{{\d{8}}}` means what it looks like.
    const auto end = std::min(glob_.find_first_not_of('}', close), glob_.size());
    out_.append("(").append(glob_.substr(begin, end - 2 - begin)).append(")");
    position_ = end;
  }

  std::string_view glob_;
  glob_subject subject_;
  std::string out_;
  std::size_t position_ = 0;
  int class_depth_ = 0;
  int brace_depth_ = 0;
};

/// True when the directories of the files cannot be told from the text: slashes or double stars inside
/// braces, braces in braces, raw regular expressions.
bool too_hard(std::string_view glob) {
  bool inside = false;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    switch (glob[i]) {
    case '\\': ++i; break;
    case '{':
      if (inside || glob.substr(i, 2) == "{{") return true;
      inside = true;
      break;
    case '}': inside = false; break;
    case '/':
      if (inside) return true;
      break;
    case '*':
      if (inside && glob.substr(i, 2) == "**") return true;
      break;
    default: break;
    }
  }
  return false;
}

/// Go's words for what RE2 found.
const char* reason(re2::RE2::ErrorCode code) {
  switch (code) {
  case re2::RE2::ErrorBadEscape: return "invalid escape sequence";
  case re2::RE2::ErrorBadCharClass:
  case re2::RE2::ErrorBadCharRange: return "invalid character class range";
  case re2::RE2::ErrorMissingBracket: return "missing closing ]";
  case re2::RE2::ErrorMissingParen: return "missing closing )";
  case re2::RE2::ErrorUnexpectedParen: return "unexpected )";
  case re2::RE2::ErrorTrailingBackslash: return "trailing backslash at end of expression";
  case re2::RE2::ErrorRepeatArgument: return "missing argument to repetition operator";
  case re2::RE2::ErrorRepeatSize: return "invalid repeat count";
  case re2::RE2::ErrorRepeatOp: return "invalid nested repetition operator";
  case re2::RE2::ErrorBadPerlOp: return "invalid or unsupported Perl syntax";
  case re2::RE2::ErrorBadUTF8: return "invalid UTF-8";
  case re2::RE2::ErrorBadNamedCapture: return "invalid named capture";
  case re2::RE2::ErrorPatternTooLarge: return "expression too large";
  case re2::RE2::NoError:
  case re2::RE2::ErrorInternal: break;
  }
  return "regexp/syntax: internal error";
}

} // namespace

std::string glob_to_regexp(std::string_view glob, glob_subject subject, bool ignore_case) {
  return translator{glob, subject}.run(ignore_case);
}

std::vector<std::string> directory_globs(std::string_view file_glob) {
  constexpr const char* every_directory = "/**";
  if (too_hard(file_glob)) return {every_directory};
  // Several slashes count as one.
  std::string single;
  std::unique_copy(file_glob.begin(), file_glob.end(), std::back_inserter(single),
                   [](char a, char b) { return a == '/' && b == '/'; });
  std::string_view glob = single;
  std::vector<std::string> out;
  while (!glob.empty()) {
    const auto slash = glob.rfind('/');
    const auto stars = glob.rfind("**");
    if (slash == std::string_view::npos && stars == std::string_view::npos) break;
    std::string directory;
    if (stars != std::string_view::npos && (slash == std::string_view::npos || stars > slash)) {
      directory = glob.substr(0, stars + 2);
      glob = glob.substr(0, stars);
    } else {
      glob = glob.substr(0, slash);
      directory = glob;
    }
    directory += '/';
    if (out.empty() || out.back() != directory) out.push_back(std::move(directory));
  }
  if (out.empty()) out.emplace_back(every_directory);
  return out;
}

glob_pattern::glob_pattern(std::string_view glob, glob_subject subject, bool ignore_case) {
  const auto text = glob_to_regexp(glob, subject, ignore_case);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  auto compiled = std::make_shared<re2::RE2>(text, options);
  if (!compiled->ok()) {
    if (subject == glob_subject::path && !glob.empty() && glob.front() == '/')
      glob.remove_prefix(1); // as in rclone
    fail(failure_kind::other, "bad glob pattern " + go_quote(glob) + " (regexp " + go_quote(text) +
                                  "): error parsing regexp: " + reason(compiled->error_code()) + ": `" +
                                  compiled->error_arg() + "`");
  }
  regexp_ = std::move(compiled);
}

bool glob_pattern::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *regexp_);
}

const std::string& glob_pattern::regexp() const { return regexp_->pattern(); }

std::string_view valid_for_matching(std::string_view text, std::string& storage) {
  if (is_valid_utf8(text)) return text;
  storage.clear();
  while (!text.empty()) {
    const auto size = utf8_length(text);
    if (size == 0) {
      storage += "\xef\xbf\xbd";
    } else {
      storage += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return storage;
}

} // namespace argosy
