#pragma once

#include <string>
#include <vector>

namespace argosy {

struct disk_export;

/// The flags of a node; without `listen` there is no cluster.
struct cluster_settings {
  std::string node;   ///< unique; empty: the host's name
  std::string listen; ///< host:port of the gate
  std::vector<std::string> join;
  std::string secret_file; ///< needed
  std::string certificate, key, authority;
  std::vector<std::string> exports; ///< DIR[:ro|rw], or several with commas between
  std::vector<std::string> shared;  ///< local folders that are the same on all nodes
  bool wanted() const { return !listen.empty(); }
};

/// The one given, or the host's.
std::string node_name(const cluster_settings& given);

/// The folders that other nodes may use. Throws failure(bad_parameter).
std::vector<disk_export> exports_of(const cluster_settings& given);

/// Throws failure(bad_parameter) for settings that do not go together.
void check(const cluster_settings& given);

} // namespace argosy
