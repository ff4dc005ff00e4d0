#include "metrics/profile/actor_profile.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace argosy {

namespace {

constexpr nanoseconds second = 1'000'000'000;

nanoseconds idle_time(const ledger::record& r, nanoseconds present) {
  return std::max<nanoseconds>(present - r.last_activity, 0);
}

std::string frame_text(const std::string& before, const frame& f, const std::string& after) {
  char offset[32];
  std::snprintf(offset, sizeof offset, "+0x%llx", static_cast<unsigned long long>(f.offset));
  return before + f.function + after + "\n\t" + (f.file.empty() ? "?" : f.file) + ":" +
         std::to_string(f.line) + " " + offset + "\n";
}

std::string dump_of(const ledger::record& r, const symbol_map& names, nanoseconds present) {
  std::string out = "goroutine " + std::to_string(r.id) + " [" + r.state;
  if (const auto minutes = idle_time(r, present) / (60 * second); minutes > 0)
    out += ", " + std::to_string(minutes) + " minutes";
  out += "]:\n";
  auto at = r.stack.begin();
  if (r.has_body && at != r.stack.end()) {
    for (const auto& f : names.at(*at)) out += frame_text("", f, "(...)");
    ++at;
  } else {
    out += frame_text("", names.at(name_frame(name_kind::actor, r.kind)).front(), "(...)");
  }
  // 0: a thread that runs no actors, such as one of the HTTP server.
  const auto parent = "goroutine " + std::to_string(r.parent);
  bool creator = true;
  auto first_caller = "[originating from " + parent + "]:\n";
  for (; at != r.stack.end(); ++at)
    for (const auto& f : names.at(*at)) {
      if (creator)
        out += frame_text("created by ", f, " in " + parent);
      else
        out += std::exchange(first_caller, "") + frame_text("", f, "(...)");
      creator = false;
    }
  return out + "\n";
}

} // namespace

profile actor_profile(const std::vector<ledger::record>& records, bool each) {
  profile p;
  p.types = {{"goroutine", "count"}};
  p.period_type = {"goroutine", "count"};
  p.period = 1;
  p.taken = now();
  for (const auto& r : records) {
    if (r.what != resource::actor) continue;
    profile_sample s{{name_frame(name_kind::actor, r.kind)}, {1}, {}};
    s.stack.insert(s.stack.end(), r.stack.begin(), r.stack.end());
    if (each) s.labels.push_back({"idle", "", idle_time(r, p.taken) / second, "seconds"});
    if (each && r.owner_job != 0) s.labels.push_back({"job", std::to_string(r.owner_job)});
    s.labels.push_back({"state", r.state});
    p.samples.push_back(std::move(s));
  }
  p.merge();
  return p;
}

std::string actor_dump(const std::vector<ledger::record>& records, const symbol_map& names,
                       nanoseconds present) {
  std::string out;
  for (const auto& r : records)
    if (r.what == resource::actor) out += dump_of(r, names, present);
  return out;
}

profile thread_profile(const std::vector<ledger::record>& records, const std::map<int, std::string>& named) {
  profile p;
  p.types = {{"threadcreate", "count"}};
  p.period_type = {"threadcreate", "count"};
  p.period = 1;
  p.taken = now();
  std::map<std::string, std::int64_t> unknown;
  for (const auto& [number, name] : named) ++unknown[name];
  for (const auto& r : records) {
    if (r.what != resource::thread) continue;
    const auto known = unknown.find(r.kind);
    if (known != unknown.end() && --known->second == 0) unknown.erase(known);
    profile_sample s{{name_frame(name_kind::thread, r.kind)}, {1}, {{"thread", r.kind}}};
    s.stack.insert(s.stack.end(), r.stack.begin(), r.stack.end());
    p.samples.push_back(std::move(s));
  }
  // The others were made by libraries.
  for (const auto& [name, count] : unknown)
    p.samples.push_back({{name_frame(name_kind::thread, "of a library")}, {count}, {{"thread", name}}});
  p.merge();
  return p;
}

} // namespace argosy
