#include "actors/sync/directory_slices.hpp"

#include <algorithm>
#include <utility>

#include "actors/sync/name_key.hpp"

namespace argosy {

std::unique_ptr<entry_sorter> make_sorter(services& with, const merge_rules& rules, bool source,
                                          std::size_t most) {
  return std::make_unique<entry_sorter>(with, most, [rules, source](const entry_view& entry) {
    return source ? source_key(rules, entry) : name_key(rules, entry.name);
  });
}

directory_slices::directory_slices(const may_block& on, std::unique_ptr<entry_sorter> source,
                                   std::unique_ptr<entry_sorter> destination, std::size_t most) :
    source_(std::move(source)),
    destination_(std::move(destination)), most_(std::max<std::size_t>(1, most)) {
  source_->finish(on);
  destination_->finish(on);
}

void directory_slices::next(const may_block& on, listing& source, listing& destination) {
  std::string last;
  for (std::size_t taken = 0; !done(); ++taken) {
    const auto from_source =
        destination_->empty() || (!source_->empty() && source_->key() <= destination_->key());
    auto& from = from_source ? *source_ : *destination_;
    if (taken >= most_ && from.key() != last) return;
    last = from.key();
    const auto entry = from.front();
    (from_source ? source : destination).add(entry.name, entry.kind, entry.size, entry.modified);
    from.pop(on);
  }
}

} // namespace argosy
