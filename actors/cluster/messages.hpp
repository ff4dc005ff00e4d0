#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/messages.hpp"

/// What travels between nodes beside the messages of actors/messages.hpp. Append only, as there; the ids
/// begin behind theirs.
namespace argosy {

/// How busy a node is, told each second.
struct node_report {
  std::uint32_t number = 0;              ///< of the node; it may change
  std::uint64_t jobs = 0, transfers = 0; ///< running
  double speed = 0;                      ///< bytes/s
  double load = 0;                       ///< of the machine, over a minute, as in uptime(1)
  bool draining = false;                 ///< begins nothing new
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_report& x) {
  return f(caf::meta::type_name("node_report"), x.number, x.jobs, x.transfers, x.speed, x.load, x.draining);
}

} // namespace argosy

CAF_BEGIN_TYPE_ID_BLOCK(argosy_cluster, first_custom_type_id + 100)
CAF_ADD_TYPE_ID(argosy_cluster, (argosy::node_report))
CAF_ADD_ATOM(argosy_cluster, argosy, link_atom, "link")
CAF_ADD_ATOM(argosy_cluster, argosy, heard_atom, "heard")
CAF_ADD_ATOM(argosy_cluster, argosy, bye_atom, "bye")
CAF_ADD_ATOM(argosy_cluster, argosy, called_atom, "called")
CAF_ADD_ATOM(argosy_cluster, argosy, answered_atom, "answered")
CAF_ADD_ATOM(argosy_cluster, argosy, opened_atom, "opened")
CAF_ADD_ATOM(argosy_cluster, argosy, nodes_atom, "nodes")
CAF_ADD_ATOM(argosy_cluster, argosy, all_atom, "all")
CAF_END_TYPE_ID_BLOCK(argosy_cluster)
