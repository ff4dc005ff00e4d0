#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backends/table.hpp"
#include "core/hash.hpp"
#include "core/name_encoder.hpp"

namespace argosy {

/// What a remote of type sftp was told, by rclone's names; and what of the options of the call concerns it.
/// Holds secrets in the clear: never logged.
struct sftp_options {
  std::string host, user;
  std::uint16_t port = 22;
  std::string password;
  std::string key_pem; ///< text of the key, with its line ends
  std::string key_file, key_file_pass;
  std::string pubkey, pubkey_file;    ///< certificates
  std::string known_hosts_file;       ///< "" and "none": the server's key is not looked at
  std::vector<std::string> host_keys; ///< `algorithm base64`
  bool key_use_agent = false;
  bool use_insecure_cipher = false;
  bool disable_hashcheck = false;
  std::string path_override;
  name_encoder encoding;
  bool set_modtime = true;
  std::string shell_type;                         ///< "": to be found out
  hash_set hashes;                                ///< those that are looked for
  std::map<hash_type, std::string> hash_commands; ///< those given; "none": the server cannot
  bool skip_links = false;
  std::string subsystem = "sftp", server_command;
  bool use_fstat = false;
  bool disable_concurrent_reads = false, disable_concurrent_writes = false;
  std::chrono::nanoseconds idle_timeout{0}; ///< 0: never
  std::size_t chunk_size = 32768;           ///< bytes
  bool chunk_size_given = false;
  std::size_t concurrency = 64; ///< requests under way for one file
  std::size_t connections = 0;  ///< 0: no bound
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> ciphers, key_exchange, macs, host_key_algorithms;
  std::vector<std::string> ssh; ///< program and arguments; empty: the library
  std::string socks_proxy, http_proxy;
  bool copy_is_hardlink = false;
  bool fsync = false;

  // Of block main.
  std::chrono::nanoseconds connect_limit{0}; ///< 0: none
  std::chrono::nanoseconds silence_limit{
      0};                    ///< without a byte from the server while one waits for it; 0: none
  std::int64_t attempts = 1; ///< of one request, at least 1
  std::string bind_address;
  int traffic_class = 0; ///< TOS byte of IPv4, traffic class of IPv6

  /// Bytes of content in one packet to a server that says it takes `longest`, or 0 when it says nothing.
  std::size_t chunk(std::size_t longest) const;
};

/// Throws failure(other) for what cannot be read, contradicts itself or is not supported here.
sftp_options read_sftp_options(const storage_request& request);

/// Who is logged in as when nobody is named: whoever runs this.
std::string sftp_default_user();

/// The rows for config/providers, in rclone's order.
std::vector<storage_option> sftp_option_rows();

} // namespace argosy
