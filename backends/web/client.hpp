#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/curl/link_settings.hpp"
#include "backends/network.hpp"

namespace argosy::web {

class cookie_jar;

/// How one remote is talked to over HTTP, shared by its sessions: block main (rc-surface 3.11) and what the
/// storage adds. Not changed once sessions exist.
struct client {
  client(network& n, std::string name);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  network& net;
  std::string remote; ///< its name, for the ledger
  curl::link_settings link;
  std::string user_agent;
  std::vector<http_header> headers; ///< go with every request
  bool gzip = true;                 ///< answers that are read whole may come compressed
  std::chrono::milliseconds expect_timeout{1000};
  std::int64_t dump = 0;               ///< bits of dump_choice
  std::size_t connections = 0;         ///< at most so many sessions; 0: no bound
  std::shared_ptr<cookie_jar> cookies; ///< none: cookies are ignored
};

/// Reads the files of certificates. Throws failure.
std::shared_ptr<client> make_client(const may_block& on, network& net, const main_options& options,
                                    std::string remote);

/// The pauses and tries that `options` ask for.
pace pace_of(const main_options& options);

} // namespace argosy::web
