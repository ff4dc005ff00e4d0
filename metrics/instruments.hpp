#pragma once

#include "metrics/profile/symbols.hpp"
#include "metrics/profile/trace.hpp"
#include "metrics/profile/wait_profile.hpp"
#include "metrics/url_watch.hpp"
#include "metrics/watch/leak_watch.hpp"
#include "metrics/watch/task_runs.hpp"

namespace argosy {

/// What works only while somebody asks for it, and what watches all the time. These lie with the ledger,
/// since whoever enters things in it has what these want to know.
struct instruments {
  trace_recorder trace;
  wait_profile blocking{wait_profile::sampling::by_duration}; ///< messages in mailboxes, tasks in queues
  wait_profile contention{wait_profile::sampling::by_event};  ///< threads at locks
  url_watch urls;
  symbols names;
  task_runs tasks;
  leak_watch leaks{now() / 1'000'000'000};
};

} // namespace argosy
