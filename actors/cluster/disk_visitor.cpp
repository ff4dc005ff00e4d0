#include "actors/cluster/disk_visitor.hpp"

#include <chrono>
#include <deque>
#include <utility>

#include <caf/all.hpp>

#include "actors/tell.hpp"

namespace argosy {

namespace {

using namespace std::chrono_literals;

/// Work that takes longer tells that it is alive; who waits gives up after several of them.
constexpr auto pulse = 3s;
/// Nothing asked for so long: with no object open, or with one, whose reader may be limited to a trickle.
constexpr auto idle_limit = 5min;
constexpr auto open_limit = 60min;
/// Frames that wait, at most: requests that want an answer, and as many objects closed without one.
constexpr std::size_t most_waiting = 4 * most_unanswered;

using disk_visitor_actor = caf::typed_actor<
    // A frame of the other node has come; the stream has ended.
    caf::reacts_to<caf::put_atom, std::string>, caf::reacts_to<caf::close_atom, std::string>,
    // To itself: what was with an I/O thread is done.
    caf::reacts_to<caf::ok_atom>, caf::reacts_to<caf::tick_atom>>;

struct visitor_state {
  io_pool* pool = nullptr;
  std::unique_ptr<disk_session> disk;
  std::shared_ptr<gate::frame_pipe> pipe;
  std::shared_ptr<void> counted;
  std::deque<std::string> waiting;
  cancellation stop;
  bool working = false, worked_last_pulse = false, gone = false;
  std::chrono::seconds idle{0};
  ledger::entry entry;
  static inline const char* name = "disk_visitor";
};
using visitor_pointer = disk_visitor_actor::stateful_pointer<visitor_state>;

class visitor {
public:
  explicit visitor(visitor_pointer self) : self_(self), s_(self->state) {}

  void frame(std::string&& frame) {
    if (s_.gone) return;
    s_.idle = 0s;
    if (!frame.empty() && frame_reader{frame}.kind() == frame_kind::more) return s_.disk->page_taken();
    if (s_.waiting.size() >= most_waiting) return s_.pipe->end("it asks for more than it may");
    s_.waiting.push_back(std::move(frame));
    work();
  }

  void done() {
    actor_watch::task_back();
    s_.working = s_.worked_last_pulse = false;
    s_.entry.state("idle");
    if (s_.gone) return leave();
    work();
  }

  void ended() {
    s_.gone = true;
    s_.stop.cancel();
    if (!s_.working) leave();
  }

  void tick() {
    if (s_.gone) return;
    if (s_.working && std::exchange(s_.worked_last_pulse, true))
      s_.pipe->carry(
          frame_writer{frame_kind::busy}.number(static_cast<std::int64_t>(s_.disk->moved())).take());
    if (!s_.working) s_.idle += pulse;
    if (s_.idle >= (s_.disk->open_objects() == 0 ? idle_limit : open_limit))
      s_.pipe->end("it was not used for a long time");
    self_->delayed_send(self_, pulse, caf::tick_atom_v);
  }

private:
  // All that waits goes in one task; each answer leaves as soon as it is there.
  void work() {
    if (s_.working || s_.waiting.empty()) return;
    s_.working = true;
    s_.entry.state("disk");
    actor_watch::task_out();
    s_.pool->post({s_.stop, nullptr, nullptr},
                  [back = caf::actor_cast<disk_visitor_actor>(self_), disk = s_.disk.get(), pipe = s_.pipe,
                   frames = std::exchange(s_.waiting, {})](const may_block& on) {
                    for (const auto& frame : frames) {
                      if (on.cancelled()) break;
                      disk->handle(on, frame, [&](std::string answer) { pipe->carry(std::move(answer)); });
                    }
                    tell(back, caf::ok_atom_v);
                  });
  }

  // Removing what was not finished may block.
  void leave() {
    if (!s_.disk) return;
    s_.pool->post({}, [disk = std::shared_ptr<disk_session>{std::move(s_.disk)},
                       counted = std::move(s_.counted)](const may_block&) mutable {
      disk.reset();
      counted.reset();
    });
    self_->quit();
  }

  visitor_pointer self_;
  visitor_state& s_;
};

disk_visitor_actor::behavior_type disk_visitor(visitor_pointer self, services* with, io_pool* pool,
                                               disk_server* server,
                                               const std::shared_ptr<gate::frame_pipe>& pipe,
                                               const std::string& node,
                                               const std::shared_ptr<void>& counted) {
  auto& s = self->state;
  s.pool = pool;
  s.disk = std::make_unique<disk_session>(*server);
  s.pipe = pipe;
  s.counted = counted;
  s.entry = with->book.enter(resource::connection, "disk visitor", 0, node);
  self->delayed_send(self, pulse, caf::tick_atom_v);
  return {
      [=](caf::put_atom, std::string& frame) { visitor{self}.frame(std::move(frame)); },
      [=](caf::close_atom, const std::string&) { visitor{self}.ended(); },
      [=](caf::ok_atom) { visitor{self}.done(); },
      [=](caf::tick_atom) { visitor{self}.tick(); },
  };
}

} // namespace

void spawn_disk_visitor(caf::actor_system& system, services& with, io_pool& pool, disk_server& server,
                        const gate::visit& visit, const std::string& node, std::shared_ptr<void> counted) {
  const auto made = with.actors.spawn(system, "disk_visitor", 0, disk_visitor, &with, &pool, &server,
                                      visit.pipe, node, std::move(counted));
  visit.take_frames({}, {{},
                         [made](std::string frame) { tell(made, caf::put_atom_v, std::move(frame)); },
                         [made](const std::string& reason) { tell(made, caf::close_atom_v, reason); }});
}

} // namespace argosy
