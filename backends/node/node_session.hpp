#pragma once

#include <map>
#include <memory>
#include <string>

#include "backends/node/node_client.hpp"
#include "backends/node/node_storage.hpp"

namespace argosy {

/// One session on another node's disk. A link that is gone is made anew by the next call.
class node_session final : public session {
public:
  explicit node_session(const node_storage& s) : session(s), node_(s) {}

  bool closed_by_peer() const noexcept override { return client_ && client_->gone(); }
  void list(const may_block& on, const std::string& directory, const page_sink& page) override;
  std::optional<object_info> stat(const may_block& on, const std::string& path) override;
  std::unique_ptr<object_source> open(const may_block& on, const std::string& path, std::int64_t offset,
                                      std::int64_t length) override;
  void require_unchanged(const may_block& on, const copy_request& request) override;
  std::unique_ptr<object_sink> create(const may_block& on, const put_request& request) override;
  std::unique_ptr<chunked_object> create_chunked(const may_block& on, const put_request& request,
                                                 std::int64_t chunk_size) override;
  void remove(const may_block& on, const std::string& path) override;
  void make_directory(const may_block& on, const std::string& path) override;
  void remove_directory(const may_block& on, const std::string& path) override;
  void set_modified(const may_block& on, const std::string& path, nanoseconds modified) override;
  void set_directory_modified(const may_block& on, const std::string& path, nanoseconds modified) override;
  std::string hash(const may_block& on, const std::string& path, hash_type type) override;
  bool copy_from(const may_block& on, session& other, const copy_request& request,
                 const copy_policy& policy) override;
  bool move_from(const may_block& on, session& other, const std::string& from,
                 const std::string& to) override;
  bool move_directory_from(const may_block& on, session& other, const std::string& from,
                           const std::string& to) override;
  storage_usage about(const may_block& on) override;
  std::map<std::string, std::string> metadata(const may_block& on, const std::string& path) override;
  void set_directory_metadata(const may_block& on, const std::string& path,
                              const std::map<std::string, std::string>& metadata) override;

  /// Connected, and at the root of the storage.
  const std::shared_ptr<node_client>& client(const may_block& on);

private:
  void ask(const may_block& on, frame_writer&& request, const node_client::taker& read = {});
  bool move(const may_block& on, session& other, frame_kind how, const std::string& from,
            const std::string& to);
  frame_writer about_path(frame_kind kind, const std::string& path) const;

  const node_storage& node_;
  std::shared_ptr<node_client> client_;
};

} // namespace argosy
