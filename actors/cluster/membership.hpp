#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "actors/cluster/hello.hpp"
#include "actors/cluster/messages.hpp"

namespace argosy {

/// How a node looks from here.
enum class node_state : std::uint8_t {
  joining, ///< an address that never answered yet, or a call that is about to succeed
  up,
  lost,    ///< was up; is called again until it answers
  refused, ///< one of the two does not take the other
};
inline constexpr std::size_t node_state_count = 4;
const char* to_string(node_state state);

/// One node as cluster/nodes shows it.
struct node_view {
  std::string name; ///< empty: an address that was to be joined and never answered
  std::string address, version;
  unsigned number = 0;
  node_state state = node_state::joining;
  bool self = false;
  std::string reason;                  ///< why it is not up; empty: no reason known
  std::chrono::nanoseconds silence{0}; ///< since it was heard last
  bool heard = false;                  ///< ever
  node_report report;
  std::vector<std::string> exports; ///< "/data:ro"
};

/// Who belongs to the cluster, as one node knows it: plain values and a clock that is handed in. Decides whom
/// to call when, who is taken in, who is lost. Names are unique, and so are numbers; who comes later has to
/// find another.
class membership {
public:
  using clock = std::chrono::nanoseconds; ///< since any fixed moment

  struct limits {
    clock silence = std::chrono::seconds(4);  ///< nothing heard for so long: lost. Reports come each second
    clock greeting = std::chrono::seconds(5); ///< from the welcome to the first message between the actors
    clock first_pause = std::chrono::milliseconds(250), longest_pause = std::chrono::seconds(5);
    clock forget = std::chrono::hours(24); ///< a lost one that nobody told us to join
  };
  /// `self` needs no number yet. `join` are addresses.
  membership(hello self, const std::vector<std::string>& join, limits bounds);
  membership(hello self, const std::vector<std::string>& join) :
      membership(std::move(self), join, limits{}) {}

  /// What this node says of itself now.
  hello introduction() const;
  unsigned number() const { return self_.number; }

  /// How busy this node is.
  void report(const node_report& own) { own_report_ = own; }

  /// Somebody who knows the secret calls, from that host. With `welcome` the caller is expected to link().
  answer called_by(const hello& caller, const std::string& host, clock now);
  /// Addresses to call now, each by call_ended() sooner or later.
  std::vector<std::string> due(clock now);
  /// The call is answered. True: link to it.
  bool call_answered(const std::string& address, const answer& said, clock now);
  void call_failed(const std::string& address, const std::string& reason, clock now);

  /// The actors of both nodes know each other. False: nobody expects that.
  bool link(const std::string& name, std::uint64_t incarnation, clock now);
  void heard(const std::string& name, std::uint64_t incarnation, const node_report& report, clock now);
  /// The connection is gone. False: it was none of those that count.
  bool lost(const std::string& name, std::uint64_t incarnation, const std::string& reason, clock now);
  /// It has said that it ends.
  void left(const std::string& name, std::uint64_t incarnation, clock now);
  /// Marks as lost who has been silent too long; their names.
  std::vector<std::string> silent(clock now);

  /// host:port; empty: nobody of that name is known.
  std::string address_of(const std::string& name) const;
  /// This node first, then the others by name.
  std::vector<node_view> nodes(clock now) const;

private:
  struct entry {
    std::string name, address; // one of them may be empty
    bool configured = false;
    node_state state = node_state::joining;
    bool calling = false, greeted = false;
    clock pause{0}, next_call{0}, last_heard{0};
    bool ever_heard = false;
    std::uint64_t incarnation = 0;
    unsigned number = 0;
    std::string version, reason;
    node_report report;
    std::vector<std::string> exports;
  };
  entry* named(const std::string& name);
  entry* at(const std::string& address);
  entry& meet(const hello& other, const std::string& address);
  void learn(const std::vector<acquaintance>& others);
  answer decide(reception decision, std::string reason = {}) const;
  std::string objection(const hello& other) const;
  bool number_taken(const hello& other) const;
  void choose_number(const std::set<unsigned>& taken);
  void pause(entry& one, clock now, bool longest = false);

  hello self_;
  const limits limits_;
  node_report own_report_;
  std::vector<entry> entries_;
  std::set<std::string> own_addresses_; // answered by this very node
};

} // namespace argosy
