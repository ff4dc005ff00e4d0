#pragma once

#include <string>

#include "backends/may_block.hpp"
#include "core/json.hpp"
#include "metrics/profile/symbols.hpp"
#include "metrics/watch/leak_watch.hpp"

/// What leaks by its curves, for clients.
namespace argosy {

/// {time, judged, suspected: count, series: count, verdicts: those of the watch with the places in the code
/// that made what is alive, hoursToLimit, tasks: when they ran}. With `curves` each verdict has its floors of
/// the last day. Looking up symbols takes 0.1 s the first time.
json verdicts_report(const may_block& on, bool curves, const symbols::asker& names);

/// The worst of the verdicts in a few words: "actor job grows by 2 an hour in the background", or "no leak".
std::string verdict_in_words(const leak_watch& watch);

} // namespace argosy
