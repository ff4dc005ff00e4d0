#include "metrics/profile/symbols.hpp"

#include <algorithm>
#include <charconv>
#include <istream>
#include <ostream>
#include <sstream>
#include <string_view>
#include <utility>

#include <backtrace.h>

#include "core/failure.hpp"
#include "metrics/profile/function_name.hpp"
#include "metrics/profile/modules.hpp"

namespace argosy {

namespace {

// The questions: a line `/path/of/module` (or a single `-` for the program itself), then for each address in
// it a line with its distance from the module's base, hexadecimal, before which the path need not be
// repeated. The answers: for each address its frames, a line each of fields between tabs, then an empty line.
constexpr char field_end = '\t';
constexpr std::string_view own_module = "-";

std::string hexadecimal(std::uint64_t number) {
  char digits[16];
  return {digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr};
}

std::uint64_t from_hexadecimal(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

// The folder that all sources of this program are in, with a slash at its end.
std::string_view source_folder() {
  constexpr std::string_view own = "metrics/profile/symbols.cpp";
  constexpr std::string_view path = __FILE__;
  return path.size() > own.size() ? path.substr(0, path.size() - own.size()) : std::string_view{};
}

std::string shown_file(std::string_view path) {
  const auto ours = source_folder();
  if (!ours.empty() && path.substr(0, ours.size()) == ours) path.remove_prefix(ours.size());
  return std::string{path};
}

// One address in the process that answers.
class question {
public:
  question(backtrace_state* state, std::uintptr_t address) : address_(address) {
    const auto ignore = [](void*, const char*, int) {};
    backtrace_syminfo(state, address, on_symbol, ignore, this);
    backtrace_pcinfo(state, address, on_line, ignore, this);
    if (found_.empty() && !symbol_.empty()) found_.push_back({});
    // The debug information has no linkage name for lambdas and what is local; the symbol table has one for
    // the function that all of this was inlined into.
    if (!found_.empty() && !symbol_.empty() && found_.back().linkage_name.compare(0, 2, "_Z") != 0)
      found_.back().linkage_name = symbol_;
    for (auto& f : found_) f.function = plain_function_name(f.linkage_name);
  }

  void write(std::ostream& out) const {
    for (const auto& f : found_)
      out << f.function << field_end << f.linkage_name << field_end << f.file << field_end << f.line
          << field_end << hexadecimal(offset_) << '\n';
    out << '\n';
  }

private:
  static void on_symbol(void* self, std::uintptr_t, const char* name, std::uintptr_t start, std::uintptr_t) {
    auto& q = *static_cast<question*>(self);
    if (name == nullptr) return;
    q.symbol_ = name;
    q.offset_ = q.address_ - start;
  }
  static int on_line(void* self, std::uintptr_t, const char* file, int line, const char* function) {
    auto& q = *static_cast<question*>(self);
    if (function == nullptr && file == nullptr) return 0;
    frame f;
    f.linkage_name = function == nullptr ? "" : function;
    f.file = file == nullptr ? "" : shown_file(file);
    f.line = line;
    q.found_.push_back(std::move(f));
    return 0;
  }

  const std::uintptr_t address_;
  std::vector<frame> found_;
  std::string symbol_;
  std::uint64_t offset_ = 0;
};

std::string questions_of(const std::vector<code_module>& modules, const std::vector<std::uintptr_t>& calls) {
  std::string text;
  const code_module* last = nullptr;
  for (const auto call : calls) {
    const auto* m = module_of(modules, call);
    if (m != last) text += (m == &modules.front() ? std::string{own_module} : m->path) + '\n';
    last = m;
    text += hexadecimal(call - m->base) + '\n';
  }
  return text;
}

frame read_frame(std::string_view line) {
  const auto next = [&] {
    const auto end = std::min(line.find(field_end), line.size());
    const auto field = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return field;
  };
  frame f;
  f.function = next();
  f.linkage_name = next();
  f.file = next();
  const auto number = next();
  std::from_chars(number.data(), number.data() + number.size(), f.line);
  f.offset = from_hexadecimal(next());
  return f;
}

frame_list read_answer(std::istream& in) {
  frame_list found;
  for (std::string line; std::getline(in, line) && !line.empty();) found.push_back(read_frame(line));
  return found;
}

const char* word_of(name_kind kind) {
  switch (kind) {
  case name_kind::actor: return "actor ";
  case name_kind::thread: return "thread ";
  case name_kind::mailbox: return "mailbox ";
  case name_kind::queue: return "queue ";
  }
  return "";
}

frame named(std::uintptr_t name) {
  frame f;
  f.function = std::string{"["} + word_of(kind_of_name(name)) + text_of_name(name) + ']';
  f.linkage_name = f.function;
  return f;
}

// All of a library without names is one: its addresses apart would bury what has names.
frame unknown(const std::vector<code_module>& modules, std::uintptr_t call) {
  frame f;
  const auto* m = module_of(modules, call);
  if (m == nullptr) {
    f.function = "0x" + hexadecimal(call);
  } else {
    f.function = "[" + (m->path.empty() ? "vdso" : m->path.substr(m->path.rfind('/') + 1)) + "]";
    f.offset = call - m->base;
  }
  f.linkage_name = f.function;
  return f;
}

std::size_t bytes_of(const frame_list& all) {
  std::size_t sum = 64; // of the map's node
  for (const auto& f : all)
    sum += sizeof f + f.function.capacity() + f.linkage_name.capacity() + f.file.capacity();
  return sum;
}

} // namespace

void answer_symbol_questions(std::istream& in, std::ostream& out) {
  auto* const state = backtrace_create_state(
      nullptr, 0, [](void*, const char*, int) {}, nullptr);
  const auto modules = loaded_modules();
  const code_module* at = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line == own_module) {
      at = modules.empty() ? nullptr : &modules.front();
    } else if (!line.empty() && line.front() == '/') {
      const auto found =
          std::find_if(modules.begin(), modules.end(), [&](const code_module& m) { return m.path == line; });
      at = found == modules.end() ? nullptr : &*found;
    } else if (at == nullptr || state == nullptr) {
      out << '\n';
    } else {
      question{state, at->base + from_hexadecimal(line)}.write(out);
    }
  }
}

symbol_map symbols::resolve(const std::vector<call_stack>& stacks, const asker& ask) {
  symbol_map wanted;
  for (const auto& stack : stacks)
    for (const auto address : stack) wanted.emplace(address, frame_list{});
  std::vector<std::uintptr_t> asked;
  {
    const std::lock_guard<std::mutex> lock{mutex_};
    for (auto& [address, found] : wanted)
      if (const auto known = known_.find(address); known != known_.end())
        found = known->second;
      else if (is_name(address)) {
        found.push_back(named(address));
        names_.insert(address);
      } else
        asked.push_back(address);
  }
  if (asked.empty()) return wanted;

  const auto modules = loaded_modules();
  // The instruction before a return address is the call.
  std::vector<std::uintptr_t> calls;
  for (const auto address : asked)
    if (const auto* m = module_of(modules, address - 1); m != nullptr && !m->path.empty())
      calls.push_back(address - 1);
  std::istringstream answers{calls.empty() ? std::string{} : ask(questions_of(modules, calls))};
  for (const auto call : calls) wanted[call + 1] = read_answer(answers);
  const std::lock_guard<std::mutex> lock{mutex_};
  for (const auto address : asked) {
    auto& found = wanted[address];
    if (found.empty()) found.push_back(unknown(modules, address - 1));
    if (bytes_ > most_remembered) {
      known_.clear();
      bytes_ = 0;
    }
    if (known_.emplace(address, found).second) bytes_ += bytes_of(found);
  }
  return wanted;
}

symbol_map symbols::resolve_given(call_stack addresses, const asker& ask) {
  symbol_map of_names;
  const auto is_no_code = [&](std::uintptr_t address) {
    if (!is_name(address)) return false;
    auto& found = of_names[address];
    const std::lock_guard<std::mutex> lock{mutex_};
    for (const auto name : {address, address + 1})
      if (found.empty() && names_.count(name) != 0) found.push_back(named(name));
    if (found.empty()) found.push_back(unknown({}, address));
    return true;
  };
  addresses.erase(std::remove_if(addresses.begin(), addresses.end(), is_no_code), addresses.end());
  auto all = resolve({std::move(addresses)}, ask);
  all.merge(of_names);
  return all;
}

std::size_t symbols::remembered() const {
  const std::lock_guard<std::mutex> lock{mutex_};
  return bytes_;
}

} // namespace argosy
