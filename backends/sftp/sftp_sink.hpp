#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "backends/sftp/sftp_file.hpp"
#include "backends/sftp/sftp_link.hpp"
#include "backends/storage.hpp"

namespace argosy {

/// What a file being written needs of its session.
struct sftp_sink_needs {
  sftp_link& link;
  /// Makes the folder of a place on the server.
  std::function<void(const may_block&, const std::string& place)> make_folder;
  std::function<std::string(const may_block&, const std::string& place, hash_type type)> hash;
  /// Gives `from` the name `to`.
  std::function<void(const may_block&, const std::string& from, const std::string& to)> rename;
};

/// Writes a file with several requests under way, under a partial name until it is whole. When the connection
/// is lost what the server had not confirmed is sent again, on a new one.
class sftp_sink final : public object_sink {
public:
  /// `place` on the server; `needs` outlive this. Throws failure(is_a_directory).
  sftp_sink(const may_block& on, sftp_sink_needs needs, std::string place, put_request request);
  ~sftp_sink() override;
  void write(const may_block& on, const char* data, std::size_t size) override;
  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override;

private:
  struct part {
    std::uint64_t offset;
    std::string content;
    std::optional<sftp_client::ticket> sent; // on the present connection
  };
  enum class opened { yes, no_folder, name_taken };

  void open(const may_block& on);
  opened try_open(const may_block& on, sftp_client& files);
  // A partial file that somebody else writes now keeps its name; an old one makes place.
  void make_place(const may_block& on, sftp_client& files, const sftp_refusal& why);
  void reopen(const may_block& on, sftp_client& files);
  // What was collected becomes a part.
  void end_part();
  void send_collected(const may_block& on);
  // Sends what was not sent on this connection.
  void send_parts(const may_block& on, sftp_client& files);
  void take_confirmations(const may_block& on, sftp_client& files, std::size_t most_left);
  object_info finish(const may_block& on, sftp_client& files);
  void discard() noexcept;

  sftp_sink_needs needs_;
  put_request request_;
  std::string place_;    // final
  std::string written_;  // where it is written
  unsigned attempt_ = 0; // of a partial name
  std::uint64_t generation_ = 0;
  std::size_t chunk_ = 0, window_ = 0; // bytes
  sftp_file file_;
  std::deque<part> unconfirmed_;
  std::size_t bytes_unconfirmed_ = 0;
  std::uint64_t size_ = 0; // without what is in `collected_`
  std::string collected_;
  bool owned_ = false; // what is at written_ is to be removed
};

} // namespace argosy
