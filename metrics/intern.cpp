#include "metrics/intern.hpp"

#include <cstring>
#include <functional>
#include <new>

namespace argosy {

// Head and bytes in one block.
intern_table::item* intern_table::make(std::string_view bytes, std::uint64_t hash) {
  auto* const block = static_cast<char*>(::operator new(sizeof(item) + bytes.size() + 1));
  auto* const text = block + sizeof(item);
  std::memcpy(text, bytes.data(), bytes.size());
  text[bytes.size()] = '\0';
  auto* const made = new (block) item;
  made->bytes = {text, bytes.size()};
  made->hash = hash;
  made->next = nullptr;
  return made;
}

void intern_table::destroy(item* gone) noexcept { ::operator delete(gone); }

intern_table::~intern_table() {
  for (auto& chain : chains_)
    for (auto* i = chain.load(std::memory_order_relaxed); i != nullptr;) {
      auto* const next = i->next;
      destroy(i);
      i = next;
    }
}

const intern_table::item* intern_table::keep(std::string_view bytes) {
  const std::uint64_t hash = std::hash<std::string_view>{}(bytes);
  auto& chain = chains_[hash % chains_.size()];
  const auto find = [&](const item* from, const item* end) -> const item* {
    for (const auto* i = from; i != end; i = i->next)
      if (i->hash == hash && i->bytes == bytes) return i;
    return nullptr;
  };
  auto* first = chain.load(std::memory_order_acquire);
  if (const auto* known = find(first, nullptr)) return known;
  if (size_.fetch_add(1, std::memory_order_relaxed) >= most_) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  auto* const fresh = make(bytes, hash);
  fresh->next = first;
  while (!chain.compare_exchange_weak(first, fresh, std::memory_order_acq_rel)) {
    // Others were quicker; perhaps with the same string, which then stands before what was looked at already.
    if (const auto* known = find(first, fresh->next)) {
      destroy(fresh);
      size_.fetch_sub(1, std::memory_order_relaxed);
      return known;
    }
    fresh->next = first;
  }
  return fresh;
}

} // namespace argosy
