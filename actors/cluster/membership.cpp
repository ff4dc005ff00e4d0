#include "actors/cluster/membership.hpp"

#include <algorithm>
#include <tuple>

#include "core/go_text.hpp"

namespace argosy {

const char* to_string(node_state state) {
  switch (state) {
  case node_state::joining: return "joining";
  case node_state::up: return "up";
  case node_state::lost: return "lost";
  case node_state::refused: return "refused";
  }
  return "unknown";
}

membership::membership(hello self, const std::vector<std::string>& join, limits bounds) :
    self_(std::move(self)), limits_(bounds) {
  choose_number({});
  for (const auto& address : join) {
    if (at(address) != nullptr) continue;
    entry one;
    one.address = address;
    one.configured = true;
    entries_.push_back(std::move(one));
  }
}

hello membership::introduction() const {
  auto said = self_;
  for (const auto& one : entries_)
    if (!one.name.empty() && one.state != node_state::refused)
      said.others.push_back({one.name, one.address, one.number});
  return said;
}

// A number that does not depend on who is met first: numbers rarely change so, and ids of jobs can be told
// apart by them even when two nodes have not met yet.
void membership::choose_number(const std::set<unsigned>& taken) {
  std::uint32_t hash = 2166136261; // FNV-1a
  for (const auto c : self_.name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  for (unsigned i = 0; i < most_nodes; ++i) {
    const auto candidate = (hash + i) % most_nodes + 1;
    if (taken.count(candidate) > 0) continue;
    self_.number = candidate;
    return;
  }
}

membership::entry* membership::named(const std::string& name) {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const entry& one) { return one.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

membership::entry* membership::at(const std::string& address) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const entry& one) { return one.address == address; });
  return found == entries_.end() ? nullptr : &*found;
}

// Joins what is known of the name with what is known of the address.
membership::entry& membership::meet(const hello& other, const std::string& address) {
  auto* known = named(other.name);
  auto* called = at(address);
  if (called != nullptr && called->name.empty() && known != nullptr) {
    known->configured = known->configured || called->configured;
    known->calling = known->calling || called->calling;
    entries_.erase(entries_.begin() + (called - entries_.data()));
    known = named(other.name);
  } else if (known == nullptr && called != nullptr && called->name.empty()) {
    known = called;
  } else if (known == nullptr) {
    known = &entries_.emplace_back();
  }
  known->name = other.name;
  known->address = address;
  known->number = other.number;
  known->version = other.version;
  known->exports = other.exports;
  return *known;
}

void membership::learn(const std::vector<acquaintance>& others) {
  for (const auto& other : others) {
    if (other.name == self_.name || own_addresses_.count(other.address) > 0) continue;
    if (named(other.name) != nullptr) continue;
    if (auto* known = at(other.address); known != nullptr) {
      if (known->name.empty()) known->name = other.name;
      continue;
    }
    if (entries_.size() >= most_nodes) return;
    entry one;
    one.name = other.name;
    one.address = other.address;
    one.number = other.number;
    entries_.push_back(std::move(one));
  }
}

answer membership::decide(reception decision, std::string reason) const {
  return {decision, std::move(reason), introduction()};
}

std::string membership::objection(const hello& other) const {
  if (other.protocol != self_.protocol)
    return go_quote(other.name) + " speaks protocol " + std::to_string(other.protocol) + " of the cluster, " +
           go_quote(self_.name) + " protocol " + std::to_string(self_.protocol) +
           ": run the same version on both";
  if (other.name == self_.name) return "the name " + go_quote(other.name) + " is taken";
  if (other.caf_node == self_.caf_node)
    return go_quote(other.name) + " and " + go_quote(self_.name) +
           " have the same node id: give each container a line for / with a UUID of its own in /etc/fstab, "
           "or "
           "a MAC address of its own";
  return {};
}

bool membership::number_taken(const hello& other) const {
  return other.number == 0 || other.number == self_.number ||
         std::any_of(entries_.begin(), entries_.end(), [&](const entry& one) {
           return one.state == node_state::up && one.name != other.name && one.number == other.number;
         });
}

answer membership::called_by(const hello& caller, const std::string& host, clock now) {
  if (caller.incarnation == self_.incarnation) return decide(reception::refused, "this is the node itself");
  if (auto why = objection(caller); !why.empty()) return decide(reception::refused, std::move(why));
  const auto* known = named(caller.name);
  if (known != nullptr && (known->state == node_state::up || known->greeted)) {
    if (known->incarnation == caller.incarnation) return decide(reception::busy, "connected already");
    return decide(reception::refused,
                  "the name " + go_quote(caller.name) + " is taken by the node at " + known->address);
  }
  if (known == nullptr && entries_.size() >= most_nodes)
    return decide(reception::refused, "the cluster has " + std::to_string(most_nodes) + " nodes already");
  if (number_taken(caller)) return decide(reception::number_taken, "the number is taken");
  // Both may call at once, one of them an address that is not known to be the other's: the call of the
  // smaller name counts.
  const auto calls = [&](const entry& one) {
    return one.calling && (one.name == caller.name || one.name.empty());
  };
  if (self_.name < caller.name && std::any_of(entries_.begin(), entries_.end(), calls))
    return decide(reception::busy, "being called from here");
  auto& met = meet(caller, reachable_address(caller.address, host));
  met.greeted = true;
  met.incarnation = caller.incarnation;
  met.last_heard = now;
  learn(caller.others);
  return decide(reception::welcome);
}

std::vector<std::string> membership::due(clock now) {
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(),
                                [&](const entry& one) {
                                  return one.state == node_state::lost && !one.configured && !one.calling &&
                                         one.last_heard + limits_.forget < now;
                                }),
                 entries_.end());
  std::vector<std::string> addresses;
  for (auto& one : entries_) {
    if (one.state == node_state::up || one.greeted || one.calling || now < one.next_call) continue;
    one.calling = true;
    addresses.push_back(one.address);
  }
  return addresses;
}

void membership::pause(entry& one, clock now, bool longest) {
  one.calling = false;
  one.pause = longest ? limits_.longest_pause
                      : std::min(limits_.longest_pause, std::max(limits_.first_pause, one.pause * 2));
  one.next_call = now + one.pause;
}

bool membership::call_answered(const std::string& address, const answer& said, clock now) {
  auto* called = at(address);
  if (called == nullptr) return false;
  if (said.from.incarnation == self_.incarnation) {
    own_addresses_.insert(address);
    entries_.erase(entries_.begin() + (called - entries_.data()));
    return false;
  }
  if (auto why = objection(said.from); !why.empty() || said.decision == reception::refused) {
    called->state = node_state::refused;
    called->reason = why.empty() ? said.reason : why;
    pause(*called, now, true);
    return false;
  }
  auto& met = meet(said.from, address);
  met.calling = false;
  if (met.state == node_state::refused) met.state = node_state::joining;
  if (said.decision == reception::number_taken || number_taken(said.from)) {
    std::set<unsigned> taken{said.from.number};
    for (const auto& other : said.from.others) taken.insert(other.number);
    for (const auto& one : entries_) taken.insert(one.number);
    choose_number(taken);
  }
  learn(said.from.others);
  auto& met_again = *named(said.from.name); // learning may have moved it
  met_again.reason = said.reason;
  if (said.decision != reception::welcome) {
    pause(met_again, now);
    return false;
  }
  if (met_again.state == node_state::up || met_again.greeted) return false;
  met_again.greeted = true;
  met_again.incarnation = said.from.incarnation;
  met_again.last_heard = now;
  return true;
}

void membership::call_failed(const std::string& address, const std::string& reason, clock now) {
  auto* called = at(address);
  if (called == nullptr) return;
  called->calling = false;
  if (called->state == node_state::up || called->greeted) return;
  called->reason = reason;
  pause(*called, now);
}

bool membership::link(const std::string& name, std::uint64_t incarnation, clock now) {
  auto* one = named(name);
  if (one == nullptr || one->incarnation != incarnation || (!one->greeted && one->state != node_state::up))
    return false;
  one->state = node_state::up;
  one->greeted = false;
  one->reason.clear();
  one->pause = clock{0};
  one->last_heard = now;
  one->ever_heard = true;
  one->report = {};
  return true;
}

void membership::heard(const std::string& name, std::uint64_t incarnation, const node_report& report,
                       clock now) {
  auto* one = named(name);
  if (one == nullptr || one->incarnation != incarnation || one->state != node_state::up) return;
  one->last_heard = now;
  one->number = report.number;
  one->report = report;
}

bool membership::lost(const std::string& name, std::uint64_t incarnation, const std::string& reason,
                      clock now) {
  auto* one = named(name);
  if (one == nullptr || one->incarnation != incarnation || (one->state != node_state::up && !one->greeted))
    return false;
  one->state = one->ever_heard ? node_state::lost : node_state::joining;
  one->greeted = false;
  one->reason = reason;
  one->report = {};
  pause(*one, now);
  return true;
}

void membership::left(const std::string& name, std::uint64_t incarnation, clock now) {
  auto* one = named(name);
  if (one == nullptr || one->incarnation != incarnation) return;
  if (!one->configured) {
    entries_.erase(entries_.begin() + (one - entries_.data()));
    return;
  }
  lost(name, incarnation, "it has left", now);
}

std::vector<std::string> membership::silent(clock now) {
  std::vector<std::string> names;
  for (auto& one : entries_) {
    const auto patience = one.greeted ? limits_.greeting : limits_.silence;
    if ((one.greeted || one.state == node_state::up) && one.last_heard + patience <= now)
      names.push_back(one.name);
  }
  for (const auto& name : names) lost(name, named(name)->incarnation, "it has fallen silent", now);
  return names;
}

std::string membership::address_of(const std::string& name) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const entry& one) { return one.name == name; });
  return found == entries_.end() ? std::string{} : found->address;
}

std::vector<node_view> membership::nodes(clock now) const {
  std::vector<node_view> views;
  for (const auto& one : entries_) {
    node_view view{one.name,   one.address,          one.version,    one.number, one.state,  false,
                   one.reason, now - one.last_heard, one.ever_heard, one.report, one.exports};
    views.push_back(std::move(view));
  }
  std::sort(views.begin(), views.end(), [](const node_view& a, const node_view& b) {
    return std::tie(a.name, a.address) < std::tie(b.name, b.address);
  });
  node_view own;
  own.name = self_.name;
  own.address = self_.address;
  own.version = self_.version;
  own.number = self_.number;
  own.state = node_state::up;
  own.self = true;
  own.heard = true;
  own.report = own_report_;
  own.exports = self_.exports;
  views.insert(views.begin(), std::move(own));
  return views;
}

} // namespace argosy
