#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/ftp/ftp_client.hpp"
#include "backends/ftp/ftp_listing.hpp"
#include "backends/ftp/ftp_storage.hpp"

namespace argosy {

class ftp_session final : public session {
public:
  ftp_session(const ftp_storage& storage, std::unique_ptr<ftp_client> client);

  bool closed_by_peer() const noexcept override { return client_->closed_by_peer(); }
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
  bool move_from(const may_block& on, session& other, const std::string& from,
                 const std::string& to) override;
  bool move_directory_from(const may_block& on, session& other, const std::string& from,
                           const std::string& to) override;

private:
  std::string on_server(const std::string& path) const { return storage_.on_server(path); }
  /// Again and again while the server, or the connection, may be better the next time.
  template <class Work>
  auto paced(const may_block& on, Work work) {
    return storage_.paced().call(on, std::move(work));
  }
  std::vector<ftp_reply> ask(const may_block& on, const std::string& place,
                             const std::vector<std::string>& commands) {
    return paced(on, [&] { return client_->ask(on, place, commands); });
  }
  bool is_folder(const may_block& on, const std::string& place) {
    return paced(on, [&] { return client_->is_folder(on, place); });
  }
  bool knows_facts(const may_block& on) {
    return paced(on, [&] { return client_->abilities(on); }).mlst;
  }
  std::optional<ftp_entry> look(const may_block& on, const std::string& place);
  std::optional<ftp_entry> look_in_parent(const may_block& on, const std::string& place);
  /// Entries of a folder, with exact times. Throws failure(directory_not_found).
  std::vector<ftp_entry> entries_of(const may_block& on, const std::string& folder);
  std::vector<ftp_entry> listed(const may_block& on, const std::string& folder);
  /// Links become what they lead to; what leads nowhere is left out.
  void follow_links(const may_block& on, const std::string& folder, std::vector<ftp_entry>& entries);
  void find_times(const may_block& on, const std::string& folder, std::vector<ftp_entry>& entries);
  /// Bytes of a file; -1: the server does not tell.
  std::int64_t size_of(const may_block& on, const std::string& place);
  /// Throws failure(object_not_found), failure(is_a_directory).
  void require_file(const may_block& on, const std::string& place);
  /// Nothing when the server cannot set times.
  std::optional<std::string> time_command(const may_block& on, const std::string& place,
                                          nanoseconds modified);
  /// The folder `place` and those it is in.
  void make_folders(const may_block& on, const std::string& place);
  /// Replaces a file that has the name already. Gives back what refused it, if anything did.
  std::optional<ftp_reply> rename(const may_block& on, const std::string& from, const std::string& to);
  /// The same after making the folder of `to` when it is missing.
  void rename_into_folder(const may_block& on, const std::string& from, const std::string& to,
                          const std::string& context);

  const ftp_storage& storage_;
  std::unique_ptr<ftp_client> client_;
};

} // namespace argosy
