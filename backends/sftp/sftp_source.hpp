#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "backends/sftp/sftp_file.hpp"
#include "backends/sftp/sftp_link.hpp"
#include "backends/storage.hpp"

namespace argosy {

/// Reads a file with several requests under way. When the connection is lost it goes on where it was, on a
/// new one.
class sftp_source final : public object_source {
public:
  /// Opens the file `place` of the server behind `link`, which outlives this. Throws
  /// failure(object_not_found), failure(is_a_directory).
  sftp_source(const may_block& on, sftp_link& link, std::string place, std::int64_t offset,
              std::int64_t length);
  std::size_t read(const may_block& on, char* data, std::size_t size) override;

private:
  struct part {
    std::uint64_t offset;
    std::size_t size;
    sftp_client::ticket asked;
  };
  void open(const may_block& on, sftp_client& files);
  void learn(const sftp_attributes& found);
  void ask_ahead(sftp_client& files);
  // Both: true when there is something in `current_`, false at the end.
  bool more(const may_block& on);
  bool fetch(const may_block& on, sftp_client& files);

  sftp_link& link_;
  std::string place_;
  std::uint64_t position_; // of the next byte to be handed out, without what is in `current_`
  std::uint64_t end_;      // behind the last byte that is wanted
  std::uint64_t delivered_ = 0;
  std::optional<sftp_attributes> first_seen_;
  std::uint64_t generation_ = 0;
  sftp_file file_;
  std::deque<part> parts_; // asked for, in order
  std::size_t bytes_asked_ = 0;
  std::uint64_t next_; // of the next part
  std::optional<sftp_client::content> current_;
  std::size_t used_ = 0; // of current_
};

} // namespace argosy
