#pragma once

#include <memory>
#include <string>

#include "backends/node/node_link.hpp"
#include "backends/table.hpp"

namespace argosy {

/// A folder of another node of the cluster, which works on it by itself: what is not content stays there.
class node_storage final : public storage {
public:
  /// `root` is absolute and clean, on that node.
  node_storage(storage_info info, std::shared_ptr<node_directory> nodes, std::string node, std::string root) :
      storage(std::move(info)), nodes_(std::move(nodes)), node_(std::move(node)), root_(std::move(root)) {}

  std::unique_ptr<session> connect(const may_block& on) const override;
  const std::string& node() const noexcept { return node_; }
  const std::string& root() const noexcept { return root_; }
  node_directory& nodes() const noexcept { return *nodes_; }

private:
  std::shared_ptr<node_directory> nodes_;
  std::string node_;
  std::string root_;
};

/// Knows no node before join_cluster().
storage_type node_type();
/// Tells the row of that type in `table` which nodes there are: the table is made first. Any thread.
void join_cluster(const storage_table& table, std::shared_ptr<node_directory> nodes);

} // namespace argosy
