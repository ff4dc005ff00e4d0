#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <curl/curl.h>

#include "backends/may_block.hpp"
#include "core/options.hpp"

namespace argosy::curl {

/// How the servers of one remote are reached, whatever the protocol: block main (rc-surface 3.11) and what
/// the storage sets of its own.
struct link_settings {
  std::chrono::milliseconds connect_timeout{60'000}; ///< for look-up, TCP and TLS together; 0: none
  std::chrono::milliseconds idle_timeout{300'000};   ///< without a byte in either direction; 0: none
  std::string bind_address;
  std::string proxy; ///< empty: from the environment
  std::string unix_socket;
  int traffic_class = 0; ///< TOS byte of IPv4, traffic class of IPv6
  bool verify = true;
  std::string authorities;                    ///< PEM; empty: those of the system
  std::string client_certificate, client_key; ///< files
  std::string key_password;                   ///< in the clear
  bool reuse = true;                          ///< keep-alive
};

/// Reads the files of ca_cert. Throws failure.
link_settings link_settings_of(const may_block& on, const main_options& options);

/// Applies them to a handle, for a server of that name. The settings outlive the transfer.
void apply(CURL* easy, const link_settings& settings, const std::string& host);

} // namespace argosy::curl
