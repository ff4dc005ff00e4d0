#pragma once

#include <string>

#include "backends/may_block.hpp"
#include "metrics/profile/symbols.hpp"

namespace argosy {

/// The command of this program that answers questions about symbols: from standard input to standard output.
inline constexpr const char* symbol_command = "internal-symbolize";

/// Asks a child process, which is this program once more. Throws failure(cancelled); when the child fails
/// there are no names.
symbols::asker ask_symbol_child(const may_block& on);

} // namespace argosy
