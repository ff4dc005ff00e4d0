#pragma once

#include <map>
#include <memory>
#include <string>

#include "backends/table.hpp"

namespace argosy {

/// Several storages, each as a folder of its own in one root.
class combine_storage final : public storage {
public:
  using folders = std::map<std::string, std::shared_ptr<storage>>; ///< name -> what is in it; at least one

  combine_storage(std::string name, std::string prefix, std::string root, folders upstreams);

  std::unique_ptr<session> connect(const may_block& on) const override;
  std::size_t connection_limit() const noexcept override { return connections_; }

  const folders& upstreams() const noexcept { return upstreams_; }
  /// What the folders of the root have as time: when this was made.
  nanoseconds made_at() const noexcept { return made_at_; }

private:
  folders upstreams_;
  std::size_t connections_;
  nanoseconds made_at_;
};

storage_type combine_type();

} // namespace argosy
