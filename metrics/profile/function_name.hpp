#pragma once

#include <string>
#include <string_view>

namespace argosy {

/// A C++ function as people call it, out of its name in the symbol table: without parameters, template
/// arguments, return type, qualifiers and `(anonymous namespace)`; a lambda is `f::{lambda#1}`. A name that
/// is not mangled is cut in the same way. `_ZN3caf15scheduled_actor6resumeEPNS_14execution_unitEm` is
/// `caf::scheduled_actor::resume`.
std::string plain_function_name(const std::string& linkage_name);

} // namespace argosy
