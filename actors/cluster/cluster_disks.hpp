#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <caf/fwd.hpp>

#include "actors/cluster/gate.hpp"
#include "actors/services.hpp"
#include "backends/io_pool.hpp"
#include "backends/node/disk_session.hpp"
#include "backends/node/node_link.hpp"

namespace argosy {

/// The disks of the cluster: what the storage `node` reaches other nodes by, and what serves this one's to
/// them. Content does not travel in the actor system's messages but in streams of its own through the gate,
/// so that it holds up no report (docs/cluster.md). A stream belongs to two processes that know each other as
/// members, and ends with that. Thread-safe.
class cluster_disks final : public node_directory {
public:
  /// `door` is used until leave_door(), `system` and `with` until close().
  cluster_disks(caf::actor_system& system, services& with, gate& door, std::string self,
                std::uint64_t incarnation, disk_exports offered);
  ~cluster_disks() override;

  const std::string& self() const noexcept override { return self_; }
  const disk_exports& exports() const noexcept override { return server_.exports(); }
  std::unique_ptr<node_link> connect(const may_block& on, const std::string& node) override;

  /// A member is there.
  void up(const std::string& node, std::uint64_t incarnation, std::string address);
  /// It is not: all streams with it end now, and whoever waits for them goes on.
  void down(const std::string& node);
  /// Answers a visitor who wants to use the disk. False: it wants something else.
  bool receive(const gate::visit& visit);
  /// The gate is about to go: nobody calls through it from now on.
  void leave_door();
  /// It is gone: waits until no session of another node is left.
  void close();

private:
  struct inbox;
  class link;
  struct member {
    std::uint64_t incarnation = 0;
    std::string address;
    std::list<std::weak_ptr<gate::frame_pipe>> streams;
  };
  std::shared_ptr<void> count_visitor();

  caf::actor_system& system_;
  services& with_;
  const std::string self_;
  const std::uint64_t incarnation_;
  disk_server server_;
  std::mutex mutex_;
  gate* door_; // null: closed
  std::map<std::string, member> members_;
  std::set<std::string> once_members_;
  struct visitors;
  const std::shared_ptr<visitors> visitors_; // sessions of other nodes
  std::optional<io_pool> pool_; // theirs alone: ours may all be waiting for such sessions elsewhere
};

} // namespace argosy
