#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "http/markup/functions.hpp"
#include "http/markup/literals.hpp"
#include "http/markup/scanner.hpp"
#include "http/markup/syntax.hpp"

namespace argosy::markup {

namespace {

// Parentheses in parentheses: far beyond what anybody writes, far below what a stack holds.
constexpr int deepest_nesting = 100;

using kind = token::kind;

// As error texts name it.
std::string named(const token& t) {
  switch (t.what) {
  case kind::end: return "EOF";
  case kind::error: return std::string{t.text};
  case kind::keyword: return "<" + std::string{t.text} + ">";
  default: break;
  }
  return t.text.size() > 10 ? go_quote(t.text.substr(0, 10)) + "..." : go_quote(t.text);
}

bool is_blank(const tree& nodes) {
  return std::all_of(nodes.begin(), nodes.end(), [](const node& n) {
    return n.what == node::kind::text && n.text.find_first_not_of(" \t\r\n\f\v") == std::string::npos;
  });
}

class parser {
public:
  explicit parser(std::string_view text) : scan_(text) {}

  template_set parse() {
    tree all;
    while (peek().what != kind::end) {
      if (auto made = statement(all)) unexpected_end(*made, "");
    }
    add(main_template, std::move(all));
    for (const auto& [name, line] : called_)
      if (made_.count(name) == 0) fail_at(line, "no such template " + go_quote(name));
    return std::move(made_);
  }

private:
  // How a list of statements ended.
  enum class ending { end, otherwise };

  // --- tokens ---

  const token& peek() {
    if (ahead_.empty()) ahead_.push_back(scan_.next());
    return ahead_.front();
  }
  token next() {
    auto taken = peek();
    ahead_.pop_front();
    line_ = taken.line;
    return taken;
  }
  token next_solid() {
    peek_solid();
    return next();
  }
  const token& peek_solid() {
    while (peek().what == kind::space) next();
    return peek();
  }
  bool next_is_keyword(std::string_view word) {
    return peek_solid().what == kind::keyword && peek().text == word;
  }

  [[noreturn]] void unexpected(const token& t, const std::string& where) const {
    if (t.what == kind::error) fail_at(t.line, std::string{t.text});
    fail_at(t.line, "unexpected " + named(t) + " in " + where);
  }
  [[noreturn]] void unexpected_end(ending how, const std::string& where) const {
    fail_at(line_, std::string{"unexpected {{"} + (how == ending::end ? "end" : "else") + "}}" +
                       (where.empty() ? "" : " in " + where));
  }
  void expect_right_delimiter(const std::string& where) {
    const auto t = next_solid();
    if (t.what != kind::right_delimiter) unexpected(t, where);
  }

  // --- statements ---

  // Appends what stands next; or says that a list of statements ends here.
  std::optional<ending> statement(tree& into) {
    const auto t = next_solid();
    if (t.what == kind::text) {
      node made;
      made.line = t.line;
      made.text = t.text;
      into.push_back(std::move(made));
      return std::nullopt;
    }
    if (t.what != kind::left_delimiter) unexpected(t, "input");
    peek_solid();
    if (peek().what != kind::keyword || peek().text == "nil") {
      node made;
      made.what = node::kind::show;
      made.line = peek().line;
      made.value = pipe("command", kind::right_delimiter);
      into.push_back(std::move(made));
      return std::nullopt;
    }
    const auto word = next();
    return keyword(word, into);
  }

  std::optional<ending> keyword(const token& word, tree& into) {
    if (word.text == "end") {
      expect_right_delimiter("end");
      return ending::end;
    }
    if (word.text == "else") {
      if (!next_is_keyword("if") && !next_is_keyword("with")) expect_right_delimiter("else");
      return ending::otherwise;
    }
    if (word.text == "define") {
      define(word);
      return std::nullopt;
    }
    node made;
    made.line = word.line;
    if (word.text == "if")
      control(made, node::kind::choose, "if");
    else if (word.text == "with")
      control(made, node::kind::with, "with");
    else if (word.text == "range")
      control(made, node::kind::repeat, "range");
    else if (word.text == "template")
      call(made);
    else if (word.text == "block")
      block(made);
    else
      jump(made, word);
    into.push_back(std::move(made));
    return std::nullopt;
  }

  void jump(node& made, const token& word) {
    const auto name = "{{" + std::string{word.text} + "}}";
    expect_right_delimiter(name);
    if (loops_ == 0) fail_at(word.line, name + " outside {{range}}");
    made.what = word.text == "break" ? node::kind::stop_loop : node::kind::next_round;
  }

  ending statements(tree& into) {
    ++nested_;
    for (;;) {
      if (peek_solid().what == kind::end) fail_at(peek().line, "unexpected EOF");
      if (const auto how = statement(into)) {
        --nested_;
        return *how;
      }
    }
  }

  void control(node& made, node::kind what, const char* name) {
    const auto known = variables_.size();
    made.what = what;
    made.value = pipe(name, kind::right_delimiter);
    if (what == node::kind::repeat) ++loops_;
    const auto how = statements(made.body);
    if (what == node::kind::repeat) --loops_;
    if (how == ending::otherwise) {
      const bool chained = what != node::kind::repeat && next_is_keyword(name);
      if (chained) {
        node inner;
        inner.line = next().line;
        control(inner, what, name);
        made.otherwise.push_back(std::move(inner));
      } else {
        if (peek_solid().what == kind::keyword) unexpected(peek(), std::string{"else of "} + name);
        if (statements(made.otherwise) != ending::end) fail_at(line_, "expected end; found {{else}}");
      }
    }
    variables_.resize(known);
  }

  void call(node& made) {
    made.what = node::kind::call;
    made.text = template_name("template clause");
    called_.emplace(made.text, made.line);
    if (peek_solid().what == kind::right_delimiter)
      next();
    else
      made.value = pipe("template clause", kind::right_delimiter);
  }

  void define(const token& word) {
    if (nested_ > 0) unexpected(word, "command");
    auto name = template_name("define clause");
    expect_right_delimiter("define clause");
    add(std::move(name), separate("define clause"));
  }

  void block(node& made) {
    made.what = node::kind::call;
    made.text = template_name("block clause");
    made.value = pipe("block clause", kind::right_delimiter);
    add(made.text, separate("block clause"));
  }

  // The statements of a template of its own: nothing around it is seen from there.
  tree separate(const char* where) {
    tree body;
    auto variables = std::exchange(variables_, {"$"});
    const auto loops = std::exchange(loops_, 0);
    if (const auto how = statements(body); how != ending::end) unexpected_end(how, where);
    variables_ = std::move(variables);
    loops_ = loops;
    return body;
  }

  std::string template_name(const char* where) {
    const auto t = next_solid();
    if (t.what != kind::quoted && t.what != kind::raw_quoted) unexpected(t, where);
    return text_of(t);
  }

  void add(const std::string& name, tree body) {
    auto& known = made_[name];
    if (known.empty() || is_blank(known))
      known = std::move(body);
    else if (!is_blank(body))
      fail_at(line_, "template: multiple definition of template " + go_quote(name));
  }

  // --- pipelines ---

  std::shared_ptr<const pipeline> pipe(const std::string& where, kind last) {
    auto made = std::make_shared<pipeline>();
    made->line = peek_solid().line;
    variables(*made, where);
    for (;;) {
      const auto& t = peek_solid();
      if (t.what == last) {
        next();
        break;
      }
      if (!begins_operand(t)) unexpected(t, where);
      made->commands.push_back(read_command());
    }
    check(*made, where);
    return made;
  }

  static bool begins_operand(const token& t) {
    switch (t.what) {
    case kind::boolean:
    case kind::character:
    case kind::dot:
    case kind::field:
    case kind::identifier:
    case kind::number:
    case kind::raw_quoted:
    case kind::quoted:
    case kind::variable:
    case kind::left_paren: return true;
    case kind::keyword: return t.text == "nil";
    default: return false;
    }
  }

  // `$x :=`, `$x =`, and of range `$i, $x :=`.
  void variables(pipeline& into, const std::string& where) {
    while (peek_solid().what == kind::variable) {
      const auto name = next();
      std::vector<token> passed{name};
      while (peek().what == kind::space) passed.push_back(next());
      const auto& behind = peek();
      const bool comma = behind.what == kind::other && behind.text == ",";
      if (behind.what != kind::assign && behind.what != kind::declare && !comma) {
        // It was an operand.
        ahead_.insert(ahead_.begin(), passed.begin(), passed.end());
        return;
      }
      into.assigns = behind.what == kind::assign;
      if (into.assigns) require_variable(name);
      into.variables.emplace_back(name.text);
      variables_.emplace_back(name.text);
      next();
      if (!comma) return;
      if (where != "range" || into.variables.size() > 1)
        fail_at(name.line, "too many declarations in " + where);
      if (peek_solid().what != kind::variable) fail_at(name.line, "range can only initialize variables");
    }
  }

  void require_variable(const token& t) const {
    if (std::find(variables_.begin(), variables_.end(), t.text) == variables_.end())
      fail_at(t.line, "undefined variable " + go_quote(t.text));
  }

  command read_command() {
    command made;
    for (;;) {
      if (begins_operand(peek_solid())) made.push_back(read_operand());
      const auto& t = peek();
      if (t.what == kind::space) continue;
      if (t.what == kind::pipe)
        next();
      else if (t.what != kind::right_delimiter && t.what != kind::right_paren)
        unexpected(t, "operand");
      break;
    }
    if (made.empty()) fail_at(line_, "empty command");
    return made;
  }

  operand read_operand() {
    auto made = term();
    const bool plain = made.what == operand::kind::nil || made.what == operand::kind::constant ||
                       (made.what == operand::kind::dot && made.members.empty());
    if (plain && peek().what == kind::field) fail_at(line_, "unexpected . after term");
    while (peek().what == kind::field) add_member(made, next());
    return made;
  }

  void add_member(operand& to, const token& t) const {
    auto name = std::string{t.text.substr(1)};
    if (!is_known_member(name))
      fail_at(t.line, "can't evaluate field " + name + ": there is none of that name");
    to.members.push_back(std::move(name));
  }

  operand term() {
    const auto t = next();
    operand made;
    switch (t.what) {
    case kind::dot: break;
    case kind::field: add_member(made, t); break;
    case kind::variable:
      require_variable(t);
      made.what = operand::kind::variable;
      made.name = t.text;
      break;
    case kind::identifier:
      made.what = operand::kind::function;
      made.function = find_function(t.text);
      if (made.function == nullptr) fail_at(t.line, "function " + go_quote(t.text) + " not defined");
      break;
    case kind::left_paren:
      if (++depth_ > deepest_nesting) fail_at(t.line, "max expression depth exceeded");
      made.what = operand::kind::group;
      made.group = pipe("parenthesized pipeline", kind::right_paren);
      --depth_;
      break;
    case kind::keyword: made.what = operand::kind::nil; break;
    default: made.what = operand::kind::constant; made.constant = constant(t);
    }
    return made;
  }

  static value constant(const token& t) {
    if (t.what == kind::boolean) return t.text == "true";
    if (t.what == kind::number) {
      if (auto number = number_of(t.text)) return *number;
      fail_at(t.line, "illegal number syntax: " + go_quote(t.text));
    }
    if (t.what != kind::character) return text_of(t);
    if (const auto number = character_of(t.text)) return *number;
    fail_at(t.line, "malformed character constant: " + std::string{t.text});
  }

  static std::string text_of(const token& t) {
    if (auto text = unquote(t.text)) return *std::move(text);
    fail_at(t.line, "invalid syntax");
  }

  static void check(const pipeline& made, const std::string& where) {
    if (made.commands.empty()) fail_at(made.line, "missing value for " + where);
    for (std::size_t i = 0; i < made.commands.size(); ++i) {
      const auto& one = made.commands[i];
      const auto& first = one.front();
      const bool plain = first.what == operand::kind::nil || first.what == operand::kind::constant ||
                         (first.what == operand::kind::dot && first.members.empty());
      if (i > 0 && plain)
        fail_at(made.line, "non executable command in pipeline stage " + std::to_string(i + 1));
      if (first.what == operand::kind::nil) fail_at(made.line, "nil is not a command");
      const bool may_take = first.what == operand::kind::function || !first.members.empty();
      if (!may_take && (one.size() > 1 || i > 0)) fail_at(made.line, "can't give argument to non-function");
      if (first.what == operand::kind::function)
        check_count(*first.function, one.size() - 1 + (i > 0 ? 1 : 0), made.line);
      for (std::size_t k = 1; k < one.size(); ++k)
        if (one[k].what == operand::kind::function) check_count(*one[k].function, 0, made.line);
    }
  }

  static void check_count(const function_row& row, std::size_t given, int line) {
    if (given >= row.fewest && given <= row.most) return;
    const auto wanted = row.fewest == row.most ? "want " : "want at least ";
    fail_at(line, "wrong number of args for " + std::string{row.name} + ": " + wanted +
                      std::to_string(row.fewest) + " got " + std::to_string(given));
  }

  scanner scan_;
  std::deque<token> ahead_;
  int line_ = 1;
  int depth_ = 0;  // of parentheses
  int nested_ = 0; // statements in statements
  int loops_ = 0;
  std::vector<std::string> variables_{"$"};
  template_set made_;
  std::multimap<std::string, int> called_; // where
};

} // namespace

void fail_at(int line, const std::string& why) {
  fail(failure_kind::other,
       "template: " + std::string{main_template} + ":" + std::to_string(line) + ": " + why);
}

template_set parse_template(std::string_view text) { return parser{text}.parse(); }

} // namespace argosy::markup
