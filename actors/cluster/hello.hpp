#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time_text.hpp"

/// What two nodes tell each other of themselves before a message of the actor system travels.
namespace argosy {

/// Which messages a node understands. Nodes of different protocols do not join.
constexpr std::uint32_t cluster_protocol = 1;

/// Numbers of nodes are the last two digits of the ids of their jobs: 1 to this.
constexpr unsigned most_nodes = 99;

/// Somebody whom the sender knows: joining one member means knowing all.
struct acquaintance {
  std::string name;
  std::string address; ///< host:port
  unsigned number = 0;
};

struct hello {
  std::uint32_t protocol = cluster_protocol;
  std::string name;
  std::string version;           ///< of the program
  std::uint64_t incarnation = 0; ///< random: tells a process from the one that had its name before
  std::string caf_node;          ///< CAF's id of the node, which two containers may share
  std::string address;           ///< host:port of the gate; the host may be 0.0.0.0 or [::]
  unsigned number = 0;
  nanoseconds started = 0; ///< wall clock
  std::vector<acquaintance> others;
  std::vector<std::string> exports; ///< folders that others may use, with their rights: "/data:ro"
};

/// What the node that was called makes of the caller.
enum class reception : std::uint8_t {
  welcome,
  busy,         ///< connected already, or about to be by a call in the other direction
  number_taken, ///< take another and call again
  refused,      ///< not before somebody changes something
};

struct answer {
  reception decision = reception::refused;
  std::string reason; ///< of all but welcome
  hello from;
};

/// A hello or an answer is no longer than this, in bytes: 99 nodes with names and addresses of 255
/// characters.
constexpr std::size_t longest_hello = 64 << 10;

/// As JSON, and back. Unknown members are skipped, so that later versions may say more. Throws
/// failure(other) for what is no such thing.
std::string to_text(const hello& said);
hello hello_from(std::string_view text);
std::string to_text(const answer& said);
answer answer_from(std::string_view text);

/// host:port, [v6]:port. Throws failure(bad_parameter) for anything else and for a port beyond 65535.
struct host_and_port {
  std::string host; ///< without brackets
  std::uint16_t port = 0;
};
host_and_port split_address(const std::string& address);
std::string join_address(const std::string& host, std::uint16_t port);
/// The address with the host replaced when it is one that stands for all of a machine's (0.0.0.0, ::).
std::string reachable_address(const std::string& address, const std::string& host);

/// Names of nodes: 1 to 64 letters, digits, `-`, `_` and `.`. Throws failure(bad_parameter).
void check_node_name(const std::string& name);

} // namespace argosy
