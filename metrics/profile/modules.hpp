#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace argosy {

/// An executable part of this process: of the program or of a shared library.
struct code_module {
  std::uintptr_t start = 0, limit = 0; ///< addresses in this process
  std::uintptr_t base = 0;             ///< what was added to the addresses in the file
  std::uint64_t file_offset = 0;       ///< of `start`
  std::string path;                    ///< empty for what is no file, such as the kernel's vdso
  std::string build_id;                ///< hexadecimal; empty: none
};

/// All of them, by address; the program itself first. Takes the loader's lock: not in signal handlers.
std::vector<code_module> loaded_modules();

/// The module of an address in `all`; null for none.
const code_module* module_of(const std::vector<code_module>& all, std::uintptr_t address);

} // namespace argosy
