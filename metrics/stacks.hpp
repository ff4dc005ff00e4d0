#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace argosy {

/// A call stack: return addresses, innermost first. Names may stand among them, see name_frame().
using call_stack = std::vector<std::uintptr_t>;

/// Takes the stack of this thread from the frame that returns to `caller` outwards (0: from the caller of
/// this function). Gives how many of at most `room` addresses there are. Async-signal-safe after the first
/// call of the process, which loads the unwinder. About 0.1 us a frame.
std::size_t capture_stack(std::uintptr_t* into, std::size_t room, std::uintptr_t caller = 0) noexcept;

/// What a name in a stack stands for: `[actor job]`, `[thread io]`, `[mailbox job]`.
enum class name_kind : std::uint8_t { actor, thread, mailbox, queue };

/// A name that takes the place of an address in a stack, so that profilers, which know stacks only, can tell
/// whose it was. `literal` lives as long as the process. No address of user space looks like it.
std::uintptr_t name_frame(name_kind kind, const char* literal) noexcept;
bool is_name(std::uintptr_t frame) noexcept;
name_kind kind_of_name(std::uintptr_t frame) noexcept;
const char* text_of_name(std::uintptr_t frame) noexcept;

} // namespace argosy
