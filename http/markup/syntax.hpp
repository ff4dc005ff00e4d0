#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/markup/value.hpp"

/// What a template's text says, as a tree.
namespace argosy::markup {

struct pipeline;
struct function_row;

/// Something that stands in a command: `.Leaf`, `$x.Size`, `"text"`, `(len .Entries)`, `contains`.
struct operand {
  enum class kind { nil, dot, constant, variable, function, group };
  kind what = kind::dot;
  value constant;                         ///< of kind constant
  std::string name;                       ///< of a variable, with its `$`
  const function_row* function = nullptr; ///< of kind function
  std::shared_ptr<const pipeline> group;  ///< what stands in parentheses
  std::vector<std::string> members;       ///< `.A.B` behind it
};

/// `contains .Leaf "x"`: what is called or shown, and arguments.
using command = std::vector<operand>;

struct pipeline {
  int line = 0;
  bool assigns = false; ///< `$x = ...`, not `$x := ...`
  std::vector<std::string> variables;
  std::vector<command> commands;
};

/// What is done with a value before it stands in the page. `html` and `urlquery` are the functions of these
/// names, which a template may put at the end of a pipeline itself.
enum class escaping : std::uint8_t {
  html_text,
  rcdata,
  attribute,
  unquoted_attribute,
  attribute_name,
  url_filter,
  url_part,
  url_query,
  srcset,
  js_value,
  js_text,
  js_template,
  js_regexp,
  css_value,
  css_text,
  comment,
  html,
  urlquery,
};

struct node {
  enum class kind { text, show, choose, repeat, with, call, stop_loop, next_round };
  kind what = kind::text;
  int line = 0;
  std::string text; ///< of kind text; the name of the called template
  std::shared_ptr<const pipeline> value;
  std::vector<node> body, otherwise;
  /// Of kind show, in this order. Found by add_escaping.
  std::vector<escaping> escapings;
  /// The last command of the pipeline is an escaping by name, which stands among `escapings` instead.
  bool drops_last = false;
};

using tree = std::vector<node>;

/// Templates by name.
using template_set = std::map<std::string, tree>;

/// Name of the template that a file is.
inline constexpr const char* main_template = "index";

/// `template: index:7: why`.
[[noreturn]] void fail_at(int line, const std::string& why);

/// Reads the text of a template, with all that it defines. Throws failure(other) in Go's words: syntax,
/// unknown functions, variables, fields, wrong numbers of arguments, calls of templates that are not there.
template_set parse_template(std::string_view text);

} // namespace argosy::markup
