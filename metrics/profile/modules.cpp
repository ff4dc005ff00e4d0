#include "metrics/profile/modules.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <string_view>

#include <elf.h>
#include <link.h>
#include <unistd.h>

namespace argosy {

namespace {

std::string own_path() {
  std::string path(PATH_MAX, '\0');
  const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
  path.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return path;
}

std::string hexadecimal(const unsigned char* bytes, std::size_t size) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

// Out of a segment of notes (elf(5)): each has three sizes, then name and content, padded to 4 bytes.
std::string build_id_in(const char* notes, std::size_t size) {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes, sizeof head);
    const auto padded = [](std::size_t n) { return (n + 3) / 4 * 4; };
    const auto whole = sizeof head + padded(head.n_namesz) + padded(head.n_descsz);
    if (whole > size) return {};
    const auto* const content = notes + sizeof head + padded(head.n_namesz);
    if (head.n_type == NT_GNU_BUILD_ID)
      return hexadecimal(reinterpret_cast<const unsigned char*>(content), head.n_descsz);
    notes += whole;
    size -= whole;
  }
  return {};
}

int add_module(dl_phdr_info* info, std::size_t, void* argument) {
  auto& all = *static_cast<std::vector<code_module>*>(argument);
  std::string build_id;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type == PT_NOTE && build_id.empty())
      // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader's own addresses
      build_id =
          build_id_in(reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr), segment.p_memsz);
  }
  // The loader has no name for the program itself, and the kernel's part is no file.
  const std::string_view name = info->dlpi_name;
  const auto path = all.empty() && name.empty()           ? own_path()
                    : name.find('/') == std::string::npos ? std::string{}
                                                          : std::string{name};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    const auto start = info->dlpi_addr + segment.p_vaddr;
    all.push_back({start, start + segment.p_memsz, info->dlpi_addr, segment.p_offset, path, build_id});
  }
  return 0;
}

} // namespace

std::vector<code_module> loaded_modules() {
  std::vector<code_module> all;
  ::dl_iterate_phdr(add_module, &all);
  if (!all.empty())
    std::sort(all.begin() + 1, all.end(),
              [](const code_module& a, const code_module& b) { return a.start < b.start; });
  return all;
}

const code_module* module_of(const std::vector<code_module>& all, std::uintptr_t address) {
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const code_module& m) { return address >= m.start && address < m.limit; });
  return found == all.end() ? nullptr : &*found;
}

} // namespace argosy
