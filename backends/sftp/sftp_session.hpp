#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "backends/sftp/sftp_link.hpp"
#include "backends/sftp/sftp_storage.hpp"

namespace argosy {

/// One connection to a server, made anew when it is lost.
class sftp_session final : public session {
public:
  sftp_session(const sftp_storage& storage, sftp_link link) :
      session(storage), storage_(storage), link_(std::move(link)) {}

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
  storage_usage about(const may_block& on) override;
  bool closed_by_peer() const noexcept override {
    return link_.present() != nullptr && link_.present()->closed_by_peer();
  }

private:
  std::string on_server(const std::string& path) const { return storage_.on_server(path); }
  /// Before each operation at the server.
  void begin(const may_block& on, std::string_view place) const {
    storage_.admit(on);
    show(place);
  }
  /// Runs `work(sftp_client&)` on a live connection, with `place` as what it is about.
  template <class Work>
  auto use(const may_block& on, std::string_view place, Work work) {
    begin(on, place);
    return link_.use(on, [&](sftp_connection& connection) {
      connection.doing("asking", place);
      return work(connection.files());
    });
  }
  /// Throws failure(object_not_found), failure(is_a_directory).
  void require_file(const may_block& on, const std::string& place);
  std::optional<sftp_attributes> look(const may_block& on, const std::string& place);
  void set_times(const may_block& on, const std::string& place, nanoseconds modified, void (*missing)());
  /// The folder `place` and those it is in.
  void make_folders(const may_block& on, const std::string& place);
  /// False: the server cannot. Throws failure(object_not_found) when one of them, or a folder, is missing.
  bool make_link(const may_block& on, const std::string& from, const std::string& to);
  /// Replaces what has the name already. False: not possible here. Throws sftp_refusal.
  bool rename(const may_block& on, const std::string& from, const std::string& to);
  std::string hash_at(const may_block& on, const std::string& place, hash_type type);

  const sftp_storage& storage_;
  sftp_link link_;
};

} // namespace argosy
