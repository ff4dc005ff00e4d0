#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "backends/curl/transfer.hpp"
#include "backends/web/client.hpp"
#include "backends/web/dump.hpp"
#include "backends/web/message.hpp"
#include "backends/web/url.hpp"

namespace argosy::web {

/// One request and its answer, on the way. Failures of the connection are transient_failure where another
/// attempt may help; their texts are those of Go's client, without query and credentials. Destroyed before
/// the answer was read to its end it closes its socket.
class exchange {
public:
  /// As it was sent last: redirections may have changed it.
  const request& asked() const { return request_; }
  /// The status line and the fields; for an upload first what is to be sent has to be written. Follows
  /// redirections.
  const answer& head(const may_block& on);
  /// The next bytes of the body; 0 is its end.
  std::size_t read(const may_block& on, char* data, std::size_t size);
  /// The rest of the body, at most `most` bytes: more is failure(other).
  std::string read_all(const may_block& on, std::size_t most);
  /// The next bytes of an upload. False: the server has answered without wanting them, see head().
  bool write(const may_block& on, const char* data, std::size_t size);
  /// All of an upload was written.
  void end_upload();

private:
  friend class connection;
  exchange(const may_block& on, std::shared_ptr<const client> by, std::shared_ptr<curl::wire> over,
           request what);

  void send(const may_block& on);
  void set_up_body();
  void set_up_headers();
  bool shows_credentials() const;
  void take_line(std::string_view line);
  // Whether the answer sends us elsewhere: then the next request is under way.
  bool redirected(const may_block& on);
  [[noreturn]] void broken() const;
  std::string error_text(const std::string& why) const;

  const std::shared_ptr<const client> client_;
  const std::shared_ptr<curl::wire> wire_;
  request request_;
  url_parts target_;
  const std::string first_host_; // what credentials are for
  int hops_ = 0;
  bool trusted_ = true; // the server that is asked now may see credentials
  bool counted_ = false;
  bool complete_ = false; // the header of the answer
  answer answer_;
  std::unique_ptr<dump> dump_;
  curl::line_list lines_;
  std::unique_ptr<curl::transfer> transfer_;
};

} // namespace argosy::web
