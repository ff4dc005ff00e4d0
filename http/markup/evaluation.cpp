#include "http/markup/evaluation.hpp"

#include <optional>
#include <utility>

#include "core/failure.hpp"
#include "http/markup/escapers.hpp"
#include "http/markup/functions.hpp"

namespace argosy::markup {

namespace {

// Templates that call templates. Each takes some hundred bytes of the thread's stack.
constexpr int deepest_call = 1000;

class evaluator {
public:
  evaluator(const template_set& templates, std::string& out) : templates_(templates), out_(out) {}

  void call(const std::string& name, const value& dot) {
    if (++depth_ > deepest_call) fail(failure_kind::other, "exceeded maximum template depth");
    auto variables = std::exchange(variables_, known_variables{{std::string{"$"}, dot}});
    run(templates_.at(name), dot);
    variables_ = std::move(variables);
    --depth_;
  }

private:
  using known_variables = std::vector<std::pair<std::string, value>>; // of two of one name the last counts
  enum class flow { on, next_round, stop_loop };

  flow run(const tree& nodes, const value& dot) {
    for (const auto& n : nodes)
      if (const auto how = run(n, dot); how != flow::on) return how;
    return flow::on;
  }

  flow run(const node& n, const value& dot) {
    switch (n.what) {
    case node::kind::text: out_ += n.text; return flow::on;
    case node::kind::stop_loop: return flow::stop_loop;
    case node::kind::next_round: return flow::next_round;
    case node::kind::show: show(n, dot); return flow::on;
    case node::kind::call:
      call(n.text, n.value ? at_line(n, [&] { return result(*n.value, dot); }) : value{});
      return flow::on;
    case node::kind::choose:
    case node::kind::with: return choose(n, dot);
    case node::kind::repeat: return repeat(n, dot);
    }
    return flow::on;
  }

  template <class Work>
  static auto at_line(const node& n, const Work& work) -> decltype(work()) {
    try {
      return work();
    } catch (const failure& why) {
      fail_at(n.line, why.what());
    }
  }

  void show(const node& n, const value& dot) {
    at_line(n, [&] {
      std::vector<value> shown_values;
      if (n.drops_last && n.value->commands.size() == 1) {
        const auto& last = n.value->commands.front();
        for (std::size_t i = 1; i < last.size(); ++i) shown_values.push_back(read(last[i], dot, {}));
      } else {
        shown_values.push_back(result(*n.value, dot, n.drops_last ? 1 : 0));
      }
      if (!n.value->variables.empty()) return;
      for (const auto how : n.escapings) {
        value text = escaped(how, shown_values);
        shown_values.clear();
        shown_values.push_back(std::move(text));
      }
      out_ += shown(shown_values);
    });
  }

  flow choose(const node& n, const value& dot) {
    const auto known = variables_.size();
    const auto given = at_line(n, [&] { return result(*n.value, dot); });
    const auto& chosen = is_true(given) ? n.body : n.otherwise;
    const bool moves = n.what == node::kind::with && is_true(given);
    const auto how = run(chosen, moves ? given : dot);
    forget(known);
    return how;
  }

  flow repeat(const node& n, const value& dot) {
    const auto known = variables_.size();
    const auto over = at_line(n, [&] { return result(*n.value, dot, 0, false); });
    const auto count = at_line(n, [&] { return rounds(over); });
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::int64_t>(i);
      const auto item = integer_of(over) ? value{at} : element_of(over, i);
      const auto& names = n.value->variables;
      if (names.size() == 1) set(names[0], item, n.value->assigns);
      if (names.size() == 2) {
        set(names[0], at, n.value->assigns);
        set(names[1], item, n.value->assigns);
      }
      const auto how = run(n.body, item);
      forget(known);
      if (how == flow::stop_loop) break;
    }
    if (count > 0) return flow::on;
    const auto how = run(n.otherwise, dot);
    forget(known);
    return how;
  }

  static std::size_t rounds(const value& over) {
    if (const auto count = integer_of(over)) return *count > 0 ? static_cast<std::size_t>(*count) : 0;
    const auto length = length_of(over);
    if (!length || std::holds_alternative<std::string>(over))
      fail(failure_kind::other, "range can't iterate over " + shown(over));
    return *length;
  }

  // --- variables ---

  void forget(std::size_t known) { variables_.resize(known); }

  void set(const std::string& name, const value& v, bool assigns) {
    if (!assigns) {
      variables_.emplace_back(name, v);
      return;
    }
    for (auto one = variables_.rbegin(); one != variables_.rend(); ++one)
      if (one->first == name) {
        one->second = v;
        return;
      }
  }

  value variable(const std::string& name) const {
    for (auto one = variables_.rbegin(); one != variables_.rend(); ++one)
      if (one->first == name) return one->second;
    fail(failure_kind::other, "undefined variable: " + name);
  }

  // --- values ---

  // `without`: so many of the last commands are left out.
  value result(const pipeline& p, const value& dot, std::size_t without = 0, bool sets = true) {
    std::optional<value> last;
    for (std::size_t i = 0; i + without < p.commands.size(); ++i)
      last = run(p.commands[i], dot, std::move(last));
    if (sets)
      for (const auto& name : p.variables) set(name, *last, p.assigns);
    return *std::move(last);
  }

  value run(const command& c, const value& dot, std::optional<value> last) {
    const auto& first = c.front();
    if (first.what == operand::kind::function && first.function->run == nullptr)
      return members(first, logic(c, dot, std::move(last)), {});
    std::vector<value> arguments;
    arguments.reserve(c.size());
    for (std::size_t i = 1; i < c.size(); ++i) arguments.push_back(read(c[i], dot, {}));
    if (last) arguments.push_back(*std::move(last));
    return read(first, dot, arguments);
  }

  // `and` and `or` look only as far as the answer is open.
  value logic(const command& c, const value& dot, std::optional<value> last) {
    const bool seeks_false = c.front().function->name == "and";
    value found;
    for (std::size_t i = 1; i < c.size(); ++i) {
      found = read(c[i], dot, {});
      if (is_true(found) != seeks_false) return found;
    }
    return last ? *std::move(last) : found;
  }

  value read(const operand& o, const value& dot, const std::vector<value>& arguments) {
    switch (o.what) {
    case operand::kind::nil: return {};
    case operand::kind::dot: return members(o, dot, arguments);
    case operand::kind::constant: return o.constant;
    case operand::kind::variable: return members(o, variable(o.name), arguments);
    case operand::kind::group: return members(o, result(*o.group, dot), arguments);
    case operand::kind::function: break;
    }
    if (o.function->run == nullptr)
      fail(failure_kind::other, std::string{o.function->name} + " needs arguments");
    try {
      return members(o, o.function->run(arguments), {});
    } catch (const failure& why) {
      fail(failure_kind::other, "error calling " + std::string{o.function->name} + ": " + why.what());
    }
  }

  static value members(const operand& o, value of, const std::vector<value>& arguments) {
    for (std::size_t i = 0; i < o.members.size(); ++i)
      of = member(of, o.members[i], i + 1 == o.members.size() ? arguments : std::vector<value>{});
    return of;
  }

  const template_set& templates_;
  std::string& out_;
  known_variables variables_;
  int depth_ = 0;
};

} // namespace

std::string evaluate(const template_set& templates, const listing_page& page) {
  std::string out;
  evaluator{templates, out}.call(main_template, &page);
  return out;
}

} // namespace argosy::markup
