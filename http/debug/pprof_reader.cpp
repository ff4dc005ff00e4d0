#include "http/debug/pprof_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>

#include "core/failure.hpp"
#include "http/debug/symbol_child.hpp"
#include "metrics/instruments.hpp"
#include "metrics/leaks.hpp"
#include "metrics/memory.hpp"
#include "metrics/process.hpp"
#include "metrics/profile/actor_profile.hpp"
#include "metrics/profile/heap_profile.hpp"
#include "metrics/profile/legacy_text.hpp"

namespace argosy {

namespace {

std::vector<ledger::record> leaked_actors(const ledger& book) {
  std::vector<ledger::record> found;
  for (auto& leak : find_leaks(book, now()))
    if (leak.what.what == resource::actor) found.push_back(std::move(leak.what));
  return found;
}

std::vector<ledger::record> records_of(const ledger& book, const std::string& name) {
  return name == "goroutineleak" ? leaked_actors(book) : book.records(resource::actor);
}

bool of_actors(const std::string& name) { return name == "goroutine" || name == "goroutineleak"; }

symbol_map names_of(const may_block& on, const profile& p) {
  return on.book().tools().names.resolve(p.stacks(), ask_symbol_child(on));
}

http_reply text_reply(std::string text) {
  auto reply = http_reply::text(200, "text/plain; charset=utf-8", std::move(text));
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return reply;
}

std::string text_of(const may_block& on, const pprof_request& wanted) {
  const auto& name = wanted.name;
  if (of_actors(name) && wanted.debug == 2) {
    const auto records = records_of(on.book(), name);
    return actor_dump(records, names_of(on, actor_profile(records, true)), now());
  }
  const auto memory = read_memory();
  const auto p =
      of_actors(name) ? actor_profile(records_of(on.book(), name), false) : take_snapshot(on, name);
  const auto names = names_of(on, p);
  if (name == "heap" || name == "allocs") return heap_text(p, names, memory);
  if (name == "block") return wait_text("contention", p, names);
  if (name == "mutex") return wait_text("mutex", p, names);
  return count_text(name, p, names);
}

} // namespace

profile take_snapshot(const may_block& on, const std::string& name) {
  auto& book = on.book();
  if (name == "block") return book.tools().blocking.read();
  if (name == "mutex") return book.tools().contention.read();
  if (name == "threadcreate") {
    const auto threads = read_threads();
    return thread_profile(book.records(resource::thread), {threads.begin(), threads.end()});
  }
  if (of_actors(name)) {
    auto p = actor_profile(records_of(book, name), true);
    if (name == "goroutineleak") p.types[0].name = p.period_type.name = "goroutineleak";
    return p;
  }
  auto p = read_heap_profile();
  if (name == "allocs") p.shown = 1;
  return p;
}

http_reply profile_reply(const may_block& on, const profile& p, const std::string& file_name) {
  auto reply =
      http_reply::text(200, "application/octet-stream", encode_profile(p, names_of(on, p), loaded_modules()));
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  reply.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + file_name + "\"");
  return reply;
}

http_reply snapshot_reply(const may_block& on, const pprof_request& wanted) {
  if (wanted.collect) release_memory();
  if (wanted.debug != 0) return text_reply(text_of(on, wanted));
  return profile_reply(on, take_snapshot(on, wanted.name), wanted.name);
}

std::map<std::string, std::int64_t> profile_counts(const may_block& on) {
  auto& book = on.book();
  const auto heap = can_profile_heap() ? static_cast<std::int64_t>(read_heap_profile().samples.size()) : 0;
  return {{"allocs", heap},
          {"heap", heap},
          {"block", static_cast<std::int64_t>(book.tools().blocking.stacks())},
          {"mutex", static_cast<std::int64_t>(book.tools().contention.stacks())},
          {"goroutine", static_cast<std::int64_t>(book.live(resource::actor))},
          {"goroutineleak", static_cast<std::int64_t>(leaked_actors(book).size())},
          {"threadcreate", static_cast<std::int64_t>(read_threads().size())}};
}

std::string symbol_text(const may_block& on, const std::string& addresses) {
  call_stack asked;
  for (std::string_view rest = addresses; !rest.empty();) {
    auto word = rest.substr(0, rest.find('+'));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    const int base = word.substr(0, 2) == "0x" ? 16 : 10;
    if (base == 16) word.remove_prefix(2);
    std::uintptr_t address = 0;
    std::from_chars(word.data(), word.data() + word.size(), address, base);
    if (address != 0) asked.push_back(address);
  }
  const auto names = on.book().tools().names.resolve_given(asked, ask_symbol_child(on));
  // pprof asks whether there is any symbol at all by this number.
  std::string out = "num_symbols: 1\n";
  for (const auto address : asked) {
    std::array<char, 16> digits{};
    auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), address, 16).ptr;
    out += "0x" + std::string{digits.data(), end} + " " + names.at(address).back().function + "\n";
  }
  return out;
}

std::string command_line_text() {
  std::ifstream file{"/proc/self/cmdline", std::ios::binary};
  std::string all{std::istreambuf_iterator<char>{file}, {}};
  if (!all.empty() && all.back() == '\0') all.pop_back();
  std::string shown;
  bool secret_follows = false;
  for (std::string_view rest = all; !rest.empty();) {
    const auto word = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    const bool flag = word.substr(0, 1) == "-";
    const auto name = word.substr(0, word.find('='));
    const bool secret =
        flag &&
        (name.find("pass") != std::string_view::npos || name.find("secret") != std::string_view::npos ||
         name.find("token") != std::string_view::npos || name.find("key") != std::string_view::npos);
    if (!shown.empty()) shown += '\0';
    if (secret_follows && !flag)
      shown += "XXX";
    else
      shown += secret && name != word ? std::string{name} + "=XXX" : std::string{word};
    secret_follows = secret && name == word;
  }
  return shown;
}

} // namespace argosy
