#pragma once

#include "backends/may_block.hpp"
#include "backends/sftp/sftp_options.hpp"

namespace argosy {

/// A TCP connection to the server of `options`, through its proxy if it has one: a descriptor that the caller
/// closes. Throws connection_lost with texts as Go has them, failure(other) for a host that cannot be one,
/// failure(cancelled); looking a name up is not interrupted.
int ssh_dial(const may_block& on, const sftp_options& options);

} // namespace argosy
