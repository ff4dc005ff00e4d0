#include "metrics/stacks.hpp"

#include <unwind.h>

namespace argosy {

namespace {

// User space ends at 2^56 at most (x86-64 with five levels of page tables); the kernel's half begins with
// ones in all upper bits. What begins with 10 is neither.
constexpr std::uintptr_t mark = std::uintptr_t{0b10} << 62;
constexpr std::uintptr_t marks = std::uintptr_t{0b11} << 62;
constexpr int kind_bit = 58;
constexpr std::uintptr_t address_bits = (std::uintptr_t{1} << 56) - 1;

struct walk {
  std::uintptr_t* into;
  std::size_t room;
  std::uintptr_t caller; // 0 once it was found
  std::size_t found = 0;
};

_Unwind_Reason_Code step(_Unwind_Context* context, void* argument) {
  auto& w = *static_cast<walk*>(argument);
  const std::uintptr_t pc = _Unwind_GetIP(context);
  if (pc == 0) return _URC_END_OF_STACK;
  if (w.caller != 0 && pc != w.caller) return _URC_NO_REASON;
  w.caller = 0;
  if (w.found == w.room) return _URC_END_OF_STACK;
  w.into[w.found++] = pc;
  return w.found == w.room ? _URC_END_OF_STACK : _URC_NO_REASON;
}

} // namespace

__attribute__((noinline)) std::size_t capture_stack(std::uintptr_t* into, std::size_t room,
                                                    std::uintptr_t caller) noexcept {
  if (caller == 0) caller = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  walk w{into, room, caller};
  _Unwind_Backtrace(step, &w);
  return w.found;
}

std::uintptr_t name_frame(name_kind kind, const char* literal) noexcept {
  return mark | static_cast<std::uintptr_t>(kind) << kind_bit |
         (reinterpret_cast<std::uintptr_t>(literal) & address_bits);
}

bool is_name(std::uintptr_t frame) noexcept { return (frame & marks) == mark; }

name_kind kind_of_name(std::uintptr_t frame) noexcept {
  return static_cast<name_kind>(frame >> kind_bit & 0b1111);
}

const char* text_of_name(std::uintptr_t frame) noexcept {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): made of a pointer by name_frame()
  return reinterpret_cast<const char*>(frame & address_bits);
}

} // namespace argosy
