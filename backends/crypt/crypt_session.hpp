#pragma once

#include <memory>
#include <string>

#include "backends/crypt/crypt_storage.hpp"
#include "backends/crypt/name_cipher.hpp"

namespace argosy {

/// One connection of a crypt remote: one of the wrapped storage, and the ciphers.
class crypt_session final : public session {
public:
  crypt_session(const crypt_storage& s, std::unique_ptr<session> inner);

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
  /// Always empty: what is kept is the hash of what is encrypted.
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
  /// `encode` and `decode`: lists of names.
  json command(const may_block& on, const std::string& name,
               const std::map<std::string, std::string>& options,
               const std::vector<std::string>& arguments) override;

private:
  const crypt_options& options() const { return crypt_.options(); }
  // A session of a crypt remote whose files can be taken over as they are; null if `other` is none.
  crypt_session* twin(session& other) const;
  // True when the names below a directory mean the same in both.
  bool same_names(const crypt_session& other) const;
  std::int64_t shown_size(std::int64_t stored, std::string_view name) const;
  // The wrapped storage's path of what is called so here, be it a file or a directory.
  std::string path_of_either(const may_block& on, const std::string& path);
  // The work on a file; that it is a directory is said as of other storages.
  template <class Work>
  auto on_file(const may_block& on, const std::string& path, Work work);

  const crypt_storage& crypt_;
  std::unique_ptr<session> inner_;
  crypt::name_cipher names_;
};

} // namespace argosy
