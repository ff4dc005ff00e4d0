#include "actors/stats/delta.hpp"

namespace argosy {

void add_figures(stats_delta& sum, const stats_delta& more) {
  sum.bytes += more.bytes;
  sum.checks += more.checks;
  sum.transfers += more.transfers;
  sum.deletes += more.deletes;
  sum.deleted_dirs += more.deleted_dirs;
  sum.renames += more.renames;
  sum.listed += more.listed;
  sum.errors += more.errors;
  sum.queued_transfers += more.queued_transfers;
  sum.queued_bytes += more.queued_bytes;
  sum.queued_checks += more.queued_checks;
  sum.server_side_copies += more.server_side_copies;
  sum.server_side_copy_bytes += more.server_side_copy_bytes;
  sum.server_side_moves += more.server_side_moves;
  sum.server_side_move_bytes += more.server_side_move_bytes;
  sum.fatal_error |= more.fatal_error;
  sum.retry_error |= more.retry_error;
  if (!more.last_error.empty()) sum.last_error = more.last_error;
}

void add_error(stats_delta& sum, const failure_info& why) {
  ++sum.errors;
  sum.last_error = why.text;
  sum.fatal_error |= why.kind == failure_kind::fatal;
  sum.retry_error |= why.kind != failure_kind::no_retry && why.kind != failure_kind::fatal;
}

} // namespace argosy
