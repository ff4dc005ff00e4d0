#pragma once

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "backends/announced_hash.hpp"
#include "backends/overlay.hpp"
#include "backends/union/union_storage.hpp"

namespace argosy {

/// One connection of a union: up to one of each upstream, opened when it is first needed.
class union_session final : public session, public takes_announced_hash {
public:
  explicit union_session(const union_storage& s);

  /// What could not be listed at one upstream is said when all else was listed; rclone leaves it out.
  bool closed_by_peer() const noexcept override;
  void list(const may_block& on, const std::string& directory, const page_sink& page) override;
  std::optional<object_info> stat(const may_block& on, const std::string& path) override;
  std::unique_ptr<object_source> open(const may_block& on, const std::string& path, std::int64_t offset,
                                      std::int64_t length) override;
  std::unique_ptr<object_sink> create(const may_block& on, const put_request& request) override;
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
  std::map<std::string, std::string> metadata(const may_block& on, const std::string& path) override;
  void set_directory_metadata(const may_block& on, const std::string& path,
                              const std::map<std::string, std::string>& metadata) override;
  void set_tier(const may_block& on, const std::string& path, const std::string& tier) override;

private:
  // What one upstream has at a path.
  struct found {
    std::size_t upstream;
    object_info info;
  };
  using found_list = std::vector<found>;
  using numbers = std::vector<std::size_t>; // of upstreams

  const std::vector<union_upstream>& upstreams() const { return union_.upstreams(); }
  session& at(const may_block& on, std::size_t upstream) { return sessions_[upstream].open(on); }
  // A path below this union's root as all upstreams call it.
  std::string place(const std::string& path) const;

  policy_figures figures(const may_block& on);
  std::vector<policy_candidate> chosen(const may_block& on, policy_choice choice, const found_list& from);

  // In the order of the upstreams. Throws what went wrong at any of them.
  found_list look(const may_block& on, const std::string& path);
  // The one that is shown. Throws failure(object_not_found), or failure(is_a_directory).
  found shown_object(const may_block& on, const std::string& path, const found_list& all);
  found shown(const may_block& on, const found_list& all);
  // Those that a change concerns. Throws failure(permission_denied) when none may be changed.
  numbers to_change(const may_block& on, const found_list& all);
  // Those where something new is put; empty when its folder is missing at all of them. Throws
  // failure(permission_denied) when there is none for new things.
  numbers for_new(const may_block& on, const std::string& path);
  // Makes the directory and gives back for_new() of what is in it.
  numbers make(const may_block& on, const std::string& directory);
  // Those where an object is stored, new or again; the size of the old one, or -1.
  numbers to_store(const may_block& on, const std::string& path, std::vector<std::int64_t>& old_sizes);
  // Where the file is read, after it was copied to the upstream that is marked for that.
  std::size_t to_read(const may_block& on, const std::string& path);
  static bool holds_directory(const found_list& all);
  // Takes away what was overwritten by something that came to other upstreams, and would still be shown.
  void remove_others(const may_block& on, const std::string& path, const found_list& old,
                     const numbers& replaced);
  // The upstream here that is one of another union's, or nothing.
  std::optional<std::size_t> counterpart(const union_session& other, std::size_t upstream) const;

  template <class Work>
  void at_each(const may_block& on, const numbers& which, Work work);

  const union_storage& union_;
  std::vector<lazy_session> sessions_;
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace argosy
