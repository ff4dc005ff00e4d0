#pragma once

#include <map>
#include <string>

#include "backends/announced_hash.hpp"
#include "backends/combine/combine_storage.hpp"
#include "backends/overlay.hpp"

namespace argosy {

/// One connection of a combine: up to one of each upstream, opened when it is first needed.
class combine_session final : public session, public takes_announced_hash {
public:
  explicit combine_session(const combine_storage& s);

  bool closed_by_peer() const noexcept override;
  void list(const may_block& on, const std::string& directory, const page_sink& page) override;
  std::optional<object_info> stat(const may_block& on, const std::string& path) override;
  std::unique_ptr<object_source> open(const may_block& on, const std::string& path, std::int64_t offset,
                                      std::int64_t length) override;
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
  bool purge(const may_block& on, const std::string& directory) override;
  storage_usage about(const may_block& on) override;
  void clean_up(const may_block& on) override;
  std::string public_link(const may_block& on, const std::string& path, std::int64_t expire,
                          bool unlink) override;
  std::map<std::string, std::string> metadata(const may_block& on, const std::string& path) override;
  void set_directory_metadata(const may_block& on, const std::string& path,
                              const std::map<std::string, std::string>& metadata) override;
  void set_tier(const may_block& on, const std::string& path, const std::string& tier) override;

private:
  class chunks;
  // Where a path leads. Neither: nowhere.
  struct place {
    bool top = false; // the folder that holds the upstreams
    lazy_session* upstream = nullptr;
    std::string path; // in it
  };
  place find(const std::string& path);
  // Throws failure(directory_not_found) for what is in no upstream.
  place inside(const std::string& path);
  // Throws failure(is_a_directory) also for what is an upstream, or the root.
  place object(const std::string& path);

  const combine_storage& combine_;
  std::map<std::string, lazy_session> sessions_;
};

} // namespace argosy
