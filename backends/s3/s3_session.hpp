#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/announced_hash.hpp"
#include "backends/costly_times.hpp"
#include "backends/lists_trees.hpp"
#include "backends/removes_listed.hpp"
#include "backends/s3/bucket_listing.hpp"
#include "backends/s3/listed_objects.hpp"
#include "backends/s3/object_head.hpp"
#include "backends/s3/s3_client.hpp"

namespace argosy {

class s3_session final : public session,
                         public takes_announced_hash,
                         public lists_by_need,
                         public lists_trees,
                         public removes_listed {
public:
  explicit s3_session(const s3_storage& s);

  bool closed_by_peer() const noexcept override { return client_.closed_by_peer(); }
  void list(const may_block& on, const std::string& directory, const page_sink& page) override;
  void list_tree(const may_block& on, const std::string& directory, const tree_sink& page) override;
  std::optional<object_info> stat(const may_block& on, const std::string& path) override;
  std::unique_ptr<object_source> open(const may_block& on, const std::string& path, std::int64_t offset,
                                      std::int64_t length) override;
  std::unique_ptr<object_sink> create(const may_block& on, const put_request& request) override;
  std::unique_ptr<chunked_object> create_chunked(const may_block& on, const put_request& request,
                                                 std::int64_t chunk_size) override;
  void remove(const may_block& on, const std::string& path) override;
  void remove_listed(const may_block& on, const std::string& path) override;
  std::optional<std::vector<std::optional<failure>>>
  remove_together(const may_block& on, const std::vector<std::string>& paths) override;
  void make_directory(const may_block& on, const std::string& path) override;
  void remove_directory(const may_block& on, const std::string& path) override;
  void set_modified(const may_block& on, const std::string& path, nanoseconds modified) override;
  std::string hash(const may_block& on, const std::string& path, hash_type type) override;
  bool copy_from(const may_block& on, session& other, const copy_request& request,
                 const copy_policy& policy) override;
  void clean_up(const may_block& on) override;
  std::string public_link(const may_block& on, const std::string& path, std::int64_t expire,
                          bool unlink) override;
  std::map<std::string, std::string> metadata(const may_block& on, const std::string& path) override;
  std::optional<object_info> told_by_listing(const may_block& on, const std::string& path) const override;
  void set_tier(const may_block& on, const std::string& path, const std::string& tier) override;
  json command(const may_block& on, const std::string& name,
               const std::map<std::string, std::string>& options,
               const std::vector<std::string>& arguments) override;

private:
  s3::place place_of(const std::string& path) const;
  // The place of an object: below a bucket.
  s3::place object_place(const std::string& path) const;
  void list_root(const may_block& on, const page_sink& page);
  // Pages of what has a name below the prefix. False: not even a marker of the directory was there.
  bool list_below(const may_block& on, const s3::list_order& what,
                  const std::function<void(s3::list_page&&)>& page);
  void look_closer(const may_block& on, std::vector<s3::listed_object>& objects);
  std::optional<s3::listed_objects::object> listed(const may_block& on, const s3::place& at) const;
  std::optional<s3::object_head> look_at(const may_block& on, const s3::place& at);
  s3::object_head require_object(const may_block& on, const s3::place& at);
  // The same, if it was not read just now.
  s3::object_head head_of(const may_block& on, const std::string& path);
  bool just_looked_at(const may_block& on, const std::string& path) const;
  const s3::object_head* just_read(const may_block& on, const std::string& path) const;
  s3::place place_to_write(const may_block& on, const std::string& path);
  void make_bucket(const may_block& on, const std::string& bucket);
  /// Something changes: what was found out before is not good any more.
  void forget() noexcept;
  void make_markers(const may_block& on, const std::string& directory);
  void put_empty(const may_block& on, const s3::place& at);

  const s3_storage& storage_;
  s3::s3_client client_;
  // What listings have told: who lists asks for that next. Good for the task that has listed, until it
  // changes something.
  s3::listed_objects listed_;
  std::uint64_t listed_task_ = 0;
  std::string listed_bucket_;
  // The object that was read last, and what came with it: who copies asks for that next. As long.
  std::uint64_t read_task_ = 0;
  std::string read_path_;
  s3::object_head read_head_;
  // The object that stat() has looked at last: who compares asks for its hash next. As long.
  std::uint64_t looked_task_ = 0;
  std::string looked_path_, looked_md5_;
};

} // namespace argosy
