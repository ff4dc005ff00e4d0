#include "backends/node/node_storage.hpp"

#include <mutex>
#include <optional>
#include <utility>

#include "backends/local/local_storage.hpp"
#include "backends/node/node_client.hpp"
#include "backends/node/node_session.hpp"
#include "backends/option_rows.hpp"
#include "backends/setting_values.hpp"
#include "core/name_encoding.hpp"

namespace argosy {

namespace {

storage_info info_of(const storage_request& request, const std::string& node, const std::string& root,
                     nanoseconds precision) {
  storage_info info;
  info.type = "node";
  info.name = request.name;
  info.root = root;
  info.description = "Node " + node + " at " + root;
  info.config_text = request.prefix + root;
  info.precision = precision;
  info.hashes = all_hashes();
  auto& f = info.features;
  f.About = f.CanHaveEmptyDirectories = f.Copy = f.DirModTimeUpdatesOnWrite = f.DirMove = f.DirSetModTime =
      f.MkdirMetadata = f.Move = f.OpenWriterAt = f.PartialUploads = f.PutStream = f.ReadDirMetadata =
          f.ReadMetadata = f.ServerSideAcrossConfigs = f.SlowHash = f.UserDirMetadata = f.UserMetadata =
              f.WriteDirMetadata = f.WriteDirSetModTime = f.WriteMetadata = true;
  return info;
}

/// The part of a clean path before its last slash, and what is behind it.
std::pair<std::string, std::string> split(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

/// This very node: its disk without a detour, by the same rules.
made_storage make_own(const may_block& on, const storage_request& request, const disk_exports& exports,
                      const std::string& root) {
  const auto make = [&](const std::string& at) {
    const auto path = disk_from_standard(at);
    return std::make_shared<local_storage>(request.name, request.prefix + at, path, local_options{},
                                           request.log, exports.bounds_of(path));
  };
  auto made = make(root);
  const auto there = made->connect(on)->stat(on, "");
  if (!there || there->kind == entry_kind::directory) return {made};
  const auto [folder, leaf] = split(root);
  return {make(folder), leaf};
}

made_storage make_node(const may_block& on, const storage_request& request,
                       const std::shared_ptr<node_directory>& nodes) {
  if (!nodes)
    fail(failure_kind::other,
         "storage node needs a cluster: this daemon was started without --cluster-listen");
  const auto node = text_setting(request, "name");
  if (node.empty()) fail(failure_kind::other, "storage node needs the name of a node: :node,name=eu1:/data");
  auto root = clean_disk_path(request.path);
  if (node == nodes->self()) return make_own(on, request, nodes->exports(), root);

  node_client asked{nodes->connect(on, node)};
  bool is_file = false;
  nanoseconds precision = 1;
  asked.ask(on, frame_writer{frame_kind::begin}.text(root).take(), [&](frame_reader& said) {
    is_file = said.truth();
    precision = said.number();
  });
  std::optional<std::string> file;
  if (is_file) {
    auto [folder, leaf] = split(root);
    root = std::move(folder);
    file = std::move(leaf);
  }
  return {std::make_shared<node_storage>(info_of(request, node, root, precision), nodes, node, root), file};
}

/// What the row calls. Copies of it know the same nodes.
class node_maker {
public:
  made_storage operator()(const may_block& on, const storage_request& request) const {
    std::unique_lock lock{known_->mutex};
    const auto nodes = known_->nodes;
    lock.unlock();
    return make_node(on, request, nodes);
  }
  void know(std::shared_ptr<node_directory> nodes) const {
    const std::lock_guard lock{known_->mutex};
    known_->nodes.swap(nodes);
  }

private:
  struct knowledge {
    std::mutex mutex;
    std::shared_ptr<node_directory> nodes;
  };
  std::shared_ptr<knowledge> known_ = std::make_shared<knowledge>();
};

} // namespace

void join_cluster(const storage_table& table, std::shared_ptr<node_directory> nodes) {
  table.find("node")->make.target<node_maker>()->know(std::move(nodes));
}

std::unique_ptr<session> node_storage::connect(const may_block&) const {
  return std::make_unique<node_session>(*this);
}

storage_type node_type() {
  storage_type type;
  type.name = "node";
  type.description = "Disk of a node of this cluster";
  type.make = node_maker{};
  auto name = option_rows::row("name", "string", "",
                               "Name of the node (cluster/nodes lists them). The path is absolute on that "
                               "node and in a folder that it exports.");
  name.required = true;
  type.options = {std::move(name)};
  return type;
}

} // namespace argosy
