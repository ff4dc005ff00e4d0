#pragma once

#include <string>

#include "backends/may_block.hpp"
#include "core/json.hpp"
#include "core/time_text.hpp"
#include "metrics/profile/symbols.hpp"

/// What leaks by the ledger, for clients and for people.
namespace argosy {

/// {orphans, overdue: counts; groups: what leaks, by kind and place; live: what lives, by resource; watched:
/// URLs that are looked for; requests: those that were found}. `names` answers about symbols; looking them up
/// takes 0.1 s the first time.
json leaks_report(const may_block& on, nanoseconds grace, const symbols::asker& names);

/// Patterns of debug/watch-url with their counts, and the requests that matched: {patterns, requests}.
json watched_urls(const may_block& on, const symbols::asker& names);

/// Such a report as a page. It has no links but to this server, and shows nothing as markup.
std::string leaks_page(const json& report);

} // namespace argosy
