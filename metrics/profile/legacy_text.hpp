#pragma once

#include <string>

#include "metrics/memory.hpp"
#include "metrics/profile/profile.hpp"

/// Profiles as text for people, in the forms of Go's runtime/pprof with `debug=1`, which programs parse too.
namespace argosy {

/// "NAME profile: total N", then a paragraph for each stack and its labels, the most frequent first. Stacks
/// with the same functions and lines count as one.
std::string count_text(const std::string& name, const profile& p, const symbol_map& names);

/// The heap profile with the figures of the allocator behind it.
std::string heap_text(const profile& p, const symbol_map& names, const memory_figures& memory);

/// `name` is "contention" or "mutex"; times in nanoseconds, which are called cycles there.
std::string wait_text(const std::string& name, const profile& p, const symbol_map& names);

} // namespace argosy
