#pragma once

#include "actors/cluster/messages.hpp"
#include "http/rc/command.hpp"

namespace argosy::rc {

/// Begins the call of a job that another node had, as a job of the same id in the background. Throws failure
/// for what cannot be begun twice. Any thread.
void adopt(const daemon& d, const job_summary& lost);

} // namespace argosy::rc
