#pragma once

#include <memory>
#include <string>

#include "backends/may_block.hpp"
#include "backends/node/disk_exports.hpp"

/// How this storage reaches other nodes; who implements it knows the network (actors/cluster).
namespace argosy {

/// A way to one session on another node (disk_session): frames in both directions, in order. One thread at a
/// time. Its end is the end of that session.
class node_link {
public:
  virtual ~node_link() = default;
  /// Never waits; at most most_unanswered requests may be without their answer. A link that is gone swallows
  /// it.
  virtual void send(std::string frame) = 0;
  /// The next frame. Throws failure(retryable) that names the node when it is gone or silent for too long,
  /// and failure(cancelled); after either the link is of no more use.
  virtual std::string receive(const may_block& on) = 0;
  virtual bool gone() const noexcept = 0;
};

/// The nodes of this cluster. Thread-safe.
class node_directory {
public:
  virtual ~node_directory() = default;
  /// Name of this node.
  virtual const std::string& self() const noexcept = 0;
  /// What this node exports itself.
  virtual const disk_exports& exports() const noexcept = 0;
  /// Throws failure(retryable) when that node is not up or cannot be reached, failure(other) when nobody
  /// knows it.
  virtual std::unique_ptr<node_link> connect(const may_block& on, const std::string& node) = 0;
};

} // namespace argosy
