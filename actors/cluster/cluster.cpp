#include "actors/cluster/cluster.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <set>

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <openssl/rand.h>

#include "actors/cluster/foreign_jobs.hpp"
#include "actors/cluster/own_jobs.hpp"
#include "actors/cluster/view.hpp"
#include "actors/cluster/worker.hpp"
#include "actors/errors.hpp"
#include "actors/links/portable_remotes.hpp"
#include "actors/tell.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

/// Between two looks at what is due: the shortest pause between two calls.
constexpr auto tick = std::chrono::milliseconds(250);
/// Ticks between two reports to the others, who wait for four of them.
constexpr unsigned report_ticks = 4;
/// No answer of another node takes longer while it is alive.
constexpr auto remote_answer = std::chrono::seconds(5);
/// For the goodbye: who does not answer learns it from the connection.
constexpr auto farewell = std::chrono::milliseconds(500);
/// CAF knows a published actor by a port. There is no such port.
constexpr std::uint16_t no_port = 1;

/// So many shared jobs are remembered with what each node did of them.
constexpr std::size_t most_shares = 1000;

struct peer {
  node_actor remote; ///< empty until linked
  std::uint64_t stream = 0, incarnation = 0;
};

struct cluster_state {
  services* with = nullptr;
  gate* door = nullptr;
  cluster_disks* disks = nullptr;
  cluster_probe* probe = nullptr;
  directory around;
  job_numbers* numbers = nullptr;
  std::atomic<bool>* draining = nullptr;
  hello self;
  std::optional<membership> members;
  std::map<std::string, peer> peers; // by name: let in, or linked
  caf::actor basp;
  ledger::entry timer;
  std::string last_refusal; // callers repeat themselves
  foreign_jobs foreign;
  job_terms terms;
  std::function<void(const job_summary&)> adopter;
  std::shared_ptr<const worker_tools> tools;
  std::vector<worker_actor> workers;                          // for jobs of other nodes
  std::uint64_t helpers = 0;                                  // that were asked, ever
  std::map<job_id, std::map<std::string, node_share>> shares; // of the last jobs that others helped with
  unsigned ticks = 0;
  std::size_t farewells = 0;
  std::vector<caf::response_promise> stopping;
  static inline const char* name = "cluster";
};
using cluster_pointer = cluster_actor::stateful_pointer<cluster_state>;

class node {
public:
  explicit node(cluster_pointer self) : self_(self), s_(self->state) {}

  void called(const gate::visit& visit) {
    if (s_.disks->receive(visit)) return;
    answer said{reception::refused, {}, s_.self};
    std::string caller;
    std::uint64_t incarnation = 0;
    try {
      const auto from = hello_from(visit.text);
      caller = from.name;
      incarnation = from.incarnation;
      if (ending())
        said.reason = "it ends";
      else
        said = s_.members->called_by(from, visit.host, time());
    } catch (const failure& why) {
      said.reason = why.what();
    }
    const bool welcome = said.decision == reception::welcome;
    if (welcome) s_.peers[caller] = {node_actor{}, visit.stream, incarnation};
    if (said.decision == reception::refused)
      refuse(go_quote(caller) + " from " + visit.host + ": " + said.reason);
    visit.answer(welcome, to_text(said));
  }

  void opened(std::uint64_t stream, gate::socket_end& end) {
    if (by_stream(stream) == s_.peers.end()) return;
    caf::anon_send(s_.basp, caf::publish_atom_v, scribe(end), no_port,
                   caf::actor_cast<caf::strong_actor_ptr>(self_),
                   self_->system().message_types<node_actor>());
  }

  void answered(const gate::reply& reply) {
    if (ending()) return;
    if (!reply.error.empty()) return s_.members->call_failed(reply.address, reply.error, time());
    try {
      const auto said = answer_from(reply.text);
      if (said.decision == reception::refused) refused(reply.address, said.reason);
      if (!s_.members->call_answered(reply.address, said, time()) || !reply.welcome) return;
      s_.peers[said.from.name] = {node_actor{}, reply.stream, said.from.incarnation};
      connect(said.from.name, *reply.end);
    } catch (const failure& why) {
      s_.members->call_failed(reply.address, why.what(), time());
    }
  }

  bool link(const std::string& name, std::uint64_t incarnation, const caf::strong_actor_ptr& remote) {
    const auto found = s_.peers.find(name);
    if (!remote || found == s_.peers.end() || found->second.incarnation != incarnation ||
        !s_.members->link(name, incarnation, time()))
      return false;
    found->second.remote = caf::actor_cast<node_actor>(remote);
    self_->monitor(remote);
    s_.disks->up(name, incarnation, s_.members->address_of(name));
    s_.foreign.up(name, incarnation);
    note(log_level::notice, "node " + go_quote(name) + " is up");
    publish();
    return true;
  }

  void heard(const std::string& name, std::uint64_t incarnation, const node_report& report) {
    s_.members->heard(name, incarnation, report, time());
  }

  void told(const std::string& name, std::uint64_t incarnation, std::vector<job_summary> jobs) {
    const auto found = s_.peers.find(name);
    if (found == s_.peers.end() || found->second.incarnation != incarnation) return;
    for (const auto& one : jobs) {
      // A job of which this one knows nothing has no term here.
      const auto holder = s_.terms.holder(one.id);
      const auto& owner = holder.empty() ? s_.self.name : holder;
      if (one.term < 2 || !gives_way(s_.terms.of(one.id), owner, one.term, name)) continue;
      if (!s_.terms.give_up(one.id, one.term, name)) continue;
      note(log_level::notice, "node " + go_quote(name) + " goes on with job " + std::to_string(one.id));
      tell(s_.around.jobs, stop_atom_v, one.id);
    }
    s_.foreign.told(name, incarnation, std::move(jobs));
  }

  void adopt(const job_summary& lost) {
    s_.adopter(lost);
    s_.foreign.adopted(lost.id);
    s_.terms.take(lost.id, lost.term);
    note(log_level::notice, "goes on with job " + std::to_string(lost.id));
  }

  caf::result<std::string> adopt(job_id id, const std::string& name) {
    auto lost = s_.foreign.find_lost(id);
    if (!lost) return to_error({failure_kind::other, "no node was lost with a job " + std::to_string(id)});
    if (lost->job.input.empty())
      return to_error({failure_kind::other, "the parameters of job " + std::to_string(id) +
                                                " were too long to be known here: call " + lost->job.path +
                                                " again"});
    ++lost->job.term;
    if (name.empty() || name == s_.self.name) {
      adopt(lost->job);
      return s_.self.name;
    }
    const auto found = s_.peers.find(name);
    if (found == s_.peers.end() || !found->second.remote)
      return to_error({failure_kind::other, "no node " + go_quote(name) + " is up"});
    auto promise = self_->make_response_promise();
    self_->request(found->second.remote, remote_answer, adopt_atom_v, lost->job)
        .then(
            [self = self_, promise, id, name]() mutable {
              self->state.foreign.adopted(id);
              promise.deliver(name);
            },
            [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
    return caf::delegated<std::string>{};
  }

  void bye(const std::string& name, std::uint64_t incarnation) {
    const auto found = s_.peers.find(name);
    if (found == s_.peers.end() || found->second.incarnation != incarnation) return;
    s_.members->left(name, incarnation, time());
    s_.foreign.left(name);
    note(log_level::notice, "node " + go_quote(name) + " has left");
    forget(found, false);
  }

  void down(const caf::down_msg& message) {
    // By the actor itself: after a new connection another one has the same address.
    const auto* gone = caf::actor_cast<caf::actor_control_block*>(message.source);
    auto& workers = s_.workers;
    workers.erase(std::remove_if(workers.begin(), workers.end(),
                                 [&](const worker_actor& one) { return one.address() == message.source; }),
                  workers.end());
    for (auto at = s_.peers.begin(); at != s_.peers.end(); ++at)
      if (at->second.remote && caf::actor_cast<caf::actor_control_block*>(at->second.remote) == gone)
        return lose(at, "the connection is gone");
  }

  void tick_now() {
    if (ending()) return;
    for (const auto& name : s_.members->silent(time()))
      if (const auto found = s_.peers.find(name); found != s_.peers.end()) {
        note(log_level::warning, "node " + go_quote(name) + " has fallen silent");
        forget(found, true);
      }
    for (const auto& address : s_.members->due(time()))
      s_.door->call(address, to_text(s_.members->introduction()));
    if (++s_.ticks % report_ticks == 0) {
      report();
      report_jobs();
    }
    publish();
    self_->delayed_send(self_, tick, caf::tick_atom_v);
  }

  void drain(bool on) {
    if (s_.draining->exchange(on) != on) note(log_level::notice, on ? "draining" : "no longer draining");
    if (on)
      for (const auto& worker : s_.workers) tell(worker, drain_atom_v);
    report();
  }

  caf::result<void> drain(const std::string& name, bool on) {
    if (name == s_.self.name) {
      drain(on);
      return caf::unit;
    }
    const auto found = s_.peers.find(name);
    if (found == s_.peers.end() || !found->second.remote)
      return to_error({failure_kind::other, "no node " + go_quote(name) + " is up"});
    auto promise = self_->make_response_promise();
    self_->request(found->second.remote, remote_answer, drain_atom_v, on)
        .then([promise]() mutable { promise.deliver(caf::unit); },
              [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
    return caf::delegated<void>{};
  }

  void share(share_offer offer, const node_names& skip, const caf::strong_actor_ptr& planner) {
    if (ending()) return;
    std::set<std::string> passed_over{skip.begin(), skip.end()};
    for (const auto& one : s_.members->nodes(time()))
      if (one.report.draining) passed_over.insert(one.name);
    for (const auto& [name, one] : s_.peers) {
      if (!one.remote || passed_over.count(name) != 0) continue;
      offer.helper = ++s_.helpers;
      // The planner knows whom it asked before that one can answer.
      tell(caf::actor_cast<sharing_actor>(planner), offer_atom_v, offer.helper, name);
      tell(one.remote, offer_atom_v, offer, planner);
    }
  }

  void helped(job_id job, const node_share& more) {
    auto& sum = s_.shares[job][more.node];
    sum.node = more.node;
    sum.files += more.files;
    sum.bytes += more.bytes;
    // Ids only grow, but for those of other nodes.
    if (s_.shares.size() > most_shares) s_.shares.erase(s_.shares.begin());
  }

  std::vector<node_share> shares(job_id job) const {
    std::vector<node_share> all;
    if (const auto found = s_.shares.find(job); found != s_.shares.end())
      for (const auto& [name, share] : found->second) all.push_back(share);
    return all;
  }

  void help(const share_offer& offer, const caf::strong_actor_ptr& planner) {
    if (!planner) return;
    if (ending() || *s_.draining)
      return tell(caf::actor_cast<sharing_actor>(planner), link_atom_v, offer.helper, caf::strong_actor_ptr{},
                  std::string{"it begins nothing new"});
    s_.workers.push_back(spawn_worker(self_->system(), s_.tools, offer, planner));
    self_->monitor(s_.workers.back());
  }

  std::vector<node_view> nodes() const { return s_.members->nodes(time()); }

  void stop(const caf::response_promise& promise) {
    s_.stopping.push_back(promise);
    if (s_.stopping.size() > 1) return;
    for (const auto& worker : s_.workers) tell(worker, caf::close_atom_v);
    for (const auto& [name, one] : s_.peers) {
      if (!one.remote) continue;
      ++s_.farewells;
      self_->request(one.remote, farewell, bye_atom_v, s_.self.name, s_.self.incarnation)
          .then([*this]() mutable { parted(); }, [*this](caf::error&) mutable { parted(); });
    }
    ++s_.farewells;
    parted();
  }

  view_source all(job_id id) const {
    auto from = all();
    from.lost = s_.foreign.find_lost(id);
    if (!from.lost) from.holder = s_.terms.holder(id);
    return from;
  }

  view_source all() const {
    view_source from{s_.with, s_.around, {}, {}, s_.self.name};
    for (const auto& [name, one] : s_.peers)
      if (one.remote) from.others.emplace(name, one.remote);
    for (const auto& one : s_.members->nodes(time()))
      if (!one.self && !one.name.empty() && one.state == node_state::lost)
        from.unreachable.push_back(one.name);
    return from;
  }

private:
  using place = std::map<std::string, peer>::iterator;

  // Who was told goodbye must not be met again.
  bool ending() const { return !s_.stopping.empty(); }

  membership::clock time() const { return self_->clock().now().time_since_epoch(); }

  void note(log_level level, const std::string& text) { s_.with->log.write(level, "cluster: " + text); }

  place by_stream(std::uint64_t stream) {
    return std::find_if(s_.peers.begin(), s_.peers.end(),
                        [&](const auto& one) { return one.second.stream == stream; });
  }

  caf::io::scribe_ptr scribe(gate::socket_end& end) {
    auto& multiplexer =
        static_cast<caf::io::network::default_multiplexer&>(self_->system().middleman().backend());
    return multiplexer.new_scribe(end.take());
  }

  void refuse(std::string what) {
    if (what == s_.last_refusal) return;
    s_.last_refusal = std::move(what);
    note(log_level::notice, "refused " + s_.last_refusal);
  }

  // Calls are repeated: the same refusal is told once.
  void refused(const std::string& address, const std::string& reason) {
    for (const auto& known : s_.members->nodes(time()))
      if (known.address == address && known.reason == reason) return;
    note(log_level::error, "the node at " + address + " refuses this one: " + reason);
  }

  void connect(const std::string& name, gate::socket_end& end) {
    const auto incarnation = s_.peers[name].incarnation;
    const auto failed = [self = self_, name, incarnation](const caf::error& e) {
      node here{self};
      const auto found = here.s_.peers.find(name);
      if (found != here.s_.peers.end() && found->second.incarnation == incarnation && !found->second.remote)
        here.lose(found, to_failure(e).text);
    };
    self_->request(s_.basp, remote_answer, caf::connect_atom_v, scribe(end), no_port)
        .then(
            [self = self_, name, incarnation,
             failed](const caf::node_id&, const caf::strong_actor_ptr& remote, const std::set<std::string>&) {
              const auto& own = self->state.self;
              if (!remote) return failed(caf::sec::no_actor_published_at_port);
              self->request(caf::actor_cast<node_actor>(remote), remote_answer, link_atom_v, own.name,
                            own.incarnation, caf::actor_cast<caf::strong_actor_ptr>(self))
                  .then([self, name, incarnation, remote] { node{self}.link(name, incarnation, remote); },
                        [failed](const caf::error& e) { failed(e); });
            },
            [failed](const caf::error& e) { failed(e); });
  }

  void lose(place at, const std::string& reason) {
    note(log_level::warning, "node " + go_quote(at->first) + " is lost: " + reason);
    s_.members->lost(at->first, at->second.incarnation, reason, time());
    forget(at, true);
  }

  void forget(place at, bool counts) {
    if (at->second.remote) self_->demonitor(at->second.remote.address());
    if (counts) {
      s_.probe->lost.Add({{"peer", at->first}}).Increment();
      s_.foreign.lost(at->first);
    }
    s_.probe->peer_up.Add({{"peer", at->first}}).Set(0);
    s_.door->drop(at->second.stream);
    s_.disks->down(at->first);
    s_.peers.erase(at);
    publish();
  }

  /// What others need to know of the jobs here, should this node be lost.
  void report_jobs() {
    if (s_.peers.empty()) return;
    summarize_jobs(self_, s_.around.jobs, s_.terms.adopted(),
                   [self = self_](std::vector<job_summary> jobs, const std::vector<job_id>& forgotten) {
                     auto& s = self->state;
                     for (const auto id : forgotten) s.terms.forget(id);
                     for (auto& one : jobs) one.term = s.terms.of(one.id);
                     for (const auto& [name, one] : s.peers)
                       if (one.remote) tell(one.remote, heard_atom_v, s.self.name, s.self.incarnation, jobs);
                   });
  }

  void report() {
    self_->request(s_.around.stats, caf::infinite, caf::get_atom_v, std::string{})
        .then(
            [self = self_](const stats_snapshot& figures) {
              auto& s = self->state;
              node_report now;
              now.number = s.members->number();
              now.jobs = static_cast<std::uint64_t>(s.with->metrics.life().jobs_running.Value());
              now.transfers = figures.transferring.size();
              now.speed = figures.speed;
              if (::getloadavg(&now.load, 1) != 1) now.load = 0;
              now.draining = *s.draining;
              s.members->report(now);
              for (const auto& [name, one] : s.peers)
                if (one.remote) tell(one.remote, heard_atom_v, s.self.name, s.self.incarnation, now);
            },
            [](const caf::error&) {});
  }

  void publish() {
    s_.numbers->node(s_.members->number());
    std::array<double, node_state_count> count{};
    for (const auto& one : s_.members->nodes(time())) {
      ++count[static_cast<std::size_t>(one.state)];
      if (!one.self && !one.name.empty())
        s_.probe->peer_up.Add({{"peer", one.name}}).Set(one.state == node_state::up ? 1 : 0);
    }
    for (std::size_t i = 0; i < count.size(); ++i)
      s_.probe->nodes.Add({{"state", to_string(static_cast<node_state>(i))}}).Set(count[i]);
  }

  void parted() {
    if (--s_.farewells > 0) return;
    for (auto& promise : s_.stopping) promise.deliver(caf::unit);
    s_.stopping.clear();
    self_->quit();
  }

  cluster_pointer self_;
  cluster_state& s_;
};

cluster_actor::behavior_type cluster(cluster_pointer self, std::shared_ptr<const worker_tools> tools,
                                     std::function<void(const job_summary&)> adopter, gate* door,
                                     cluster_disks* disks, cluster_probe* probe, const directory& around,
                                     job_numbers* numbers, std::atomic<bool>* draining, const hello& own,
                                     const std::vector<std::string>& join) {
  auto& s = self->state;
  auto* const with = &tools->with;
  s.with = with;
  s.tools = std::move(tools);
  s.adopter = std::move(adopter);
  s.door = door;
  s.disks = disks;
  s.probe = probe;
  s.around = around;
  s.numbers = numbers;
  s.draining = draining;
  s.self = own;
  s.members.emplace(own, join);
  numbers->node(s.members->number()); // before the first call
  s.basp = self->system().middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
  s.timer = with->book.enter(resource::timer, "cluster");
  self->set_down_handler([self](const caf::down_msg& message) { node{self}.down(message); });
  self->send(self, caf::tick_atom_v);
  return {
      [=](link_atom, const std::string& name, std::uint64_t incarnation,
          const caf::strong_actor_ptr& remote) -> caf::result<void> {
        if (node{self}.link(name, incarnation, remote)) return caf::unit;
        return to_error({failure_kind::other, "node " + go_quote(name) + " was not let in"});
      },
      [=](heard_atom, const std::string& name, std::uint64_t incarnation, const node_report& report) {
        node{self}.heard(name, incarnation, report);
      },
      [=](bye_atom, const std::string& name, std::uint64_t incarnation) -> caf::result<void> {
        node{self}.bye(name, incarnation);
        return caf::unit;
      },
      [=](drain_atom, bool on) -> caf::result<void> {
        node{self}.drain(on);
        return caf::unit;
      },
      [=](all_atom, drain_atom, const std::string& name, bool on) { return node{self}.drain(name, on); },
      [=](status_atom, job_id id) -> caf::result<job_status, std::string> {
        auto promise = self->make_response_promise();
        self->request(self->state.around.jobs, caf::infinite, status_atom_v, id)
            .then(
                [promise, execute_id = with->execute_id](job_status& found) mutable {
                  promise.deliver(std::move(found), std::move(execute_id));
                },
                [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
        return caf::delegated<job_status, std::string>{};
      },
      [=](list_atom asked) { return self->delegate(self->state.around.jobs, asked); },
      [=](stop_atom asked, job_id id) { return self->delegate(self->state.around.jobs, asked, id); },
      [=](stop_atom asked, const std::string& group) {
        return self->delegate(self->state.around.jobs, asked, group);
      },
      [=](caf::get_atom, const std::string& group) { return own_stats(self, self->state.around, group); },
      [=](caf::flush_atom asked, const std::string& group) {
        return self->delegate(self->state.around.stats, asked, group);
      },
      [=](all_atom, status_atom, job_id id) { return find_job(self, node{self}.all(id), id); },
      [=](heard_atom, const std::string& name, std::uint64_t incarnation, std::vector<job_summary>& jobs) {
        node{self}.told(name, incarnation, std::move(jobs));
      },
      [=](adopt_atom, const job_summary& lost) -> caf::result<void> {
        try {
          node{self}.adopt(lost);
          return caf::unit;
        } catch (const failure& why) {
          return to_error(info_of(why));
        }
      },
      [=](all_atom, adopt_atom, job_id id, const std::string& name) -> caf::result<std::string> {
        try {
          return node{self}.adopt(id, name);
        } catch (const failure& why) {
          return to_error(info_of(why));
        }
      },
      [=](all_atom, list_atom) { return list_jobs(self, node{self}.all()); },
      [=](all_atom, stop_atom, job_id id) { return stop_job(self, node{self}.all(), id); },
      [=](all_atom, stop_atom, const std::string& group) {
        return stop_group(self, node{self}.all(), group);
      },
      [=](all_atom, caf::get_atom, const std::string& group) {
        return sum_stats(self, node{self}.all(), group);
      },
      [=](all_atom, caf::flush_atom, const std::string& group) {
        return all_transferred(self, node{self}.all(), group);
      },
      [=](called_atom, const gate::visit& visit) { node{self}.called(visit); },
      [=](opened_atom, std::uint64_t stream, const std::shared_ptr<gate::socket_end>& end) {
        node{self}.opened(stream, *end);
      },
      [=](answered_atom, const gate::reply& reply) { node{self}.answered(reply); },
      [=](caf::tick_atom) { node{self}.tick_now(); },
      [=](share_atom, share_offer& offer, const node_names& skip, const caf::strong_actor_ptr& planner) {
        node{self}.share(std::move(offer), skip, planner);
      },
      [=](share_atom, job_id job, node_share& more) { node{self}.helped(job, more); },
      [=](share_atom, job_id job) { return node{self}.shares(job); },
      [=](offer_atom, const share_offer& offer, const caf::strong_actor_ptr& planner) {
        node{self}.help(offer, planner);
      },
      [=](nodes_atom) { return node{self}.nodes(); },
      [=](stop_atom) -> caf::result<void> {
        node{self}.stop(self->make_response_promise());
        return caf::delegated<void>{};
      },
  };
}

hello own_introduction(const caf::actor_system& system, const cluster_settings& given,
                       const std::string& address) {
  hello own;
  own.name = node_name(given);
  own.version = ARGOSY_VERSION;
  own.caf_node = to_string(system.node());
  own.address = address;
  for (const auto& one : exports_of(given)) own.exports.push_back(to_text(one));
  own.started = now();
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&own.incarnation), sizeof own.incarnation) != 1)
    fail(failure_kind::other, "no random numbers from the system");
  return own;
}

gate::settings gate_settings(const cluster_settings& given) {
  gate::settings settings;
  settings.listen = given.listen;
  settings.secret = read_secret(given.secret_file);
  settings.certificate = given.certificate;
  settings.key = given.key;
  settings.authority = given.authority;
  return settings;
}

} // namespace

void prepare_for_cluster(caf::actor_system_config& config) {
  config.load<caf::io::middleman>();
  config.add_message_types<caf::id_block::argosy_cluster>();
}

namespace {

/// Plans reach the cluster through it, for as long as they run.
class node_sharing final : public job_sharing {
public:
  node_sharing(caf::actor_system& system, std::shared_ptr<const sharing_tools> tools,
               std::vector<std::string> shared) :
      system_(system),
      tools_(std::move(tools)), shared_(std::move(shared)) {}

  bool reaches(const storage_info& info) const override {
    if (info.type == "local") return is_within(shared_, info.root);
    return info.type != "memory";
  }
  sharing_actor begin(std::shared_ptr<const run_environment> around, planner_actor plan) const override {
    return spawn_sharing(system_, tools_, std::move(around), std::move(plan));
  }

private:
  caf::actor_system& system_;
  const std::shared_ptr<const sharing_tools> tools_;
  const std::vector<std::string> shared_;
};

} // namespace

cluster_node::cluster_node(const surroundings& daemon, const cluster_settings& given) :
    system_(daemon.system), probe_(daemon.with.metrics.registry()),
    gate_(std::in_place, gate_settings(given), daemon.with.book, probe_),
    own_(own_introduction(daemon.system, given, gate_->address())),
    disks_(std::make_shared<cluster_disks>(daemon.system, daemon.with, *gate_, own_.name, own_.incarnation,
                                           disk_exports{exports_of(given)})),
    actor_(daemon.with.actors.spawn(
        daemon.system, "cluster", 0, cluster,
        std::make_shared<const worker_tools>(worker_tools{daemon.with, daemon.storages, given.shared}),
        daemon.adopt, &*gate_, disks_.get(), &probe_, daemon.around, &daemon.numbers, &draining_, own_,
        given.join)) {
  const ask_for_help ask = [to = actor_](share_offer offer, std::vector<std::string> skip,
                                         const caf::strong_actor_ptr& planner) {
    tell(to, share_atom_v, std::move(offer), std::move(skip), planner);
  };
  sharing_ = std::make_shared<const node_sharing>(
      daemon.system,
      std::make_shared<const sharing_tools>(sharing_tools{
          node_name(given), daemon.config, daemon.storages, daemon.flags, probe_, ask,
          [to = actor_](job_id job, node_share more) { tell(to, share_atom_v, job, std::move(more)); }}),
      given.shared);
  gate_->begin({[to = actor_](gate::visit visit) { tell(to, called_atom_v, std::move(visit)); },
                [to = actor_](std::uint64_t stream, std::shared_ptr<gate::socket_end> end) {
                  tell(to, opened_atom_v, stream, std::move(end));
                },
                [to = actor_](gate::reply reply) { tell(to, answered_atom_v, std::move(reply)); }});
}

cluster_node::~cluster_node() {
  caf::scoped_actor self{system_, true};
  self->request(actor_, 2 * farewell, stop_atom_v).receive([] {}, [](const caf::error&) {});
  caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown); // in case it did not answer
  self->wait_for(actor_);                                       // it uses the gate
  disks_->leave_door();
  gate_.reset();
  disks_->close();
}

} // namespace argosy
