#include "actors/cluster/cluster_disks.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "actors/cluster/disk_visitor.hpp"
#include "actors/cluster/hello.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/json.hpp"

namespace argosy {

namespace {

using namespace std::chrono_literals;

/// The gate's own limit for a handshake, and some time for a busy machine.
constexpr auto connect_limit = 10s;
/// A node that works shows it each 3 s (disk_visitor.cpp), and one that hangs is lost after 4 s.
constexpr auto silence_limit = 20s;
constexpr auto look_at_cancellation = 100ms;
constexpr auto farewell_limit = 30s;
/// Sessions of other nodes that are at work at once; more wait.
constexpr std::size_t most_threads = 32;
constexpr const char* purpose = "disk";

} // namespace

/// What came over a stream that this node has opened.
struct cluster_disks::inbox {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> frames;
  bool open = false, gone = false;
  std::string reason;

  void opened() {
    const std::lock_guard lock{mutex};
    open = true;
    changed.notify_one();
  }
  void put(std::string frame) {
    const std::lock_guard lock{mutex};
    frames.push_back(std::move(frame));
    changed.notify_one();
  }
  void ended(const std::string& why) {
    const std::lock_guard lock{mutex};
    gone = true;
    reason = why;
    changed.notify_one();
  }
};

class cluster_disks::link final : public node_link {
public:
  link(std::string node, std::shared_ptr<inbox> from, std::shared_ptr<gate::frame_pipe> pipe) :
      node_(std::move(node)), in_(std::move(from)), pipe_(std::move(pipe)) {}
  ~link() override { pipe_->end("the session has ended"); }

  void send(std::string frame) override { pipe_->carry(std::move(frame)); }
  std::string receive(const may_block& on) override {
    std::unique_lock lock{in_->mutex};
    wait(on, lock, silence_limit, [this] { return !in_->frames.empty(); });
    auto frame = std::move(in_->frames.front());
    in_->frames.pop_front();
    return frame;
  }
  void wait_until_open(const may_block& on) {
    std::unique_lock lock{in_->mutex};
    wait(on, lock, connect_limit, [this] { return in_->open; });
  }
  bool gone() const noexcept override {
    const std::lock_guard lock{in_->mutex};
    return in_->gone;
  }

private:
  template <class Ready>
  void wait(const may_block& on, std::unique_lock<std::mutex>& lock, std::chrono::seconds limit,
            Ready ready) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!in_->changed.wait_for(lock, look_at_cancellation, [&] { return in_->gone || ready(); })) {
      on.check();
      if (std::chrono::steady_clock::now() > until)
        give_up("no answer for " + std::to_string(limit.count()) + " s");
    }
    if (!ready()) give_up(in_->reason);
  }
  [[noreturn]] void give_up(const std::string& why) const {
    fail(failure_kind::retryable, "node " + go_quote(node_) + ": " + why);
  }

  const std::string node_;
  const std::shared_ptr<inbox> in_;
  const std::shared_ptr<gate::frame_pipe> pipe_;
};

/// How many sessions of other nodes there are.
struct cluster_disks::visitors {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t here = 0;
};

cluster_disks::cluster_disks(caf::actor_system& system, services& with, gate& door, std::string self,
                             std::uint64_t incarnation, disk_exports offered) :
    system_(system),
    with_(with), self_(std::move(self)), incarnation_(incarnation), server_(std::move(offered), with.log),
    door_(&door), visitors_(std::make_shared<visitors>()) {
  pool_.emplace(with.book, io_pool::limits{most_threads});
}

cluster_disks::~cluster_disks() = default;

std::unique_ptr<node_link> cluster_disks::connect(const may_block& on, const std::string& node) {
  std::unique_lock lock{mutex_};
  if (door_ == nullptr) fail(failure_kind::cancelled, "context canceled");
  const auto found = members_.find(node);
  if (found == members_.end() && once_members_.count(node) > 0)
    fail(failure_kind::retryable, "node " + go_quote(node) + " is not up");
  if (found == members_.end())
    fail(failure_kind::other, "no node " + go_quote(node) + " is known; cluster/nodes lists them");
  const auto said = json{{"purpose", purpose},
                         {"protocol", cluster_protocol},
                         {"name", self_},
                         {"incarnation", std::to_string(incarnation_)}};
  const auto in = std::make_shared<inbox>();
  auto pipe = door_->call(found->second.address, said.dump(),
                          {[in](const std::string&) { in->opened(); },
                           [in](std::string frame) { in->put(std::move(frame)); },
                           [in](const std::string& why) { in->ended(why); }});
  auto& streams = found->second.streams;
  streams.remove_if([](const auto& kept) { return kept.expired(); });
  streams.push_back(pipe);
  lock.unlock();

  auto made = std::make_unique<link>(node, in, std::move(pipe));
  made->wait_until_open(on);
  return made;
}

void cluster_disks::up(const std::string& node, std::uint64_t incarnation, std::string address) {
  const std::lock_guard lock{mutex_};
  once_members_.insert(node);
  auto& one = members_[node];
  one.incarnation = incarnation;
  one.address = std::move(address);
}

void cluster_disks::down(const std::string& node) {
  std::unique_lock lock{mutex_};
  auto gone = members_.extract(node);
  lock.unlock();
  if (gone.empty()) return;
  for (const auto& kept : gone.mapped().streams)
    if (const auto pipe = kept.lock()) pipe->end("the node is lost");
}

bool cluster_disks::receive(const gate::visit& visit) {
  const auto said = json::parse(visit.text, nullptr, false);
  if (!said.is_object() || said.value("purpose", std::string{}) != purpose) return false;
  const auto node = said.value("name", std::string{});
  const auto incarnation = said.value("incarnation", std::string{});
  const std::lock_guard lock{mutex_};
  const auto found = members_.find(node);
  if (door_ == nullptr) {
    visit.answer(false, "it ends");
  } else if (said.value("protocol", 0U) != cluster_protocol || found == members_.end() ||
             std::to_string(found->second.incarnation) != incarnation) {
    visit.answer(false, "it does not know this node as a member");
  } else if (exports().all().empty()) {
    visit.answer(false, "it exports nothing (--cluster-export)");
  } else {
    auto& streams = found->second.streams;
    streams.remove_if([](const auto& kept) { return kept.expired(); });
    streams.push_back(visit.pipe);
    spawn_disk_visitor(system_, with_, *pool_, server_, visit, node, count_visitor());
  }
  return true;
}

std::shared_ptr<void> cluster_disks::count_visitor() {
  const std::lock_guard lock{visitors_->mutex};
  ++visitors_->here;
  return {nullptr, [all = visitors_](void*) {
            const std::lock_guard again{all->mutex};
            --all->here;
            all->changed.notify_all();
          }};
}

void cluster_disks::leave_door() {
  const std::lock_guard lock{mutex_};
  door_ = nullptr;
}

void cluster_disks::close() {
  std::unique_lock lock{visitors_->mutex};
  visitors_->changed.wait_for(lock, farewell_limit, [this] { return visitors_->here == 0; });
  lock.unlock();
  pool_.reset();
}

} // namespace argosy
