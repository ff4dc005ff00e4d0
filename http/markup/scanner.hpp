#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace argosy::markup {

struct token {
  enum class kind {
    error, ///< text: why
    end,
    text,
    left_delimiter,
    right_delimiter,
    space,
    identifier,
    keyword,
    field,    ///< `.Leaf`
    dot,      ///< `.`
    variable, ///< `$`, `$x`
    boolean,
    number,
    character,
    quoted,
    raw_quoted,
    pipe,
    assign,
    declare,
    left_paren,
    right_paren,
    other, ///< one more printable character
  };
  kind what = kind::end;
  std::string_view text;
  int line = 1;
};

/// Takes the text of a template apart, as Go's text/template does: `{{-` and `-}}` trim, `{{/* */}}` is
/// nothing.
class scanner {
public:
  /// `text` outlives the scanner and its tokens.
  explicit scanner(std::string_view text) : text_(text) {}
  token next();

private:
  token take(token::kind what, std::size_t size);
  token error(const char* why);
  token bad_character();
  token outside();
  token left_delimiter();
  token right_delimiter();
  token inside();
  token space();
  token word(token::kind what);
  token number();
  token quoted(char quote, token::kind what, const char* why);
  token raw_quoted();

  std::string_view rest() const { return text_.substr(at_); }
  std::size_t word_length(std::size_t from) const;
  bool ends_word(std::size_t at) const;
  void skip(std::size_t size);
  void skip_space();

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int parens_ = 0;
  bool in_action_ = false;
  std::string failed_; // holds the text of an error
};

} // namespace argosy::markup
