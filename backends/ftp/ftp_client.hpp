#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/curl/transfer.hpp"
#include "backends/ftp/ftp_options.hpp"
#include "backends/ftp/ftp_reply.hpp"
#include "backends/network.hpp"

namespace argosy {

/// What all connections to one server have in common. Thread-safe.
struct ftp_server {
  ftp_server(ftp_options o, std::string remote, network& shared, curl::link_settings how) :
      options(std::move(o)), label(std::move(remote)), net(shared), link(std::move(how)) {}
  const ftp_options options;
  const std::string label; ///< the remote's name
  network& net;            ///< outlives this
  const curl::link_settings link;
  /// The server insists on continued TLS sessions, which libcurl does not always manage with TLS 1.3.
  mutable std::atomic<bool> needs_tls12{false};
};

/// What a server says it has (RFC 2389).
struct ftp_abilities {
  bool mlst = false; ///< and so MLSD
  bool mfmt = false, mdtm = false, size = false;
  static ftp_abilities of(const ftp_reply& features);
};

/// One transfer of libcurl, with the replies of its dialogue.
class ftp_exchange {
public:
  /// What is done, for the ledger.
  struct subject {
    std::string method, place;
  };
  /// `place` is what the URL names.
  ftp_exchange(std::shared_ptr<curl::wire> over, const ftp_server& server, const subject& about,
               const std::string& place);
  ftp_exchange(const ftp_exchange&) = delete;
  ftp_exchange& operator=(const ftp_exchange&) = delete;

  curl::transfer& transfer() { return transfer_; }
  /// Commands before anything else; a reply that is not good does not end the exchange.
  void first(const std::vector<std::string>& commands);
  /// A connection that is made now is refused: see met_new_connection().
  void only_on_known_connections() { known_only_ = true; }
  bool met_new_connection() const { return met_new_; }

  /// Until the server has said that data will flow, or the end.
  void begin(const may_block& on);
  /// The server waits for the data, or sends it.
  bool begun() const { return begun_; }
  /// Bytes of the whole file, as the server said when it began to send it; -1: it did not say.
  std::int64_t announced_size() const { return announced_size_; }
  /// Waits for the end. Throws what went wrong.
  void finish(const may_block& on);
  /// What went wrong, of one that has ended.
  void require_good();
  /// Those that are final, in order; without what belongs to logging in when the connection was known.
  const std::vector<ftp_reply>& replies() const { return replies_; }
  /// The last one, or an empty one.
  ftp_reply last_reply() const { return replies_.empty() ? ftp_reply{} : replies_.back(); }

private:
  void take_line(std::string_view line);

  const ftp_server& server_;
  const bool tls12_; // at most
  curl::line_list commands_;
  ftp_reply_reader reader_;
  std::vector<ftp_reply> replies_;
  bool known_only_ = false, met_new_ = false, begun_ = false;
  std::int64_t announced_size_ = -1;
  curl::transfer transfer_; // uses the others until it goes
};

/// Speaks FTP for one session: connections are made when they are needed, again when they were lost, and more
/// than one while several files are open. One thread at a time.
class ftp_client {
public:
  using shower = std::function<void(std::string_view place)>;

  explicit ftp_client(std::shared_ptr<const ftp_server> server);
  ~ftp_client();
  ftp_client(const ftp_client&) = delete;
  ftp_client& operator=(const ftp_client&) = delete;

  /// Told the place of each request from now on.
  void show_by(shower show) { show_ = std::move(show); }
  /// Of the server, which is asked when no connection was made so far.
  const ftp_abilities& abilities(const may_block& on);
  /// Sends all of them and gives back as many replies, good or not. `place` is what they are about.
  std::vector<ftp_reply> ask(const may_block& on, const std::string& place,
                             const std::vector<std::string>& commands);
  /// Lines of MLSD or LIST of a folder, without their ends. Throws ftp_refusal.
  void list(const may_block& on, const std::string& command, const std::string& folder,
            const std::function<void(std::string_view line)>& use);
  /// A file from `offset`; data is on its way. Throws ftp_refusal.
  std::unique_ptr<ftp_exchange> retrieve(const may_block& on, const std::string& place, std::int64_t offset);
  /// The server waits for the content of a file. Throws ftp_refusal.
  std::unique_ptr<ftp_exchange> store(const may_block& on, const std::string& place);
  /// Removes a file unless that takes longer than `limit`, connecting included.
  void remove_quickly(const may_block& on, const std::string& place, std::chrono::milliseconds limit);
  /// Removes a file as soon as there is a connection again.
  void remove_later(std::string place);
  /// There is a folder of that name.
  bool is_folder(const may_block& on, const std::string& place);

  bool closed_by_peer() const noexcept { return wire_->closed_by_peer(); }
  const ftp_options& options() const { return server_->options; }
  const ftp_server& server() const { return *server_; }
  /// Connections are closed: what is under way on the server must end.
  void hang_up();

private:
  // An exchange that is begun or ended, on a connection that was greeted.
  std::unique_ptr<ftp_exchange> run(const may_block& on, const ftp_exchange::subject& about,
                                    const std::string& place,
                                    const std::function<void(ftp_exchange&)>& set_up);
  void greet(const may_block& on);
  void bound(ftp_exchange& one) const;

  std::shared_ptr<const ftp_server> server_;
  shower show_;
  std::shared_ptr<curl::wire> wire_;
  ftp_abilities abilities_;
  std::string home_; // where the server puts whoever logs in
  bool greeted_ = false;
  bool uses_tls12_ = false;
  std::vector<std::string> leftovers_;                               // to be removed
  std::optional<std::chrono::steady_clock::time_point> last_moment_; // of what is asked now
};

/// Throws failure(other) when a name could be taken for more than one command.
void require_one_line(const std::string& place);

} // namespace argosy
