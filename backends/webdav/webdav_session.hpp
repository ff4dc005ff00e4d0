#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/webdav/dav_client.hpp"

namespace argosy {

class webdav_session final : public session {
public:
  explicit webdav_session(const webdav_storage& s);

  bool closed_by_peer() const noexcept override { return client_.closed_by_peer(); }
  void list(const may_block& on, const std::string& directory, const page_sink& page) override;
  std::optional<object_info> stat(const may_block& on, const std::string& path) override;
  std::unique_ptr<object_source> open(const may_block& on, const std::string& path, std::int64_t offset,
                                      std::int64_t length) override;
  std::unique_ptr<object_sink> create(const may_block& on, const put_request& request) override;
  void remove(const may_block& on, const std::string& path) override;
  void make_directory(const may_block& on, const std::string& path) override;
  void remove_directory(const may_block& on, const std::string& path) override;
  void set_modified(const may_block& on, const std::string& path, nanoseconds modified) override;
  std::string hash(const may_block& on, const std::string& path, hash_type type) override;
  bool copy_from(const may_block& on, session& other, const copy_request& request,
                 const copy_policy& policy) override;
  bool move_from(const may_block& on, session& other, const std::string& from,
                 const std::string& to) override;
  bool move_directory_from(const may_block& on, session& other, const std::string& from,
                           const std::string& to) override;
  bool purge(const may_block& on, const std::string& directory) override;
  storage_usage about(const may_block& on) override;

private:
  // Below the URL of the remote, as the API has it.
  std::string whole_path(const std::string& path) const;
  std::string place(const std::string& path) const;
  std::string directory_place(const std::string& path) const;
  std::optional<std::string> name_of(const std::string& page_url, const std::string& href) const;
  // What is known of a file. Throws object_not_found and is_a_directory.
  webdav::item require_file(const may_block& on, const std::string& path);
  void make_parents(const may_block& on, const std::string& path);
  void make_collection(const may_block& on, const std::string& whole, bool parents);
  bool has_entries(const may_block& on, const std::string& directory);
  // COPY or MOVE of a file. False: the server cannot do that.
  bool transfer_from(const may_block& on, webdav_session& other, const char* method, const std::string& from,
                     const std::string& to);

  const webdav_storage& storage_;
  webdav::dav_client client_;
  std::string parent_;            // that was there the last time
  std::uint64_t parent_task_ = 0; // and is known to be there for this task
};

} // namespace argosy
